//! Functions that return the next event of a feed.

use syn::{Expr, Stmt};

use super::{Neighbours, collect::Found, type_path};
use crate::{reading::plain, syntax::last_segment};

/// Whether it returns the next event of a `broadcast` channel, and `None` both for a lag and for the end: `events.recv().await.ok()`.
pub(super) fn hides_lags(found: &Found, file: &Neighbours) -> bool {
    let function = &found.function;
    let gives_option = function.output().and_then(last_segment).is_some_and(|last| last.ident == "Option");
    if !gives_option || !function.has_word(&["recv"]) {
        return false;
    }
    let Some([Stmt::Expr(only, None)]) = function.block().map(|body| body.stmts.as_slice()) else {
        return false;
    };
    let receiver = received_from(plain(only));
    let ty = receiver.and_then(|receiver| type_of(receiver, found, file));
    ty.is_some_and(|path| path.ends_with("broadcast::Receiver"))
}

/// The receiver in `receiver.recv().await.ok()`.
fn received_from(made: &Expr) -> Option<&Expr> {
    let Expr::MethodCall(ok) = made else { return None };
    let Expr::Await(awaited) = plain(&ok.receiver) else { return None };
    let Expr::MethodCall(call) = &*awaited.base else { return None };
    (ok.method == "ok" && call.method == "recv").then_some(&*call.receiver)
}

/// The path of the type of a parameter, or of a field of `self`.
fn type_of(receiver: &Expr, found: &Found, file: &Neighbours) -> Option<String> {
    match receiver {
        Expr::Path(path) => {
            let name = path.path.get_ident()?;
            let parameter =
                found.function.parameters.iter().find(|one| one.binding().is_some_and(|one| one == name))?;
            type_path(parameter.ty(), &found.imports)
        }
        Expr::Field(field) => {
            let syn::Member::Named(name) = &field.member else { return None };
            let is_self = matches!(&*field.base, Expr::Path(path) if path.path.is_ident("self"));
            let of = found.of.as_deref().filter(|_| is_self)?;
            file.type_of_field(of, &name.to_string()).map(str::to_owned)
        }
        _ => None,
    }
}
