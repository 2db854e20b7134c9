//! Reads the opening handshake: RFC 6455 section 4.2.1 over HTTP/1.1, RFC 8441 section 5 over HTTP/2.
//!
//! Each failure has its own message, because each has its own remedy.
//!
//! Not axum's `WebSocketUpgrade`: its rejections have no remedy, and do not distinguish a stripped upgrade from a request that never was one.

use std::borrow::Cow;

use base64::{
    Engine as _,
    alphabet::STANDARD as ALPHABET,
    engine::general_purpose::{GeneralPurpose, PAD, STANDARD},
};
use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request::Parts,
};
use sha1_smol::Sha1;
use sockeye_rules::{NOT_AN_UPGRADE, UPGRADE_STRIPPED};

use crate::{
    log::{self, Words},
    refusal::Refusal,
};

/// RFC 6455 section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// 16 bytes need 128 of the 132 bits of 22 characters. RFC 4648 section 3.5 lets a decoder ignore the other four; other
/// servers do, so there are clients that set them.
const LOOSE: GeneralPurpose = GeneralPurpose::new(&ALPHABET, PAD.with_decode_allow_trailing_bits(true));

/// A well-formed handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Over HTTP/1.1: answered with 101 and this `Sec-WebSocket-Accept`.
    Upgrade { accept: HeaderValue },
    /// Over HTTP/2: answered with 200.
    Connect,
}

/// How the request opens a WebSocket, or why it does not.
pub(crate) fn read(parts: &Parts) -> Result<Opening, Refusal> {
    if parts.version == Version::HTTP_2 { read_http2(parts) } else { read_http1(parts) }
}

/// The `:protocol` of an extended CONNECT (RFC 8441 section 4).
#[cfg(feature = "http2")]
pub(crate) fn connect_protocol(extensions: &Extensions) -> Option<&str> {
    extensions.get::<hyper::ext::Protocol>().map(hyper::ext::Protocol::as_str)
}

/// Without HTTP/2 there is none.
#[cfg(not(feature = "http2"))]
pub(crate) fn connect_protocol(_: &Extensions) -> Option<&str> {
    None
}

fn read_http2(parts: &Parts) -> Result<Opening, Refusal> {
    if parts.method != Method::CONNECT {
        return Err(wrong_method(parts, "CONNECT"));
    }
    match connect_protocol(&parts.extensions) {
        Some(protocol) if protocol.eq_ignore_ascii_case("websocket") => {}
        Some(protocol) => return Err(unknown_protocol(protocol)),
        None => {
            return Err(not_an_upgrade(
                StatusCode::BAD_REQUEST,
                "the CONNECT request has no `:protocol` pseudo-header",
                "open the WebSocket with an extended CONNECT, `:protocol: websocket` (RFC 8441)",
            ));
        }
    }
    one_host(&parts.headers)?;
    no_body(&parts.headers)?;
    version_13(parts)?;
    Ok(Opening::Connect)
}

fn read_http1(parts: &Parts) -> Result<Opening, Refusal> {
    let headers = &parts.headers;
    if parts.method != Method::GET {
        return Err(wrong_method(parts, "GET"));
    }
    let upgrade = has_token(headers, &header::UPGRADE, "websocket");
    let connection = has_token(headers, &header::CONNECTION, "upgrade");
    if !(upgrade && connection) {
        return Err(no_upgrade(headers, upgrade, connection));
    }
    if parts.version != Version::HTTP_11 {
        return Err(stripped("the request came over HTTP/1.0, which cannot be upgraded"));
    }
    if !headers.contains_key(header::HOST) && parts.uri.authority().is_none() {
        return Err(not_an_upgrade(
            StatusCode::BAD_REQUEST,
            "the request has no `Host` header",
            "send a `Host` header (RFC 6455 section 4.1)",
        ));
    }
    one_host(headers)?;
    no_body(headers)?;
    version_13(parts)?;
    Ok(Opening::Upgrade { accept: accept_of(headers)? })
}

/// RFC 9112 section 3.2: a proxy and this server may disagree about which of two hosts is meant.
fn one_host(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get_all(header::HOST).iter().nth(1).is_none() {
        return Ok(());
    }
    Err(not_an_upgrade(
        StatusCode::BAD_REQUEST,
        "the request has more than one `Host` header",
        "send one `Host` header (RFC 9112 section 3.2)",
    ))
}

/// The bytes of a body would be read as the first frames, by this server or by an intermediary.
fn no_body(headers: &HeaderMap) -> Result<(), Refusal> {
    let lengths = headers.get_all(header::CONTENT_LENGTH);
    let is_announced =
        headers.contains_key(header::TRANSFER_ENCODING) || lengths.iter().any(|length| length != "0");
    if !is_announced {
        return Ok(());
    }
    Err(not_an_upgrade(
        StatusCode::BAD_REQUEST,
        "the handshake has a body",
        "send the handshake without `Content-Length` and `Transfer-Encoding`, and send the body as the first message",
    ))
}

