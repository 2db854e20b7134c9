//! Code that `#[cfg(..)]` may remove: an attribute macro sees it before that is decided.

use syn::{Attribute, Expr, Stmt};

/// Whether it is under `#[cfg(..)]`.
pub(super) fn is_conditional(statement: &Stmt) -> bool {
    let attrs = match statement {
        Stmt::Local(local) => &local.attrs,
        Stmt::Macro(call) => &call.attrs,
        Stmt::Expr(expression, _) => attributes(expression),
        Stmt::Item(_) => return false,
    };
    attrs.iter().any(is_cfg)
}

pub(super) fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

fn attributes(expression: &Expr) -> &[Attribute] {
    match expression {
        Expr::Await(one) => &one.attrs,
        Expr::Try(one) => &one.attrs,
        Expr::Call(one) => &one.attrs,
        Expr::MethodCall(one) => &one.attrs,
        Expr::Macro(one) => &one.attrs,
        Expr::Block(one) => &one.attrs,
        Expr::If(one) => &one.attrs,
        Expr::Match(one) => &one.attrs,
        Expr::Loop(one) => &one.attrs,
        Expr::While(one) => &one.attrs,
        Expr::ForLoop(one) => &one.attrs,
        Expr::Return(one) => &one.attrs,
        Expr::Break(one) => &one.attrs,
        Expr::Continue(one) => &one.attrs,
        Expr::Assign(one) => &one.attrs,
        Expr::Async(one) => &one.attrs,
        Expr::Unsafe(one) => &one.attrs,
        Expr::Tuple(one) => &one.attrs,
        Expr::Path(one) => &one.attrs,
        _ => &[],
    }
}
