//! Which pages a browser may connect from (RFC 6455 section 10.2, RFC 6454).

use std::{fmt, panic::AssertUnwindSafe, sync::Arc};

use http::{HeaderMap, HeaderName, StatusCode, Uri, header, request::Parts};
use sockeye_rules::{
    HANDLER_PANIC, ORIGIN_REFUSED,
    origin::{self, Origin, OriginProblem, Pattern},
};

use crate::{
    endpoint::OriginOption,
    hosts::{Hosts, is_loopback},
    log::Words,
    refusal::Refusal,
    transport::{is_direct, is_over_tls},
};

/// The longest host name has 253 characters: no page has a longer origin than this, and no longer part is logged.
pub(crate) const LONGEST: usize = 300;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The web pages that may open a WebSocket, by origin.
///
/// Browsers send the page's origin with every handshake and do not enforce anything themselves: CORS does not
/// apply to WebSockets. The default is [`same_origin`](Self::same_origin). A client without an `Origin` header
/// is not a browser, and is not checked.
///
/// ```
/// use sockeye::Origins;
///
/// let own = Origins::same_origin();
/// let two = Origins::list(["https://app.example.com", "https://admin.example.com"]);
/// let tenants = Origins::matching("https://*.example.com");
/// let all = Origins::any();
/// # let _ = (own, two, tenants, all);
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
    Computed(Computed),
}

type Allows = dyn Fn(&str, &Parts) -> bool + Send + Sync;

/// What the user configured.
#[derive(Clone)]
struct Computed(Arc<Allows>);

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Computed")
    }
}

impl PartialEq for Computed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Computed {}

impl Origins {
    /// Pages of the host that the handshake requests, and those of [`Server::public_url`](crate::Server::public_url). With
    /// `Server::tls` they must have come over `https://`, unless a proxy has passed the handshake on.
    pub fn same_origin() -> Self {
        Self { allowed: Allowed::Same, trust_forwarded_host: false }
    }

    /// Pages of any of these origins: scheme, host, and the port if it is not the default of the scheme.
    ///
    /// The first label of a host can be `*`, as for [`matching`](Self::matching). An entry that no browser can
    /// send (`ws://..`, a path, a trailing slash) is `origin_syntax` at startup.
    pub fn list<I>(origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let list = origins.into_iter().map(Into::into).collect();
        Self { allowed: Allowed::List(list), trust_forwarded_host: false }
    }

    /// Pages of every host one level below a domain, as for tenants: `https://*.example.com` matches `https://acme.example.com`,
    /// but neither `https://example.com` nor `https://a.b.example.com`. Anyone who controls such a host can connect with its
    /// visitors' cookies.
    ///
    /// `*` is the whole first label of the host; any other pattern is `origin_syntax` at startup. An endpoint writes
    /// `origins = ["https://*.example.com"]`.
    pub fn matching(pattern: impl Into<String>) -> Self {
        Self::list([pattern.into()])
    }

    /// Pages of every origin for which the function returns `true`. Its arguments are the origin as the browser sent
    /// it, in lower case and without a trailing slash, and the head of the request. A header that is not an origin,
    /// including `null`, is refused without calling the function.
    ///
    /// It is called for each handshake of a browser, before the handler, and must not block: keep the data that it
    /// needs in memory. If it panics, the client gets a 500 (`handler_panic`).
    ///
    /// ```
    /// use sockeye::Origins;
    ///
    /// let previews = Origins::from_fn(|origin, _request| {
    ///     let host = origin.strip_prefix("https://").and_then(|host| host.strip_suffix("--shop.netlify.app"));
    ///     host.is_some_and(|preview| preview.starts_with("deploy-preview-") && !preview.contains('.'))
    /// });
    /// # let _ = previews;
    /// ```
    pub fn from_fn(allows: impl Fn(&str, &Parts) -> bool + Send + Sync + 'static) -> Self {
        Self { allowed: Allowed::Computed(Computed(Arc::new(allows))), trust_forwarded_host: false }
    }

    /// Every page. Safe only if a connection gives access to nothing that belongs to a logged-in user.
    pub fn any() -> Self {
        Self { allowed: Allowed::Any, trust_forwarded_host: false }
    }

    /// Reads the host from `X-Forwarded-Host` if it is present. Use it only behind a proxy that always sets the
    /// header: any client can send it.
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

