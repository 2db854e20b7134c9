//! The value from which a name was bound.

use syn::{Expr, Ident, Pat, Type};

use super::at::At;
use crate::{
    flow::{Imports, is_handle_type},
    surroundings::type_path,
    syntax::segments,
};

/// A name in scope.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) ident: &'a Ident,
    /// Unique.
    pub(crate) number: usize,
    pub(crate) origin: Origin<'a>,
    /// The field of a struct that it was destructured from.
    pub(crate) field: Option<&'a Ident>,
    /// How many frames were open when it was bound.
    pub(crate) frames: usize,
    /// How many loops were around its binding.
    pub(crate) rounds: usize,
}

/// Its origin.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// A parameter.
    Typed(&'a Type),
    /// The value of this expression.
    Made(&'a Expr),
    /// One element of a tuple that is the value of this expression.
    Part(&'a Expr, usize),
    /// The output of this future, in a branch of `select!`.
    Awaited(&'a Expr),
    /// A part that a pattern found in the value of this expression, or in the value that it awaits.
    Inside(&'a Expr),
    /// The socket that a callback of an upgrade is called with.
    Socket,
    Unknown,
}

impl Origin<'_> {
    pub(super) fn inside(self) -> Self {
        match self {
            Self::Made(whole) | Self::Awaited(whole) | Self::Inside(whole) => Self::Inside(whole),
            _ => Self::Unknown,
        }
    }

    pub(super) fn part(self, index: usize) -> Self {
        match self {
            Self::Made(Expr::Tuple(tuple)) => tuple.elems.get(index).map_or(Self::Unknown, Self::Made),
            Self::Made(whole) => Self::Part(whole, index),
            Self::Typed(Type::Tuple(tuple)) => tuple.elems.get(index).map_or(Self::Unknown, Self::Typed),
            _ => Self::Unknown,
        }
    }
}

/// Methods of a handle that return a handle.
const KEEPS: [&str; 16] = [
    "accept",
    "split",
    "clone",
    "unwrap",
    "expect",
    "map_err",
    "with",
    "sink_map_err",
    "fuse",
    "buffer",
    "lock",
    "reunite",
    "by_ref",
    "as_mut",
    "subprotocol",
    "boxed",
];

impl<'a> At<'a> {
    /// Whether it is, or borrows, a handshake, a socket or a half of one.
    pub(crate) fn is_handle(&self, name: &Name<'a>) -> bool {
        match name.origin {
            Origin::Socket => true,
            Origin::Typed(ty) => is_handle_type(ty, self.imports()) || self.is_root(name),
            Origin::Made(made) | Origin::Part(made, _) => self.gives_handle(made, name),
            Origin::Awaited(_) | Origin::Inside(_) | Origin::Unknown => false,
        }
    }

    /// Whether an expression is one, or is derived from one.
    pub(crate) fn is_handle_expression(&self, expression: &Expr) -> bool {
        self.gives_handle_among(expression, &self.names)
    }

    fn is_root(&self, name: &Name<'a>) -> bool {
        name.frames == 1 && self.flow.roots.iter().any(|root| *name.ident == root.at.to_string())
    }

    fn gives_handle(&self, made: &Expr, name: &Name<'a>) -> bool {
        self.gives_handle_among(made, self.before(name))
    }

    pub(super) fn gives_handle_among(&self, made: &Expr, names: &[Name<'a>]) -> bool {
        match made {
            Expr::Path(path) => {
                let name =
                    path.path.get_ident().and_then(|ident| names.iter().rfind(|one| ident == one.ident));
                name.is_some_and(|name| self.is_handle(name))
            }
            Expr::Paren(inner) => self.gives_handle_among(&inner.expr, names),
            Expr::Reference(inner) => self.gives_handle_among(&inner.expr, names),
            Expr::Await(inner) => self.gives_handle_among(&inner.base, names),
            Expr::Try(inner) => self.gives_handle_among(&inner.expr, names),
            Expr::MethodCall(call) if KEEPS.contains(&call.method.to_string().as_str()) => {
                self.gives_handle_among(&call.receiver, names)
            }
            Expr::Call(call) => {
                let wraps = path_of(&call.func, self.imports())
                    .is_some_and(|path| matches!(last(&path), "new" | "pin" | "Some" | "Ok"));
                wraps && call.args.iter().any(|one| self.gives_handle_among(one, names))
            }
            Expr::Field(field) => {
                matches!(&*field.base, Expr::Path(path) if path.path.is_ident("self"))
                    && self.flow.has_handles_in_self()
            }
            _ => false,
        }
    }

    /// The path of a type, inside references and wrappers.
    pub(crate) fn type_path(&self, ty: &Type) -> Option<String> {
        type_path(ty, self.imports())
    }
}

/// The path of the called function.
pub(super) fn path_of(function: &Expr, imports: &Imports) -> Option<String> {
    match function {
        Expr::Path(path) => Some(imports.resolve_path(&path.path)),
        _ => None,
    }
}

pub(super) fn last(path: &str) -> &str {
    segments::last(path)
}

/// The name of a pattern that is only a name.
pub(crate) fn only_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.subpat.is_none() => Some(&name.ident),
        Pat::Type(inner) => only_name(&inner.pat),
        Pat::Paren(inner) => only_name(&inner.pat),
        _ => None,
    }
}
