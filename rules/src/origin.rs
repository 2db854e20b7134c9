//! Origins of web pages, as sent in the `Origin` header (RFC 6454 section 6.2): `https://app.example.com`.

mod pattern;

use std::fmt;

pub use pattern::Pattern;

/// The origin of a web page: where a script was loaded from.
///
/// Two origins are equal if a browser considers them equal: an explicit default port is ignored.
///
/// ```
/// use sockeye_rules::origin::parse;
/// assert_eq!(parse("https://app.example.com:443"), parse("https://app.example.com"));
/// assert_ne!(parse("http://app.example.com"), parse("https://app.example.com"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Lower case, without `://`.
    pub scheme: String,
    /// Lower case name or address; an IPv6 address keeps its brackets.
    pub host: String,
    /// The port if it is not the scheme's default.
    pub port: Option<u16>,
}

impl Origin {
    /// The port that a client connects to; `None` for schemes that have none, such as `tauri://localhost`.
    pub fn effective_port(&self) -> Option<u16> {
        self.port.or_else(|| default_port(&self.scheme))
    }

    /// The host, with the port if it is not the scheme's default: the value of a client's `Host` header.
    pub fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// The origin, if it is valid for a web server.
    ///
    /// # Errors
    ///
    /// If its scheme is neither `http` nor `https`.
    pub fn over_http(self) -> Result<Self, OriginProblem> {
        if ["http", "https"].contains(&self.scheme.as_str()) {
            return Ok(self);
        }
        let what = format!("`{self}` has the scheme `{}`, not `http` or `https`", self.scheme);
        Err(problem(what, Some(Self { scheme: "https".to_owned(), ..self }), EXAMPLE))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Parses the URL of a server as its clients know it: an origin, ignoring a trailing slash and upper case.
///
/// ```
/// use sockeye_rules::origin::public_url;
/// assert_eq!(public_url("HTTPS://App.Example.com/").unwrap().to_string(), "https://app.example.com");
/// assert_eq!(public_url("wss://app.example.com").unwrap_err().help(), "write `https://app.example.com`");
/// ```
///
/// # Errors
///
/// If it has more than scheme, host and port, or a scheme other than `http` and `https`.
pub fn public_url(text: &str) -> Result<Origin, OriginProblem> {
    // Upper and lower case are the same in a scheme and in a host (RFC 3986 section 6.2.2.1).
    let url = text.to_ascii_lowercase();
    let url = url.strip_suffix('/').unwrap_or(&url);
    if let Some(found) = public_url_of_socket(url) {
        return Err(found);
    }
    parse(url)?.over_http()
}

/// The URL of an endpoint instead of that of the server.
fn public_url_of_socket(url: &str) -> Option<OriginProblem> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme)?;
    let pages = match scheme {
        "ws" => "http",
        "wss" => "https",
        _ => return None,
    };
    let what = format!(
        "it is the URL of a WebSocket, not of the server: its scheme must be `{pages}`, not `{scheme}`"
    );
    let origin = Pieces::of(url).origin();
    let secure = origin
        .as_ref()
        .filter(|_| scheme == "ws")
        .map(|origin| Origin { scheme: "https".to_owned(), ..origin.clone() });
    let or = secure.map(|secure| format!(", or `{secure}` if a proxy in front speaks TLS"));
    Some(OriginProblem { or: or.unwrap_or_default(), ..problem(what, origin, EXAMPLE) })
}

/// Why a string is not an origin. `Display` says what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginProblem {
    what: String,
    suggestion: Option<Origin>,
    /// Another possible meaning, in addition to the suggestion.
    or: String,
    advice: &'static str,
}

impl OriginProblem {
    /// What to write instead, as in ``write `https://app.example.com` ``.
    pub fn help(&self) -> String {
        let or = &self.or;
        self.suggestion
            .as_ref()
            .map_or_else(|| self.advice.to_owned(), |origin| format!("write `{origin}`{or}"))
    }

    /// The origin that was probably meant.
    pub fn suggestion(&self) -> Option<&Origin> {
        self.suggestion.as_ref()
    }
}

impl fmt::Display for OriginProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for OriginProblem {}

const EXAMPLE: &str = "write scheme, host and, if it is not the default, port: `https://app.example.com`";

