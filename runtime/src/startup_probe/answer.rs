use std::fmt;

use http::{HeaderMap, HeaderName, StatusCode, Uri, header};

use crate::endpoint::Registered;

/// The result of a startup probe.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// It reached an endpoint.
    Arrived {
        /// The endpoint.
        at: &'static Registered,
        /// The requirements, by index, whose `Extension` or `ConnectInfo` is missing.
        absent: Vec<usize>,
        /// Those that only the address of the peer meets.
        of_peer: Vec<usize>,
    },
    /// A layer or route in front answered.
    Refused(Refusal),
    /// It reached the endpoint, but a layer replaced the endpoint's response.
    Replaced(Refusal),
    /// A rate limit applied to the startup probes. That says nothing about a single client.
    Busy,
    /// It reached the endpoint without this header of the handshake.
    Stripped(HeaderName),
    /// A layer panicked, with this message.
    Panicked(String),
    /// There was no response in time.
    Silent,
    /// The route is not a valid request path.
    NoRequest(String),
}

impl Answer {
    /// The response that refuses anonymous clients.
    pub(super) fn kept_out(self) -> Option<Refusal> {
        let Self::Refused(refusal) = self else { return None };
        refusal.keeps_strangers_out().then_some(refusal)
    }
}

/// A response that is not the endpoint's.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: StatusCode,
    location: Option<String>,
    /// The beginning of the body, on one line.
    body: String,
    /// Whether a layer of the endpoint's group answered.
    is_of_group: bool,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let location = headers.get(header::LOCATION);
        let location = location.map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
        Self { status, location, body: one_line(&String::from_utf8_lossy(body)), is_of_group: false }
    }

    pub(super) fn of_group(self, is_of_group: bool) -> Self {
        Self { is_of_group, ..self }
    }

    pub(crate) fn is_of_group(&self) -> bool {
        self.is_of_group
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The status and the target of a redirect, without the body.
    pub(crate) fn answer(&self) -> String {
        let to = self.location.as_ref().map(|location| format!(" (to {location})"));
        format!("{}{}", self.status, to.unwrap_or_default())
    }

    /// Whether an authenticating layer answers an anonymous request like this.
    pub(crate) fn asks_for_credentials(&self) -> bool {
        let refused =
            [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::PROXY_AUTHENTICATION_REQUIRED];
        refused.contains(&self.status) || (self.status.is_redirection() && self.location.is_some())
    }

    /// Whether only a layer that refuses anonymous clients answers like this: a redirect counts if it leads to a login.
    pub(crate) fn keeps_strangers_out(&self) -> bool {
        self.asks_for_credentials() && (!self.status.is_redirection() || self.leads_to_login())
    }

    pub(super) fn is_forbidden(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
    }

    fn leads_to_login(&self) -> bool {
        let to = self.location.as_deref().unwrap_or_default().to_ascii_lowercase();
        ["login", "log-in", "logon", "signin", "sign-in", "sign_in", "auth", "sso", "saml"]
            .iter()
            .any(|word| to.contains(word))
    }

    /// Whether a check of the host or the scheme answers like this.
    pub(crate) fn may_be_about_host(&self) -> bool {
        let refused = [StatusCode::BAD_REQUEST, StatusCode::FORBIDDEN, StatusCode::MISDIRECTED_REQUEST]
            .contains(&self.status);
        refused || (self.status.is_redirection() && !self.leads_to_login())
    }

    /// Whether it is a redirect to the same path: to another scheme or host, and not to a login.
    pub(crate) fn leads_back_to(&self, path: &str) -> bool {
        let to = self.location.as_deref().and_then(|location| location.parse::<Uri>().ok());
        self.status.is_redirection() && to.is_some_and(|to| to.path() == path)
    }

    /// Whether the body names a rule of Sockeye.
    pub(crate) fn says(&self, rule: &str) -> bool {
        self.body.contains(&format!("[{rule}]"))
    }

    /// Whether the made-up values of path parameters may be the cause.
    pub(crate) fn misses_what_the_path_names(&self) -> bool {
        [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY]
            .contains(&self.status)
    }

    /// Whether a second, single probe may get a different response.
    pub(super) fn is_load(&self) -> bool {
        [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&self.status)
    }

    pub(super) fn is_rate_limit(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.answer())?;
        if self.body.is_empty() { Ok(()) } else { write!(f, ": {}", self.body) }
    }
}

/// At most 120 characters, with white space collapsed.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(120) {
        Some((end, _)) => format!("{}..", &line[..end]),
        None => line,
    }
}
