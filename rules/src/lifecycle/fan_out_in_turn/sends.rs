//! Sends to an item of a list.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::{
    BinOp, Block, Expr, ExprAsync, ExprAwait, ExprCall, ExprClosure, ExprIf, ExprMethodCall, Item, Local,
    Member, Pat,
    visit::{self, Visit},
};

use super::{queues::Queues, repeats::Repeat};
use crate::{flow::Flow, reading::block_leaves, surroundings::Neighbour, trace::root};

/// Names of clients, and an awaited send.
pub(super) struct Sends<'s> {
    of: HashSet<String>,
    queues: &'s Queues,
    flow: &'s Flow<'s>,
    pub(super) found: Option<Ident>,
}

impl<'s> Sends<'s> {
    pub(super) fn of(repeat: &Repeat<'_>, queues: &'s Queues, flow: &'s Flow<'s>) -> Self {
        let of = if repeat.is_counted { root(repeat.items).into_iter().collect() } else { bound(repeat.pat) };
        Self { of, queues, flow, found: None }
    }

    fn is_of_client(&self, expression: &Expr) -> bool {
        root(expression).is_some_and(|root| self.of.contains(&root))
    }

    /// Whether the queue of a client is used, and no other part of it.
    fn is_queue(&self, receiver: &Expr) -> bool {
        match receiver {
            Expr::Field(field) if !self.queues.fields.is_empty() => match &field.member {
                Member::Named(name) => self.queues.fields.iter().any(|one| name == one),
                Member::Unnamed(_) => true,
            },
            _ => true,
        }
    }

    /// `client.send(..)`
    fn direct<'e>(&self, call: &'e ExprMethodCall) -> Option<&'e Ident> {
        let is_send = (call.method == "send" || call.method == "feed")
            && self.is_of_client(&call.receiver)
            && self.is_queue(&call.receiver)
            && !call.args.first().is_some_and(is_error);
        is_send.then_some(&call.method)
    }

    /// `client.push(..)`, a method of the file that waits for a send.
    fn by_method<'e>(&self, call: &'e ExprMethodCall) -> Option<&'e Ident> {
        let helper = self.flow.only_method(&call.method.to_string(), call.args.len())?;
        let waits =
            matches!(&*call.receiver, Expr::Path(_)) && self.is_of_client(&call.receiver) && waits(helper);
        waits.then_some(&call.method)
    }

    /// `push(&client, ..)`, a function of the file that waits for a send.
    fn by_function<'e>(&self, call: &'e ExprCall) -> Option<&'e Ident> {
        let helper = self.flow.helper_of(&call.func)?;
        let Expr::Path(path) = &*call.func else { return None };
        let waits = call.args.iter().any(|one| self.is_of_client(one) && self.is_queue(one)) && waits(helper);
        path.path.segments.last().map(|last| &last.ident).filter(|_| waits)
    }
}

/// Whether the function waits for a send, and does nothing else of which the wait could be limited.
fn waits(helper: &Neighbour) -> bool {
    const OTHERWISE: [&str; 8] = [
        "try_send",
        "timeout",
        "send_timeout",
        "spawn",
        "select",
        "unbounded_send",
        "UnboundedSender",
        "oneshot",
    ];
    helper.is_async && helper.words.methods.contains("send") && !helper.words.have(&OTHERWISE)
}

impl<'ast> Visit<'ast> for Sends<'_> {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        let send = match &*awaited.base {
            Expr::MethodCall(call) => self.direct(call).or_else(|| self.by_method(call)),
            Expr::Call(call) => self.by_function(call),
            _ => None,
        };
        if let Some(send) = send {
            self.found.get_or_insert_with(|| send.clone());
        }
        visit::visit_expr_await(self, awaited);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        if local.init.as_ref().is_some_and(|init| self.is_of_client(&init.expr)) {
            self.of.extend(bound(&local.pat));
        }
    }

    fn visit_expr_let(&mut self, test: &'ast syn::ExprLet) {
        visit::visit_expr_let(self, test);
        if self.is_of_client(&test.expr) {
            self.of.extend(bound(&test.pat));
        }
    }

    /// `if client.id == id { .. break }` looks for one of them.
    fn visit_expr_if(&mut self, branch: &'ast ExprIf) {
        if !matches!(&*branch.cond, Expr::Let(_)) && finds_one(&branch.cond, &branch.then_branch) {
            self.visit_expr(&branch.cond);
            branch.else_branch.iter().for_each(|(_, other)| self.visit_expr(other));
            return;
        }
        visit::visit_expr_if(self, branch);
    }

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether the loop ends with the one that the condition is true of.
fn finds_one(condition: &Expr, then: &Block) -> bool {
    let compares = matches!(condition, Expr::Binary(binary) if matches!(binary.op, BinOp::Eq(_)));
    compares && block_leaves(then)
}

/// `Err(..)` is the answer to a request of the program itself: no client is sent one.
fn is_error(sent: &Expr) -> bool {
    matches!(sent, Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err")))
}

/// The names that a pattern binds.
fn bound(pattern: &Pat) -> HashSet<String> {
    struct Bound(HashSet<String>);
    impl<'ast> Visit<'ast> for Bound {
        fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
            self.0.insert(name.ident.to_string());
            visit::visit_pat_ident(self, name);
        }
    }
    let mut bound = Bound(HashSet::new());
    bound.visit_pat(pattern);
    bound.0
}
