//! Macros: those that are known, and all others.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Expr, Macro, Pat, Token,
    parse::{ParseStream, Parser},
};

use super::{
    Builder,
    pattern::{fit, is_irrefutable},
};
use crate::{
    flow::{
        graph::{Exit, Step},
        macro_name,
        value::{Got, Value},
    },
    syntax::Function,
};

impl<'a> Builder<'a> {
    pub(super) fn macro_call(&mut self, call: &'a Macro) -> Value<'a> {
        let name = macro_name(call);
        if self.own_macros.contains(&name) {
            return self.unknown_macro(call);
        }
        match name.as_str() {
            "select" => self.select(call),
            "join" | "try_join" => self.join_macro(call, name == "try_join"),
            "matches" => self.matches(call),
            "panic" | "todo" | "unimplemented" | "unreachable" => {
                self.read_arguments(call);
                self.push_exit(Exit::Never, None);
                Value::Other
            }
            "bail" => {
                self.read_arguments(call);
                self.leave(Exit::Error, None);
                Value::Other
            }
            // They pin their arguments, under the same names.
            "pin" | "pin_mut" => self.pinned(call),
            "vec" | "dbg" | "anyhow" | "eyre" | "json" => {
                self.escape_mentioned(&call.tokens);
                Value::Other
            }
            _ if only_reads(&name) => {
                self.read_arguments(call);
                Value::Other
            }
            _ => self.unknown_macro(call),
        }
    }

    fn unknown_macro(&mut self, call: &'a Macro) -> Value<'a> {
        self.escape_mentioned(&call.tokens);
        // It may give its names a different meaning.
        for value in self.names.mentioned(&call.tokens).cloned().collect::<Vec<_>>() {
            self.names.forget(&value);
        }
        if self.here.is_some() {
            self.push(Step::Unknown);
        }
        Value::Other
    }

    /// The arguments of a formatting macro are only inspected, unless one of them awaits something or rejects.
    fn read_arguments(&mut self, call: &'a Macro) {
        const ACTS: [&str; 6] = ["await", "return", "break", "continue", "reject", "reject_with"];
        for value in self.names.mentioned(&call.tokens).cloned().collect::<Vec<_>>() {
            self.touch(&value);
            // It can be called there.
            if matches!(value, Value::Closure(_)) {
                self.escape(&value);
            }
        }
        if !crate::flow::has_word(&call.tokens, &ACTS) {
            return;
        }
        let arguments = self.macros.arguments(call);
        for argument in arguments {
            self.eval(argument);
        }
        if arguments.is_empty() {
            self.unknown_macro(call);
        }
    }

    fn pinned(&mut self, call: &'a Macro) -> Value<'a> {
        match self.macros.arguments(call) {
            [pinned] => self.eval(pinned),
            _ => self.unknown_macro(call),
        }
    }

    fn matches(&mut self, call: &'a Macro) -> Value<'a> {
        let parse = |input: ParseStream<'_>| {
            let value: Expr = input.parse()?;
            input.parse::<Token![,]>()?;
            let pattern = Pat::parse_multi_with_leading_vert(input)?;
            let guarded = !input.is_empty() && input.peek(Token![if]);
            let _rest: proc_macro2::TokenStream = input.parse()?;
            Ok((value, pattern, guarded))
        };
        let Ok((value, pattern, guarded)) = parse.parse2(call.tokens.clone()) else {
            return self.unknown_macro(call);
        };
        let value = self.eval_owned(value);
        match &value {
            Value::Got(Got { of: Some(of), .. }) => {
                let fits = fit(&pattern, &value);
                // Only a pattern that inspects nothing else determines the outcome.
                if guarded || fits.may != fits.must && !is_irrefutable(&pattern) {
                    self.escape(&value);
                    return Value::Other;
                }
                Value::Test { of: *of, yes: fits.must }
            }
            _ => Value::Other,
        }
    }

    fn join_macro(&mut self, call: &'a Macro, fails: bool) -> Value<'a> {
        let futures = self.macros.arguments(call);
        if futures.is_empty() {
            return self.unknown_macro(call);
        }
        let futures: Vec<_> = futures.iter().map(|future| self.eval(future)).collect();
        let given = self.all_of(futures, fails);
        if fails { Value::Wrapped(Box::new(given)) } else { given }
    }

    /// Futures that run concurrently: any of them may complete first.
    pub(super) fn all_of(&mut self, futures: Vec<Value<'a>>, fails: bool) -> Value<'a> {
        let start = self.push(Step::Wait);
        let mut ends = Vec::new();
        let mut given = Vec::new();
        for future in futures {
            self.here = Some(start);
            let value = self.perform(future, false);
            ends.push(self.here);
            given.push(if fails { unwrapped(value) } else { value });
        }
        self.meet(&ends);
        Value::Tuple(given)
    }

    fn select(&mut self, call: &'a Macro) -> Value<'a> {
        match self.macros.branches(call) {
            Some(branches) => self.select_branches(branches),
            None => self.unknown_macro(call),
        }
    }
}

fn unwrapped(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Got(got) => super::pattern::without_layer(got),
        Value::Wrapped(inner) => *inner,
        other => other,
    }
}

/// Macros that format, log or build a value from their arguments.
pub(super) fn only_reads(name: &str) -> bool {
    matches!(
        name,
        "print"
            | "println"
            | "eprint"
            | "eprintln"
            | "format"
            | "format_args"
            | "write"
            | "writeln"
            | "assert"
            | "assert_eq"
            | "assert_ne"
            | "debug_assert"
            | "debug_assert_eq"
            | "debug_assert_ne"
            | "trace"
            | "debug"
            | "info"
            | "warn"
            | "error"
            | "event"
            | "log"
            | "span"
            | "trace_span"
            | "debug_span"
            | "info_span"
            | "warn_span"
            | "error_span"
            | "concat"
            | "stringify"
            | "env"
            | "option_env"
            | "include_str"
            | "include_bytes"
            | "line"
            | "file"
            | "column"
            | "module_path"
            | "cfg"
            | "compile_error"
            | "thread_local"
            | "format_ident"
            | "formatdoc"
            | "counter"
            | "gauge"
            | "histogram"
    )
}

/// Macros that are defined in the function.
pub(super) fn of_function(function: &Function) -> HashSet<String> {
    if function.has_word(&["macro_rules"]) { own_macros(function.body().stream()) } else { HashSet::new() }
}

/// The names of the macros that are defined anywhere in this code: their effects are unknown.
fn own_macros(code: TokenStream) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut before: Option<Ident> = None;
    for token in code {
        match token {
            TokenTree::Ident(name) => {
                if before.is_some_and(|before| before == "macro_rules") {
                    found.insert(name.to_string());
                }
                before = Some(name);
            }
            TokenTree::Punct(mark) if mark.as_char() == '!' => {}
            TokenTree::Group(group) => {
                found.extend(own_macros(group.stream()));
                before = None;
            }
            _ => before = None,
        }
    }
    found
}