    pub(crate) fn is_same(&self) -> bool {
        self.allowed == Allowed::Same
    }

    /// The entries of a list.
    #[cfg(feature = "asyncapi")]
    pub(crate) fn listed(&self) -> Option<&[String]> {
        if let Allowed::List(list) = &self.allowed { Some(list) } else { None }
    }

    /// An origin that a list allows.
    pub(crate) fn example(&self) -> Option<Origin> {
        let Allowed::List(list) = &self.allowed else { return None };
        Some(Pattern::parse(list.first()?).ok()?.example("sockeye-startup-probe"))
    }

    /// Every entry that no browser can ever send, with its fault.
    pub(crate) fn problems(&self) -> Vec<(String, OriginProblem)> {
        let Allowed::List(list) = &self.allowed else { return Vec::new() };
        list.iter().filter_map(|entry| Some((entry.clone(), Pattern::parse(entry).err()?))).collect()
    }

    /// Whether a request's origin is allowed.
    pub(crate) fn allow(&self, parts: &Parts, hosts: &Hosts) -> Result<(), Refused> {
        let mut sent = parts.headers.get_all(header::ORIGIN).iter();
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
        self.judge(text, &origin, parts, hosts)
    }

    fn judge(&self, text: String, origin: &Origin, parts: &Parts, hosts: &Hosts) -> Result<(), Refused> {
        let (allowed, rule) = match &self.allowed {
            Allowed::Any => return Ok(()),
            Allowed::List(list) => {
                let matches = |entry: &String| Pattern::parse(entry).is_ok_and(|one| one.matches(origin));
                (list.iter().any(matches), Asked::List)
            }
            Allowed::Same => {
                let host = self.host(parts);
                let asked = if is_without_tls(parts, origin) { Asked::Tls } else { Asked::same(host) };
                (is_same(parts, host, origin, hosts), asked)
            }
            Allowed::Computed(computed) => (computed.ask(&text, parts)?, Asked::Computed),
        };
        if allowed { Ok(()) } else { Err(Refused::Elsewhere { origin: text, asked: rule }) }
    }

    /// The host that the client requested: from a trusted proxy, then `:authority`, then `Host`.
    pub(crate) fn host<'a>(&self, parts: &'a Parts) -> Option<&'a str> {
        let forwarded = self.trust_forwarded_host.then(|| parts.headers.get(FORWARDED_HOST)).flatten();
        // The first of several is the client's.
        let forwarded = forwarded.and_then(|value| value.to_str().ok()?.split(',').next()).map(str::trim);
        forwarded.or_else(|| host(parts))
    }
}

/// The host that the request itself names: `:authority`, then `Host`.
pub(crate) fn host(parts: &Parts) -> Option<&str> {
    host_of(&parts.uri, &parts.headers)
}

/// The same of a request that is not taken apart.
pub(crate) fn host_of<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    let authority = uri.authority().map(http::uri::Authority::as_str);
    authority.or_else(|| headers.get(header::HOST)?.to_str().ok())
}

/// Whether a page of this origin is the server's own: it was served by this host, or has the public URL.
pub(crate) fn is_same(parts: &Parts, host: Option<&str>, origin: &Origin, hosts: &Hosts) -> bool {
    let is_served = |host| serves(host, origin) && !is_without_tls(parts, origin);
    host.is_some_and(is_served) || hosts.public() == Some(origin)
}

/// Whether the page has come without TLS, and the request to Sockeye itself over TLS. Everyone on the way can change such a page.
fn is_without_tls(parts: &Parts, origin: &Origin) -> bool {
    origin.scheme != "https" && is_over_tls(&parts.extensions) && is_direct(parts)
}

/// Whether a page of this origin was served by this host. The scheme is not compared: behind a proxy that terminates
/// TLS the server does not know it.
pub(crate) fn serves(host: &str, origin: &Origin) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    // A host without a port means the default port of the page's own scheme, and so does an origin.
    let default = Origin { port: None, ..origin.clone() }.effective_port();
    authority.host().eq_ignore_ascii_case(&origin.host)
        && authority.port_u16().or(default) == origin.effective_port()
}

