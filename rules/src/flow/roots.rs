//! Where a connection enters a function.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Pat, Type};

use super::{
    Flavor, Imports,
    imports::written,
    value::{Handle, Kind, Value},
};
use crate::{
    surroundings::Surroundings,
    syntax::{Function, Known, Parameter, generic_arguments, known as named, last_segment, peel, segments},
};

/// The parameter, or the socket of a callback, with which a connection begins.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    /// Its kind.
    pub(crate) kind: Kind,
    /// Whether it is only borrowed: then ending it is up to the caller.
    pub(crate) borrowed: bool,
    /// Its place.
    pub(crate) at: TokenStream,
    /// Whether the function uses it.
    pub(crate) used: bool,
    /// The name of the parameter, if it has one that is not meant to be unused.
    pub(crate) name: Option<String>,
    /// The name of the variable that holds the socket.
    pub(crate) socket: Option<String>,
    /// The name of the variable that holds its receiving half.
    pub(crate) receiver: Option<String>,
    /// Whether it comes from outside; otherwise the function creates it.
    pub(crate) is_parameter: bool,
}

impl Root {
    /// Whether other code may hold the rest of the connection.
    pub(crate) fn is_partial(&self) -> bool {
        self.borrowed || matches!(self.kind, Kind::Sender | Kind::Receiver)
    }

    /// The user's own name for the parameter.
    pub(crate) fn name_or(&self, name: &str) -> String {
        self.name.clone().unwrap_or_else(|| name.to_owned())
    }

    /// The variable from which messages are received: the receiving half, if there is one.
    pub(crate) fn listener(&self) -> String {
        let name = self.receiver.as_ref().or(self.socket.as_ref());
        name.map_or_else(|| "socket".to_owned(), |name| name.trim_start_matches('_').to_owned())
    }

    /// Whether it is a field of `self`.
    pub(crate) fn is_of_self(&self) -> bool {
        self.name.as_deref().is_some_and(|name| name.starts_with("self."))
    }

    /// Whether it is this parameter.
    pub(super) fn is_at(&self, parameter: &Parameter) -> bool {
        self.at.to_string() == place(parameter).to_string()
    }

    /// Whether it was split: then there is no socket any more that could be closed.
    pub(crate) fn is_split(&self) -> bool {
        self.receiver.is_some()
    }
}

/// The handshake of an endpoint is its first parameter.
pub(crate) fn of_endpoint(function: &Function) -> Vec<Root> {
    let first = function.parameters.first().filter(|_| function.receiver.is_none());
    // A value that is known to be something else is reported as such.
    let may_be_handshake =
        |ty: &Type| !is_reference(ty) && matches!(named(ty), None | Some(Known::Handshake));
    let root =
        first.filter(|first| may_be_handshake(first.ty())).map(|first| root(first, Kind::Handshake, false));
    root.into_iter().collect()
}

/// Where connections enter a function, all of one API: its parameters, otherwise the fields of `self`. `None` if there are none;
/// empty if the body may begin one.
pub(crate) fn of_function(function: &Function, around: &Surroundings) -> Option<(Flavor, Vec<Root>)> {
    let begins = || begins_upgrade(function, around.imports()).then(|| (Flavor::Axum, Vec::new()));
    of_parameters(function, around).or_else(|| of_self(function, around)).or_else(begins)
}

fn of_parameters(function: &Function, around: &Surroundings) -> Option<(Flavor, Vec<Root>)> {
    let imports = around.imports();
    let handle = |one: &Parameter| {
        known(one.ty(), imports).or_else(|| generic(one.ty(), &function.sig.generics, imports))
    };
    let found: Vec<_> = function.parameters.iter().filter_map(|one| Some((one, handle(one)?))).collect();
    let flavor = found.first().map(|(_, (flavor, _))| *flavor)?;
    let same = found.into_iter().filter(|(_, (one, _))| *one == flavor);
    let roots = same.map(|(parameter, (_, kind))| root(parameter, kind, is_reference(parameter.ty())));
    Some((flavor, roots.collect()))
}

