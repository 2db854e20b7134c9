//! Responses of hyper and h2 as faults: neither has a hook or logs them.

use std::{error::Error, time::Duration};

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use sockeye_rules::{HEAD_TOO_LARGE, HEARTBEAT_MISSED, MALFORMED_REQUEST, Rule};

use super::{
    beginning::Beginning,
    faults::Fault,
    frames::{self, Refused},
};
use crate::{Heartbeat, Limits, refusal::RULE_HEADER};

const SMALLER: &str = "send smaller headers (usually cookies) or a shorter query string, or raise `Limits::max_request_head_size`; a head has at most 100 fields \
    over HTTP/1.1, and a path at most 65,534 bytes";
const CLIENT: &str =
    "fix the client, or the proxy in front: it does not send valid HTTP (RFC 9112, RFC 9113)";
const STREAMS: &str = "let the client open no more streams on one connection than the server's SETTINGS say, and another connection for more; \
    each WebSocket is a stream; `Limits::max_http2_streams` sets the number";
const CALM: &str =
    "check this client: it resets streams, or sends frames without content, faster than h2 accepts";

/// The response that hyper has sent, if any, when a connection ended with this error.
pub(super) fn by_hyper(
    error: &(dyn Error + 'static),
    beginning: Beginning,
    limits: &Limits,
) -> Option<Fault> {
    let error = error.downcast_ref::<hyper::Error>()?;
    if error.is_parse_too_large() {
        let words = error.to_string();
        let status = if words.contains("URI") { 414 } else { 431 };
        return Some(head_too_large(&format!("over HTTP/1.1: {words}, status {status}"), limits));
    }
    error.is_parse().then(|| malformed(error, beginning))
}

fn no_http2() -> Fault {
    Fault {
        rule: &MALFORMED_REQUEST,
        reason: "the client uses HTTP/2, but this server is built without it; it was told to use HTTP/1.1"
            .to_owned(),
        remedy: "use HTTP/1.1 in the client or the proxy, or build `sockeye` with the feature `http2`",
    }
}

fn malformed(error: &hyper::Error, beginning: Beginning) -> Fault {
    let rule = &MALFORMED_REQUEST;
    match beginning.remedy() {
        Some(remedy) => {
            let reason = format!("the client sent {}, status 400", beginning.words());
            Fault { rule, reason, remedy }
        }
        None => Fault { rule, reason: format!("over HTTP/1.1: {error}, status 400"), remedy: CLIENT },
    }
}

fn head_too_large(what: &str, limits: &Limits) -> Fault {
    let reason = format!("{what}; the limit is {} bytes", limits.max_request_head_size);
    Fault { rule: &HEAD_TOO_LARGE, reason, remedy: SMALLER }
}

/// The size of a head in HTTP/1.1 form.
pub(super) fn head_size<B>(request: &Request<B>) -> usize {
    let line = request.method().as_str().len()
        + request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    let fields =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    line + fields.sum::<usize>()
}

/// The fault for a head that exceeds the limit, although hyper has accepted it.
pub(super) fn too_large(version: Version, limits: &Limits) -> Fault {
    head_too_large(&format!("over {version:?}: message head is too large, status 431"), limits)
}

/// The response to a request that no endpoint sees, after which the connection is closed.
pub(super) fn answer(version: Version, rule: &Rule, status: StatusCode, told: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("request refused [{}]: {told}\n", rule.name)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if version < Version::HTTP_2 {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    headers.insert(RULE_HEADER, HeaderValue::from_static(rule.name));
    response
}

/// hyper ends an HTTP/2 connection, with all its streams, without an error or a frame: it does not accept a `CONNECT` that
/// announces a body.
pub(super) fn without_a_word() -> Fault {
    Fault {
        rule: &MALFORMED_REQUEST,
        reason: "over HTTP/2: the connection was closed for a CONNECT with a content-length, which hyper does not accept".to_owned(),
        remedy: "remove `content-length` from the request, in the client or in the proxy in front: a WebSocket has no body",
    }
}

/// The time in which the client must answer a PING (RFC 9113 section 6.7), which waits behind everything that was written before.
pub(super) fn time_to_answer(heartbeat: &Heartbeat) -> Duration {
    heartbeat.timeout.saturating_add(heartbeat.interval.unwrap_or_default())
}

/// The client of a connection with open streams does not answer a PING.
pub(super) fn without_an_answer(heartbeat: &Heartbeat) -> Fault {
    let limit = time_to_answer(heartbeat);
    Fault {
        rule: &HEARTBEAT_MISSED,
        reason: format!(
            "over HTTP/2: no answer to a PING within {limit:?}; the connection is closed with all its streams"
        ),
        remedy: "check the client and its network; if live clients are closed, raise `Heartbeat::timeout`",
    }
}

/// A refusal by h2.
pub(super) fn by_h2(refused: Refused, limits: &Limits) -> Fault {
    let (what, code) = match refused {
        Refused::Version => return no_http2(),
        Refused::Head => return head_too_large("over HTTP/2: message head is too large, status 431", limits),
        Refused::Stream(code) => ("the stream was reset", code),
        Refused::Connection(code) => ("the connection was closed", code),
    };
    let reason = format!("over HTTP/2: {what} with {}", frames::name(code));
    let remedy = match code {
        frames::REFUSED_STREAM => STREAMS,
        frames::ENHANCE_YOUR_CALM => CALM,
        _ => CLIENT,
    };
    Fault { rule: &MALFORMED_REQUEST, reason, remedy }
}
