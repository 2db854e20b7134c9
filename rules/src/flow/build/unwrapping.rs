//! `map(Result::unwrap)`, and closures that unwrap what they are given.

use proc_macro2::Ident;
use syn::{
    Expr, ExprMethodCall, Macro,
    visit::{self, Visit},
};

use super::{Builder, pattern::without_layer};
use crate::{
    flow::{
        graph::{Act, NodeId, Step},
        macro_name,
        value::{Got, Layer, Outcomes, Value},
    },
    reading::{last_name, only_name, plain},
};

impl<'a> Builder<'a> {
    /// The result of an operation is unwrapped.
    pub(super) fn unwrap(&mut self, got: Got<'a>, at: &Ident) -> Value<'a> {
        let Some(layer) = got.layers.first().copied() else { return Value::Got(got) };
        self.push_unwrap(&got, layer, at);
        self.outcome(&Value::Got(got.clone()), Outcomes::ALL.without(layer.bad));
        without_layer(got)
    }

    /// What is in the result, or the option, is unwrapped: `received.map(Result::unwrap)`.
    pub(super) fn unwrap_inside(&mut self, mut got: Got<'a>, at: &Ident) -> Value<'a> {
        let inner = got.layers.remove(1);
        self.push_unwrap(&got, inner, at);
        self.outcome(&Value::Got(got.clone()), Outcomes::ALL.without(inner.bad));
        Value::Got(got)
    }

    fn push_unwrap(&mut self, got: &Got<'a>, layer: Layer, at: &Ident) {
        if let Some(of) = got.of {
            self.push(Step::Unwrap { of, bad: layer.bad, act: got.act, at: at.clone() });
        }
    }

    /// Each message of a stream is unwrapped: `stream.map(Result::unwrap)`.
    pub(super) fn unwrap_each(&mut self, at: &Ident) {
        let of: NodeId = self.push(Step::Pass);
        self.push(Step::Unwrap { of, bad: Outcomes::ERROR, act: Act::Recv, at: at.clone() });
    }
}

/// The `unwrap` or `expect` that a function in an argument calls on what it is given.
pub(super) fn unwraps(call: &ExprMethodCall) -> Option<&Ident> {
    let [function] = &call.args.iter().collect::<Vec<_>>()[..] else { return None };
    match plain(function) {
        Expr::Path(_) => last_name(function).filter(|name| *name == "unwrap"),
        Expr::Closure(closure) if closure.inputs.len() == 1 => {
            let given = only_name(closure.inputs.first()?)?;
            let mut search = Unwraps { given, found: None };
            search.visit_expr(&closure.body);
            search.found
        }
        _ => None,
    }
}

/// Whether a closure for an error panics: `unwrap_or_else(|error| panic!("{error}"))`.
pub(super) fn panics(call: &ExprMethodCall) -> bool {
    const PANICS: [&str; 4] = ["panic", "unreachable", "todo", "unimplemented"];
    let Some(Expr::Closure(closure)) = call.args.first() else { return false };
    matches!(plain(&closure.body), Expr::Macro(call) if PANICS.contains(&macro_name(&call.mac).as_str()))
}

struct Unwraps<'e> {
    given: &'e Ident,
    found: Option<&'e Ident>,
}

impl<'e> Visit<'e> for Unwraps<'e> {
    fn visit_expr_method_call(&mut self, call: &'e ExprMethodCall) {
        let is_given = matches!(plain(&call.receiver), Expr::Path(path) if path.path.is_ident(self.given));
        if is_given && (call.method == "unwrap" || call.method == "expect") {
            self.found = Some(&call.method);
        }
        visit::visit_expr_method_call(self, call);
    }

    /// In one of several branches it may be known that it is none.
    fn visit_expr_if(&mut self, _: &'e syn::ExprIf) {}

    fn visit_expr_match(&mut self, _: &'e syn::ExprMatch) {}

    fn visit_expr_closure(&mut self, _: &'e syn::ExprClosure) {}

    fn visit_macro(&mut self, _: &'e Macro) {}
}
