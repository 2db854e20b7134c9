//! Methods of handles that are called by their paths: `SinkExt::send(&mut sink, message)`.

use syn::{AngleBracketedGenericArguments, Expr, ExprCall, ExprMethodCall, ExprPath, PathArguments, Token};

use super::Builder;
use crate::flow::{
    Flavor,
    value::{Handle, Kind, Value},
};

/// The traits and types whose functions take a handle.
const OWNERS: [&str; 11] = [
    "Handshake",
    "Socket",
    "Sender",
    "Receiver",
    "WebSocketUpgrade",
    "WebSocket",
    "SplitSink",
    "SplitStream",
    "SinkExt",
    "StreamExt",
    "TryStreamExt",
];

impl<'a> Builder<'a> {
    /// The same call as a method of its first argument, if that is a handle.
    pub(super) fn as_method(&self, function: &ExprPath, call: &ExprCall) -> Option<&'a ExprMethodCall> {
        let mut names = function.path.segments.iter().rev();
        let (method, owner) = (names.next()?, names.next()?);
        let receiver = call.args.first()?;
        if !OWNERS.iter().any(|name| owner.ident == name) || self.handle_at(receiver).is_none() {
            return None;
        }
        let call = ExprMethodCall {
            attrs: Vec::new(),
            receiver: Box::new(without_borrow(receiver).clone()),
            dot_token: Token![.](method.ident.span()),
            method: method.ident.clone(),
            turbofish: turbofish(&method.arguments),
            paren_token: call.paren_token,
            args: call.args.iter().skip(1).cloned().collect(),
        };
        match self.keep(Expr::MethodCall(call)) {
            Expr::MethodCall(call) => Some(call),
            _ => None,
        }
    }

    /// The handle that a name, or a field of `self`, holds.
    fn handle_at(&self, expression: &Expr) -> Option<Handle> {
        let value = match without_borrow(expression) {
            Expr::Path(path) => self.names.find(&path.path.get_ident()?.to_string()).cloned(),
            Expr::Field(field) => self.field_of_self(field),
            _ => None,
        };
        match value? {
            Value::Handle(handle) => Some(handle),
            _ => None,
        }
    }

    /// The sending half in `Arc::new(Mutex::new(sink))`, and in a clone of that.
    pub(super) fn is_shared_half(&self, path: &str, call: &ExprCall) -> bool {
        const WRAPPERS: [&str; 7] =
            ["Arc::new", "Rc::new", "Mutex::new", "RwLock::new", "RefCell::new", "Arc::clone", "Rc::clone"];
        let Some(only) = call.args.first().filter(|_| call.args.len() == 1) else { return false };
        let is_half = |handle: Handle| handle.kind == Kind::Sender;
        let wraps = WRAPPERS.iter().any(|one| path.ends_with(one));
        wraps
            && self.flavor == Flavor::Axum
            && match without_borrow(only) {
                Expr::Call(inner) => match &*inner.func {
                    Expr::Path(function) => {
                        self.is_shared_half(&self.imports.resolve_path(&function.path), inner)
                    }
                    _ => false,
                },
                other => self.handle_at(other).is_some_and(is_half),
            }
    }
}

fn without_borrow(expression: &Expr) -> &Expr {
    match expression {
        Expr::Reference(inner) => without_borrow(&inner.expr),
        Expr::Paren(inner) => without_borrow(&inner.expr),
        other => other,
    }
}

fn turbofish(arguments: &PathArguments) -> Option<AngleBracketedGenericArguments> {
    match arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.clone()),
        _ => None,
    }
}