/// Whether the body extracts an upgrade, or answers one that it got in another way.
fn begins_upgrade(function: &Function, imports: &Imports) -> bool {
    const WORDS: [&str; 6] = [
        "on_upgrade",
        "from_request_parts",
        "from_request",
        "extract",
        "extract_parts",
        "extract_with_state",
    ];
    function.has_word(&WORDS)
        && (imports.is_axum() || function.has_word(&["axum"]) || super::has_word(&function.sig, &["axum"]))
}

/// The names that stand for extractors around an upgrade: `ws` of `Ws(ws): Ws`.
pub(super) fn holders(function: &Function, around: &Surroundings) -> Vec<String> {
    let holds = |parameter: &&Parameter| {
        let ty = if is_wrapped(parameter.ty(), around.imports()) {
            generic_arguments(parameter.ty()).first().copied()
        } else {
            Some(parameter.ty())
        };
        let name = ty.and_then(last_segment).map(|last| last.ident.to_string());
        name.is_some_and(|name| around.fields_of(&name).any(|(_, (_, kind))| kind == Kind::Upgrade))
    };
    let words = |parameter: &Parameter| super::words::all(&parameter.node.pat);
    function.parameters.iter().filter(holds).flat_map(words).collect()
}

/// A socket that is taken as a stream and a sink of axum's messages, by the bounds of its type.
pub(crate) fn generic(ty: &Type, generics: &syn::Generics, imports: &Imports) -> Option<(Flavor, Kind)> {
    let mut bounds: Vec<&syn::TypeParamBound> = Vec::new();
    match peel(ty) {
        Type::Reference(inner) => return generic(&inner.elem, generics, imports),
        Type::ImplTrait(made) => bounds.extend(&made.bounds),
        Type::Path(path) => {
            let name = path.path.get_ident()?;
            let declared = generics.type_params().find(|one| one.ident == *name)?;
            bounds.extend(&declared.bounds);
            for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
                if let syn::WherePredicate::Type(one) = predicate
                    && matches!(&one.bounded_ty, Type::Path(path) if path.path.is_ident(name))
                {
                    bounds.extend(&one.bounds);
                }
            }
        }
        _ => return None,
    }
    let carries = |names: &[&str]| bounds.iter().any(|bound| is_of_messages(bound, names, imports));
    let kind = match (carries(&["Stream", "TryStream", "FusedStream"]), carries(&["Sink"])) {
        (true, true) => Kind::Socket,
        (true, false) => Kind::Receiver,
        (false, true) => Kind::Sender,
        (false, false) => return None,
    };
    Some((Flavor::Axum, kind))
}

/// `Stream<Item = Result<Message, Error>>` or `Sink<Message>` over axum's messages.
fn is_of_messages(bound: &syn::TypeParamBound, names: &[&str], imports: &Imports) -> bool {
    let syn::TypeParamBound::Trait(bound) = bound else { return false };
    let Some(last) = bound.path.segments.last().filter(|last| names.iter().any(|name| last.ident == name))
    else {
        return false;
    };
    let mut search = Messages { imports, found: false };
    syn::visit::Visit::visit_path_arguments(&mut search, &last.arguments);
    search.found
}

struct Messages<'i> {
    imports: &'i Imports,
    found: bool,
}

impl<'ast> syn::visit::Visit<'ast> for Messages<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let full = self.imports.resolve_path(path);
        self.found |= full.starts_with("axum") && full.ends_with("::Message");
        syn::visit::visit_path(self, path);
    }
}

/// The meaning of a `type` item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) flavor: Flavor,
    pub(crate) kind: Kind,
    /// In an `Option` or a `Result`.
    pub(crate) is_wrapped: bool,
}

/// The handle behind the type of a `type` item.
pub(crate) fn alias(ty: &Type, imports: &Imports) -> Option<Alias> {
    let (flavor, kind) = known(ty, imports)?;
    Some(Alias { flavor, kind, is_wrapped: is_wrapped(ty, imports) })
}

/// The handles in the fields of `self`, by field name.
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
        is_parameter: true,
    };
    let roots = fields.into_iter().filter(|(_, (one, _))| *one == flavor).map(root);
    Some((flavor, roots.collect()))
}

