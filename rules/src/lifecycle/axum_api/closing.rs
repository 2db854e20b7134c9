//! What is passed to `close`: in other libraries nothing, a frame, or a number.

use quote::ToTokens;
use syn::{Expr, ExprMethodCall, Lit};

use super::scope;
use crate::{
    AXUM_API, close,
    flow::Flow,
    syntax::{Sink, one_line},
};

const TAKES: &str = "`close` takes a code and a reason";
const NORMAL: &str = "CloseCode::NORMAL";
const WHY: &str = "\"why\"";

pub(super) fn check(flow: &Flow<'_>, call: &ExprMethodCall, sink: &mut Sink) {
    let arguments: Vec<&Expr> = call.args.iter().collect();
    let (at, message, code, reason): (&dyn ToTokens, _, _, _) = match arguments[..] {
        [] => (&call.method, TAKES.to_owned(), NORMAL.to_owned(), WHY.to_owned()),
        [one] => match number(flow, one) {
            Some(Number { message, instead }) => (one, message, instead, WHY.to_owned()),
            None if is_code(flow, one) => (&call.method, TAKES.to_owned(), one_line(one), WHY.to_owned()),
            None if is_text(one) => (&call.method, TAKES.to_owned(), NORMAL.to_owned(), one_line(one)),
            None => (&call.method, TAKES.to_owned(), NORMAL.to_owned(), WHY.to_owned()),
        },
        [code, reason] => match number(flow, code) {
            Some(Number { message, instead }) => (code, message, instead, one_line(reason)),
            None => return,
        },
        _ => return,
    };
    if scope::has_no(flow, "close") {
        let help = format!("write `{}.close({code}, {reason}).await`", one_line(&call.receiver));
        sink.report(&AXUM_API, at, message, help).untyped();
    }
}

/// A number where a `CloseCode` is expected.
struct Number {
    message: String,
    instead: String,
}

fn number(flow: &Flow<'_>, argument: &Expr) -> Option<Number> {
    let is_number =
        |instead| Number { message: "a close code is a `CloseCode`, not a number".to_owned(), instead };
    match argument {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => {
                let number: u64 = number.base10_parse().ok()?;
                let reserved = || Number {
                    message: format!("no close frame can carry the code {number} (RFC 6455 section 7.4)"),
                    instead: NORMAL.to_owned(),
                };
                Some(code(number).map_or_else(reserved, is_number))
            }
            _ => None,
        },
        Expr::Path(path) => {
            let full = flow.imports().resolve_path(&path.path);
            let name = full.strip_prefix("axum::extract::ws::close_code::")?;
            Some(is_number(format!("CloseCode::{}", of_axum(name)?)))
        }
        _ => None,
    }
}

/// The code with this number, if a close frame can carry it.
fn code(number: u64) -> Option<String> {
    let code = u16::try_from(number).ok().filter(|code| close::can_be_sent(*code))?;
    Some(match close::name(code) {
        Some(name) => format!("CloseCode::{name}"),
        None => format!("const {{ CloseCode::new({code}).unwrap() }}"),
    })
}

/// The name of one of axum's constants in Sockeye.
fn of_axum(name: &str) -> Option<&'static str> {
    Some(match name {
        "NORMAL" => "NORMAL",
        "AWAY" => "GOING_AWAY",
        "PROTOCOL" => "PROTOCOL_ERROR",
        "UNSUPPORTED" => "UNSUPPORTED_DATA",
        "INVALID" => "INVALID_PAYLOAD",
        "POLICY" => "POLICY_VIOLATION",
        "SIZE" => "MESSAGE_TOO_BIG",
        "ERROR" => "INTERNAL_ERROR",
        "RESTART" => "SERVICE_RESTART",
        "AGAIN" => "TRY_AGAIN_LATER",
        _ => return None,
    })
}

fn is_code(flow: &Flow<'_>, argument: &Expr) -> bool {
    let Expr::Path(path) = argument else { return false };
    flow.imports().resolve_path(&path.path).starts_with("sockeye::CloseCode::")
}

fn is_text(argument: &Expr) -> bool {
    matches!(argument, Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)))
}
