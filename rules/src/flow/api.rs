//! The effects of a handle's methods, in Sockeye and in axum.

use super::{
    Flavor,
    graph::Act,
    value::{Kind, Layer, Outcomes},
};

/// The effect of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Method {
    /// Inspects something and changes nothing.
    Look,
    /// Returns the same handle.
    Same,
    /// `accept` of a handshake.
    Accept,
    /// Takes effect immediately.
    Now(Act),
    /// Returns a future that takes effect.
    Later(Act, Vec<Layer>),
    /// Returns both halves.
    Split,
    /// `Socket::spawn`: the task ends with the connection.
    Spawn,
    /// axum's `on_upgrade`.
    Upgrade,
    /// Unknown.
    Unknown,
}

const RESULT: Layer = Layer { is_option: false, bad: Outcomes::ERROR, doubt: Outcomes::NONE };
const OPTION: Layer = Layer { is_option: true, bad: Outcomes::END, doubt: Outcomes::NONE };
/// The layers that `timeout` adds to a result.
pub(crate) const TIMEOUT: Layer = Layer { is_option: false, bad: Outcomes::LATE, doubt: Outcomes::NONE };

/// The layers around the result of `accept`, and of a helper that sends.
pub(crate) fn result() -> Vec<Layer> {
    vec![RESULT]
}

/// The layers around the message of a helper that returns `None` for everything else.
pub(crate) fn received_some() -> Vec<Layer> {
    vec![Layer { bad: Outcomes::END.or(Outcomes::ERROR), ..OPTION }]
}

/// The layers around the message of a helper that returns `Ok(None)` at the end, and perhaps for some messages.
pub(crate) fn received_tried() -> Vec<Layer> {
    vec![RESULT, Layer { doubt: Outcomes::DONE.or(Outcomes::ERROR), ..OPTION }]
}

/// Methods of an `Option` whose result is `None` for `None`; for `Some` only some of them may give `None`.
pub(crate) fn keeps_none(name: &str) -> Option<Outcomes> {
    match name {
        "map" | "zip" => Some(Outcomes::NONE),
        "and_then" | "filter" | "and" | "flatten" => Some(Outcomes::DONE),
        _ => None,
    }
}

/// The effect of the method with this name.
pub(crate) fn method(flavor: Flavor, kind: Kind, name: &str) -> Method {
    match (flavor, kind) {
        (Flavor::Sockeye, Kind::Handshake) => handshake(name),
        (Flavor::Sockeye, _) => sockeye(kind, name),
        (Flavor::Axum, Kind::Upgrade) => upgrade(name),
        (Flavor::Axum, _) => axum(kind, name),
    }
}

fn handshake(name: &str) -> Method {
    match name {
        "accept" => Method::Accept,
        "reject" | "reject_with" => Method::Now(Act::Reject),
        "peer" | "client" | "uri" | "headers" | "origin" | "subprotocols" | "bearer_token"
        | "cookie_token" | "position" => Method::Look,
        "send" | "feed" | "recv" | "flush" | "close" | "split" | "close_frame" | "spawn" | "forward" => {
            Method::Now(Act::Early)
        }
        _ => Method::Unknown,
    }
}

fn sockeye(kind: Kind, name: &str) -> Method {
    let hears = kind.hears();
    let speaks = kind != Kind::Receiver;
    match name {
        "recv" if hears => Method::Later(Act::Recv, vec![RESULT, OPTION]),
        "send" | "feed" if speaks => Method::Later(Act::Send, vec![RESULT]),
        "flush" if speaks => Method::Later(Act::Flush, vec![RESULT]),
        "close" if speaks => Method::Later(Act::Close, vec![RESULT]),
        "forward" if kind == Kind::Socket => Method::Later(Act::Forward, vec![RESULT]),
        "split" if kind == Kind::Socket => Method::Split,
        "spawn" if speaks => Method::Spawn,
        "clone" if kind == Kind::Sender => Method::Same,
        "ping" | "renew" | "id" if speaks => Method::Look,
        "peer" | "client" | "subprotocol" | "close_frame" => Method::Look,
        _ => Method::Unknown,
    }
}

/// Methods of axum's upgrade that only set something up.
pub(crate) const SETTINGS: [&str; 8] = [
    "protocols",
    "max_message_size",
    "max_frame_size",
    "read_buffer_size",
    "write_buffer_size",
    "max_write_buffer_size",
    "accept_unmasked_frames",
    "on_failed_upgrade",
];

fn upgrade(name: &str) -> Method {
    match name {
        "on_upgrade" => Method::Upgrade,
        name if SETTINGS.contains(&name) => Method::Same,
        "selected_protocol" | "requested_protocols" => Method::Look,
        _ => Method::Unknown,
    }
}

