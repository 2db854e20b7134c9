//! Where a connection comes into a function.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Pat, Type};

use super::{
    Flavor, Imports,
    value::{Handle, Kind, Value},
};
use crate::{
    surroundings::Surroundings,
    syntax::{Function, Known, Parameter, generic_arguments, known as named, last_segment, peel},
};

/// The parameter, or the socket of a callback, that a connection begins with.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    /// What it is.
    pub(crate) kind: Kind,
    /// Whether it is only borrowed: then its end is somebody else's business.
    pub(crate) borrowed: bool,
    /// Where it stands.
    pub(crate) at: TokenStream,
    /// Whether the function does anything with it.
    pub(crate) used: bool,
    /// The name of the parameter, when it has one that is not there to be unused.
    pub(crate) name: Option<String>,
    /// The name of the variable that holds the socket.
    pub(crate) socket: Option<String>,
    /// The name of the variable that holds its receiving half.
    pub(crate) receiver: Option<String>,
}

impl Root {
    /// Whether others may hold the rest of the connection.
    pub(crate) fn is_partial(&self) -> bool {
        self.borrowed || matches!(self.kind, Kind::Sender | Kind::Receiver)
    }

    /// The user's own name for the parameter.
    pub(crate) fn name_or(&self, name: &str) -> String {
        self.name.clone().unwrap_or_else(|| name.to_owned())
    }

    /// The variable that messages come from: the receiving half, when there is one.
    pub(crate) fn listener(&self) -> String {
        let name = self.receiver.as_ref().or(self.socket.as_ref());
        name.map_or_else(|| "socket".to_owned(), |name| name.trim_start_matches('_').to_owned())
    }

    /// Whether it was split: then there is no socket any more that could be closed.
    pub(crate) fn is_split(&self) -> bool {
        self.receiver.is_some()
    }
}

/// The handshake of an endpoint is its first parameter.
pub(crate) fn of_endpoint(function: &Function) -> Vec<Root> {
    let first = function.parameters.first().filter(|_| function.receiver.is_none());
    // What is known to be something else is reported as such.
    let may_be_handshake =
        |ty: &Type| !is_reference(ty) && matches!(named(ty), None | Some(Known::Handshake));
    let root =
        first.filter(|first| may_be_handshake(first.ty())).map(|first| root(first, Kind::Handshake, false));
    root.into_iter().collect()
}

/// The parameters whose types are handles, all of one flavor.
pub(crate) fn of_function(function: &Function, around: &Surroundings) -> Option<(Flavor, Vec<Root>)> {
    let imports = around.imports();
    let found: Vec<_> =
        function.parameters.iter().filter_map(|one| Some((one, known(one.ty(), imports)?))).collect();
    let Some(flavor) = found.first().map(|(_, (flavor, _))| *flavor) else {
        return of_self(function, around);
    };
    let same = found.into_iter().filter(|(_, (one, _))| *one == flavor);
    let roots = same.map(|(parameter, (_, kind))| root(parameter, kind, is_reference(parameter.ty())));
    Some((flavor, roots.collect()))
}

/// The handles in the fields of `self`, by the names of the fields.
fn of_self(function: &Function, around: &Surroundings) -> Option<(Flavor, Vec<Root>)> {
    let receiver = function.receiver.as_ref()?;
    let fields: Vec<_> = around.fields().collect();
    let flavor = fields.first()?.1.0;
    let root = |(name, (_, kind)): (&str, (Flavor, Kind))| Root {
        kind,
        // Other methods of the type hold it, too.
        borrowed: true,
        at: receiver.self_token.to_token_stream(),
        used: true,
        name: Some(format!("self.{name}")),
        socket: Some(format!("self.{name}")),
        receiver: None,
    };
    let roots = fields.into_iter().filter(|(_, (one, _))| *one == flavor).map(root);
    Some((flavor, roots.collect()))
}

/// The values that the patterns of the parameters bind, in the order of the parameters.
pub(crate) fn values<'a>(function: &'a Function, roots: &[Root]) -> Vec<(&'a Pat, Value<'a>)> {
    let value = |parameter: &Parameter| {
        let at = place(parameter).to_string();
        let same = |root: &Root| root.at.to_string() == at;
        roots.iter().position(same).map_or(Value::Other, |connection| {
            let handle = Value::Handle(Handle { kind: roots[connection].kind, connection });
            if is_wrapped(parameter.ty()) { Value::Wrapped(Box::new(handle)) } else { handle }
        })
    };
    function.parameters.iter().map(|parameter| (&*parameter.node.pat, value(parameter))).collect()
}

fn root(parameter: &Parameter, kind: Kind, borrowed: bool) -> Root {
    let name = parameter.binding().map(ToString::to_string).filter(|name| !name.starts_with('_'));
    Root { kind, borrowed, at: place(parameter), used: false, name, socket: None, receiver: None }
}

/// The name, or the whole parameter when it has none.
fn place(parameter: &Parameter) -> TokenStream {
    parameter.binding().map_or_else(|| parameter.node.to_token_stream(), ToTokens::to_token_stream)
}

/// `Option<WebSocketUpgrade>` and `Result<WebSocketUpgrade, ..>`: the route has an answer for other requests too.
fn is_wrapped(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|last| last.ident == "Option" || last.ident == "Result")
}

fn is_reference(ty: &Type) -> bool {
    matches!(peel(ty), Type::Reference(_))
}

/// The handle that a type stands for.
pub(crate) fn handle_of(ty: &Type, imports: &Imports) -> Option<(Flavor, Kind)> {
    if is_reference(ty) || is_wrapped(ty) { None } else { known(ty, imports) }
}

/// Whether the type is that of a handle, or lends one.
pub(crate) fn is_handle_type(ty: &Type, imports: &Imports) -> bool {
    known(ty, imports).is_some()
}

fn known(ty: &Type, imports: &Imports) -> Option<(Flavor, Kind)> {
    match peel(ty) {
        Type::Reference(reference) => known(&reference.elem, imports),
        Type::Path(_) if is_wrapped(ty) => known(generic_arguments(ty).first()?, imports),
        Type::Path(path) if path.qself.is_none() => {
            let names: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let generics = path.path.segments.last().map(|last| &last.arguments);
            handle(&imports.resolve(&names.join("::")), generics?)
        }
        _ => None,
    }
}

/// Names that others use too count only with the crate in front.
fn handle(path: &str, generics: &syn::PathArguments) -> Option<(Flavor, Kind)> {
    let (first, last) = (path.split("::").next()?, path.rsplit("::").next()?);
    let sockeye = match last {
        "Handshake" => Kind::Handshake,
        "Socket" => Kind::Socket,
        "Sender" => Kind::Sender,
        "Receiver" => Kind::Receiver,
        "WebSocketUpgrade" | "WebSocket" | "SplitSink" | "SplitStream" => return axum(path, last, generics),
        _ => return None,
    };
    (first == "sockeye").then_some((Flavor::Sockeye, sockeye))
}

fn axum(path: &str, last: &str, generics: &syn::PathArguments) -> Option<(Flavor, Kind)> {
    let of_axum = path.starts_with("axum::");
    let of_socket = || {
        let text = generics.to_token_stream().to_string();
        text.contains("WebSocket")
    };
    let kind = match last {
        "WebSocketUpgrade" if of_axum => Kind::Upgrade,
        "WebSocket" if of_axum => Kind::Socket,
        "SplitSink" if of_socket() => Kind::Sender,
        "SplitStream" if of_socket() => Kind::Receiver,
        _ => return None,
    };
    Some((Flavor::Axum, kind))
}
