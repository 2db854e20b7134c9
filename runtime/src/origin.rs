//! Which pages a browser may connect from (RFC 6455 section 10.2, RFC 6454).

use std::fmt;

use http::{HeaderMap, HeaderName, Uri, header};
use sockeye_rules::origin::{self, Origin, OriginProblem};

use crate::{endpoint::OriginOption, hosts::Hosts, log::Words};

/// The longest name of a host has 253 characters: no page has a longer origin than this, and no more of one is logged.
pub(crate) const LONGEST: usize = 300;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The pages whose scripts may open a WebSocket here.
///
/// Browsers send the page's origin with every handshake and do not enforce anything themselves: CORS does not apply to
/// WebSockets. The default is [`same_origin`](Self::same_origin). A client that sends no `Origin` header is not a
/// browser and is not judged by this.
///
/// ```
/// use sockeye::Origins;
///
/// let own = Origins::same_origin();
/// let two = Origins::list(["https://app.example.com", "https://admin.example.com"]);
/// let all = Origins::any();
/// # let _ = (own, two, all);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    allowed: Allowed,
    trust_forwarded_host: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Allowed {
    Same,
    Any,
    List(Vec<String>),
}

impl Origins {
    /// Pages that were served by the host that the handshake asks for, and those of [`Server::public_url`](crate::Server::public_url).
    pub fn same_origin() -> Self {
        Self { allowed: Allowed::Same, trust_forwarded_host: false }
    }

    /// Pages of any of these origins: scheme and host, and a port where it is not the scheme's own.
    ///
    /// An entry that no browser can send (`ws://..`, a path, a trailing slash) is `origin_syntax` at startup.
    pub fn list<I>(origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let list = origins.into_iter().map(Into::into).collect();
        Self { allowed: Allowed::List(list), trust_forwarded_host: false }
    }

    /// Every page. Safe only where a connection gives nothing to whoever happens to be logged in.
    pub fn any() -> Self {
        Self { allowed: Allowed::Any, trust_forwarded_host: false }
    }

    /// Takes the host from `X-Forwarded-Host` where it is present. Only behind a proxy that always sets it: any client
    /// can send that header.
    #[must_use]
    pub fn trust_forwarded_host(mut self) -> Self {
        self.trust_forwarded_host = true;
        self
    }

    pub(crate) fn from_option(option: OriginOption, server: &Self) -> Self {
        let origins = match option {
            OriginOption::Any => Self::any(),
            OriginOption::List(list) => Self::list(list.iter().copied()),
        };
        Self { trust_forwarded_host: server.trust_forwarded_host, ..origins }
    }

    pub(crate) fn is_any(&self) -> bool {
        self.allowed == Allowed::Any
    }

    /// The first entry of a list.
    pub(crate) fn first(&self) -> Option<&str> {
        let Allowed::List(list) = &self.allowed else { return None };
        list.first().map(String::as_str)
    }

    /// Every entry that no browser can ever send, with what is wrong with it.
    pub(crate) fn problems(&self) -> Vec<(String, OriginProblem)> {
        let Allowed::List(list) = &self.allowed else { return Vec::new() };
        list.iter().filter_map(|entry| Some((entry.clone(), origin::parse(entry).err()?))).collect()
    }

    /// Whether a request may come from where it says it comes from.
    pub(crate) fn allow(&self, uri: &Uri, headers: &HeaderMap, hosts: &Hosts) -> Result<(), Refused> {
        let mut sent = headers.get_all(header::ORIGIN).iter();
        let Some(first) = sent.next() else { return Ok(()) };
        if self.is_any() {
            return Ok(());
        }
        if first.len() > LONGEST {
            return Err(Refused::TooLong);
        }
        let text = String::from_utf8_lossy(first.as_bytes()).into_owned();
        if sent.next().is_some() {
            return Err(Refused::Several);
        }
        let Ok(origin) = origin::parse(&text) else { return Err(Refused::NotAnOrigin(text)) };
        let matches = match &self.allowed {
            Allowed::Any => true,
            Allowed::List(list) => {
                list.iter().any(|entry| origin::parse(entry).is_ok_and(|one| one == origin))
            }
            Allowed::Same => {
                let asked = self.host(uri, headers);
                hosts.public() == Some(&origin) || asked.is_some_and(|host| serves(host, &origin))
            }
        };
        if matches {
            Ok(())
        } else {
            Err(Refused::Elsewhere { origin: text, same: self.allowed == Allowed::Same })
        }
    }

    /// The host that the client asked for: what a trusted proxy says, then `:authority`, then `Host`.
    fn host<'a>(&self, uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
        let forwarded = self.trust_forwarded_host.then(|| headers.get(FORWARDED_HOST)).flatten();
        let header = |value: &'a http::HeaderValue| value.to_str().ok();
        // The first of several is the one that the client asked for.
        let forwarded = forwarded.and_then(header).and_then(|all| all.split(',').next()).map(str::trim);
        let authority = uri.authority().map(http::uri::Authority::as_str);
        forwarded.or(authority).or_else(|| headers.get(header::HOST).and_then(header))
    }
}

/// Whether a page of this origin was served by this host. The scheme is not compared: behind a proxy that ends TLS
/// the server cannot know it.
fn serves(host: &str, origin: &Origin) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    // A host without a port means the default of the page's own scheme, and so does an origin.
    let default = Origin { port: None, ..origin.clone() }.effective_port();
    authority.host().eq_ignore_ascii_case(&origin.host)
        && authority.port_u16().or(default) == origin.effective_port()
}

impl Default for Origins {
    fn default() -> Self {
        Self::same_origin()
    }
}

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.allowed {
            Allowed::Same => f.write_str("same origin")?,
            Allowed::Any => f.write_str("any")?,
            Allowed::List(list) => f.write_str(&list.join(" "))?,
        }
        if self.trust_forwarded_host { f.write_str(" (forwarded host trusted)") } else { Ok(()) }
    }
}

/// Why an origin is refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// More than one `Origin` header.
    Several,
    /// Longer than any origin can be.
    TooLong,
    /// `null`, or something that is no origin.
    NotAnOrigin(String),
    /// An origin that is not allowed.
    Elsewhere { origin: String, same: bool },
}

impl Refused {
    pub(crate) fn reason(&self) -> Words {
        match self {
            Self::Several => Words::own("the request has more than one `Origin` header"),
            Self::TooLong => {
                Words::own(format!("the request's `Origin` header is longer than {LONGEST} bytes"))
            }
            Self::NotAnOrigin(text) => Words::own("the request's origin `")
                .then_foreign(text)
                .then("` belongs to no page (a sandboxed frame or a local file sends `null`)"),
            Self::Elsewhere { origin, same: true } => Words::own("the page's origin `")
                .then_foreign(origin)
                .then("` is not the origin of this server, and only its own pages are allowed"),
            Self::Elsewhere { origin, same: false } => Words::own("the page's origin `")
                .then_foreign(origin)
                .then("` is not in the list of allowed origins"),
        }
    }

    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Elsewhere { origin, .. } if origin::parse(origin).is_ok() => format!(
                "if that page is yours, write `origins = [\"{origin}\"]` in `#[ws_endpoint(..)]` or \
                 `.origins(Origins::list([\"{origin}\"]))` on the `Server`; behind a proxy that changes `Host`, pass it on \
                 (nginx: `proxy_set_header Host $http_host;`) or use `.trust_forwarded_host()`"
            ),
            _ => "connect from a page that has an origin, or write `origins = any` if every page may connect"
                .to_owned(),
        }
    }
}
