//! Whether the server answers a close (RFC 6455 section 7.1.2).

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

const NAME: &str = "close";

pub(in crate::probe) async fn check(session: &mut Session, limit: Duration) -> Finding {
    let start = Instant::now();
    match timeout(limit, answer(session)).await {
        Ok(event) => judge(event, start.elapsed()),
        Err(_) => Finding::warn(NAME, format!("1000 was not answered within {limit:?}"))
            .help("the handler does not notice when its peer leaves, and keeps running on the server"),
    }
}

/// Messages in transit do not matter any more.
async fn answer(session: &mut Session) -> Event {
    session.close().await;
    loop {
        match session.next().await {
            Event::Data(_) | Event::Ping | Event::Pong(_) => {}
            other => return other,
        }
    }
}

fn judge(event: Event, after: Duration) -> Finding {
    match event {
        Event::Closed { code: 1000, .. } => {
            Finding::ok(NAME, format!("1000 was answered with 1000 in {}", millis(after)))
        }
        // If the answer has no code, clients report 1005.
        Event::Closed { code: 1005, .. } => {
            Finding::ok(NAME, format!("1000 was answered without a code in {}", millis(after)))
        }
        Event::Closed { code, reason } => other_code(code, &reason),
        Event::Ended | Event::Failed(_) => {
            Finding::warn(NAME, "1000 was answered by closing the connection without a close frame")
                .help("browsers report 1006, as after a crash: the server should send a close frame")
        }
        Event::TooBig | Event::TooMany => {
            Finding::warn(NAME, "1000 was not answered: the server sends more messages than the probe reads")
        }
        Event::Wrong(what) => {
            Finding::fail(NAME, format!("the server sent an invalid WebSocket frame: {what}"))
        }
        Event::Data(_) | Event::Ping | Event::Pong(_) => Finding::ok(NAME, "answered"),
    }
}

fn other_code(code: u16, reason: &str) -> Finding {
    let (meaning, help) = closing::meaning(code);
    let said = if reason.is_empty() { String::new() } else { format!(", `{reason}`") };
    Finding::warn(NAME, format!("1000 was answered with {code} ({meaning}{said})")).help(help)
}
