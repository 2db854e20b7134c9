//! Admits a connection, or turns it away if too many are open.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use http::{HeaderName, HeaderValue, StatusCode};
use sockeye_rules::Rule;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use crate::{
    Limits,
    console::Failure,
    limiter::{self, Slot},
    log::{self, Key, Kind},
    metrics,
    refusal::{RULE_HEADER, Refusal},
    shutdown::Lifecycle,
};

/// How many connections can be turned away with a response at the same time; further ones are only closed.
const TOLD_AT_ONCE: usize = 64;

/// How long a client that is turned away may take to read the response.
const FAREWELL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Door {
    lifecycle: Lifecycle,
    limits: Limits,
    speaks_tls: bool,
}

impl Door {
    pub(super) fn new(lifecycle: Lifecycle, limits: Limits, speaks_tls: bool) -> Self {
        Self { lifecycle, limits, speaks_tls }
    }

    /// Admits the connection; if there is no room, sends a refusal and closes the stream.
    pub(super) fn admit<S>(&self, stream: S, peer: Option<SocketAddr>) -> Option<(S, Slot)>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match limiter::admit_http(&self.lifecycle.counts, &self.limits, peer) {
            Ok(slot) => Some((stream, slot)),
            Err(refusal) => {
                self.log(&refusal, peer);
                self.turn_away(stream, &refusal);
                None
            }
        }
    }

    fn log(&self, refusal: &Refusal, peer: Option<SocketAddr>) {
        metrics::turned_away(refusal.rule.name);
        self.record(refusal, peer);
        let key = Key::of_all(Kind::TurnedAway, Some(refusal.rule.name));
        if self.lifecycle.flood.admits(key, refusal.level()) {
            log::TurnedAway { refusal, peer }.emit();
        }
    }

    /// For the console.
    fn record(&self, refusal: &Refusal, peer: Option<SocketAddr>) {
        let tap = self.lifecycle.flood.tap();
        if tap.is_on() {
            tap.refused(&Failure {
                route: None,
                rule: refusal.rule.name,
                status: Some(refusal.status.as_u16()),
                reason: &refusal.reason.told(),
                remedy: &refusal.remedy,
                peer,
                client: None,
            });
        }
    }

    fn turn_away<S>(&self, stream: S, refusal: &Refusal)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // Its client reads nothing before a handshake, which costs more than the connections that the limit spares.
        if self.speaks_tls {
            return;
        }
        let Some(slot) = limiter::admit_farewell(&self.lifecycle.counts, TOLD_AT_ONCE) else { return };
        let Refusal { status, rule, headers, .. } = refusal;
        let answer = answer(*status, rule, headers, &refusal.body());
        self.lifecycle.tasks.spawn(async move {
            farewell(stream, &answer).await;
            drop(slot);
        });
    }
}

/// A refusal as an HTTP/1.1 response, since nearly every client begins with HTTP/1.1.
pub(super) fn answer(
    status: StatusCode,
    rule: &Rule,
    headers: &[(HeaderName, HeaderValue)],
    body: &str,
) -> String {
    let mut text = format!("HTTP/1.1 {status}\r\n{RULE_HEADER}: {}\r\n", rule.name);
    for (name, value) in headers {
        let _ = write!(text, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    let _ = write!(
        text,
        "content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    text
}

/// Writes the response and closes the connection.
pub(super) async fn farewell<S: AsyncRead + AsyncWrite + Unpin>(stream: S, answer: &str) {
    let _over_either_way = timeout(FAREWELL, tell(stream, answer)).await;
}

/// Writes the response and reads until the client closes: closing with unread data would reset the connection, and the
/// reset can overtake the response.
async fn tell<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answer: &str) -> std::io::Result<()> {
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    let mut room = [0; 1024];
    while stream.read(&mut room).await? > 0 {}
    Ok(())
}
