//! Walks a body in source order.

use syn::{
    Block, Expr, ExprAsync, ExprCall, ExprClosure, ExprIf, ExprLet, ExprMatch, ExprMethodCall, Ident, Item,
    Local, Macro, Stmt,
    visit::{self, Visit},
};

use super::{
    Look,
    at::{At, Frame, Round},
    channel::task_of,
    origin::{Origin, only_name},
    shape::is_discarded,
};
use crate::flow::{Branch, Flow, macro_name};

/// Passes the function to the rule, from its parameters to its end.
pub(crate) fn read<'a>(flow: &'a Flow<'a>, look: &mut impl Look<'a>) {
    let mut at = At::new(flow);
    for parameter in &flow.function.parameters {
        at.bind(&parameter.node.pat, Origin::Typed(&parameter.node.ty));
    }
    Walker { at, look, spawns: false, upgrades: false, unheld: None }.visit_block(flow.body);
}

struct Walker<'l, 'a, L> {
    at: At<'a>,
    look: &'l mut L,
    /// Whether the next `async` block is passed to `spawn`.
    spawns: bool,
    /// Whether the next closure is called with a socket.
    upgrades: bool,
    /// The `spawn` in this statement, if its handle is dropped immediately.
    unheld: Option<&'a Ident>,
}

impl<'a, L: Look<'a>> Walker<'_, 'a, L> {
    /// Bindings in it are local to it.
    fn scope(&mut self, read: impl FnOnce(&mut Self)) {
        let names = self.at.names.len();
        read(self);
        self.at.names.truncate(names);
    }

    fn frame(&mut self, frame: Frame, read: impl FnOnce(&mut Self)) {
        let unheld = self.unheld.take().filter(|_| frame == Frame::Spawned);
        self.at.enter(frame, unheld);
        self.scope(read);
        self.at.leave();
    }

    fn round(&mut self, whole: &'a Expr, read: impl FnOnce(&mut Self)) {
        self.at.rounds.push(Round { whole, frames: self.at.frames.len(), after: self.at.rest() });
        self.scope(read);
        self.at.rounds.pop();
    }

    fn select(&mut self, branches: &'a [Branch]) {
        self.look.select(branches, &self.at);
        for branch in branches {
            branch.future.iter().chain(&branch.guard).for_each(|one| self.visit_expr(one));
        }
        for branch in branches {
            self.scope(|walker| {
                if let (Some(pattern), Some(future)) = (&branch.pattern, &branch.future) {
                    walker.at.bind(pattern, Origin::Awaited(future));
                }
                walker.visit_expr(&branch.handler);
            });
        }
    }
}

impl<'a, L: Look<'a>> Visit<'a> for Walker<'_, 'a, L> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        self.look.expression(expression, &self.at);
        match expression {
            Expr::Loop(_) | Expr::While(_) => {
                self.round(expression, |walker| visit::visit_expr(walker, expression));
            }
            Expr::ForLoop(repeat) => {
                self.visit_expr(&repeat.expr);
                self.round(expression, |walker| {
                    walker.at.bind(&repeat.pat, Origin::Unknown);
                    walker.visit_block(&repeat.body);
                });
            }
            _ => visit::visit_expr(self, expression),
        }
    }

    fn visit_block(&mut self, block: &'a Block) {
        self.scope(|walker| {
            for (index, statement) in block.stmts.iter().enumerate() {
                walker.at.following.push(&block.stmts[index + 1..]);
                walker.visit_stmt(statement);
                walker.at.following.pop();
            }
        });
    }

    fn visit_local(&mut self, local: &'a Local) {
        self.look.local(local, &self.at);
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            if let Some((_, diverge)) = &init.diverge {
                self.visit_expr(diverge);
            }
        }
        let origin = local.init.as_ref().map_or(Origin::Unknown, |init| Origin::Made(&init.expr));
        self.at.bind(&local.pat, origin);
    }

    fn visit_expr_if(&mut self, branch: &'a ExprIf) {
        self.scope(|walker| {
            walker.visit_expr(&branch.cond);
            walker.visit_block(&branch.then_branch);
        });
        if let Some((_, other)) = &branch.else_branch {
            self.visit_expr(other);
        }
    }

    /// Its bindings are in scope up to the end of the condition's block.
    fn visit_expr_let(&mut self, test: &'a ExprLet) {
        self.visit_expr(&test.expr);
        self.at.bind(&test.pat, Origin::Inside(&test.expr));
    }

    fn visit_expr_match(&mut self, branch: &'a ExprMatch) {
        self.visit_expr(&branch.expr);
        for arm in &branch.arms {
            self.scope(|walker| {
                walker.at.bind(&arm.pat, Origin::Inside(&branch.expr));
                walker.visit_expr(&arm.body);
            });
        }
    }

    fn visit_expr_async(&mut self, block: &'a ExprAsync) {
        let frame = if std::mem::take(&mut self.spawns) { Frame::Spawned } else { Frame::Inside };
        self.frame(frame, |walker| walker.visit_block(&block.block));
    }

    fn visit_expr_closure(&mut self, closure: &'a ExprClosure) {
        let origin = if std::mem::take(&mut self.upgrades) { Origin::Socket } else { Origin::Unknown };
        // The callback of an upgrade is the conversation itself.
        let frame = if matches!(origin, Origin::Socket) { Frame::Inside } else { Frame::Closure };
        self.frame(frame, |walker| {
            closure.inputs.iter().for_each(|input| walker.at.bind(input, origin));
            walker.visit_expr(&closure.body);
        });
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        self.visit_expr(&call.func);
        for argument in &call.args {
            self.spawns = super::channel::is_spawn(&call.func) && matches!(argument, Expr::Async(_));
            self.visit_expr(argument);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        self.visit_expr(&call.receiver);
        for argument in &call.args {
            let is_spawn = call.method.to_string().starts_with("spawn");
            self.spawns = is_spawn && matches!(argument, Expr::Async(_));
            self.upgrades = call.method == "on_upgrade" && matches!(argument, Expr::Closure(_));
            self.visit_expr(argument);
        }
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        let name = macro_name(call);
        if matches!(name.as_str(), "select" | "select_biased") {
            if let Some(branches) = self.at.flow.function.macros().branches(call) {
                self.select(branches);
            }
        } else if matches!(name.as_str(), "join" | "try_join" | "pin" | "vec" | "dbg") {
            for one in self.at.flow.function.macros().arguments(call) {
                self.visit_expr(one);
            }
        }
    }

    /// It is a separate function.
    fn visit_item(&mut self, _: &'a Item) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let dropped = dropped(statement);
        if let Some(expression) = dropped {
            self.look.dropped(expression, &self.at);
        }
        self.unheld = dropped.and_then(task_of).map(|(spawn, _)| spawn);
        visit::visit_stmt(self, statement);
    }

    fn visit_attribute(&mut self, _: &'a syn::Attribute) {}
}

/// What the statement drops: `spawn(..);`, `let _ = spawn(..)`, `let _task = spawn(..)`.
fn dropped(statement: &Stmt) -> Option<&Expr> {
    is_discarded(statement).or_else(|| match statement {
        Stmt::Local(local) => {
            let name = only_name(&local.pat).filter(|name| name.to_string().starts_with('_'));
            name.and(local.init.as_ref()).map(|init| &*init.expr)
        }
        _ => None,
    })
}
