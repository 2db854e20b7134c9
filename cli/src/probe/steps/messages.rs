//! Sends the messages of the command line, and waits for the ones that are expected.

use std::time::Duration;

use sockeye_rules::render::count;
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    super::{
        finding::{Finding, Outcome},
        received::{Messages, Received, SHOWN},
        session::{Event, Session},
    },
    ended, millis,
    ping::{self, Moment, Pulse},
};

const NAME: &str = "messages";

/// If nothing is expected: how long no message comes after the last one.
const QUIET: Duration = Duration::from_millis(300);

/// What to send, and what has to come.
pub(in crate::probe) struct Script<'a> {
    pub(in crate::probe) send: &'a [String],
    pub(in crate::probe) expect: &'a [String],
}

/// When to go on with the connection, or how it has ended; no finding without a script.
pub(in crate::probe) async fn check(
    session: &mut Session,
    script: &Script<'_>,
    limit: Duration,
) -> (Result<Moment, Pulse>, Option<Finding>) {
    if script.send.is_empty() && script.expect.is_empty() {
        return (Ok(Moment::AfterHandshake), None);
    }
    let mut exchange = Exchange {
        missing: script.expect,
        messages: Messages::default(),
        binary: false,
        start: Instant::now(),
        limit,
    };
    let end = exchange.run(session, script.send).await;
    let next = match &end {
        End::Over(event) => Err(ping::over(event)),
        End::Came | End::Silence => Ok(Moment::AfterMessages),
    };
    (next, Some(exchange.judge(end, script)))
}

struct Exchange<'a> {
    /// What has not come yet.
    missing: &'a [String],
    messages: Messages,
    /// A binary message had the bytes of the text that is expected next.
    binary: bool,
    start: Instant,
    limit: Duration,
}

enum End {
    /// Everything expected came, or, if nothing is expected, enough to show.
    Came,
    /// Nothing more came in time.
    Silence,
    Over(Event),
}

impl Exchange<'_> {
    async fn run(&mut self, session: &mut Session, send: &[String]) -> End {
        let nothing_expected = self.missing.is_empty();
        // What cannot be sent shows when reading: a close frame may be waiting there.
        let _ = timeout(self.limit, send_all(session, send)).await;
        loop {
            match timeout_at(self.deadline(), session.next()).await {
                Err(_) => return End::Silence,
                Ok(Event::Ping | Event::Pong(_)) => {}
                Ok(Event::Data(message)) => self.take(&message),
                Ok(event) => return End::Over(event),
            }
            let enough =
                if nothing_expected { self.messages.count == SHOWN } else { self.missing.is_empty() };
            if enough {
                return End::Came;
            }
        }
    }

    fn deadline(&self) -> Instant {
        let last = self.start + self.limit;
        let quiet = self.missing.is_empty() && self.messages.count > 0;
        if quiet { last.min(Instant::now() + QUIET) } else { last }
    }

    fn take(&mut self, message: &Received) {
        match self.missing {
            [next, rest @ ..] if message.is_text_with(next) => {
                self.missing = rest;
                self.binary = false;
                self.messages.add_expected(message);
            }
            [next, ..] => {
                self.binary |= message.is_binary_with(next);
                self.messages.add(message);
            }
            [] => self.messages.add(message),
        }
    }

    fn judge(self, end: End, script: &Script<'_>) -> Finding {
        let finding = match (self.missing, script.expect) {
            ([], []) => self.heard(end),
            ([], expected) => came(expected, self.start.elapsed()),
            ([next, ..], _) => self.lacks(next, end),
        };
        self.messages.show_in(finding)
    }

    /// Nothing was expected.
    fn heard(&self, end: End) -> Finding {
        let came = match self.messages.count {
            0 => format!("the server sent nothing within {:?}", self.limit),
            number => format!("the server sent {}", count(number, "message")),
        };
        match end {
            End::Came => Finding::ok(NAME, format!("{came}; the probe stopped reading")),
            End::Silence => Finding::ok(NAME, came),
            End::Over(Event::Closed { code: 1000, .. }) if self.messages.count > 0 => {
                Finding::ok(NAME, format!("{came}, and closed the connection with 1000 (normal closure)"))
            }
            End::Over(event) => ended::explain(NAME, event, "after the probe's messages"),
        }
    }

    fn lacks(&self, text: &str, end: End) -> Finding {
        let finding = match end {
            End::Over(event) => {
                let when = format!("before the expected `{text}`");
                Finding { outcome: Outcome::Fail, ..ended::explain(NAME, event, &when) }
            }
            End::Came | End::Silence => self.absent(text),
        };
        if self.binary {
            return finding.help("a binary message has this text: `--expect` compares text messages only");
        }
        finding
    }

    fn absent(&self, text: &str) -> Finding {
        let (came, help) = match self.messages.count {
            0 => (
                "; no message came".to_owned(),
                "if the endpoint waits for a message, send it with `--send`; `--timeout` sets how long to wait",
            ),
            number => (
                format!("; {} came", count(number, "message")),
                "each `--expect` is a part of a text message, and comes after the one before; compare it with the messages that came",
            ),
        };
        Finding::fail(NAME, format!("no message with `{text}` came within {:?}{came}", self.limit)).help(help)
    }
}

async fn send_all(session: &mut Session, texts: &[String]) {
    for text in texts {
        if !session.send(text).await {
            return;
        }
    }
}

fn came(expected: &[String], after: Duration) -> Finding {
    let what = match expected {
        [one] => format!("`{one}` came"),
        more => format!("all {} expected messages came", more.len()),
    };
    Finding::ok(NAME, format!("{what} in {}", millis(after)))
}