fn axum(kind: Kind, name: &str) -> Method {
    let hears = kind.hears();
    let speaks = kind != Kind::Receiver;
    match name {
        "recv" | "next" if hears => Method::Later(Act::Recv, vec![OPTION, RESULT]),
        "try_next" if hears => Method::Later(Act::Recv, vec![RESULT, OPTION]),
        "send" | "feed" | "send_all" if speaks => Method::Later(Act::Send, vec![RESULT]),
        "flush" if speaks => Method::Later(Act::Flush, vec![RESULT]),
        "close" if speaks => Method::Later(Act::Close, vec![RESULT]),
        "split" if kind == Kind::Socket => Method::Split,
        "protocol" => Method::Look,
        "by_ref" => Method::Same,
        // Of what is around a half that several share.
        "lock" | "write" | "borrow_mut" | "clone" | "unwrap" | "expect" | "as_ref"
            if kind == Kind::Sender =>
        {
            Method::Same
        }
        _ => Method::Unknown,
    }
}

/// The effect of a method of `StreamExt` on a handle, where that trait is in scope.
pub(crate) fn stream_method(kind: Kind, name: &str) -> Method {
    match name {
        "next" | "try_next" | "by_ref" if kind.hears() && kind != Kind::Handshake => axum(kind, name),
        _ => Method::Unknown,
    }
}

/// Methods of a future that return a future with the same effect.
pub(crate) fn keeps_future(name: &str) -> bool {
    matches!(
        name,
        "boxed"
            | "boxed_local"
            | "fuse"
            | "instrument"
            | "in_current_span"
            | "into_future"
            | "as_mut"
            | "with_subscriber"
    )
}

/// Methods of a future of a result, of futures' extension traits, whose future has the same effect and ends in the same way.
pub(crate) fn keeps_future_of_result(name: &str) -> bool {
    matches!(name, "map_err" | "inspect_err" | "inspect_ok" | "err_into")
}

/// Methods of a `Result` or an `Option` that keep it the same, as far as control flow is concerned.
pub(crate) fn keeps_outcome(name: &str) -> bool {
    matches!(
        name,
        "map_err"
            | "inspect_err"
            | "inspect"
            | "context"
            | "with_context"
            | "wrap_err"
            | "wrap_err_with"
            | "as_ref"
            | "as_mut"
            | "as_deref"
            | "copied"
            | "cloned"
            | "change_context"
            | "into_diagnostic"
            | "or_raise"
    )
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use syn::{ImplItem, Item, Type, Visibility};

    use super::*;

    /// The public methods of the type in these files of the runtime.
    fn methods_of(ty: &str, files: &[&str]) -> BTreeSet<String> {
        let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src");
        let files = files.iter().map(|file| fs::read_to_string(runtime.join(file)).unwrap());
        let items = files.flat_map(|text| syn::parse_file(&text).unwrap().items);
        let is_it = |of: &Type| matches!(of, Type::Path(of) if of.path.segments.last().unwrap().ident == ty);
        let inherent = items.filter_map(|item| match item {
            Item::Impl(item) if item.trait_.is_none() && is_it(&item.self_ty) => Some(item.items),
            _ => None,
        });
        let public = inherent.flatten().filter_map(|item| match item {
            ImplItem::Fn(one) if matches!(one.vis, Visibility::Public(_)) => Some(one.sig.ident.to_string()),
            _ => None,
        });
        public.collect()
    }

    /// After a method that is not known nothing is reported about the handle any more.
    #[test]
    fn the_methods_of_the_handles_are_known() {
        const SOCKET: [&str; 4] = ["socket/mod.rs", "socket/halves.rs", "socket/forward.rs", "socket/io.rs"];
        // `call` receives its answer itself, and `into_io` gives the connection away: neither is followed.
        const OTHERS: [&str; 3] = ["call", "call_within", "into_io"];
        for (ty, kind, files) in [
            ("Handshake", Kind::Handshake, &["handshake/mod.rs"][..]),
            ("Socket", Kind::Socket, &SOCKET),
            ("Sender", Kind::Sender, &SOCKET),
            ("Receiver", Kind::Receiver, &SOCKET),
        ] {
            let methods = methods_of(ty, files);
            assert!(methods.len() > 3, "{ty}: {methods:?}");
            let is_unknown = |name: &&String| method(Flavor::Sockeye, kind, name.as_str()) == Method::Unknown;
            let unknown: Vec<_> = methods.iter().filter(is_unknown).collect();
            assert!(unknown.iter().all(|name| OTHERS.contains(&name.as_str())), "{ty}: {unknown:?}");
        }
    }
}