/// A request without the upgrade headers: a proxy has removed them if the rest of a handshake is there, otherwise it is
/// not a handshake.
fn no_upgrade(headers: &HeaderMap, upgrade: bool, connection: bool) -> Refusal {
    let asks = headers.contains_key(header::SEC_WEBSOCKET_KEY)
        || headers.contains_key(header::SEC_WEBSOCKET_VERSION);
    if asks || upgrade {
        let lost = match (upgrade, connection) {
            (true, _) => "`Connection: Upgrade` is missing",
            (_, true) => "`Upgrade: websocket` is missing",
            _ => "`Upgrade: websocket` and `Connection: Upgrade` are missing",
        };
        return stripped(format!("the request is a WebSocket handshake, but {lost}"));
    }
    upgrade_required(not_an_upgrade(
        StatusCode::UPGRADE_REQUIRED,
        "this is a WebSocket endpoint, but the request is a plain HTTP request",
        "connect with a WebSocket client, such as `new WebSocket(url)` in a browser",
    ))
}

/// Adds the headers that a 426 must have.
fn upgrade_required(refusal: Refusal) -> Refusal {
    refusal
        .with_header(header::UPGRADE, HeaderValue::from_static("websocket"))
        .with_header(header::CONNECTION, HeaderValue::from_static("upgrade"))
}

fn stripped(what: impl Into<Cow<'static, str>>) -> Refusal {
    let remedy = "let the proxy in front pass the upgrade on; nginx needs, in the location of this route: \
                  `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\"; \
                  proxy_set_header Host $http_host;`";
    upgrade_required(Refusal::of_client(
        &UPGRADE_STRIPPED,
        StatusCode::UPGRADE_REQUIRED,
        Words::own(what),
        remedy,
    ))
}

fn wrong_method(parts: &Parts, wanted: &'static str) -> Refusal {
    let over = if parts.version == Version::HTTP_2 { "over HTTP/2" } else { "over HTTP/1.1" };
    let reason = Words::own(format!("a WebSocket {over} must be opened with {wanted}, not "))
        .then_foreign(parts.method.as_str());
    let remedy = format!(
        "send {wanted} from a WebSocket client that implements {}",
        if wanted == "GET" { "RFC 6455" } else { "RFC 8441" }
    );
    not_an_upgrade(StatusCode::METHOD_NOT_ALLOWED, reason, remedy)
        .with_header(header::ALLOW, HeaderValue::from_static(wanted))
}

fn unknown_protocol(protocol: &str) -> Refusal {
    not_an_upgrade(
        StatusCode::NOT_IMPLEMENTED,
        Words::own("the extended CONNECT request names the protocol `").then_foreign(protocol).then("`"),
        "send `:protocol: websocket`, the only protocol that this endpoint supports",
    )
}

fn version_13(parts: &Parts) -> Result<(), Refusal> {
    let version = parts.headers.get(header::SEC_WEBSOCKET_VERSION);
    if version.is_some_and(|version| version == "13") {
        return Ok(());
    }
    let reason = match version {
        Some(version) => Words::own("the client uses WebSocket version \"")
            .then_foreign(String::from_utf8_lossy(version.as_bytes()))
            .then("\", but this server supports only version 13"),
        None => Words::own("the request has no `Sec-WebSocket-Version` header"),
    };
    let remedy = "send `Sec-WebSocket-Version: 13`";
    // HTTP/2 has no upgrade to ask for (RFC 9113 section 8.6); over HTTP/1.1 a 426 must name one (RFC 9110 section 15.5.22).
    let refusal = if parts.version == Version::HTTP_2 {
        not_an_upgrade(StatusCode::BAD_REQUEST, reason, remedy)
    } else {
        upgrade_required(not_an_upgrade(StatusCode::UPGRADE_REQUIRED, reason, remedy))
    };
    Err(refusal.with_header(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")))
}

/// The response to the client's key, RFC 6455 section 4.2.2.
fn accept_of(headers: &HeaderMap) -> Result<HeaderValue, Refusal> {
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    let fault = match (keys.next(), keys.next()) {
        (Some(key), None) if LOOSE.decode(key.as_bytes()).is_ok_and(|nonce| nonce.len() == 16) => {
            if STANDARD.decode(key.as_bytes()).is_err() {
                log::loose_key();
            }
            let mut digest = Sha1::from(key.as_bytes());
            digest.update(GUID);
            return Ok(HeaderValue::try_from(STANDARD.encode(digest.digest().bytes()))
                .unwrap_or_else(|_| HeaderValue::from_static("")));
        }
        (None, _) => "the request has no `Sec-WebSocket-Key` header",
        (Some(_), Some(_)) => "the request has more than one `Sec-WebSocket-Key` header",
        (Some(_), None) => "the `Sec-WebSocket-Key` is not 16 bytes in base64",
    };
    Err(not_an_upgrade(
        StatusCode::BAD_REQUEST,
        fault,
        "send one `Sec-WebSocket-Key` with 16 random bytes in base64 (RFC 6455 section 4.1)",
    ))
}

fn not_an_upgrade(status: StatusCode, reason: impl Into<Words>, remedy: impl Into<String>) -> Refusal {
    Refusal::of_client(&NOT_AN_UPGRADE, status, reason, remedy)
}

/// Whether one of the comma-separated tokens of a header equals this one, ignoring case.
pub(crate) fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|one| one.eq_ignore_ascii_case(token))
}

/// The comma-separated tokens of a header that may occur several times.
pub(crate) fn tokens<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_gets_the_answer_of_the_rfc() {
        let mut headers = HeaderMap::new();
        headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        assert_eq!(accept_of(&headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
