//! Tasks that ignore the error of a send into a channel of the connection, the only sign that it has ended.

use std::collections::HashSet;

use syn::{
    Block, Expr, ExprLoop, ExprWhile, Local, Pat, Stmt, Type,
    visit::{self, Visit},
};

use super::{Tasks, has_macro, listens, waits_for_others};
use crate::{
    flow::{Flow, has_word},
    reading::{
        At, Frame, Look, Name, Origin, base_ident, has_call, is_discarded, is_drop, only_name, plain, read,
        task_of, variant,
    },
    surroundings::Neighbour,
    syntax::{Function, last_segment},
};

/// The parameters of a function whose channel it sends into without looking at the result, for as long as a feed lasts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unheard {
    /// In the function itself.
    pub(crate) here: Vec<usize>,
    /// In a task that it starts.
    pub(crate) in_task: Vec<usize>,
}

impl Unheard {
    pub(crate) fn is_empty(&self) -> bool {
        self.here.is_empty() && self.in_task.is_empty()
    }
}

/// Whether a function may have such a loop.
fn may_ignore(function: &Function) -> bool {
    let is_queue = |ty: &Type| {
        last_segment(ty).is_some_and(|last| last.ident == "Sender" || last.ident == "UnboundedSender")
    };
    function.has_word(&["loop", "while"])
        && function.has_word(&["send", "try_send"])
        && function.has_word(&["recv", "next", "changed"])
        && !function.has_word(&["select"])
        && function.parameters.iter().any(|one| is_queue(one.ty()))
}

/// What a function does so with its parameters.
pub(crate) fn unheard<'f>(function: &Function, flow: impl FnOnce() -> Option<Flow<'f>>) -> Unheard {
    let mut found = Parameters(Unheard::default());
    if may_ignore(function)
        && let Some(flow) = flow()
    {
        read(&flow, &mut found);
    }
    found.0
}

struct Parameters(Unheard);

impl<'a> Look<'a> for Parameters {
    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        let Some((name, Sent::Given)) = sent_by(expression, at) else { return };
        let is_it = |binding: Option<&syn::Ident>| binding.is_some_and(|one| *one == name);
        let parameters = &at.flow.function.parameters;
        let Some(index) = parameters.iter().position(|one| is_it(one.binding())) else { return };
        match at.frames[..] {
            [_] if at.flow.function.sig.asyncness.is_some() => self.0.here.push(index),
            [_, Frame::Spawned] => self.0.in_task.push(index),
            _ => {}
        }
    }
}

impl Tasks<'_> {
    /// A function of the file that runs such a loop, or starts it, with a channel that was created here.
    pub(super) fn unheard<'a>(&mut self, expression: &'a Expr, at: &At<'a>) {
        let spawned = task_of(expression);
        let run = match spawned {
            Some((_, task)) => plain(task),
            None => match plain(expression) {
                Expr::Await(awaited) => plain(&awaited.base),
                other => other,
            },
        };
        let (helper, arguments, place): (Option<&Neighbour>, _, &dyn quote::ToTokens) = match run {
            Expr::Call(call) => (at.helper(&call.func), &call.args, &call.func),
            Expr::MethodCall(call) => (at.method(call), &call.args, &call.method),
            _ => return,
        };
        let Some(unheard) = helper.map(Neighbour::unheard) else { return };
        let which = if spawned.is_some() { &unheard.here } else { &unheard.in_task };
        let is_own = |index: &&usize| arguments.iter().nth(**index).is_some_and(|one| at.is_own_sender(one));
        let sender = which.iter().find(is_own).and_then(|index| base_ident(&arguments[*index]));
        if let Some(sender) = sender {
            let place = spawned.map_or(place, |(spawn, _)| spawn as &dyn quote::ToTokens);
            self.report_ignored(&sender.to_string(), place);
        }
    }
}

/// Whose channel it is.
enum Sent {
    /// One that the function created.
    Own,
    /// A parameter.
    Given,
}

/// The sender of a channel that the function created, if the loop ignores the result of a send, and only the end of a feed of the
/// whole program ends the loop.
pub(super) fn own_sender<'a>(repeat: &'a Expr, at: &At<'a>) -> Option<String> {
    let (sender, of) = sent_by(repeat, at)?;
    matches!(of, Sent::Own).then_some(sender)
}

/// The same for a loop in this block.
pub(super) fn in_loop<'a>(block: &'a Block, at: &At<'a>) -> Option<String> {
    block.stmts.iter().find_map(|statement| match statement {
        Stmt::Expr(repeat, _) => own_sender(repeat, at),
        _ => None,
    })
}

fn sent_by<'a>(repeat: &'a Expr, at: &At<'a>) -> Option<(String, Sent)> {
    let (Expr::Loop(ExprLoop { body, .. }) | Expr::While(ExprWhile { body, .. })) = repeat else {
        return None;
    };
    if !waits_for_others(repeat, at) || listens(repeat, body, at) || may_leave(repeat, body, at) {
        return None;
    }
    ignored_send(body, at)
}

/// Whether anything but the end of a feed of the whole program may end the loop.
fn may_leave<'a>(repeat: &'a Expr, body: &'a Block, at: &At<'a>) -> bool {
    const ENDS: [&str; 8] =
        ["cancelled", "is_cancelled", "is_closed", "closed", "abort", "process", "exit", "select"];
    if has_word(body, &ENDS) || has_macro(body) {
        return true;
    }
    if let Expr::While(ExprWhile { cond, .. }) = repeat
        && !waits(cond, at)
        && !matches!(&**cond, Expr::Lit(_))
    {
        return true;
    }
    let mut ways = Ways { at, events: HashSet::new(), found: false };
    ways.visit_block(body);
    ways.found
}

