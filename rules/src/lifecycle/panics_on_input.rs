mod chosen;
mod request;

use std::{cell::OnceCell, collections::HashSet};

use quote::ToTokens;
use syn::{Expr, ExprIndex, ExprMethodCall, Lit, Token, punctuated::Punctuated};

use crate::{
    PANICS_ON_INPUT,
    flow::{Flavor, Flow},
    surroundings::Neighbour,
    syntax::{Function, Sink, one_line},
    trace::{self, Bounds, Given, Measures, Names, Site, Tags, Watch},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    // Code that handles the panic may intend it.
    if flow.function.has_word(&["is_panic", "into_panic", "try_into_panic", "catch_unwind"]) {
        return;
    }
    if may_panic(flow.function) || flow.calls_hazard(&PANICS_ON_INPUT) {
        find(flow, None, sink);
    }
}

/// Methods that panic if the size of a part, or the divisor, is zero.
const PARTS: [&str; 7] =
    ["chunks", "chunks_exact", "windows", "step_by", "div_ceil", "div_euclid", "rem_euclid"];

/// Whether the function has any of the calls and index expressions that are checked.
pub(crate) fn may_panic(function: &Function) -> bool {
    const CALLS: [&str; 8] =
        ["unwrap", "expect", "split_at", "split_to", "split_off", "advance", "copy_to_slice", "swap_remove"];
    // Most of these are not called on a list.
    const OTHERS: [&str; 2] = ["swap", "remove"];
    let may_take = || function.has_word(&OTHERS) && function.has_word(&["usize"]);
    function.macros().indexes || function.has_word(&CALLS) || function.has_word(&PARTS) || may_take()
}

/// What panics, with an assumption about a parameter.
pub(crate) fn find(flow: &Flow<'_>, given: Option<Given>, sink: &mut Sink) {
    let mut panics = Panics {
        flow,
        sink,
        measures: OnceCell::new(),
        bounds: OnceCell::new(),
        taken: HashSet::new(),
        taken_first: HashSet::new(),
    };
    trace::watch_given(flow, given, &mut panics);
}

/// A call of a function that may be one of the file.
struct Passed<'c> {
    helper: Option<&'c Neighbour>,
    arguments: &'c Punctuated<Expr, Token![,]>,
    at: &'c dyn ToTokens,
}

struct Panics<'s> {
    flow: &'s Flow<'s>,
    sink: &'s mut Sink,
    /// Computed on first use: most functions do not index or unwrap anything that the client sent.
    measures: OnceCell<Measures<'s>>,
    bounds: OnceCell<Bounds<'s>>,
    /// The numbers of the names whose first part was taken.
    taken: HashSet<usize>,
    /// The names whose first element was read.
    taken_first: HashSet<String>,
}

impl Watch for Panics<'_> {
    fn expression(&mut self, expression: &Expr, names: &Names<'_>) {
        match expression {
            Expr::MethodCall(call) => self.method(call, names),
            Expr::Index(index) => self.index(index, names),
            Expr::Binary(binary) => self.divide(binary, names),
            Expr::Call(call) => {
                let helper = self.flow.helper_of(&call.func);
                let passed = Passed { helper, arguments: &call.args, at: &call.func };
                self.passed_on(&passed, &|measures| measures.site(call).start(), names);
            }
            _ => {}
        }
    }
}

