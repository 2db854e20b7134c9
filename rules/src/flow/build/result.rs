//! How a function ends, by its result.

use syn::{Expr, ReturnType, Type};

use crate::flow::graph::Exit;

/// How a function with this result ends.
pub(super) fn judge(result: &Expr) -> Exit {
    match result {
        Expr::Paren(inner) => judge(&inner.expr),
        Expr::Call(call) => match called(&call.func).as_deref() {
            Some("Ok") if call.args.first().is_some_and(is_none) => Exit::Empty,
            Some("Ok") => Exit::Fine,
            Some("Err") => Exit::Error,
            _ => Exit::Unknown,
        },
        Expr::Tuple(unit) if unit.elems.is_empty() => Exit::Fine,
        none if is_none(none) => Exit::Error,
        _ => Exit::Unknown,
    }
}

pub(super) fn is_none(result: &Expr) -> bool {
    matches!(result, Expr::Path(path) if path.path.is_ident("None"))
}

pub(super) fn is_ok(result: &Expr) -> bool {
    matches!(result, Expr::Call(call) if called(&call.func).as_deref() == Some("Ok"))
}

pub(super) fn is_err(result: &Expr) -> bool {
    matches!(result, Expr::Call(call) if called(&call.func).as_deref() == Some("Err"))
}

/// The last name of a path.
pub(super) fn called(function: &Expr) -> Option<String> {
    match function {
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Expr::Paren(inner) => called(&inner.expr),
        _ => None,
    }
}

/// Whether there is no result.
pub(crate) fn gives_nothing(output: &ReturnType) -> bool {
    match output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => matches!(&**ty, Type::Tuple(unit) if unit.elems.is_empty()),
    }
}