/// The values that the patterns of the parameters bind, in order.
pub(crate) fn values<'a>(
    function: &'a Function,
    roots: &[Root],
    imports: &Imports,
) -> Vec<(&'a Pat, Value<'a>)> {
    let value = |parameter: &Parameter| {
        roots.iter().position(|root| root.is_at(parameter)).map_or(Value::Other, |connection| {
            let handle = Value::Handle(Handle { kind: roots[connection].kind, connection });
            if is_wrapped(parameter.ty(), imports) { Value::Wrapped(Box::new(handle)) } else { handle }
        })
    };
    function.parameters.iter().map(|parameter| (&*parameter.node.pat, value(parameter))).collect()
}

fn root(parameter: &Parameter, kind: Kind, borrowed: bool) -> Root {
    let name = parameter.binding().map(ToString::to_string).filter(|name| !name.starts_with('_'));
    Root {
        kind,
        borrowed,
        at: place(parameter),
        used: false,
        name,
        socket: None,
        receiver: None,
        is_parameter: true,
    }
}

/// The name, or the whole parameter if it has none.
fn place(parameter: &Parameter) -> TokenStream {
    parameter.binding().map_or_else(|| parameter.node.to_token_stream(), ToTokens::to_token_stream)
}

/// `Option<WebSocketUpgrade>` and `Result<WebSocketUpgrade, ..>`: the route has an answer for other requests too.
fn is_wrapped(ty: &Type, imports: &Imports) -> bool {
    let by_alias = || alias_of(ty, imports).is_some_and(|alias| alias.is_wrapped);
    is_result(ty) || by_alias()
}

/// `Arc<Mutex<..>>`, whose methods give what is in it.
fn is_shared(ty: &Type) -> bool {
    let shares = |name: &syn::Ident| ["Arc", "Rc", "Mutex", "RwLock"].iter().any(|one| name == one);
    last_segment(ty).is_some_and(|last| shares(&last.ident)) && !generic_arguments(ty).is_empty()
}

fn is_result(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|last| last.ident == "Option" || last.ident == "Result")
}

fn alias_of(ty: &Type, imports: &Imports) -> Option<Alias> {
    let Type::Path(path) = peel(ty) else { return None };
    imports.alias(&written(&path.path))
}

fn is_reference(ty: &Type) -> bool {
    matches!(peel(ty), Type::Reference(_))
}

/// The handle that a type stands for.
pub(crate) fn handle_of(ty: &Type, imports: &Imports) -> Option<(Flavor, Kind)> {
    if is_reference(ty) || is_wrapped(ty, imports) { None } else { known(ty, imports) }
}

/// Whether the type is that of a handle, or lends one.
pub(crate) fn is_handle_type(ty: &Type, imports: &Imports) -> bool {
    known(ty, imports).is_some()
}

fn known(ty: &Type, imports: &Imports) -> Option<(Flavor, Kind)> {
    match peel(ty) {
        Type::Reference(reference) => known(&reference.elem, imports),
        Type::Path(_) if is_result(ty) && !generic_arguments(ty).is_empty() => {
            known(generic_arguments(ty).first()?, imports)
        }
        Type::Path(_) if is_shared(ty) => {
            let half = known(generic_arguments(ty).first()?, imports);
            half.filter(|half| *half == (Flavor::Axum, Kind::Sender))
        }
        Type::Path(path) if path.qself.is_none() => {
            let generics = path.path.segments.last().map(|last| &last.arguments);
            let alias = alias_of(ty, imports).map(|alias| (alias.flavor, alias.kind));
            alias.or_else(|| handle(&imports.resolve_path(&path.path), generics?))
        }
        _ => None,
    }
}

/// Names that other crates use too count only with the crate's path.
fn handle(path: &str, generics: &syn::PathArguments) -> Option<(Flavor, Kind)> {
    let (first, last) = (segments::first(path), segments::last(path));
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
    // Crates on top of axum have the same two types: `axum_tws`, `aide::axum`.
    let of_axum = segments::segments(path).any(|name| name.starts_with("axum"));
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