impl<'s> Panics<'s> {
    fn measures(&self) -> &Measures<'s> {
        self.measures.get_or_init(|| Measures::of(self.flow.body, self.flow.function.macros()))
    }

    fn bounds(&self) -> &Bounds<'s> {
        self.bounds.get_or_init(|| Bounds::of(self.flow.body, self.flow.function.macros()))
    }

    fn method(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        match call.method.to_string().as_str() {
            "unwrap" | "expect" => self.unwrap(call, names),
            "split_at" | "split_to" | "split_off" | "advance" | "copy_to_slice" => self.cut(call, names),
            "swap" | "swap_remove" | "remove" => self.take_place(call, names),
            "next" | "next_back" | "nth" => self.takes_part(call, names),
            name if PARTS.contains(&name) => self.take_parts(call, names),
            _ => {}
        }
        let is_named_so = self.flow.has_hazard(&call.method.to_string(), &PANICS_ON_INPUT);
        let helper = if is_named_so { trace::method_of_file(self.flow, call, names) } else { None };
        let passed = Passed { helper, arguments: &call.args, at: &call.method };
        self.passed_on(&passed, &|measures| measures.site(call).start(), names);
    }

    fn takes_part(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        let name = trace::bare_name(&call.receiver).and_then(|name| names.number(&name.to_string()));
        self.taken.extend(name);
    }

    /// What the client sent, as an argument of a helper that panics on it.
    fn passed_on(&mut self, call: &Passed<'_>, site: &dyn Fn(&Measures<'_>) -> Site, names: &Names<'_>) {
        let Some(helper) = call.helper else { return };
        for (index, argument) in call.arguments.iter().enumerate() {
            let Some(fault) = helper.hazard(&PANICS_ON_INPUT, index) else { continue };
            if names.of(argument).is(Tags::INPUT)
                && !self.is_looked_at(argument, site(self.measures()), names)
            {
                let message = format!("in `{}`: {}", helper.path(), fault.message);
                let help = format!(
                    "return a `Result` or an `Option` from `{}`, and reply with an error or skip the message",
                    helper.path()
                );
                let is_shown = self.flow.helpers_are_judged();
                self.sink.report(&PANICS_ON_INPUT, call.at, message, help).beyond(&fault.line, is_shown);
            }
        }
    }

    /// Whether anything has made sure of it before.
    fn is_looked_at(&self, argument: &Expr, site: Site, names: &Names<'_>) -> bool {
        let measures = self.measures();
        let is_sure = |root: &String| {
            measures.answers(root, site) || measures.counts(root, site) || measures.finds(root, site)
        };
        let origin = names.of(argument);
        origin.is(Tags::MEASURED)
            || !origin.is(Tags::TEXT) && measures.compares(argument)
            || trace::root(argument).is_some_and(|root| is_sure(&root))
    }

    fn unwrap(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        let origin = names.of(&call.receiver);
        if origin.is(Tags::REQUEST) {
            return self.unwrap_request(call, names);
        }
        if !origin.is(Tags::INPUT) {
            return self.unwrap_found(call, names);
        }
        if !origin.is(Tags::PARTIAL) || self.is_first_part(&call.receiver, names) {
            return;
        }
        if self.is_of_axum(&call.receiver) {
            return;
        }
        let needs_some = needs_some(&call.receiver);
        let is_sure = |root: String| {
            let site = self.measures().site(call);
            self.measures().answers(&root, site) || needs_some && self.measures().counts(&root, site)
        };
        if trace::root(&call.receiver).is_some_and(is_sure) || is_array_of_range(&call.receiver) {
            return;
        }
        let what = source(&call.receiver);
        let message = format!("`{}` panics on what a client may send: {what}", call.method);
        let help = "reply with an error, or skip the message: `let Ok(value) = .. else { continue };`, with `Some` for an `Option`";
        self.sink.report(&PANICS_ON_INPUT, &call.method, message, help);
    }

    /// A method of axum's messages on one of Sockeye's, which is reported as that.
    fn is_of_axum(&self, receiver: &Expr) -> bool {
        let is_of_text = |call: &ExprMethodCall| call.method == "to_text" || call.method == "into_text";
        self.flow.flavor == Flavor::Sockeye && matches!(receiver, Expr::MethodCall(call) if is_of_text(call))
    }

    /// The first `next` of `split` returns a part of every string.
    fn is_first_part(&self, receiver: &Expr, names: &Names<'_>) -> bool {
        let Expr::MethodCall(next) = receiver else { return false };
        if !matches!(next.method.to_string().as_str(), "next" | "next_back" | "last" | "first") {
            return false;
        }
        let name = trace::bare_name(&next.receiver).and_then(|name| names.number(&name.to_string()));
        let is_taken = name.is_some_and(|name| next.method != "first" && self.taken.contains(&name));
        !is_taken && names.of(&next.receiver).is(Tags::SPLIT)
    }

    fn index(&mut self, index: &ExprIndex, names: &Names<'_>) {
        let origin = names.of(&index.expr);
        if origin.is(Tags::REQUEST) {
            return self.index_request(index, &origin);
        }
        if !origin.is(Tags::INPUT) || Self::is_chosen(&index.index, names) {
            return self.place(index, &origin, names);
        }
        let is_sure = |ty: &str| trace::is_array(ty) || trace::name_of(ty) == trace::VALUE;
        if origin.is(Tags::MEASURED) || origin.ty.as_deref().is_some_and(is_sure) {
            return;
        }
        let is_text = origin.is(Tags::TEXT);
        let Some(bound) = bound(&index.index, is_text) else { return };
        let Some(root) = trace::root(&index.expr) else { return };
        // `split` returns a first part for every string.
        let is_there = match bound {
            Bound::Zero => origin.is(Tags::SPLIT),
            // After the first one was taken, it is there.
            Bound::Rest => origin.is(Tags::SPLIT) || self.taken_first.contains(&root),
            Bound::Whole => true,
            Bound::Number => false,
        };
        if bound == Bound::Zero {
            self.taken_first.insert(root.clone());
        }
        let site = self.measures().site(index);
        let last = trace::number(&index.index).unwrap_or_default();
        let is_measured =
            self.measures().finds(&root, site) || !is_text && self.measures().counts_to(&root, last, site);
        if is_there || is_measured {
            return;
        }
        let message = if is_text {
            "this slice panics if the string is shorter, or if the bound is inside a character"
        } else {
            "this index panics if the message has fewer elements"
        };
        let get = get(index);
        let help = if is_text {
            format!("write `let Some(part) = {get} else {{ continue }};`")
        } else {
            format!("write `let Some(value) = {get} else {{ continue }};`, or match on the slice")
        };
        self.sink.report(&PANICS_ON_INPUT, &index.index, message, help);
    }

    fn cut(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        let origin = names.of(&call.receiver);
        let Some(Expr::Lit(_)) = call.args.first() else { return self.take_place(call, names) };
        let Some(root) = trace::root(&call.receiver) else { return };
        let site = self.measures().site(call);
        let is_measured = self.measures().finds(&root, site)
            || !origin.is(Tags::TEXT) && self.measures().counts(&root, site);
        if !origin.is(Tags::INPUT) || is_measured {
            return;
        }
        let message = format!("`{}` panics if the message is shorter", call.method);
        let help =
            "check the length first, or use a method that returns an `Option`, such as `split_at_checked`";
        self.sink.report(&PANICS_ON_INPUT, &call.method, message, help);
    }
}

