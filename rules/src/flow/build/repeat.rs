//! Loops and their exits.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Block, Expr, ExprBlock, ExprBreak, ExprForLoop, ExprLoop, ExprWhile, Label, Lifetime, Pat};

use super::{Builder, call::is_self, names::Names, object::name_of};
use crate::flow::{
    graph::{Loop, NodeId, Step},
    value::Value,
};
use crate::reading::only_name;

/// The targets of `break` and `continue`.
pub(super) struct Target<'a> {
    label: Option<String>,
    /// The start of the loop; a labelled block has none.
    header: Option<NodeId>,
    /// The step after it.
    after: NodeId,
    /// The names at its start.
    names: Names<'a>,
    /// The value of `break`.
    value: Option<Value<'a>>,
    /// How many frames were open.
    frames: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn endless(&mut self, repeat: &'a ExprLoop) -> Value<'a> {
        let header = self.push(Step::Pass);
        self.enter(repeat.label.as_ref(), Some(header));
        self.block_of_loop(&repeat.body);
        self.leave_loop(header, &repeat.loop_token, true, false)
    }

    pub(super) fn while_loop(&mut self, repeat: &'a ExprWhile) -> Value<'a> {
        let header = self.push(Step::Pass);
        self.enter(repeat.label.as_ref(), Some(header));
        let depth = self.names.depth();
        let forks = self.condition(&repeat.cond);
        let endless = forks.no.is_none();
        self.exit_by_condition(forks.no);
        self.here = forks.yes;
        self.block_of_loop(&repeat.body);
        self.names.end_scope(depth);
        let value = self.leave_loop(header, &repeat.while_token, endless, false);
        if self.waits_for_outside(&repeat.cond)
            && let Some(last) = self.graph.loops.last_mut()
        {
            last.runs_dry_at = forks.no;
        }
        value
    }

    pub(super) fn for_loop(&mut self, repeat: &'a ExprForLoop) -> Value<'a> {
        let items = self.eval(&repeat.expr);
        self.escape(&items);
        let header = self.push(Step::Pass);
        self.enter(repeat.label.as_ref(), Some(header));
        self.exit_by_condition(Some(header));
        let depth = self.names.depth();
        self.bind_all(&repeat.pat, &Value::Other);
        self.block_of_loop(&repeat.body);
        self.names.end_scope(depth);
        self.leave_loop(header, &repeat.for_token, false, !is_open(&repeat.expr))
    }

    pub(super) fn labelled(&mut self, block: &'a ExprBlock) -> Value<'a> {
        let Some(label) = &block.label else { return self.block(&block.block) };
        self.enter(Some(label), None);
        let value = self.block(&block.block);
        let last = self.targets.len() - 1;
        if self.here.is_some() {
            self.arrive(last, value);
        }
        let target = self.targets.pop().expect("entered above");
        self.here = self.entered(target.after);
        target.value.unwrap_or(Value::Other)
    }

    /// Whether the condition waits for something from outside, which nothing in the function ends.
    fn waits_for_outside(&self, condition: &Expr) -> bool {
        match condition {
            Expr::Let(test) => self.is_from_outside(&test.expr),
            // `while changes.changed().await.is_ok()`
            Expr::MethodCall(test) if test.method == "is_ok" || test.method == "is_some" => {
                self.is_from_outside(&test.receiver)
            }
            _ => false,
        }
    }

    /// Whether it waits for something from outside, or has just received it.
    pub(super) fn is_from_outside(&self, awaited: &Expr) -> bool {
        match awaited {
            Expr::Path(path) => {
                path.path.get_ident().is_some_and(|name| self.received.contains(&name.to_string()))
            }
            _ => future_of(awaited).is_some_and(|future| self.is_outside(future)),
        }
    }

    fn is_outside(&self, future: &Expr) -> bool {
        self.names.mentioned(future).all(|value| *value == Value::Other) || self.is_in_own_field(future)
    }

    /// Whether it will receive from something outside.
    pub(super) fn receives_from_outside(&self, future: &Expr) -> bool {
        let Expr::MethodCall(call) = future else { return false };
        is_receiving(&call.method.to_string()) && self.is_outside(future)
    }

    /// The same with its `await`.
    pub(super) fn is_received_outside(&self, made: &Expr) -> bool {
        matches!(made, Expr::Await(awaited) if self.receives_from_outside(&awaited.base))
    }

    /// The name has the result of receiving from outside.
    pub(super) fn note_received(&mut self, pattern: Option<&Pat>) {
        if let Some(name) = pattern.and_then(only_name) {
            self.received.insert(name.to_string());
        }
    }

    /// `self.events.recv()`, where the field holds no handle.
    fn is_in_own_field(&self, future: &Expr) -> bool {
        let Expr::MethodCall(call) = future else { return false };
        let Expr::Field(field) = &*call.receiver else { return false };
        is_self(&field.base)
            && call.args.is_empty()
            && !self.names.has(&format!("self.{}", name_of(&field.member)))
    }

    fn block_of_loop(&mut self, block: &'a Block) {
        let value = self.block(block);
        self.discard(value);
    }

    fn enter(&mut self, label: Option<&Label>, header: Option<NodeId>) {
        let after = self.place();
        let label = label.map(|label| label.name.ident.to_string());
        let (names, frames) = (self.names.clone(), self.frames.len());
        self.targets.push(Target { label, header, after, names, value: None, frames });
    }

    fn exit_by_condition(&mut self, end: Option<NodeId>) {
        let after = self.targets.last().expect("entered").after;
        self.link(end, after);
    }

    fn leave_loop(
        &mut self,
        header: NodeId,
        keyword: &dyn ToTokens,
        endless: bool,
        finite: bool,
    ) -> Value<'a> {
        let last = self.targets.len() - 1;
        self.go_to(last, header);
        let target = self.targets.pop().expect("entered above");
        let keyword: TokenStream = keyword.to_token_stream();
        // The step after it was created first, so it is not among those of the loop.
        let nodes = target.after + 1..self.graph.nodes.len();
        self.graph.loops.push(Loop { keyword, header, nodes, endless, finite, runs_dry_at: None });
        self.here = self.entered(target.after);
        self.names = target.names;
        target.value.unwrap_or(Value::Other)
    }

    /// Leads from here to a step of the target. A name with a different value than at the target's start is not
    /// followed any more.
    fn go_to(&mut self, target: usize, step: NodeId) {
        if self.here.is_none() {
            return;
        }
        for index in 0..self.targets[target].names.depth() {
            let (before, now) =
                (self.targets[target].names.value(index).clone(), self.names.value(index).clone());
            if before != now {
                let joined = self.joined(&before, &now);
                self.targets[target].names.set_at(index, joined);
            }
        }
        self.link(self.here, step);
        self.here = None;
    }

    /// Reaches the end of the target with a value.
    fn arrive(&mut self, target: usize, value: Value<'a>) {
        let value = match self.targets[target].value.take() {
            Some(earlier) => self.joined(&earlier, &value),
            None => value,
        };
        self.targets[target].value = Some(value);
        let after = self.targets[target].after;
        self.go_to(target, after);
    }

    pub(super) fn break_out(&mut self, end: &'a ExprBreak) -> Value<'a> {
        let value = end.expr.as_ref().map_or(Value::Other, |expression| self.eval(expression));
        match self.target(end.label.as_ref()) {
            Some(target) if self.here.is_some() => self.arrive(target, value),
            _ => self.here = None,
        }
        Value::Other
    }

    pub(super) fn continue_at(&mut self, label: Option<&Lifetime>) -> Value<'a> {
        let target = self.target(label);
        if let Some((target, header)) = target.and_then(|target| Some((target, self.targets[target].header?)))
        {
            self.go_to(target, header);
        }
        self.here = None;
        Value::Other
    }

    /// The loop, or the block of that label; not one around the `async` block it stands in.
    fn target(&self, label: Option<&Lifetime>) -> Option<usize> {
        let fits = |target: &Target<'_>| match label {
            Some(label) => target.label.as_deref() == Some(&label.ident.to_string()),
            None => target.header.is_some(),
        };
        let found = self.targets.iter().rposition(fits)?;
        (self.targets[found].frames == self.frames.len()).then_some(found)
    }
}

/// The future in `events.recv().await`, also with a method that only looks at its error.
fn future_of(expression: &Expr) -> Option<&Expr> {
    match expression {
        Expr::Await(awaited) => Some(&awaited.base),
        Expr::MethodCall(call) => {
            let looks = matches!(call.method.to_string().as_str(), "map_err" | "inspect_err" | "ok");
            if looks { future_of(&call.receiver) } else { None }
        }
        _ => None,
    }
}

/// Methods that wait for the next of something.
pub(super) fn is_receiving(method: &str) -> bool {
    matches!(method, "recv" | "next" | "changed" | "wait_for")
}

/// `0..`: a range without an end.
fn is_open(items: &Expr) -> bool {
    match items {
        Expr::Paren(inner) => is_open(&inner.expr),
        Expr::Range(range) => range.end.is_none(),
        _ => false,
    }
}
