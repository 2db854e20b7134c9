//! A `Subscription` that is used as a receiver of tokio's `broadcast`, or as a stream.

use std::collections::HashMap;

use syn::{
    Expr, ExprLet, ExprMethodCall, Local, Macro, Pat,
    visit::{self, Visit},
};

use super::{held, scope};
use crate::{
    AXUM_API,
    flow::{Flow, macro_name},
    reading::variant,
    surroundings::Types,
    syntax::{Sink, one_line},
};

pub(super) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !flow.function.has_word(&["subscribe"]) || !flow.function.has_word(&["topic"]) {
        return;
    }
    let types = Types::of(flow.function, flow.body, flow.imports());
    let mut search = Search { flow, types, subscriptions: HashMap::new(), sink };
    search.visit_block(flow.body);
}

struct Search<'s, 'f> {
    flow: &'s Flow<'f>,
    types: Types,
    /// What made them, by their names.
    subscriptions: HashMap<String, Expr>,
    sink: &'s mut Sink,
}

impl Search<'_, '_> {
    /// `hub.topic("..").subscribe()`, with a `Hub` of Sockeye's among the parameters.
    fn is_subscription(&self, made: &Expr) -> bool {
        let Expr::MethodCall(subscribe) = made else { return false };
        let Expr::MethodCall(topic) = &*subscribe.receiver else { return false };
        let Expr::Path(hub) = &*topic.receiver else { return false };
        let hub = hub.path.get_ident().map(ToString::to_string).unwrap_or_default();
        subscribe.method == "subscribe"
            && topic.method == "topic"
            && self.types.find(&hub) == Some("sockeye::Hub")
    }

    fn of_name<'s>(&'s self, receiver: &Expr) -> Option<(String, &'s Expr)> {
        let Expr::Path(path) = receiver else { return None };
        let name = path.path.get_ident()?.to_string();
        let made = self.subscriptions.get(&name)?;
        (held::bindings(self.flow, &name) == 1).then_some((name, made))
    }

    /// `Some(event) = feed.next()`, in a branch of `select!` or awaited.
    fn pattern(&mut self, pattern: &Pat, from: &Expr) {
        let (Pat::TupleStruct(some), true) = (pattern, variant(pattern).is_some_and(|one| one == "Some"))
        else {
            return;
        };
        let (call, is_awaited) = match from {
            Expr::Await(awaited) => (&*awaited.base, true),
            other => (other, false),
        };
        let Expr::MethodCall(call) = call else { return };
        let Some((_, made)) = self.of_name(&call.receiver).filter(|_| call.method == "next") else { return };
        let message =
            "this pattern is for an `Option`, but `next` of a `Subscription` returns `Result<Event<T>>`";
        let (inner, call) = (one_line(&some.elems), one_line(call));
        let help = if is_awaited {
            format!("write `Ok({inner}) = {call}.await`")
        } else if self.flow.can_fail() {
            format!("write `{inner} = {call} => ..`, and `{inner}?` for the event in the branch")
        } else {
            format!("write `Ok({inner}) = {call} => ..`")
        };
        let made = made.clone();
        self.sink.report(&AXUM_API, pattern, message, help).in_place_of(&made);
    }
}

impl<'ast> Visit<'ast> for Search<'_, '_> {
    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        let Some(init) = &local.init else { return };
        match &local.pat {
            Pat::Ident(name) if self.is_subscription(&init.expr) => {
                self.subscriptions.insert(name.ident.to_string(), (*init.expr).clone());
            }
            pattern => self.pattern(pattern, &init.expr),
        }
    }

    fn visit_expr_let(&mut self, test: &'ast ExprLet) {
        self.pattern(&test.pat, &test.expr);
        visit::visit_expr_let(self, test);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        let method = call.method.to_string();
        if method != "recv" || !scope::has_no(self.flow, &method) {
            return;
        }
        let Some((name, made)) = self.of_name(&call.receiver) else { return };
        let message = "a `Subscription` of Sockeye's has no `recv`: `next` returns the next event";
        let help = format!("write `{name}.next()`, which returns `Result<Event<T>>`; `send` takes the event");
        let made = made.clone();
        self.sink.report(&AXUM_API, &call.method, message, help).in_place_of(&made);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if macro_name(call) != "select" {
            return;
        }
        for branch in self.flow.function.macros().branches(call).into_iter().flatten() {
            if let (Some(pattern), Some(future)) = (&branch.pattern, &branch.future) {
                self.pattern(pattern, future);
            }
            branch.future.iter().chain(&branch.guard).for_each(|one| self.visit_expr(one));
            self.visit_expr(&branch.handler);
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