/// Parses an origin.
///
/// ```
/// let origin = sockeye_rules::origin::parse("http://localhost:5173").unwrap();
/// assert_eq!((origin.scheme.as_str(), origin.host.as_str(), origin.port), ("http", "localhost", Some(5173)));
///
/// let problem = sockeye_rules::origin::parse("wss://app.example.com/").unwrap_err();
/// assert_eq!(problem.help(), "write `https://app.example.com`");
/// ```
///
/// # Errors
///
/// If a browser would never send the string as an origin, so that nothing could ever match it.
pub fn parse(text: &str) -> Result<Origin, OriginProblem> {
    not_special(text)?;
    let pieces = Pieces::of(text);
    match pieces.fault() {
        None => pieces.origin().ok_or_else(|| problem(format!("`{text}` is not an origin"), None, EXAMPLE)),
        Some(fault) => Err(problem(format!("`{text}` {fault}"), pieces.origin(), EXAMPLE)),
    }
}

fn problem(what: String, suggestion: Option<Origin>, advice: &'static str) -> OriginProblem {
    OriginProblem { what, suggestion, or: String::new(), advice }
}

/// A string that does not have the form of an origin, and cannot be fixed by removing a part.
fn not_special(text: &str) -> Result<(), OriginProblem> {
    let (what, advice) = match text {
        "" => ("an empty string is not an origin", EXAMPLE),
        "null" => (
            "`null` is what every sandboxed page and local file sends: it would allow any site",
            "serve the page from an address of its own and write that origin",
        ),
        "*" => ("`*` is not an origin", "write `any` in place of the list to allow every origin"),
        _ if text.contains('*') => (
            "an origin has no wildcards: it is compared as a whole",
            "write each origin in full, as in `https://app.example.com`",
        ),
        _ if text.starts_with("file:") => (
            "a page opened as a file sends the origin `null`",
            "serve the page over HTTP, as in `http://localhost:8000`, and write that origin",
        ),
        _ => return Ok(()),
    };
    Err(problem(what.to_owned(), None, advice))
}

/// The parts of a string that is meant as an origin, valid or not.
struct Pieces<'a> {
    text: &'a str,
    scheme: Option<&'a str>,
    user: bool,
    host: &'a str,
    port: Option<&'a str>,
    rest: &'a str,
}

impl<'a> Pieces<'a> {
    fn of(text: &'a str) -> Self {
        let trimmed = text.trim();
        let (scheme, after) =
            trimmed.split_once("://").map_or((None, trimmed), |(scheme, after)| (Some(scheme), after));
        let (authority, rest) = after.split_at(after.find(['/', '?', '#', '\\']).unwrap_or(after.len()));
        let (user, address) =
            authority.rsplit_once('@').map_or((false, authority), |(_, address)| (true, address));
        // The colons inside an IPv6 address are followed by its bracket.
        let colon = address.rfind(':').filter(|at| !address[*at..].contains(']'));
        let (host, port) = colon.map_or((address, None), |at| (&address[..at], Some(&address[at + 1..])));
        Self { text, scheme, user, host, port, rest }
    }

    /// The fault, most specific first; `None` if there is none.
    fn fault(&self) -> Option<String> {
        let scheme = self.scheme.unwrap_or_default();
        if self.scheme.is_none() {
            return Some("has no scheme: a browser always sends one".to_owned());
        }
        match scheme.to_ascii_lowercase().as_str() {
            "ws" | "wss" => return Some(websocket_scheme(scheme)),
            _ if !is_scheme(scheme) => return Some(format!("has an invalid scheme: `{scheme}`")),
            _ => {}
        }
        self.address_fault().or_else(|| self.spelling_fault())
    }

    fn address_fault(&self) -> Option<String> {
        if self.user {
            return Some("has a user name: a browser leaves it out of the origin".to_owned());
        }
        match self.rest {
            "" => {}
            "/" => return Some("ends in a slash: a browser sends none, so it would never match".to_owned()),
            rest => return Some(format!("has a path, `{rest}`: an origin ends at the host and port")),
        }
        if self.host.is_empty() {
            return Some("has no host".to_owned());
        }
        if !self.host.is_ascii() {
            return Some("has a host that is not ASCII: a browser sends its `xn--` form".to_owned());
        }
        (!is_host(self.host)).then(|| format!("has an invalid host: `{}`", self.host))
    }

