//! Channels whose sender the function itself keeps: they do not end before the function does.

use quote::ToTokens;
use syn::{
    Block, Expr, ExprAsync, ExprClosure, ExprMethodCall, ExprReference, Ident, Pat, Stmt,
    visit::{self, Visit},
};

use super::Walk;
use crate::{
    flow::each_word,
    reading::{only_name, plain},
};

impl Walk<'_> {
    /// Whether it is the receiver of a channel of this function, which only lends and clones the sender.
    pub(super) fn is_held(&self, receiver: &Expr) -> bool {
        let Expr::Path(path) = plain(receiver) else { return false };
        let name = path.path.get_ident().and_then(|ident| self.names.find(ident));
        let Some(name) = name.filter(|name| name.is_own && name.made.is_some_and(is_channel)) else {
            return false;
        };
        let mut search = Search { receiver: name.ident, keeps: false };
        if let Some(body) = self.found.function.block() {
            search.visit_block(body);
        }
        search.keeps
    }
}

/// The block in which the channel is created.
struct Search<'n> {
    receiver: &'n Ident,
    keeps: bool,
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        for statement in &block.stmts {
            let Stmt::Local(local) = statement else { continue };
            let Pat::Tuple(pair) = &local.pat else { continue };
            if let [Some(sender), Some(receiver)] = pair.elems.iter().map(only_name).collect::<Vec<_>>()[..]
                && std::ptr::eq(receiver, self.receiver)
            {
                self.keeps = keeps(block, sender);
            }
        }
        visit::visit_block(self, block);
    }
}

/// Whether every mention of the sender, apart from its binding, leaves it where it is.
fn keeps(block: &Block, sender: &Ident) -> bool {
    let mut all = 0;
    each_word(block.to_token_stream(), &mut |word| all += usize::from(word == sender));
    let mut lent = Lent { sender, count: 0 };
    lent.visit_block(block);
    all == lent.count + 1
}

struct Lent<'n> {
    sender: &'n Ident,
    count: usize,
}

impl Lent<'_> {
    fn is_it(&self, expression: &Expr) -> bool {
        matches!(expression, Expr::Path(path) if path.path.is_ident(self.sender))
    }
}

impl<'ast> Visit<'ast> for Lent<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.count += usize::from(call.method == "clone" && self.is_it(&call.receiver));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_reference(&mut self, lent: &'ast ExprReference) {
        self.count += usize::from(self.is_it(&lent.expr));
        visit::visit_expr_reference(self, lent);
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        if block.capture.is_none() {
            visit::visit_expr_async(self, block);
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        if closure.capture.is_none() {
            visit::visit_expr_closure(self, closure);
        }
    }
}

/// `mpsc::channel(8)`
fn is_channel(made: &Expr) -> bool {
    let Expr::Call(call) = plain(made) else { return false };
    let Expr::Path(path) = &*call.func else { return false };
    let last = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    last.ends_with("channel") || last.ends_with("bounded")
}
