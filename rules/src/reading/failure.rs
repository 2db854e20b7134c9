//! Errors that an expression makes.

use syn::{Expr, ExprCall};

use super::{last_name, plain};

/// `Error::close(..)` or `Error::status(..)` in what makes an `Err` of it: `Err(..)`, `ok_or(..)`, `ok_or_else(|| ..)`, `map_err(|_| ..)`.
pub(crate) fn made_error(made: &Expr) -> Option<&ExprCall> {
    let error = match plain(made) {
        Expr::Call(call) if last_name(&call.func).is_some_and(|name| name == "Err") => call.args.first()?,
        Expr::MethodCall(call) if call.method == "ok_or" => call.args.first()?,
        Expr::MethodCall(call) if call.method == "ok_or_else" || call.method == "map_err" => {
            match call.args.first()? {
                Expr::Closure(closure) => &closure.body,
                _ => return None,
            }
        }
        _ => return None,
    };
    match plain(error) {
        Expr::Call(call) if last_name(&call.func).is_some_and(|name| name == "close" || name == "status") => {
            Some(call)
        }
        _ => None,
    }
}
