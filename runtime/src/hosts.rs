//! The names under which clients reach the server, and which names are not its own.

use std::fmt;

use http::{HeaderValue, request::Parts, uri::Authority};
use sockeye_rules::origin::{self, Origin, OriginProblem, Pattern};

use crate::Origins;
#[cfg(feature = "console")]
use crate::transport;

mod problem;
mod rebinding;
mod refused;

pub(crate) use problem::HostProblem;
pub(crate) use rebinding::OF_PROXIES;
pub(crate) use refused::Refused;

/// The names that the user configured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    /// The argument of `Server::public_url`, and its parsed value.
    public_url: Option<(String, Result<Origin, OriginProblem>)>,
    /// The arguments of `Server::hosts`, and their parsed values; `None` if it was not called.
    listed: Option<Vec<(String, Result<Pattern, HostProblem>)>>,
}

impl Hosts {
    pub(crate) fn set_public_url(&mut self, url: String) {
        let read = origin::public_url(&url);
        self.public_url = Some((url, read));
    }

    pub(crate) fn list(&mut self, hosts: impl Iterator<Item = String>) {
        let read = hosts.map(|host| {
            let pattern = problem::read(&host);
            (host, pattern)
        });
        self.listed.get_or_insert_default().extend(read);
    }

    /// Scheme, host and port of the public URL, if there is a valid one.
    pub(crate) fn public(&self) -> Option<&Origin> {
        self.public_url.as_ref()?.1.as_ref().ok()
    }

    /// The public URL and its fault, if it is invalid.
    pub(crate) fn public_problem(&self) -> Option<(&str, &OriginProblem)> {
        let (url, read) = self.public_url.as_ref()?;
        Some((url, read.as_ref().err()?))
    }

    /// Each invalid host of the list, with its fault.
    pub(crate) fn problems(&self) -> impl Iterator<Item = (&str, &HostProblem)> {
        self.listed.iter().flatten().filter_map(|(host, read)| Some((host.as_str(), read.as_ref().err()?)))
    }

    /// The host that a client of the server requests.
    pub(crate) fn asked_for(&self) -> HeaderValue {
        let public = self.public().map(Origin::authority);
        let listed = || self.patterns().next().map(|host| host.example("sockeye-startup-probe").host);
        let host = public.or_else(listed).and_then(|host| HeaderValue::try_from(host).ok());
        host.unwrap_or_else(|| HeaderValue::from_static("localhost"))
    }

    /// The arguments of `Server::hosts`.
    pub(crate) fn listed(&self) -> Option<Vec<&str>> {
        let listed = self.listed.as_ref()?;
        Some(listed.iter().map(|(host, _)| host.as_str()).collect())
    }

    /// Whether the server, which listens on this port, serves the host that a request names. A request without a host is checked
    /// elsewhere.
    pub(crate) fn allow(&self, parts: &Parts, origins: &Origins, port: Option<u16>) -> Result<(), Refused> {
        let Some(host) = origins.host(parts) else { return Ok(()) };
        let read = Name::of(host);
        match &self.listed {
            Some(_) if read.as_ref().is_some_and(|name| self.knows(name)) => Ok(()),
            Some(_) => Err(Refused::unlisted(host)),
            None => match read {
                Some(name)
                    if !self.knows(&name) && rebinding::is_possible(&name, host, parts, origins, port) =>
                {
                    Err(Refused::rebound(host, name))
                }
                _ => Ok(()),
            },
        }
    }

    /// Whether the server serves this host in any case: it is configured, an address, or a name of loopback.
    #[cfg(feature = "console")]
    pub(crate) fn serve(&self, host: &str) -> bool {
        Name::of(host).is_some_and(|name| self.knows(&name))
    }

    /// Whether a request for this host, which the server serves, can have come to it directly. An address and a name of loopback
    /// can be those of a tunnel such as `ssh -L`; another name is reached at the port that the server listens on, and is
    /// not one that a proxy serves with another scheme.
    #[cfg(feature = "console")]
    pub(crate) fn are_reached_directly(
        &self,
        host: &str,
        port: Option<u16>,
        extensions: &http::Extensions,
    ) -> bool {
        let own = transport::scheme(extensions);
        let is_of_proxy =
            |name: &Name| self.public().is_some_and(|url| url.scheme != own && url.host == name.0);
        let is_at = || rebinding::is_at(host, port, transport::default_port(extensions));
        Name::of(host).is_some_and(|name| name.is_harmless() || !is_of_proxy(&name) && is_at())
    }

    /// Whether a name is the server's: because the user configured it, or because no page of another site can have it.
    fn knows(&self, name: &Name) -> bool {
        let is_public = || self.public().is_some_and(|url| url.host == name.0);
        let of_list = |host: &Pattern| {
            host.matches(&Origin { scheme: "http".to_owned(), host: name.0.clone(), port: None })
        };
        name.is_harmless() || is_public() || self.patterns().any(of_list)
    }

    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.listed.iter().flatten().filter_map(|(_, read)| read.as_ref().ok())
    }
}

/// The public URL and the hosts, for the table of a check; empty if none are configured.
impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(url) = self.public() {
            write!(f, "; public url {url}")?;
        }
        self.listed().map_or(Ok(()), |hosts| write!(f, "; hosts {}", hosts.join(" ")))
    }
}

/// A host without its port: lower case, without the dot at the end of a full name; an IPv6 address keeps its brackets.
#[derive(Debug)]
pub(crate) struct Name(String);

impl Name {
    fn of(host: &str) -> Option<Self> {
        let authority: Authority = host.parse().ok()?;
        Some(Self(authority.host().trim_end_matches('.').to_ascii_lowercase()))
    }

    /// Whether no other site can have the name: an address, which a page has only if it was served from it, or a name of the
    /// loopback interface (RFC 6761 section 6.3).
    fn is_harmless(&self) -> bool {
        let is_address = self.0.starts_with('[') || self.0.parse::<std::net::Ipv4Addr>().is_ok();
        is_address || self.0 == "localhost" || self.0.ends_with(".localhost")
    }
}

/// Whether a `Host` names this machine, which pages reach over plain HTTP in a secure context
/// (<https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>).
pub(crate) fn is_loopback(host: &str) -> bool {
    Name::of(host).is_some_and(|Name(name)| {
        let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        name == "localhost"
            || name.ends_with(".localhost")
            || address.is_ok_and(|address| address.is_loopback())
    })
}