    fn spelling_fault(&self) -> Option<String> {
        if self.port.is_some_and(|port| port_number(port).is_none()) {
            return Some(format!("has an invalid port: `{}`", self.port.unwrap_or_default()));
        }
        if self.text.trim() != self.text {
            return Some("has a space at its end or start".to_owned());
        }
        let upper = self.text.bytes().any(|byte| byte.is_ascii_uppercase());
        upper.then(|| "has upper case letters: a browser sends lower case".to_owned())
    }

    /// The origin of these parts, without everything that does not belong to one.
    fn origin(&self) -> Option<Origin> {
        let scheme = match self.scheme.map(str::to_ascii_lowercase).as_deref() {
            None if is_loopback(self.host) => "http".to_owned(),
            None | Some("wss") => "https".to_owned(),
            Some("ws") => "http".to_owned(),
            Some(other) => other.to_owned(),
        };
        let port = self.port.map(|port| port_number(port).ok_or(())).transpose().ok()?;
        let port = port.filter(|port| default_port(&scheme) != Some(*port));
        let sound = is_scheme(&scheme) && is_host(self.host);
        sound.then(|| Origin { scheme, host: self.host.to_ascii_lowercase(), port })
    }
}

fn websocket_scheme(scheme: &str) -> String {
    format!("has the scheme of a WebSocket: an origin is where the page was loaded from, never `{scheme}://`")
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// RFC 3986 section 3.1.
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// A name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Digits only: `parse` alone would accept `+80`.
fn port_number(port: &str) -> Option<u16> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| port.parse().ok()).flatten().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_that_browsers_send_are_read() {
        for text in [
            "https://app.example.com",
            "http://localhost:5173",
            "http://127.0.0.1:8080",
            "http://[::1]:3000",
            "https://xn--bcher-kva.example",
            "tauri://localhost",
            "chrome-extension://abcdefghijklmnop",
            "http://my_host",
        ] {
            assert_eq!(parse(text).map(|origin| origin.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_default_port_is_the_same_as_none() {
        let written = parse("http://example.com:80").unwrap();
        assert_eq!(written, parse("http://example.com").unwrap());
        assert_eq!((written.port, written.effective_port()), (None, Some(80)));
        assert_eq!(parse("https://example.com:80").unwrap().effective_port(), Some(80));
        assert_eq!(parse("tauri://localhost").unwrap().effective_port(), None);
    }

    #[test]
    fn each_slip_is_answered_with_the_text_to_write() {
        for (text, help) in [
            ("wss://app.example.com/", "write `https://app.example.com`"),
            ("ws://localhost:3000", "write `http://localhost:3000`"),
            ("https://app.example.com/", "write `https://app.example.com`"),
            ("https://app.example.com/chat?x=1", "write `https://app.example.com`"),
            ("https://app.example.com#top", "write `https://app.example.com`"),
            ("app.example.com", "write `https://app.example.com`"),
            ("localhost:3000", "write `http://localhost:3000`"),
            ("https://user:word@app.example.com", "write `https://app.example.com`"),
            ("HTTPS://App.Example.com", "write `https://app.example.com`"),
            (" https://app.example.com", "write `https://app.example.com`"),
            ("", EXAMPLE),
            ("https://", EXAMPLE),
            ("https://a b", EXAMPLE),
            ("https://app.example.com:99999", EXAMPLE),
            ("https://app.example.com:+80", EXAMPLE),
            ("https://app.example.com:", EXAMPLE),
            ("https://bücher.example", EXAMPLE),
            ("http://[::1", EXAMPLE),
            ("1http://a", EXAMPLE),
            ("*", "write `any` in place of the list to allow every origin"),
            ("https://*.example.com", "write each origin in full, as in `https://app.example.com`"),
            ("null", "serve the page from an address of its own and write that origin"),
            (
                "file:///home/me/index.html",
                "serve the page over HTTP, as in `http://localhost:8000`, and write that origin",
            ),
        ] {
            assert_eq!(parse(text).map_err(|problem| problem.help()), Err(help.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_suggested_is_right_itself() {
        for text in ["wss://a.b/c", "WS://A:80/", "x@https", "a:1", "https://A:443/"] {
            let suggestion = parse(text).unwrap_err().suggestion().expect("a suggestion").to_string();
            assert_eq!(parse(&suggestion).map(|origin| origin.to_string()), Ok(suggestion));
        }
    }
}