/// The same access, as an `Option`.
fn get(index: &ExprIndex) -> String {
    format!("{}.get({})", one_line(&index.expr), one_line(&index.index))
}

/// `try_into` on a slice of a length that is written there: the slice panics, or gives as many as the array has.
fn is_array_of_range(receiver: &Expr) -> bool {
    let Expr::MethodCall(call) = receiver else { return false };
    let is_fixed = |range: &syn::ExprRange| {
        let is_number = |end: &Option<Box<Expr>>| matches!(end.as_deref(), Some(Expr::Lit(_)));
        is_number(&range.end) && (range.start.is_none() || is_number(&range.start))
    };
    call.method == "try_into"
        && matches!(&*call.receiver, Expr::Index(index) if matches!(&*index.index, Expr::Range(range) if is_fixed(range)))
}

/// Whether it is there unless there is nothing at all.
fn needs_some(receiver: &Expr) -> bool {
    const METHODS: [&str; 14] = [
        "next",
        "next_back",
        "first",
        "last",
        "pop",
        "pop_front",
        "pop_back",
        "front",
        "back",
        "max",
        "min",
        "split_first",
        "split_last",
        "first_mut",
    ];
    matches!(receiver, Expr::MethodCall(call) if METHODS.iter().any(|method| call.method == method))
}

/// What fails, as text.
fn source(receiver: &Expr) -> String {
    match receiver {
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            if matches!(
                name.as_str(),
                "ok" | "map_err" | "context" | "cloned" | "copied" | "as_ref" | "and_then" | "map"
            ) {
                return source(&call.receiver);
            }
            format!("`{name}` fails for some messages")
        }
        Expr::Call(call) => {
            let name = call.func.to_token_stream().into_iter().filter_map(|token| match token {
                proc_macro2::TokenTree::Ident(word) => Some(word.to_string()),
                _ => None,
            });
            let name = name.filter(|word| word.starts_with(|first: char| first.is_lowercase())).last();
            name.map_or_else(
                || "it is not always present".to_owned(),
                |name| format!("`{name}` fails for some messages"),
            )
        }
        Expr::Paren(inner) => source(&inner.expr),
        Expr::Reference(inner) => source(&inner.expr),
        _ => "some messages do not have it".to_owned(),
    }
}

/// The end of a range, or an index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// `[0]`
    Zero,
    /// `[1..]`
    Rest,
    /// `[..]`, `[0..]`
    Whole,
    /// A number that the input may not reach.
    Number,
}

/// The bound in the source; `None` if it comes from somewhere else, and may fit.
fn bound(index: &Expr, is_text: bool) -> Option<Bound> {
    match index {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) if number.base10_digits() == "0" => Some(Bound::Zero),
            Lit::Int(_) => Some(Bound::Number),
            _ => None,
        },
        Expr::Range(range) => {
            let ends: Vec<_> =
                [&range.start, &range.end].into_iter().flatten().map(|end| number(end, is_text)).collect();
            if ends.iter().any(Option::is_none) {
                return None;
            }
            let is_one = |start: &Expr| matches!(start, Expr::Lit(lit) if matches!(&lit.lit, Lit::Int(one) if one.base10_digits() == "1"));
            if !is_text && range.end.is_none() && range.start.as_deref().is_some_and(is_one) {
                return Some(Bound::Rest);
            }
            let all_zero = ends.iter().flatten().all(|end| *end == Bound::Zero);
            Some(if all_zero { Bound::Whole } else { Bound::Number })
        }
        Expr::Paren(inner) => bound(&inner.expr, is_text),
        _ => None,
    }
}

/// A literal, a constant, or the minimum of one and the length, which counts bytes.
fn number(end: &Expr, is_text: bool) -> Option<Bound> {
    match end {
        Expr::Lit(_) => bound(end, is_text),
        Expr::Path(path) => {
            let name = path.path.segments.last()?.ident.to_string();
            let is_constant = name.len() > 1
                && name.chars().all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_');
            is_constant.then_some(Bound::Number)
        }
        Expr::MethodCall(call) if is_text && call.method == "min" => Some(Bound::Number),
        Expr::Call(call) if is_text => {
            let text = call.func.to_token_stream().to_string();
            (text.ends_with("min") && text.contains("cmp")).then_some(Bound::Number)
        }
        Expr::Paren(inner) => number(&inner.expr, is_text),
        _ => None,
    }
}
