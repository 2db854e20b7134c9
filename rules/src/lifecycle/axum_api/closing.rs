//! What is passed to `close`: in other libraries nothing, a frame, or a number.

use quote::ToTokens;
use syn::{Expr, ExprMethodCall, Lit};

use super::{
    codes::{self, Found},
    scope,
};
use crate::{
    AXUM_API,
    flow::Flow,
    syntax::{Sink, one_line},
};

const TAKES: &str = "`close` takes a code and a reason";
const WHY: &str = "\"why\"";

pub(super) fn check(flow: &Flow<'_>, call: &ExprMethodCall, sink: &mut Sink) {
    let arguments: Vec<&Expr> = call.args.iter().collect();
    let normal = || codes::constant(flow, "NORMAL");
    let (at, message, code, reason): (&dyn ToTokens, _, _, _) = match arguments[..] {
        [] => (&call.method, TAKES.to_owned(), normal(), WHY.to_owned()),
        [one] => match codes::number(flow, one) {
            Some(Found { message, instead }) => (one, message, instead, WHY.to_owned()),
            None if is_code(flow, one) => (&call.method, TAKES.to_owned(), one_line(one), WHY.to_owned()),
            None if is_text(one) => (&call.method, TAKES.to_owned(), normal(), one_line(one)),
            None => (&call.method, TAKES.to_owned(), normal(), WHY.to_owned()),
        },
        [code, reason] => match codes::number(flow, code) {
            Some(Found { message, instead }) => (code, message, instead, one_line(reason)),
            None => return,
        },
        _ => return,
    };
    if scope::has_no(flow, "close") {
        let help = format!("write `{}.close({code}, {reason}).await`", one_line(&call.receiver));
        sink.report(&AXUM_API, at, message, help).untyped();
    }
}

fn is_code(flow: &Flow<'_>, argument: &Expr) -> bool {
    let Expr::Path(path) = argument else { return false };
    flow.imports().resolve_path(&path.path).starts_with("sockeye::CloseCode::")
}

fn is_text(argument: &Expr) -> bool {
    matches!(argument, Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)))
}
