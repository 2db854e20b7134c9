//! The opening handshake as a client sends it (RFC 6455 section 4.1).
//!
//! Written by hand: a client library sets the headers that `--header` may replace here.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1_smol::Sha1;

use super::{target::Target, trouble::Trouble};

/// RFC 6455 section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The variable parts of a handshake.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask {
    pub(super) origin: Option<String>,
    pub(super) subprotocols: Vec<String>,
}

/// A request, ready to be sent.
pub(super) struct Request {
    pub(super) text: String,
    pub(super) key: String,
}

impl Request {
    /// `own` are the headers from the command line.
    pub(super) fn new(target: &Target, own: &[(String, String)], ask: &Ask) -> Self {
        let key = key();
        let mut text = format!("GET {} HTTP/1.1\r\n", target.path_and_query());
        for (name, value) in headers(target, own, ask, &key) {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        Self { text, key }
    }
}

fn headers(target: &Target, own: &[(String, String)], ask: &Ask, key: &str) -> Vec<(String, String)> {
    let is_own = |name: &str| own.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let mut headers = vec![
        ("Host", target.authority()),
        ("Upgrade", "websocket".to_owned()),
        ("Connection", "Upgrade".to_owned()),
        ("Sec-WebSocket-Version", "13".to_owned()),
        ("Sec-WebSocket-Key", key.to_owned()),
        ("User-Agent", concat!("cargo-sockeye/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    headers.extend(target.authorization().map(|value| ("Authorization", value)));
    headers.extend(ask.origin.clone().map(|origin| ("Origin", origin)));
    if !ask.subprotocols.is_empty() {
        headers.push(("Sec-WebSocket-Protocol", ask.subprotocols.join(", ")));
    }
    // `--header` replaces other values.
    let kept =
        headers.into_iter().filter(|(name, _)| !is_own(name)).map(|(name, value)| (name.to_owned(), value));
    kept.chain(own.iter().cloned()).collect()
}

/// 16 random bytes. They need not be secret: they only prove that the response belongs to this request.
fn key() -> String {
    let mut nonce = [0; 16];
    if getrandom::fill(&mut nonce).is_err() {
        nonce = std::process::id().to_be_bytes().repeat(4).try_into().unwrap_or(nonce);
    }
    STANDARD.encode(nonce)
}

/// The expected response to the key (RFC 6455 section 4.2.2).
pub(super) fn accept_of(key: &str) -> String {
    let mut digest = Sha1::from(key.as_bytes());
    digest.update(GUID);
    STANDARD.encode(digest.digest().bytes())
}

/// Parses `--header` values, which are never printed, valid or not.
pub(super) fn read_headers(given: &[String]) -> Result<Vec<(String, String)>, Trouble> {
    given.iter().enumerate().map(|(at, text)| read_header(at + 1, text)).collect()
}

fn read_header(number: usize, text: &str) -> Result<(String, String), Trouble> {
    let Some((name, value)) = text.split_once(':') else {
        return Err(Trouble::new(format!("--header number {number} has no colon"))
            .help("write `--header 'Name: value'`, in quotes"));
    };
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Trouble::new(format!("--header number {number} has no valid header name"))
            .help("write `--header 'Name: value'`"));
    }
    if value.chars().any(char::is_control) {
        return Err(Trouble::new(format!("the value of --header `{name}` contains control characters"))
            .help("remove the line breaks"));
    }
    match made_by_us(name) {
        Some(help) => Err(Trouble::new(format!("the probe sets the header `{name}` itself")).help(help)),
        None => Ok((name.to_owned(), value.to_owned())),
    }
}

fn made_by_us(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "origin" => Some("write `--origin https://app.example.com`"),
        "sec-websocket-protocol" => Some("write `--subprotocol v1`, once per subprotocol"),
        "upgrade"
        | "connection"
        | "sec-websocket-key"
        | "sec-websocket-version"
        | "sec-websocket-extensions" => Some("remove it"),
        "content-length" | "transfer-encoding" => Some("remove it: a handshake has no body"),
        _ => None,
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_gets_the_answer_of_the_rfc() {
        assert_eq!(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_explained_without_its_value() {
        for text in
            ["secret", "a b: secret", "x: secret\r\ny: z", "Origin: secret", "Connection: secret", ": secret"]
        {
            let trouble = read_headers(&[text.to_owned()]).unwrap_err();
            assert!(!format!("{trouble:?}").contains("secret"), "{trouble:?}");
        }
        assert_eq!(
            read_headers(&["X-Y:  z: é ".to_owned()]).unwrap(),
            [("X-Y".to_owned(), "z: é".to_owned())]
        );
    }
}
