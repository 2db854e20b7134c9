//! Close codes as other libraries write them: `CloseCode(4001)`, `CloseCode::Policy`, a number.

use quote::ToTokens;
use syn::{Expr, ExprCall, Lit, Path};

use super::scope;
use crate::{
    AXUM_API, close,
    flow::Flow,
    syntax::{Sink, one_line},
};

/// `CloseCode(4001)`, `CloseCode::from(4001)`, `CloseCode::Library(4001)`, `Error::close(4001, "why")`. Returns whether the function that
/// is called is reported.
pub(super) fn check_call(flow: &Flow<'_>, call: &ExprCall, sink: &mut Sink) -> bool {
    let Expr::Path(function) = &*call.func else { return false };
    let full = flow.imports().resolve_path(&function.path);
    if full == "sockeye::Error::close" && call.args.len() == 2 {
        if let Some(found) = number(flow, &call.args[0]) {
            report(flow, &call.args[0], found, sink);
        }
        return false;
    }
    let (Some(name), 1) = (of_type(&full), call.args.len()) else { return false };
    let is_constant = name.starts_with(char::is_uppercase) && scope::has_no(flow, name);
    let number = literal(&call.args[0]);
    if !name.is_empty() && !is_constant && (name != "from" || number.is_none()) {
        return false;
    }
    let instead = number.and_then(|number| code(flow, number)).unwrap_or_else(|| own_code(flow, 4001));
    let message = format!(
        "`{}` is not a close code: one is a constant of `CloseCode`, or made by `new`",
        one_line(call)
    );
    report(flow, call, Found { message, instead }, sink);
    true
}

/// A constant that `CloseCode` does not have.
pub(super) fn check_constant(flow: &Flow<'_>, path: &Path, at: &dyn ToTokens, sink: &mut Sink) {
    let full = flow.imports().resolve_path(path);
    let Some(name) = of_type(&full).filter(|name| name.starts_with(char::is_uppercase)) else { return };
    if names().any(|known| known == name) || name.contains("::") || !scope::has_no(flow, name) {
        return;
    }
    let message = format!("`CloseCode` has no `{name}`");
    if let Some(known) = closest(name) {
        return report(flow, at, Found { message, instead: constant(flow, known) }, sink);
    }
    let all: Vec<_> = names().map(|name| format!("`{name}`")).collect();
    let help = format!(
        "write one of its constants, {}; or `{}` for a code of your own, 4000 to 4999",
        all.join(", "),
        own_code(flow, 4001)
    );
    sink.report(&AXUM_API, at, message, help).in_place_of(at);
}

fn report(flow: &Flow<'_>, at: &dyn ToTokens, found: Found, sink: &mut Sink) {
    let help = format!("write `{}`", found.instead);
    if scope::has_no(flow, "close") {
        sink.report(&AXUM_API, at, found.message, help).in_place_of(at);
    }
}

/// What stands for a close code and is none.
pub(super) struct Found {
    pub(super) message: String,
    /// The code to write.
    pub(super) instead: String,
}

pub(super) fn number(flow: &Flow<'_>, argument: &Expr) -> Option<Found> {
    let is_number =
        |instead| Found { message: "a close code is a `CloseCode`, not a number".to_owned(), instead };
    match argument {
        Expr::Lit(_) => {
            let number = literal(argument)?;
            let reserved = || Found {
                message: format!("no close frame can carry the code {number} (RFC 6455 section 7.4)"),
                instead: constant(flow, "NORMAL"),
            };
            Some(code(flow, number).map_or_else(reserved, is_number))
        }
        // `4001.into()`
        Expr::MethodCall(call) if call.method == "into" => {
            Some(is_number(code(flow, literal(&call.receiver)?)?))
        }
        // `CloseCode::new(4001)`
        Expr::Call(call) if call.args.len() == 1 => {
            let Expr::Path(function) = &*call.func else { return None };
            if flow.imports().resolve_path(&function.path) != "sockeye::CloseCode::new" {
                return None;
            }
            let instead = literal(&call.args[0])
                .and_then(|number| code(flow, number))
                .unwrap_or_else(|| format!("{}.unwrap_or({})", one_line(argument), constant(flow, "NORMAL")));
            let message = "`CloseCode::new` returns an `Option`: not every number is a close code";
            Some(Found { message: message.to_owned(), instead })
        }
        Expr::Path(path) => {
            let full = flow.imports().resolve_path(&path.path);
            let name = full.strip_prefix("axum::extract::ws::close_code::")?;
            Some(is_number(constant(flow, of_axum(name)?)))
        }
        _ => None,
    }
}

fn literal(argument: &Expr) -> Option<u64> {
    match argument {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// What follows the path of the type: nothing for the type itself.
fn of_type(full: &str) -> Option<&str> {
    let rest = full.strip_prefix("sockeye::CloseCode")?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix("::") }
}

/// The code with this number, if a close frame can carry it.
fn code(flow: &Flow<'_>, number: u64) -> Option<String> {
    let number = u16::try_from(number).ok().filter(|code| close::can_be_sent(*code))?;
    Some(match close::name(number) {
        Some(name) => constant(flow, name),
        None => own_code(flow, number),
    })
}

fn own_code(flow: &Flow<'_>, number: u16) -> String {
    format!("const {{ {}::new({number}).unwrap() }}", written(flow))
}

pub(super) fn constant(flow: &Flow<'_>, name: &str) -> String {
    format!("{}::{name}", written(flow))
}

/// The path of the type in this file.
fn written(flow: &Flow<'_>) -> &'static str {
    let is_imported = flow.imports().resolve("CloseCode") == "sockeye::CloseCode";
    if is_imported { "CloseCode" } else { "sockeye::CloseCode" }
}

fn names() -> impl Iterator<Item = &'static str> {
    (1000..5000).filter_map(close::name)
}

/// The constant that is meant by a name of another library.
fn closest(name: &str) -> Option<&'static str> {
    let name = name.to_uppercase();
    let plain = |name: &str| name.replace('_', "");
    let given = plain(&name);
    let is_like = |known: &&str| plain(known).contains(&given) || given.contains(&plain(known));
    of_axum(&name).or_else(|| names().find(is_like).filter(|_| given.len() > 2))
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

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn names_of_other_libraries_are_known() {
        for (name, expected) in [
            ("PolicyViolation", Some("POLICY_VIOLATION")),
            ("Policy", Some("POLICY_VIOLATION")),
            ("ERROR", Some("INTERNAL_ERROR")),
            ("InternalServerError", None),
            ("TooBig", Some("MESSAGE_TOO_BIG")),
            ("KICKED", None),
        ] {
            assert_eq!(closest(name), expected, "{name}");
        }
    }
}