/// Whether it waits for a feed that is not one of the connection.
fn waits(awaited: &Expr, at: &At<'_>) -> bool {
    let is_own = at.mentions_own(awaited);
    !is_own
        && (has_call(awaited, &["changed"]) || has_call(awaited, &["recv", "next"]) && at.has_feed(awaited))
}

/// The exits of a loop, except for those that a feed takes when it has ended.
struct Ways<'w, 'a> {
    at: &'w At<'a>,
    /// The names of what the feed returned.
    events: HashSet<String>,
    found: bool,
}

impl Ways<'_, '_> {
    fn is_event(&self, value: &Expr) -> bool {
        let named = |name: &syn::Ident| self.events.contains(&name.to_string());
        match plain(value) {
            Expr::Path(path) => path.path.get_ident().is_some_and(named),
            other => waits(other, self.at),
        }
    }

    /// `events.changed().await.is_err()`
    fn asks_for_end(&self, condition: &Expr) -> bool {
        match plain(condition) {
            Expr::MethodCall(call) => call.method == "is_err" && self.is_event(&call.receiver),
            Expr::Unary(not) => match plain(&not.expr) {
                Expr::MethodCall(call) => call.method == "is_ok" && self.is_event(&call.receiver),
                _ => false,
            },
            Expr::Let(test) => is_end(&test.pat) && self.is_event(&test.expr),
            _ => false,
        }
    }
}

/// `Err(..)`, `None`, or another pattern that fits no event.
fn is_end(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(name) => name.ident == "None",
        Pat::Path(path) => path.path.is_ident("None"),
        Pat::Or(either) => either.cases.iter().all(is_end),
        Pat::Wild(_) => true,
        other => variant(other).is_some_and(|name| name == "Err"),
    }
}

impl<'ast> Visit<'ast> for Ways<'_, '_> {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        match expression {
            Expr::Break(_) | Expr::Return(_) | Expr::Try(_) => self.found = true,
            Expr::Match(choice) if self.is_event(&choice.expr) => {
                let kept = choice.arms.iter().filter(|arm| !is_end(&arm.pat));
                kept.for_each(|arm| self.visit_expr(&arm.body));
            }
            Expr::If(branch) if self.asks_for_end(&branch.cond) => {
                branch.else_branch.iter().for_each(|(_, other)| self.visit_expr(other));
            }
            Expr::If(branch) => match &*branch.cond {
                // `if let Ok(event) = events.recv().await { .. } else { break }`
                Expr::Let(test) if self.is_event(&test.expr) => self.visit_block(&branch.then_branch),
                _ => visit::visit_expr(self, expression),
            },
            Expr::Async(_) | Expr::Closure(_) => {}
            _ => visit::visit_expr(self, expression),
        }
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let Some(init) = &local.init else { return };
        if self.is_event(&init.expr) {
            self.events.extend(only_name(&local.pat).map(ToString::to_string));
            return;
        }
        visit::visit_local(self, local);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// The sender of a channel, if the result of a send is ignored.
fn ignored_send(body: &Block, at: &At<'_>) -> Option<(String, Sent)> {
    struct Search<'s, 'a>(&'s At<'a>, Option<(String, Sent)>);
    impl<'b> Visit<'b> for Search<'_, '_> {
        fn visit_stmt(&mut self, statement: &'b Stmt) {
            let last = match statement {
                Stmt::Expr(last, None) => Some(last),
                _ => None,
            };
            if let Some(sent) = is_discarded(statement).or(last) {
                self.look_at(sent);
            }
            visit::visit_stmt(self, statement);
        }

        fn visit_arm(&mut self, arm: &'b syn::Arm) {
            self.look_at(&arm.body);
            visit::visit_arm(self, arm);
        }
    }
    impl Search<'_, '_> {
        fn look_at(&mut self, sent: &Expr) {
            let at = self.0;
            if self.1.is_none()
                && let Expr::MethodCall(call) = awaited(sent)
                && matches!(call.method.to_string().as_str(), "send" | "try_send" | "unbounded_send")
                && let Some(base) = base_ident(&call.receiver)
            {
                let of = at.find(base).and_then(|name| given_sender(name, at));
                let of =
                    if at.is_own_sender(&call.receiver) { Some((base.to_string(), Sent::Own)) } else { of };
                self.1 = of;
            }
        }
    }
    let mut search = Search(at, None);
    search.visit_block(body);
    search.1
}

/// The parameter that it is, or is a clone of, if that is the sender of a queue.
fn given_sender<'a>(name: &Name<'a>, at: &At<'a>) -> Option<(String, Sent)> {
    match name.origin {
        Origin::Typed(ty) => {
            let path = at.type_path(ty)?;
            let is_queue = path.ends_with("mpsc::Sender") || path.ends_with("mpsc::UnboundedSender");
            is_queue.then(|| (name.ident.to_string(), Sent::Given))
        }
        Origin::Made(made) if has_call(made, &["clone"]) => given_sender(&at.base(made, name)?, at),
        _ => None,
    }
}

/// Without `.await`, `.ok()` and `drop(..)`, which look at nothing.
fn awaited(expression: &Expr) -> &Expr {
    match plain(expression) {
        Expr::Await(inner) => &inner.base,
        Expr::MethodCall(call) if call.method == "ok" => awaited(&call.receiver),
        Expr::Call(call) if is_drop(call) => awaited(&call.args[0]),
        Expr::Assign(assign) if matches!(&*assign.left, Expr::Infer(_)) => awaited(&assign.right),
        other => other,
    }
}
