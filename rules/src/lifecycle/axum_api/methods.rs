//! Methods of axum's socket, and those that other libraries have for the same purpose.

use std::collections::HashSet;

use super::scope;
use crate::{
    AXUM_API,
    flow::{Flow, Kind, Site},
    syntax::Sink,
};

pub(super) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let mut seen = HashSet::new();
    for (kind, call) in &flow.graph.foreign {
        let Some((message, help)) = words(*kind, call) else { continue };
        // A closure that is called twice is followed twice.
        let is_new = seen.insert(call.address);
        let name = call.method.to_string();
        let is_given = is_of_streams(&name) && scope::has_streams(flow);
        if is_new && !is_given && scope::has_no(flow, &name) {
            sink.report(&AXUM_API, &call.method, message, help).untyped();
        }
    }
}

/// What is wrong with the call, and what to write.
fn words(kind: Kind, call: &Site) -> Option<(String, String)> {
    let name = call.method.to_string();
    match kind {
        Kind::Handshake => upgrading(&name),
        Kind::Sender => sending(&name, call),
        Kind::Receiver => receiving(&name, call),
        _ => sending(&name, call).or_else(|| receiving(&name, call)),
    }
}

fn upgrading(name: &str) -> Option<(String, String)> {
    let message = "`on_upgrade` is a method of axum's `WebSocketUpgrade`: in Sockeye the handler itself goes on with the socket";
    let help = "write `let mut socket = handshake.accept().await?;`, and after it what the callback does";
    (name == "on_upgrade").then(|| (message.to_owned(), help.to_owned()))
}

fn sending(name: &str, call: &Site) -> Option<(String, String)> {
    let socket = call.on_or("socket");
    let (what, help) = match name {
        "send_text" | "send_str" | "send_string" | "send_binary" | "send_bytes" | "send_message"
        | "write_message" => {
            ("`send` sends text, bytes and messages", format!("write `{socket}.send(..).await?`"))
        }
        "send_json" | "write_json" => (
            "the codec in the type of the handshake encodes values",
            format!("write `Handshake<Json<In, Out>>`, and `{socket}.send(value).await?`"),
        ),
        _ => return None,
    };
    Some((format!("a socket of Sockeye's has no `{name}`: {what}"), help))
}

fn receiving(name: &str, call: &Site) -> Option<(String, String)> {
    let socket = call.on_or("socket");
    let (what, help) = match name {
        name if is_of_streams(name) => {
            let of = if name == "next" { "StreamExt" } else { "TryStreamExt" };
            let message = format!("`{name}` is a method of `{of}`, which is not imported here");
            let import = format!("; or import the trait: `use futures_util::{of} as _;`");
            return Some((message, received(&socket) + &import));
        }
        "receive" | "receive_message" | "recv_message" | "read_message" | "next_message" => {
            ("`recv` returns the next message", received(&socket))
        }
        "recv_text" | "receive_text" | "read_text" | "next_text" => (
            "`recv` returns messages of both kinds",
            format!(
                "write `{socket}.recv().await?`, which returns `Some(message)`; `message.as_text()` is its text"
            ),
        ),
        "recv_json" | "receive_json" | "read_json" | "next_json" => (
            "the codec in the type of the handshake decodes messages",
            format!("write `Handshake<Json<In, Out>>`; then `{socket}.recv().await?` returns `Some(value)`"),
        ),
        _ => return None,
    };
    Some((format!("a socket of Sockeye's has no `{name}`: {what}"), help))
}

fn is_of_streams(name: &str) -> bool {
    matches!(name, "next" | "try_next")
}

fn received(socket: &str) -> String {
    format!("write `{socket}.recv().await?`, which returns `Some(message)`, and `None` when the peer closes")
}
