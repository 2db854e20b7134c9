//! The pages that may connect. Browsers send a page's origin and enforce nothing: CORS does not apply to WebSockets.

use std::fmt;

use tokio::time::timeout;
use url::Url;

use super::{
    super::{
        broken::Broken, finding::Finding, head::Head, line::Line, request::Ask, session::Session,
        target::Target,
    },
    http::status_line,
    ping::{self, Pulse},
};

const NAME: &str = "origin";

/// A page that no server allows on purpose.
const STRANGER: &str = "https://evil.example";

/// The accepted handshake, and its result, with which the results of other pages are compared.
pub(in crate::probe) struct Base<'a> {
    pub(in crate::probe) line: &'a Line,
    pub(in crate::probe) ask: &'a Ask,
    pub(in crate::probe) pulse: Pulse,
}

/// The server's reaction to an origin.
enum Taken {
    Yes,
    No(Refusal),
    Unclear(Broken),
}

/// The kind of a refusal.
enum Refusal {
    Answer(Head),
    /// It accepts, and closes immediately.
    Close(Option<u16>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(head) => write!(f, "{}", head.status),
            Self::Close(Some(code)) => write!(f, "accepted, then closed with {code}"),
            Self::Close(None) => write!(f, "accepted, then cut off"),
        }
    }
}

/// Sends handshakes as several pages would.
pub(in crate::probe) async fn check(base: &Base<'_>, any_is_meant: bool) -> Vec<Finding> {
    match base.take(STRANGER).await {
        Taken::Yes => vec![anybody(any_is_meant)],
        Taken::Unclear(broken) => vec![unclear(&broken)],
        Taken::No(Refusal::Close(_)) if matches!(base.pulse, Pulse::Over(_)) => {
            vec![Finding::ok(NAME, "not checked: the server closes every connection immediately")]
        }
        Taken::No(Refusal::Answer(head)) if head.status == 429 => {
            vec![Finding::ok(NAME, "not checked: the server accepts no more handshakes at the moment (429)")]
        }
        Taken::No(Refusal::Answer(head)) if head.status >= 500 => vec![failing(&head)],
        Taken::No(refusal) => {
            let mut findings = vec![base.who(&refusal).await];
            findings.extend(base.disguised().await);
            findings
        }
    }
}

impl Base<'_> {
    async fn take(&self, origin: &str) -> Taken {
        let ask = Ask { origin: Some(origin.to_owned()), ..self.ask.clone() };
        match self.line.ask(&ask).await {
            Err(broken) => Taken::Unclear(broken),
            Ok(answer) if answer.head.switched() => self.stays(Session::of(answer)).await,
            Ok(answer) => Taken::No(Refusal::Answer(answer.head)),
        }
    }

    /// Some servers accept everyone and close unwanted connections.
    async fn stays(&self, mut session: Session) -> Taken {
        if self.pulse != Pulse::Silent
            && let Pulse::Over(code) = ping::pulse(&mut session, self.line.limit).await
        {
            return Taken::No(Refusal::Close(code));
        }
        // The server's handler should not wait for a client that never responds.
        let _ = timeout(self.line.limit, session.close()).await;
        Taken::Yes
    }

    async fn lets_in(&self, origin: &str) -> bool {
        matches!(self.take(origin).await, Taken::Yes)
    }

    fn is_of(&self, origin: &str) -> bool {
        self.ask.origin.as_deref() == Some(origin)
    }

    /// An unknown origin is refused; is every one?
    async fn who(&self, refusal: &Refusal) -> Finding {
        let own = self.line.own_origin();
        let mut allowed: Vec<String> = self.ask.origin.iter().map(|origin| format!("`{origin}`")).collect();
        if !self.is_of(&own) && self.lets_in(&own).await {
            allowed.push(format!("`{own}`"));
        }
        let refused = format!("one of `{STRANGER}` may not ({refusal})");
        if allowed.is_empty() {
            let words = format!(
                "no page may connect, not even one of `{own}`: only clients without an origin; {refused}"
            );
            let help = "if a page is meant to connect, try its origin: `--origin https://app.example.com`";
            return Finding::ok(NAME, words).help(help).help(
                "if pages of the server's own origin should connect, let the proxy pass the host on: nginx needs `proxy_set_header Host $http_host;`",
            );
        }
        Finding::ok(NAME, format!("pages of {} may connect, {refused}", allowed.join(" and ")))
    }

    /// Origins that pass a check which compares only a part of them.
    async fn disguised(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (origin, why) in disguises(&self.line.target) {
            if !self.is_of(&origin) && self.lets_in(&origin).await {
                findings.push(let_in(&origin, why));
            }
        }
        findings
    }
}

fn disguises(target: &Target) -> Vec<(String, &'static str)> {
    let scheme = if target.secure { "https" } else { "http" };
    let host = target.host.to_string();
    let mut all = vec![
        ("null".to_owned(), "a sandboxed frame on any page sends it"),
        (format!("{scheme}://{host}.evil.example"), "only the beginning of the origin is compared"),
        (format!("{scheme}://evil{host}"), "only the end of the origin is compared"),
    ];
    // This cannot be done with a numeric address.
    all.retain(|(origin, _)| origin == "null" || Url::parse(origin).is_ok());
    all
}

fn anybody(meant: bool) -> Finding {
    let words = format!("any web page may connect: one of `{STRANGER}` was accepted");
    if meant {
        return Finding::ok(NAME, words);
    }
    Finding::warn(NAME, words)
        .help("any page that a user visits can connect with the user's cookies and act as the user (cross-site WebSocket hijacking); CORS does not prevent it")
        .help("let the server check `Origin`: Sockeye allows its own origin by default, or a list: `origins = [\"https://app.example.com\"]`")
        .help("if any page is meant to connect, pass `--any-origin`")
}

fn unclear(broken: &Broken) -> Finding {
    let what = match broken {
        Broken::Silent(_) | Broken::Slow(..) => "gets no response",
        Broken::NotConnected(_) => "gets no connection",
        _ => "is cut off",
    };
    Finding::warn(NAME, format!("a page of `{STRANGER}` {what} instead of a refusal"))
        .help("answer with 403: a refusal without a status looks like an outage")
}

fn failing(head: &Head) -> Finding {
    Finding::warn(NAME, format!("a page of `{STRANGER}` gets {}", status_line(head)))
        .help("the origin check fails instead of refusing: answer with 403; check the log of the server")
}

fn let_in(origin: &str, why: &str) -> Finding {
    Finding::warn(NAME, format!("a page of `{origin}` may connect: {why}"))
        .help("compare the whole origin, scheme and port included, with each entry of a list")
}
