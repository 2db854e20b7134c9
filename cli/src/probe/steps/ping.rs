//! Whether the server answers a ping, that is, whether it reads.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{
    super::{
        finding::Finding,
        received::Messages,
        session::{Event, Session},
    },
    ended, millis,
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

/// When the ping is sent.
#[derive(Debug, Clone, Copy)]
pub(in crate::probe) enum Moment {
    AfterHandshake,
    AfterMessages,
}

/// The finding about a ping.
pub(in crate::probe) async fn check(
    session: &mut Session,
    moment: Moment,
    limit: Duration,
) -> (Pulse, Finding) {
    let start = Instant::now();
    match timeout(limit, pong(session)).await {
        Ok((Event::Pong(_), messages)) => (Pulse::Answers, answered(start.elapsed(), messages)),
        Ok((event, messages)) => (over(&event), messages.show_in(finished(event, moment))),
        Err(_) => (Pulse::Silent, silent(limit)),
    }
}

fn finished(event: Event, moment: Moment) -> Finding {
    match (moment, event) {
        (_, Event::TooMany) => ended::too_much(NAME, "100000 messages and no pong"),
        (Moment::AfterHandshake, event) => ended::explain(NAME, event, "right after the handshake"),
        // An endpoint that says what it has to say and ends.
        (Moment::AfterMessages, Event::Closed { code: 1000, .. }) => Finding::ok(
            NAME,
            "the server closed the connection after the messages with 1000 (normal closure)",
        ),
        (Moment::AfterMessages, event) => ended::explain(NAME, event, "after the messages"),
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

pub(super) fn over(event: &Event) -> Pulse {
    match event {
        Event::Closed { code, .. } => Pulse::Over(Some(*code)),
        _ => Pulse::Over(None),
    }
}

/// The pong, or the item that arrived instead, and the messages that preceded it.
async fn pong(session: &mut Session) -> (Event, Messages) {
    // A ping that cannot be sent shows when reading: a close frame may be waiting there.
    session.ping(PAYLOAD).await;
    let mut messages = Messages::default();
    loop {
        match session.next().await {
            Event::Pong(payload) if payload == PAYLOAD => return (Event::Pong(payload), messages),
            // A peer may send an unsolicited pong at any time (RFC 6455 section 5.5.3).
            Event::Pong(_) | Event::Ping => {}
            Event::Data(message) => messages.add(&message),
            other => return (other, messages),
        }
    }
}

fn answered(after: Duration, messages: Messages) -> Finding {
    let first = match messages.count {
        0 => String::new(),
        1 => "; the server sent a message before".to_owned(),
        many => format!("; the server sent {many} messages before"),
    };
    messages.show_in(Finding::ok(NAME, format!("answered in {}{first}", millis(after))))
}

fn silent(limit: Duration) -> Finding {
    Finding::fail(NAME, format!("no pong within {limit:?}: the server does not read")).help(
        "receive in the handler, and remove blocking calls from it; or a proxy in between buffers: proxies close connections that look idle",
    )
}
