//! Whether the server answers a ping, that is, whether it reads.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{
    super::{
        advice::closing,
        finding::Finding,
        session::{Event, Session},
    },
    millis,
};

const NAME: &str = "ping";

/// Distinguishes the answer to this ping from any other.
const PAYLOAD: &[u8] = b"cargo sockeye probe";

/// The server's reaction to a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::probe) enum Pulse {
    Answers,
    Silent,
    /// The connection has ended; the close code, if there was one.
    Over(Option<u16>),
}

/// The finding about a ping.
pub(in crate::probe) async fn check(session: &mut Session, limit: Duration) -> (Pulse, Finding) {
    let start = Instant::now();
    match timeout(limit, pong(session)).await {
        Ok((Event::Pong(_), messages)) => (Pulse::Answers, answered(start.elapsed(), messages)),
        Ok((event, _)) => (over(&event), ended(event)),
        Err(_) => (Pulse::Silent, silent(limit)),
    }
}

/// The same without a finding.
pub(in crate::probe) async fn pulse(session: &mut Session, limit: Duration) -> Pulse {
    match timeout(limit, pong(session)).await {
        Ok((Event::Pong(_), _)) => Pulse::Answers,
        Ok((event, _)) => over(&event),
        Err(_) => Pulse::Silent,
    }
}

fn over(event: &Event) -> Pulse {
    match event {
        Event::Closed { code, .. } => Pulse::Over(Some(*code)),
        _ => Pulse::Over(None),
    }
}

/// The pong, or the item that arrived instead, and how many messages preceded it.
async fn pong(session: &mut Session) -> (Event, usize) {
    // A ping that cannot be sent shows when reading: a close frame may be waiting there.
    session.ping(PAYLOAD).await;
    let mut messages = 0;
    loop {
        match session.next().await {
            Event::Pong(payload) if payload == PAYLOAD => return (Event::Pong(payload), messages),
            // A peer may send an unsolicited pong at any time (RFC 6455 section 5.5.3).
            Event::Pong(_) | Event::Ping => {}
            Event::Data => messages += 1,
            other => return (other, messages),
        }
    }
}

fn answered(after: Duration, messages: usize) -> Finding {
    let first = match messages {
        0 => String::new(),
        1 => "; the server sent a message before".to_owned(),
        many => format!("; the server sent {many} messages before"),
    };
    Finding::ok(NAME, format!("answered in {}{first}", millis(after)))
}

fn silent(limit: Duration) -> Finding {
    Finding::fail(NAME, format!("no pong within {limit:?}: the server does not read")).help(
        "receive in the handler, and remove blocking calls from it; or a proxy in between buffers: proxies close connections that look idle",
    )
}

fn ended(event: Event) -> Finding {
    match event {
        Event::Closed { code, reason } => closed(code, &reason),
        Event::Ended => Finding::fail(NAME, "the connection ended right after the handshake, without a close frame").help(
            "the handler was dropped, the process crashed, or a proxy gave up: check their logs; browsers report code 1006",
        ),
        Event::Failed(error) => Finding::fail(NAME, format!("the connection broke right after the handshake: {error}"))
            .help("the process crashed, or a proxy gave up: check their logs; browsers report code 1006"),
        Event::TooBig => too_much("a message of more than 16 MiB"),
        Event::TooMany => too_much("100000 messages and no pong"),
        Event::Wrong(what) => Finding::fail(NAME, format!("the server sent an invalid WebSocket frame: {what}"))
            .help("the server masks its frames, compresses without an offer, or writes HTTP into an upgraded connection: check what handles the connection"),
        Event::Pong(_) | Event::Ping | Event::Data => Finding::ok(NAME, "answered"),
    }
}

fn too_much(what: &str) -> Finding {
    Finding::warn(NAME, format!("the server sent {what}; the probe stopped reading"))
        .help("most clients have smaller limits: send smaller messages, and answer pings in between")
}

fn closed(code: u16, reason: &str) -> Finding {
    let (meaning, help) = closing::meaning(code);
    let said = if reason.is_empty() { String::new() } else { format!(", `{reason}`") };
    let words =
        format!("the server closed the connection right after the handshake with {code} ({meaning}{said})");
    // An endpoint may have finished normally.
    let finding = if code == 1000 { Finding::warn(NAME, words) } else { Finding::fail(NAME, words) };
    finding.help(help)
}
