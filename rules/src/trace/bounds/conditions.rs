//! What conditions say about the values in them.

use std::collections::HashMap;

use syn::{
    BinOp, Expr,
    visit::{self, Visit},
};

use super::{
    super::kinds,
    values::{operands, path_of, paths_of, plain},
};
use crate::flow::macro_name;

/// A value is no larger than another, or a function has looked at it.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) of: String,
    pub(super) against: Option<Expr>,
}

/// What holds if the condition is true, or false.
pub(super) fn said(condition: &Expr, is: bool, named: &HashMap<String, Expr>) -> Vec<Said> {
    let inner = |condition: &Expr, is: bool| said(condition, is, named);
    match condition {
        Expr::Paren(paren) => inner(&paren.expr, is),
        Expr::Unary(not) if matches!(not.op, syn::UnOp::Not(_)) => inner(&not.expr, !is),
        Expr::Binary(binary) => match binary.op {
            BinOp::And(_) if is => [inner(&binary.left, true), inner(&binary.right, true)].concat(),
            BinOp::Or(_) if !is => [inner(&binary.left, false), inner(&binary.right, false)].concat(),
            BinOp::And(_) | BinOp::Or(_) => Vec::new(),
            _ => [compared(binary, is), used(condition)].concat(),
        },
        Expr::Path(path) => {
            let condition = path.path.get_ident().and_then(|name| named.get(&name.to_string()));
            let others = |one: &Expr| !matches!(one, Expr::Path(_));
            condition.filter(|one| others(one)).map_or_else(Vec::new, |one| inner(one, is))
        }
        Expr::MethodCall(call) if matches!(call.method.to_string().as_str(), "contains" | "contains_key") => {
            let all = call.args.iter().filter(|_| is).flat_map(|one| operands(one).unwrap_or_default());
            all.map(|of| Said { of, against: None }).collect()
        }
        Expr::Let(test) => {
            let mut all = used(&test.expr);
            if is && super::values::is_number_pattern(&test.pat) {
                let paths = super::values::names_of(&test.pat).chain(paths_of(&test.expr));
                all.extend(paths.map(|of| Said { of, against: None }));
            }
            all
        }
        Expr::Macro(call) if macro_name(&call.mac) == "matches" => matched(&call.mac, is),
        other => used(other),
    }
}

/// What a comparison says.
fn compared(binary: &syn::ExprBinary, is: bool) -> Vec<Said> {
    let (left, right) = (&*binary.left, &*binary.right);
    let bounds = |small: &Expr, large: &Expr| {
        let of = operands(small).unwrap_or_else(|| paths_of(small));
        of.into_iter().map(|of| Said { of, against: Some(large.clone()) }).collect::<Vec<_>>()
    };
    match (&binary.op, is) {
        (BinOp::Lt(_) | BinOp::Le(_), true) | (BinOp::Gt(_) | BinOp::Ge(_), false) => bounds(left, right),
        (BinOp::Gt(_) | BinOp::Ge(_), true) | (BinOp::Lt(_) | BinOp::Le(_), false) => bounds(right, left),
        (BinOp::Eq(_), true) | (BinOp::Ne(_), false) => [bounds(left, right), bounds(right, left)].concat(),
        _ => Vec::new(),
    }
}

/// `matches!(at, 0..=7)`.
fn matched(call: &syn::Macro, is: bool) -> Vec<Said> {
    let text = call.tokens.to_string();
    let Some((value, pattern)) = text.split_once(',') else { return Vec::new() };
    let names_one = pattern.chars().any(|one| one.is_ascii_digit() || one == '"') || pattern.contains("if");
    let value = syn::parse_str::<Expr>(value).ok().filter(|_| is && names_one);
    let paths = value.iter().flat_map(paths_of);
    paths.map(|of| Said { of, against: None }).collect()
}

/// Whether a name of this value can be asked later: a comparison, or a call that answers.
pub(super) fn is_condition(value: &Expr) -> bool {
    match value {
        Expr::Binary(binary) => matches!(
            binary.op,
            BinOp::And(_)
                | BinOp::Or(_)
                | BinOp::Lt(_)
                | BinOp::Le(_)
                | BinOp::Gt(_)
                | BinOp::Ge(_)
                | BinOp::Eq(_)
                | BinOp::Ne(_)
        ),
        Expr::Unary(not) => matches!(not.op, syn::UnOp::Not(_)),
        Expr::Paren(inner) => is_condition(&inner.expr),
        Expr::MethodCall(_) | Expr::Call(_) | Expr::Macro(_) | Expr::Await(_) => true,
        _ => false,
    }
}

/// Methods that say nothing about their receiver or arguments as a place or as a key.
const BLIND: [&str; 30] = [
    "len",
    "is_empty",
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
    "send",
    "feed",
    "try_send",
    "push",
    "push_back",
    "push_str",
    "clone",
    "contains",
    "contains_key",
    "insert",
    "swap",
    "to_string",
    "to_owned",
    "as_str",
    "trim",
    "parse",
    "split",
    "next",
    "recv",
    "eq_ignore_ascii_case",
    "starts_with",
    "ends_with",
    "to_lowercase",
    "remove",
];

/// The values that some function has looked at.
pub(super) fn used(value: &Expr) -> Vec<Said> {
    struct Used(Vec<String>);
    impl<'ast> Visit<'ast> for Used {
        fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
            let is_reader = match &*call.func {
                Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
                    let name = last.ident.to_string();
                    kinds::reads(&name)
                        || name.starts_with(char::is_uppercase)
                        || matches!(name.as_str(), "from" | "timeout" | "from_utf8_lossy")
                }),
                _ => false,
            };
            if !is_reader {
                call.args.iter().for_each(|one| self.0.extend(paths_of(one)));
            }
            visit::visit_expr_call(self, call);
        }

        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            let name = call.method.to_string();
            if !BLIND.contains(&name.as_str()) {
                self.0.extend(path_of(&call.receiver));
                if let Expr::MethodCall(receiver) = plain(&call.receiver) {
                    self.0.extend(operands(&Expr::MethodCall(receiver.clone())).unwrap_or_default());
                }
                call.args.iter().for_each(|one| self.0.extend(paths_of(one)));
            }
            visit::visit_expr_method_call(self, call);
        }

        fn visit_expr_index(&mut self, _: &'ast syn::ExprIndex) {}
        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    }
    let mut found = Used(Vec::new());
    found.visit_expr(value);
    found.0.into_iter().map(|of| Said { of, against: None }).collect()
}
