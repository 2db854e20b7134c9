//! `Err(StatusCode::FORBIDDEN)`, as axum's handlers refuse.

use syn::{
    Block, Expr, ExprAsync, ExprCall, ExprClosure, ExprReturn, Item, Stmt,
    visit::{self, Visit},
};

use crate::{
    AXUM_API,
    flow::{Flow, Kind},
    syntax::{Sink, last_segment, one_line},
};

/// Only where the function certainly returns `sockeye::Error`, which no status converts into.
pub(super) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !flow.is_endpoint || !flow.function.has_word(&["StatusCode"]) || !returns_our_result(flow) {
        return;
    }
    let mut search = Search { flow, sink };
    search.visit_block(flow.body);
    search.last(flow.body);
}

fn returns_our_result(flow: &Flow<'_>) -> bool {
    let Some(output) = flow.function.output() else { return false };
    let has_one_type = last_segment(output).is_some_and(|last| match &last.arguments {
        syn::PathArguments::AngleBracketed(types) => types.args.len() == 1,
        _ => true,
    });
    let syn::Type::Path(path) = output else { return false };
    has_one_type && flow.imports().resolve_path(&path.path) == "sockeye::Result"
}

struct Search<'s, 'f> {
    flow: &'s Flow<'f>,
    sink: &'s mut Sink,
}

impl Search<'_, '_> {
    /// The value of the function.
    fn last(&mut self, block: &Block) {
        if let Some(Stmt::Expr(last, None)) = block.stmts.last() {
            self.result(last);
        }
    }

    fn result(&mut self, result: &Expr) {
        match result {
            Expr::Call(call) => self.error(call),
            Expr::If(branch) => {
                self.last(&branch.then_branch);
                if let Some((_, other)) = &branch.else_branch {
                    self.result(other);
                }
            }
            Expr::Block(inner) if inner.label.is_none() => self.last(&inner.block),
            Expr::Match(choice) => choice.arms.iter().for_each(|arm| self.result(&arm.body)),
            _ => {}
        }
    }

    fn error(&mut self, call: &ExprCall) {
        let is_error = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err"));
        let Some((status, reason)) =
            call.args.first().and_then(|error| self.status(error)).filter(|_| is_error)
        else {
            return;
        };
        let root = self.flow.roots_of(Kind::Handshake).next();
        let handshake = root.map_or_else(|| "handshake".to_owned(), |(_, root)| root.name_or("handshake"));
        let message = "a status is no `sockeye::Error`: a handler refuses with its handshake";
        let help = format!(
            "write `Err({handshake}.reject({status}, {reason}))`; after `accept`, `Err(sockeye::Error::close(sockeye::CloseCode::POLICY_VIOLATION, {reason}))`"
        );
        self.sink.report(&AXUM_API, call, message, help);
    }

    /// `StatusCode::FORBIDDEN`, also in a tuple, and with `.into()`.
    fn status(&self, error: &Expr) -> Option<(String, String)> {
        match error {
            Expr::Path(path) => {
                let full = self.flow.imports().resolve_path(&path.path);
                let (of, name) = full.rsplit_once("::")?;
                let is_constant = name.starts_with(|first: char| first.is_ascii_uppercase())
                    && !name.contains(|one: char| one.is_ascii_lowercase());
                let is_status =
                    matches!(of, "http::StatusCode" | "axum::http::StatusCode" | "hyper::StatusCode");
                (is_constant && is_status).then(|| (one_line(error), "\"why\"".to_owned()))
            }
            Expr::MethodCall(call) if call.method == "into" => self.status(&call.receiver),
            Expr::Tuple(pair) if pair.elems.len() == 2 => {
                let (status, _) = self.status(&pair.elems[0])?;
                Some((status, one_line(&pair.elems[1])))
            }
            Expr::Paren(inner) => self.status(&inner.expr),
            _ => None,
        }
    }
}

impl<'ast> Visit<'ast> for Search<'_, '_> {
    fn visit_expr_return(&mut self, end: &'ast ExprReturn) {
        if let Some(result) = &end.expr {
            self.result(result);
        }
        visit::visit_expr_return(self, end);
    }

    // `return` in these is not the function's.
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}