impl Computed {
    fn ask(&self, origin: &str, parts: &Parts) -> Result<bool, Refused> {
        // The function is called for each request separately, so it can be used again after a panic.
        std::panic::catch_unwind(AssertUnwindSafe(|| (self.0)(origin, parts)))
            .map_err(|panic| Refused::Panicked(crate::panic::words(panic.as_ref())))
    }
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
            Allowed::Computed(_) => f.write_str("computed")?,
        }
        if self.trust_forwarded_host { f.write_str(" (forwarded host trusted)") } else { Ok(()) }
    }
}

/// The pages of a development server come from another port.
fn while_developing(origin: &str) -> &'static str {
    match origin::parse(origin) {
        Ok(origin) if is_loopback(&origin.host) => {
            "; while you develop, `.development(true)` on the `Server` lets pages of this machine connect from any port"
        }
        _ => "",
    }
}

/// Why an origin is refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// More than one `Origin` header.
    Several,
    /// Longer than any origin can be.
    TooLong,
    /// `null`, or a value that is not an origin.
    NotAnOrigin(String),
    /// An origin that is not allowed.
    Elsewhere { origin: String, asked: Asked },
    /// The user's function panicked, with this message.
    Panicked(String),
}

/// The value that an origin was compared with.
#[derive(Debug)]
pub(crate) enum Asked {
    /// The host of the request, if it has one.
    Same {
        host: Option<String>,
    },
    /// The same, of a server with TLS: its own pages have come over TLS.
    Tls,
    List,
    Computed,
}

impl Asked {
    fn same(host: Option<&str>) -> Self {
        Self::Same { host: host.map(str::to_owned) }
    }
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
                .then("` is not the origin of a web page (a sandboxed frame or a local file sends `null`)"),
            Self::Elsewhere { origin, asked } => {
                let words = Words::own("the page's origin `").then_foreign(origin);
                match asked {
                    Asked::Same { host: Some(host) } => words
                        .then("` is not the origin of this server, `")
                        .then_foreign(host)
                        .then("`, and only its own pages may connect"),
                    Asked::Same { host: None } => {
                        words.then("` is not the origin of this server, and only its own pages may connect")
                    }
                    Asked::Tls => {
                        words.then("` is not that of a page over `https://`, and only the server's own pages may connect")
                    }
                    Asked::List => words.then("` is not in the list of allowed origins"),
                    Asked::Computed => {
                        words.then("` is not allowed by the function passed to `Origins::from_fn`")
                    }
                }
            }
            Self::Panicked(words) => {
                Words::own("the function passed to `Origins::from_fn` panicked: ").then_foreign(words)
            }
        }
    }

    /// Whose fault it is, and the resulting status. A server that is in development is not told to be.
    pub(crate) fn into_refusal(self, in_development: bool) -> Refusal {
        let (reason, remedy) = (self.reason(), self.remedy(in_development));
        if let Self::Panicked(_) = self {
            return Refusal::of_server(&HANDLER_PANIC, StatusCode::INTERNAL_SERVER_ERROR, reason, remedy);
        }
        Refusal::of_client(&ORIGIN_REFUSED, StatusCode::FORBIDDEN, reason, remedy)
            .telling("this page is not allowed to connect to this endpoint")
    }

    fn remedy(&self, in_development: bool) -> String {
        let while_developing = |origin: &str| if in_development { "" } else { while_developing(origin) };
        match self {
            Self::Panicked(_) => "return `false` from the function instead of panicking".to_owned(),
            Self::Elsewhere { asked: Asked::Computed, .. } => {
                "if that page is yours, allow it in the function".to_owned()
            }
            Self::Elsewhere { origin, asked: Asked::Tls } if origin::parse(origin).is_ok() => format!(
                "open the page over `https://`; if a proxy serves it without TLS, set `.public_url(\"{origin}\")` on the `Server`{}",
                while_developing(origin)
            ),
            Self::Elsewhere { origin, .. } if origin::parse(origin).is_ok() => format!(
                "if that page is yours, write `origins = [\"{origin}\"]` in `#[ws_endpoint(..)]` or \
                 `.origins(Origins::list([\"{origin}\"]))` on the `Server`; behind a proxy that changes `Host`, pass it on \
                 (nginx: `proxy_set_header Host $http_host;`) or set `.public_url(\"{origin}\")` on the `Server`{}",
                while_developing(origin)
            ),
            _ => "connect from a page that has an origin, or write `origins = any` if any page may connect"
                .to_owned(),
        }
    }
}
