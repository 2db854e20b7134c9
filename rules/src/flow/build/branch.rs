//! `if`, `match`, `let else`, `?`: where paths split and join.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Arm, BinOp, Block, Expr, ExprBinary, ExprIf, ExprLet, ExprMatch, ExprPath, Lit, Local, Pat, UnOp};

use super::{
    Builder,
    names::Names,
    pattern::{fit, without_layer},
    repeat::is_receiving,
};
use crate::{
    flow::{
        called_among,
        graph::{Call, Exit, NodeId, Step},
        value::{Got, Outcomes, Value},
    },
    reading::{constructed, made_errors, plain},
    surroundings::Neighbour,
};

/// The outcome of a condition; the names that it binds are in scope where it holds.
pub(super) struct Forks {
    pub(super) yes: Option<NodeId>,
    pub(super) no: Option<NodeId>,
}

/// A path that has reached a join: its last step, its names and its value.
pub(super) struct Way<'a> {
    end: Option<NodeId>,
    names: Names<'a>,
    value: Value<'a>,
}

impl<'a> Builder<'a> {
    pub(super) fn if_else(
        &mut self,
        branch: &'a ExprIf,
        block: fn(&mut Self, &'a Block) -> Value<'a>,
        other: fn(&mut Self, &'a Expr) -> Value<'a>,
    ) -> Value<'a> {
        let (depth, before) = (self.names.depth(), self.names.clone());
        let forks = self.condition(&branch.cond);
        self.here = forks.yes;
        if self.has_run_dry(&branch.cond) && self.here.is_some() {
            self.push(Step::RunsDry);
        }
        let value = block(self, &branch.then_branch);
        let then = self.way(value, depth);
        self.names = before;
        self.here = forks.no;
        let value = branch.else_branch.as_ref().map_or(Value::Other, |(_, last)| other(self, last));
        let other = self.way(value, depth);
        self.join(vec![then, other])
    }

    /// `if changes.changed().await.is_err()`, and `if let Err(_) = events.recv().await`.
    fn has_run_dry(&self, condition: &Expr) -> bool {
        let receives = |made: &Expr| self.is_from_outside(made) && is_received(made);
        match condition {
            Expr::MethodCall(test) => {
                (test.method == "is_err" || test.method == "is_none") && receives(&test.receiver)
            }
            Expr::Let(test) => is_bad(&test.pat) && receives(&test.expr),
            _ => false,
        }
    }

    /// The state of a path that was just followed, as one of several.
    pub(super) fn way(&mut self, value: Value<'a>, depth: usize) -> Way<'a> {
        self.names.end_scope(depth);
        Way { end: self.here, names: self.names.clone(), value }
    }

    /// Continues at the join of the paths. A name with different values on them is not followed any more.
    pub(super) fn join(&mut self, ways: Vec<Way<'a>>) -> Value<'a> {
        let ends: Vec<_> = ways.iter().map(|way| way.end).collect();
        self.meet(&ends);
        let mut live: Vec<_> = ways.into_iter().filter(|way| way.end.is_some()).collect();
        let Some(first) = live.pop() else { return Value::Other };
        self.names = first.names;
        let mut value = first.value;
        for way in live {
            for index in 0..self.names.depth() {
                let joined = self.joined(&self.names.value(index).clone(), way.names.value(index));
                self.names.set_at(index, joined);
            }
            value = self.joined(&value, &way.value);
        }
        value
    }

    pub(super) fn joined(&mut self, one: &Value<'a>, other: &Value<'a>) -> Value<'a> {
        if let (Value::Wrapped(a), Value::Wrapped(b)) = (one, other)
            && a != b
        {
            self.push(Step::Doubt);
        }
        one.merged(other).unwrap_or_else(|| {
            self.escape(one);
            self.escape(other);
            Value::Other
        })
    }

    /// Follows both outcomes of a condition.
    pub(super) fn condition(&mut self, condition: &'a Expr) -> Forks {
        match condition {
            Expr::Paren(inner) => self.condition(&inner.expr),
            Expr::Group(inner) => self.condition(&inner.expr),
            Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => {
                let forks = self.condition(&not.expr);
                Forks { yes: forks.no, no: forks.yes }
            }
            Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => {
                let left = self.condition(&both.left);
                self.here = left.yes;
                let right = self.condition(&both.right);
                self.meet(&[left.no, right.no]);
                Forks { yes: right.yes, no: self.here }
            }
            Expr::Binary(either) if matches!(either.op, BinOp::Or(_)) => {
                let left = self.condition(&either.left);
                self.here = left.no;
                let right = self.condition(&either.right);
                self.meet(&[left.yes, right.yes]);
                Forks { yes: self.here, no: right.no }
            }
            Expr::Let(test) => self.let_condition(test),
            Expr::Lit(literal) => match &literal.lit {
                Lit::Bool(bool) if bool.value => Forks { yes: self.here, no: None },
                Lit::Bool(_) => Forks { yes: None, no: self.here },
                _ => Forks { yes: self.here, no: self.here },
            },
            other => {
                let value = self.eval(other);
                self.tested(&value)
            }
        }
    }

    fn let_condition(&mut self, test: &'a ExprLet) -> Forks {
        let value = self.eval(&test.expr);
        let value = self.looked_into(&test.pat, value);
        let fit = fit(&test.pat, &value);
        let before = self.here;
        let no = if fit.is_sure() { None } else { self.outcome(&value, Outcomes::ALL.without(fit.must)) };
        self.here = before;
        self.outcome(&value, fit.may);
        self.bind(&test.pat, value);
        Forks { yes: self.here, no }
    }

    /// A pattern on a future that should have been awaited.
    fn looked_into(&mut self, pattern: &Pat, value: Value<'a>) -> Value<'a> {
        let looks_inside = matches!(pattern, Pat::TupleStruct(_) | Pat::Path(_) | Pat::Or(_));
        if looks_inside { self.as_if_awaited(value) } else { value }
    }

    /// Continues only for these outcomes of the operation that the value came from.
    pub(super) fn outcome(&mut self, value: &Value<'a>, among: Outcomes) -> Option<NodeId> {
        let of = match value {
            Value::Got(Got { of, .. }) => *of,
            Value::Test { of, .. } => Some(*of),
            _ => None,
        };
        if self.here.is_some() {
            self.push(of.map_or(Step::Pass, |of| Step::Outcome { of, among }));
        }
        self.here
    }

    /// Both outcomes of a condition that is a value.
    fn tested(&mut self, value: &Value<'a>) -> Forks {
        let before = self.here;
        let Value::Test { yes, .. } = value else {
            self.escape(value);
            return Forks { yes: self.here, no: self.here };
        };
        let no = self.outcome(value, Outcomes::ALL.without(*yes));
        self.here = before;
        Forks { yes: self.outcome(value, *yes), no }
    }

    /// A condition outside of an `if` or a loop.
    pub(super) fn condition_value(&mut self, condition: &'a Expr) -> Value<'a> {
        let depth = self.names.depth();
        let forks = self.condition(condition);
        self.names.end_scope(depth);
        self.meet(&[forks.yes, forks.no]);
        Value::Other
    }

    pub(super) fn condition_value_of(&mut self, binary: &'a ExprBinary) -> Value<'a> {
        let left = self.condition(&binary.left);
        let goes_on = if matches!(binary.op, BinOp::And(_)) { left.yes } else { left.no };
        let skips = if matches!(binary.op, BinOp::And(_)) { left.no } else { left.yes };
        self.here = goes_on;
        let right = self.condition(&binary.right);
        self.take_tests(&binary.left);
        self.take_tests(&binary.right);
        self.meet(&[skips, right.yes, right.no]);
        Value::Other
    }

    /// The meaning of a combined condition for an operation is decided elsewhere.
    fn take_tests(&mut self, side: &'a Expr) {
        let tests: Vec<_> =
            self.names.mentioned(side).filter(|value| matches!(value, Value::Test { .. })).cloned().collect();
        for test in &tests {
            self.escape(test);
        }
    }

    pub(super) fn match_arms(
        &mut self,
        branch: &'a ExprMatch,
        body: fn(&mut Self, &'a Expr) -> Value<'a>,
    ) -> Value<'a> {
        let mut value = self.eval(&branch.expr);
        for arm in &branch.arms {
            value = self.looked_into(parts(&arm.pat).0, value);
        }
        let runs_dry = value == Value::Other && self.is_from_outside(&branch.expr);
        self.arms(&value, branch.arms.iter(), runs_dry, body)
    }

    fn arms(
        &mut self,
        value: &Value<'a>,
        arms: impl Iterator<Item = &'a Arm>,
        runs_dry: bool,
        body: fn(&mut Self, &'a Expr) -> Value<'a>,
    ) -> Value<'a> {
        let (depth, before, start) = (self.names.depth(), self.names.clone(), self.here);
        let mut left = Outcomes::ALL;
        let mut ways = Vec::new();
        // Where the guard of an earlier arm did not hold.
        let mut refused: Option<NodeId> = None;
        for arm in arms {
            self.names = before.clone();
            self.meet(&[start, refused]);
            let (pattern, guard) = parts(&arm.pat);
            let fit = fit(pattern, value);
            self.outcome(value, meet(fit.may, left));
            if runs_dry && is_bad(pattern) && self.here.is_some() {
                self.push(Step::RunsDry);
            }
            self.bind(pattern, value.clone());
            if let Some(guard) = guard {
                let forks = self.condition(guard);
                refused = forks.no;
                self.here = forks.yes;
            } else if !arm.attrs.iter().any(super::conditional::is_cfg) {
                left = left.without(fit.must);
            }
            let given = body(self, &arm.body);
            ways.push(self.way(given, depth));
        }
        self.join(ways)
    }

    pub(super) fn let_else(&mut self, local: &'a Local, value: Value<'a>, init: &'a Expr, diverge: &'a Expr) {
        let pattern = &local.pat;
        let runs_dry = value == Value::Other && self.is_from_outside(init) && is_good(pattern);
        let value = self.looked_into(pattern, value);
        let fit = fit(pattern, &value);
        let start = self.here;
        let names = self.names.clone();
        self.outcome(&value, Outcomes::ALL.without(fit.must));
        if runs_dry && self.here.is_some() {
            self.push(Step::RunsDry);
        }
        self.eval(diverge);
        // It has to diverge; a macro may do so in an unknown way.
        self.here = start;
        self.names = names;
        self.outcome(&value, fit.may);
        self.bind(pattern, value);
    }

    /// The errors that `?` may return, if they are made here, as in `ok_or_else(|| Error::close(..))?`, or by a function of the file. The steps of
    /// what it is tried on begin at `first`.
    pub(super) fn fail_with(&mut self, tried: &'a Expr, first: NodeId) {
        for made in made_errors(tried, self.macros) {
            if let Some(made) = constructed(made) {
                self.fail(|builder| drop(builder.call(made, false)));
            } else if let Some((helper, at)) = self.helper_of_path(called_path(made)) {
                self.fail_as(helper, helper.makes_error, &at);
            }
        }
        let Some((helper, at)) = self.tried_helper(tried, first) else { return };
        self.fail_as(helper, helper.fails_with().iter().copied(), &at);
    }

    /// A path for each of the constructors of errors that the function calls.
    fn fail_as(
        &mut self,
        helper: &Neighbour,
        constructors: impl IntoIterator<Item = &'static str>,
        at: &TokenStream,
    ) {
        for constructor in constructors {
            let path = format!("sockeye::Error::{constructor}");
            let (of, at) = (Some(helper.path()), at.clone());
            let call = Call { path, of, is_direct: false, at, awaited: false, bound: false };
            self.fail(|builder| _ = builder.push(Step::Call(call)));
        }
    }

    /// A path on which this happens, and the function fails.
    fn fail(&mut self, happens: impl FnOnce(&mut Self)) {
        if self.here.is_none() {
            return;
        }
        self.push(Step::Pass);
        let start = self.here;
        happens(self);
        self.leave(Exit::Error, None);
        self.here = start;
    }

    /// The function of the file whose result is tried, and its name at the call.
    fn tried_helper(&self, tried: &Expr, first: NodeId) -> Option<(&'a Neighbour, TokenStream)> {
        let tried = match plain(tried) {
            Expr::Await(awaited) => plain(&awaited.base),
            other => other,
        };
        let neighbours = self.around.neighbours();
        match tried {
            Expr::Call(_) => self.helper_of_path(called_path(tried)),
            Expr::MethodCall(call) => {
                let method = format!(".{}", call.method);
                let mut steps = self.graph.nodes[first..].iter().rev();
                let called = steps.find_map(|node| match &node.step {
                    Step::Call(step) if step.path.ends_with(&method) => Some(step),
                    _ => None,
                });
                let helper = called_among(called?, neighbours, self.around.of())?;
                Some((helper, call.method.to_token_stream()))
            }
            _ => None,
        }
    }

    fn helper_of_path(&self, path: Option<&ExprPath>) -> Option<(&'a Neighbour, TokenStream)> {
        let full = self.imports.resolve_path(&path?.path);
        let helper = self.around.neighbours().called(&full, self.around.of())?;
        Some((helper, path.to_token_stream()))
    }

    pub(super) fn question_mark(&mut self, value: Value<'a>) -> Value<'a> {
        let value = self.as_if_awaited(value);
        let start = self.here;
        match value {
            Value::Got(got) if !got.layers.is_empty() => {
                let layer = got.layers[0];
                let value = Value::Got(got);
                self.outcome(&value, layer.may_fail());
                self.leave(Exit::Error, None);
                self.here = start;
                self.outcome(&value, Outcomes::ALL.without(layer.bad));
                let Value::Got(got) = value else { return Value::Other };
                without_layer(got)
            }
            value => {
                if start.is_some() {
                    self.push(Step::Pass);
                }
                let start = self.here;
                self.leave(Exit::Error, None);
                self.here = start;
                match value {
                    Value::Wrapped(inner) => *inner,
                    value => {
                        self.escape(&value);
                        Value::Other
                    }
                }
            }
        }
    }
}

/// `events.recv().await`, or a name.
fn is_received(made: &Expr) -> bool {
    match made {
        Expr::Path(_) => true,
        Expr::Await(awaited) => {
            matches!(&*awaited.base, Expr::MethodCall(call) if is_receiving(&call.method.to_string()))
        }
        _ => false,
    }
}

/// `Err(..)` or `None`.
fn is_bad(pattern: &Pat) -> bool {
    match pattern {
        Pat::TupleStruct(pattern) => pattern.path.segments.last().is_some_and(|last| last.ident == "Err"),
        Pat::Ident(pattern) => pattern.ident == "None",
        Pat::Path(pattern) => pattern.path.is_ident("None"),
        Pat::Or(either) => either.cases.iter().all(is_bad),
        _ => false,
    }
}

/// `Ok(event)` or `Some(event)`, which only `Err` and `None` do not fit.
fn is_good(pattern: &Pat) -> bool {
    let Pat::TupleStruct(made) = pattern else { return false };
    let is_good = made.path.segments.last().is_some_and(|last| last.ident == "Ok" || last.ident == "Some");
    let fits_all = |inner: &Pat| match inner {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.subpat.is_none() && name.ident != "None",
        _ => false,
    };
    is_good && made.elems.iter().all(fits_all)
}

/// The pattern of an arm and its guard.
fn parts(pattern: &Pat) -> (&Pat, Option<&Expr>) {
    match pattern {
        Pat::Guard(guarded) => (&guarded.pat, Some(&guarded.guard)),
        plain => (plain, None),
    }
}

fn meet(one: Outcomes, other: Outcomes) -> Outcomes {
    Outcomes::ALL.without(Outcomes::ALL.without(one).or(Outcomes::ALL.without(other)))
}

/// The path of a function, or that of a call.
fn called_path(call: &Expr) -> Option<&ExprPath> {
    match call {
        Expr::Path(function) => Some(function),
        Expr::Call(call) => called_path(&call.func),
        _ => None,
    }
}
