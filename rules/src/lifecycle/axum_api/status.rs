//! `Err(StatusCode::FORBIDDEN)` and `.ok_or(StatusCode::FORBIDDEN)?`, as axum's handlers refuse.

use quote::quote;
use syn::{
    Block, Expr, ExprAsync, ExprCall, ExprClosure, ExprMethodCall, ExprReturn, ExprTry, Item, Stmt,
    visit::{self, Visit},
};

use crate::{
    AXUM_API,
    flow::{Flow, Kind},
    syntax::{Sink, last_segment, one_line, segments},
};

const MESSAGE: &str = "a status is not a `sockeye::Error`: a handler refuses with its handshake";

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

/// For an open connection.
fn closed(reason: &str) -> String {
    format!("Err(sockeye::Error::close(sockeye::CloseCode::POLICY_VIOLATION, {reason}))")
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
        let help =
            format!("write `{}`; after `accept`, `{}`", self.rejected(&status, &reason), closed(&reason));
        self.sink.report(&AXUM_API, call, MESSAGE, help);
    }

    fn rejected(&self, status: &str, reason: &str) -> String {
        let root = self.flow.roots_of(Kind::Handshake).next();
        let handshake = root.map_or_else(|| "handshake".to_owned(), |(_, root)| root.name_or("handshake"));
        format!("Err({handshake}.reject({status}, {reason}))")
    }

    /// `.ok_or(StatusCode::FORBIDDEN)?`: the error of a `Result` becomes a status, and `?` returns it.
    fn converted(&mut self, call: &ExprMethodCall) {
        let pattern = match call.method.to_string().as_str() {
            "ok_or" | "ok_or_else" => "Some(value)",
            "map_err" => "Ok(value)",
            _ => return,
        };
        let error = match call.args.first() {
            Some(Expr::Closure(closure)) => Some(&*closure.body),
            other => other,
        };
        let Some((status, reason)) = error.and_then(|error| self.status(error)) else { return };
        let help = format!(
            "write `let {pattern} = {} else {{ return {} }};`; after `accept`, `return {}` in it",
            one_line(&call.receiver),
            self.rejected(&status, &reason),
            closed(&reason),
        );
        let (method, arguments) = (&call.method, &call.args);
        self.sink.report(&AXUM_API, &quote!(#method #arguments), MESSAGE, help);
    }

    /// `StatusCode::FORBIDDEN`, also in a tuple, and with `.into()`.
    fn status(&self, error: &Expr) -> Option<(String, String)> {
        match error {
            Expr::Path(path) => {
                let full = self.flow.imports().resolve_path(&path.path);
                let (of, name) = segments::split_last(&full)?;
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

    fn visit_expr_try(&mut self, question: &'ast ExprTry) {
        if let Expr::MethodCall(call) = &*question.expr {
            self.converted(call);
        }
        visit::visit_expr_try(self, question);
    }

    // `return` and `?` in these are not the function's.
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}
