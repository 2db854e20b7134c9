use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, response::Parts};

use crate::refusal::RULE_HEADER;

/// The response to a handshake that the server did not accept.
///
/// ```
/// # async fn example(client: sockeye::testing::TestClient) {
/// let refusal = client.request("/chat").origin("https://evil.example").refused().await.unwrap();
/// assert_eq!(refusal.status(), 403);
/// assert_eq!(refusal.rule(), Some("origin_refused"));
/// # }
/// ```
#[derive(Clone)]
pub struct Refusal {
    head: Parts,
    body: String,
}

impl Refusal {
    pub(super) fn new(head: Parts, body: &Bytes) -> Self {
        Self { head, body: String::from_utf8_lossy(body).into_owned() }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The name of the rule. `None`: the response comes from a layer or a route of the user, not from Sockeye.
    pub fn rule(&self) -> Option<&str> {
        self.head.headers.get(RULE_HEADER)?.to_str().ok()
    }

    /// The reason: the body without the prefix with the rule and without the help.
    pub fn reason(&self) -> &str {
        let told =
            self.body.split_once("]: ").filter(|_| self.body.starts_with("websocket handshake refused ["));
        let text = told.map_or(self.body.as_str(), |(_, text)| text);
        text.split_once("\nhelp: ").map_or(text, |(reason, _)| reason).trim_end()
    }

    /// The whole body; invalid UTF-8 is replaced.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.rule().map(|rule| format!(" [{rule}]")).unwrap_or_default();
        write!(f, "{}{rule}: {}", self.status(), self.reason())
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({self})")
    }
}
