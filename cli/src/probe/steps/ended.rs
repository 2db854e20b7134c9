//! What a connection's end means that the probe did not ask for.

use super::super::{advice::closing, finding::Finding, session::Event};

/// The finding, if this happens `when`.
pub(super) fn explain(name: &'static str, event: Event, when: &str) -> Finding {
    match event {
        Event::Closed { code, reason } => closed(name, code, &reason, when),
        Event::Ended => Finding::fail(name, format!("the connection ended {when}, without a close frame")).help(
            "the handler was dropped, the process crashed, or a proxy gave up: check their logs; browsers report code 1006",
        ),
        Event::Failed(error) => Finding::fail(name, format!("the connection broke {when}: {error}"))
            .help("the process crashed, or a proxy gave up: check their logs; browsers report code 1006"),
        Event::TooBig => too_much(name, "a message of more than 16 MiB"),
        Event::TooMany => too_much(name, "100000 messages"),
        Event::Wrong(what) => Finding::fail(name, format!("the server sent an invalid WebSocket frame: {what}"))
            .help("the server masks its frames, compresses without an offer, or writes HTTP into an upgraded connection: check what handles the connection"),
        Event::Pong(_) | Event::Ping | Event::Data(_) => Finding::ok(name, "answered"),
    }
}

pub(super) fn too_much(name: &'static str, what: &str) -> Finding {
    Finding::warn(name, format!("the server sent {what}; the probe stopped reading"))
        .help("most clients have smaller limits: send smaller messages, and answer pings in between")
}

fn closed(name: &'static str, code: u16, reason: &str, when: &str) -> Finding {
    let (meaning, help) = closing::meaning(code);
    let said = if reason.is_empty() { String::new() } else { format!(", `{reason}`") };
    let words = format!("the server closed the connection {when} with {code} ({meaning}{said})");
    // An endpoint may have finished normally.
    let finding = if code == 1000 { Finding::warn(name, words) } else { Finding::fail(name, words) };
    finding.help(help)
}
