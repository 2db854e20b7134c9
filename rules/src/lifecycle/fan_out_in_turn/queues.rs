//! Which lists are of queues of messages, by their types.

use std::rc::Rc;

use quote::ToTokens;
use syn::{TypeParamBound, WherePredicate};

use crate::{
    flow::Flow,
    syntax::segments,
    trace::{Names, Origin},
};

/// The queues in the items of a list.
pub(super) struct Queues {
    /// The type of the list.
    pub(super) ty: Option<Rc<str>>,
    /// Whether the items are, or have, queues of messages or strings.
    pub(super) are_of_messages: bool,
    /// Whether they are of messages of a WebSocket.
    pub(super) are_of_frames: bool,
    /// The fields with a queue, if the items are structs.
    pub(super) fields: Vec<String>,
}

impl Queues {
    pub(super) fn of(items: &Origin, names: &Names<'_>, flow: &Flow<'_>) -> Self {
        let ty = items.ty.as_ref().map(|ty| bounds_of(ty, flow).unwrap_or_else(|| Rc::clone(ty)));
        let is_frame = is_frame(flow);
        let all = ty.as_deref().map(|ty| names.types().fields(ty)).unwrap_or_default();
        let with_queue = all.iter().filter(|(_, ty)| has_queue_of_messages(ty));
        let fields: Vec<_> = with_queue.clone().map(|(field, _)| field.clone()).collect();
        let has = |ty: &str, is_one: fn(&str) -> bool| has_queue_of(ty, is_one);
        let direct = |is_one: fn(&str) -> bool| ty.as_deref().is_some_and(|ty| has(ty, is_one));
        Self {
            are_of_messages: !fields.is_empty() || direct(is_message),
            are_of_frames: is_frame
                && (direct(is_named_message) || with_queue.clone().any(|(_, ty)| has(ty, is_named_message))),
            fields,
            ty,
        }
    }
}

/// Whether `Message` is that of a WebSocket here.
fn is_frame(flow: &Flow<'_>) -> bool {
    let path = flow.imports().resolve("Message");
    path.starts_with("axum::") || path.starts_with("sockeye::")
}

/// The bounds of a parameter of the function's generics: `IntoIterator<Item = mpsc::Sender<Message>>` of `I`.
fn bounds_of(ty: &str, flow: &Flow<'_>) -> Option<Rc<str>> {
    let generics = &flow.function.sig.generics;
    let name = ty.trim_start_matches(['&', ' ']).trim_start_matches("mut ");
    let parameter = generics.type_params().find(|one| one.ident == name)?;
    let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let of_it = predicates.filter_map(|one| match one {
        WherePredicate::Type(one) if one.bounded_ty.to_token_stream().to_string() == name => {
            Some(&one.bounds)
        }
        _ => None,
    });
    let bounds = parameter.bounds.iter().chain(of_it.flatten());
    let text = bounds.map(|bound: &TypeParamBound| bound.to_token_stream().to_string());
    Some(text.collect::<Vec<_>>().join(" + ").into())
}

/// Whether the type contains the sender of a queue of messages or strings.
pub(in crate::catalogue::lifecycle) fn has_queue_of_messages(ty: &str) -> bool {
    has_queue_of(ty, is_message)
}

fn has_queue_of(ty: &str, is_one: fn(&str) -> bool) -> bool {
    let ty = ty.replace(' ', "");
    ty.match_indices("Sender<").any(|(start, word)| {
        let before = ty[..start].chars().next_back();
        let item = &ty[start + word.len()..];
        !before.is_some_and(char::is_alphanumeric) && is_one(item)
    })
}

/// Whether the text begins with the type of a message, or of a string.
fn is_message(item: &str) -> bool {
    const MESSAGES: [&str; 7] = ["Message", "String", "Utf8Bytes", "Bytes", "Arc<str>", "Value", "Vec<u8>"];
    // A type that a server has for what it sends to clients.
    const SENT: [&str; 5] = ["Server", "Outgoing", "Outbound", "ToClient", "Downstream"];
    let shared = item.strip_prefix("Arc<").unwrap_or(item);
    let path = shared.split(['<', '>', ',']).next().unwrap_or_default();
    let name = segments::last(path);
    MESSAGES.iter().any(|message| begins_with(item, message) || begins_with(shared, message))
        || SENT.iter().any(|sent| name.starts_with(sent))
}

fn is_named_message(item: &str) -> bool {
    begins_with(item, "Message")
}

fn begins_with(item: &str, message: &str) -> bool {
    let item = item.strip_prefix("ws::").unwrap_or(item);
    item.strip_prefix(message).is_some_and(|rest| rest.starts_with(['>', ',']))
}
