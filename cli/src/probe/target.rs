//! Where to connect to: the address, as a WebSocket client reads it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sockeye_rules::origin;
use url::{Host, Url};

use super::trouble::Trouble;

/// An address that can be connected to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) secure: bool,
    pub(super) host: Host<String>,
    pub(super) port: u16,
    /// A note about how the address was interpreted.
    pub(super) notes: Vec<String>,
}

impl Target {
    pub(super) fn parse(text: &str) -> Result<Self, Trouble> {
        let text = text.trim();
        let mut notes = Vec::new();
        let text = with_socket_scheme(text, &mut notes)?;
        let url = Url::parse(&text).map_err(|error| bad(&text, &error.to_string()))?;
        let host = url.host().map(|host| host.to_owned()).ok_or_else(|| bad(&text, "it has no host"))?;
        let port = url
            .port_or_known_default()
            .filter(|port| *port != 0)
            .ok_or_else(|| bad(&text, "port 0 cannot be connected to"))?;
        if url.fragment().is_some() {
            notes.push("the fragment after `#` is not sent".to_owned());
        }
        Ok(Self { secure: url.scheme() == "wss", host, port, url, notes })
    }

    /// The address without user, query and fragment: safe to print.
    pub(super) fn public(&self) -> String {
        format!("{}://{}{}", self.url.scheme(), self.authority(), self.url.path())
    }

    /// The address for people: it shows that there is a query, but not its content.
    pub(super) fn shown(&self) -> String {
        let query = if self.url.query().is_some() { "?[hidden]" } else { "" };
        format!("{}{query}", self.public())
    }

    /// The request target.
    pub(super) fn path_and_query(&self) -> String {
        let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.url.path())
    }

    /// Host and, unless it is the default of the scheme, port.
    pub(super) fn authority(&self) -> String {
        self.url.port().map_or_else(|| self.host.to_string(), |port| format!("{}:{port}", self.host))
    }

    /// Host and port, always both.
    pub(super) fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// `Authorization`, if the address contains a user.
    pub(super) fn authorization(&self) -> Option<String> {
        let (user, password) = (self.url.username(), self.url.password());
        if user.is_empty() && password.is_none() {
            return None;
        }
        let pair = format!("{}:{}", decoded(user), decoded(password.unwrap_or_default()));
        Some(format!("Basic {}", STANDARD.encode(pair)))
    }
}

/// Percent decoding, where a plus is a plus.
fn decoded(text: &str) -> String {
    let text = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

/// The address with `ws` or `wss` in front.
fn with_socket_scheme(text: &str, notes: &mut Vec<String>) -> Result<String, Trouble> {
    let Some((scheme, rest)) = text.split_once("://") else { return Err(no_scheme(text)) };
    let socket = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "wss" => return Ok(text.to_owned()),
        "http" => "ws",
        "https" => "wss",
        _ => return Err(other_scheme(scheme, rest)),
    };
    notes.push(format!("written with `{scheme}://`, which many WebSocket clients refuse"));
    Ok(format!("{socket}://{rest}"))
}

fn no_scheme(text: &str) -> Trouble {
    if text.is_empty() {
        return Trouble::new("the address is empty")
            .help("write `cargo sockeye probe ws://localhost:3000/ws`");
    }
    let shown = without_secrets(text);
    if text.starts_with('/') {
        return Trouble::new(format!("`{shown}` is a path, not an address"))
            .help(format!("write `cargo sockeye probe ws://localhost:3000{shown}`"));
    }
    let rest = shown.trim_start_matches(['/', ':']);
    Trouble::new(format!("`{shown}` has no scheme"))
        .help(format!("write `cargo sockeye probe {}://{rest}`", likely_scheme(rest)))
}

fn other_scheme(scheme: &str, rest: &str) -> Trouble {
    let rest = without_secrets(rest);
    Trouble::new(format!("`{scheme}://` is not the scheme of a WebSocket"))
        .help(format!("write `cargo sockeye probe {}://{rest}`", likely_scheme(&rest)))
}

/// A server on this machine rarely has a certificate, a server elsewhere should have one.
fn likely_scheme(rest: &str) -> &'static str {
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let local = ["localhost", "127.", "[::1]", "0.0.0.0", "192.168.", "10."];
    if local.iter().any(|start| host.starts_with(start)) { "ws" } else { "wss" }
}

fn bad(text: &str, why: &str) -> Trouble {
    Trouble::new(format!("`{}` is not a valid address: {why}", without_secrets(text)))
        .help("write `ws://host:port/path`, or `wss://` for TLS; write an IPv6 address in brackets: `ws://[::1]:3000/ws`")
}

/// The address up to its query, without a user before the host.
fn without_secrets(text: &str) -> String {
    let cut = text.find(['?', '#']).map_or(text, |at| &text[..at]);
    let (scheme, rest) = cut.split_once("://").map_or(("", cut), |(scheme, rest)| (scheme, rest));
    let host_ends = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..host_ends].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

/// Whether a browser could send the string as an origin.
pub(super) fn check_origin(text: &str) -> Result<(), Trouble> {
    if text == "null" {
        return Ok(());
    }
    match origin::parse(text) {
        Ok(_) => Ok(()),
        Err(problem) => Err(Trouble::new(format!("--origin: {problem}")).help(problem.help())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_a_client_reads_it() {
        let target = Target::parse("wss://Example.com/a b?token=1#top").unwrap();
        assert_eq!(target.shown(), "wss://example.com/a%20b?[hidden]");
        assert_eq!(target.path_and_query(), "/a%20b?token=1");
        assert_eq!(target.authority(), "example.com");
        assert_eq!(target.notes, ["the fragment after `#` is not sent"]);
        let target = Target::parse("http://[::1]:3000").unwrap();
        assert_eq!(
            (target.shown().as_str(), target.host_and_port().as_str()),
            ("ws://[::1]:3000/", "[::1]:3000")
        );
    }

    #[test]
    fn a_user_becomes_basic_credentials() {
        let target = Target::parse("ws://ann:a%3Ab+c@localhost").unwrap();
        assert_eq!(target.authorization().unwrap(), format!("Basic {}", STANDARD.encode("ann:a:b+c")));
        assert_eq!(target.shown(), "ws://localhost/");
    }

    #[test]
    fn what_is_no_address_gets_a_suggestion_without_secrets() {
        for (text, help) in [
            ("", "write `cargo sockeye probe ws://localhost:3000/ws`"),
            ("localhost:3000/ws", "write `cargo sockeye probe ws://localhost:3000/ws`"),
            ("example.com?token=secret", "write `cargo sockeye probe wss://example.com`"),
            ("/ws", "write `cargo sockeye probe ws://localhost:3000/ws`"),
            ("tcp://me:secret@example.com/x", "write `cargo sockeye probe wss://example.com/x`"),
        ] {
            let trouble = Target::parse(text).unwrap_err();
            assert_eq!(trouble.help, help, "{text}");
            assert!(!trouble.what.contains("secret"), "{trouble:?}");
        }
        for text in
            ["ws://", "ws://localhost:99999", "ws://user:secret@::1/", "ws://a b/?secret", "ws://localhost:0"]
        {
            let trouble = Target::parse(text).unwrap_err();
            assert!(!trouble.what.contains("secret"), "{trouble:?}");
        }
    }
}
