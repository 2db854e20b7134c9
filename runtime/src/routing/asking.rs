//! Detects requests for a WebSocket, including malformed ones.

use axum::extract::Request;
use http::{HeaderMap, Method, StatusCode, Version, header};

use crate::handshake::{connect_protocol, has_token};

/// Whether a request is meant to open a WebSocket, even if its method or version cannot, or if a proxy has dropped some of
/// its headers. For a plain request this costs three header lookups.
pub(super) fn asks_for_websocket(request: &Request) -> bool {
    let headers = request.headers();
    is_extended_connect(request)
        || headers.contains_key(header::SEC_WEBSOCKET_KEY)
        || headers.contains_key(header::SEC_WEBSOCKET_VERSION)
        || has_token(headers, &header::UPGRADE, "websocket")
}

fn is_extended_connect(request: &Request) -> bool {
    request.method() == Method::CONNECT
        && connect_protocol(request.extensions())
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

/// Whether this response opens the WebSocket: RFC 6455 section 4.2.2 over HTTP/1.1, RFC 8441 section 5 over HTTP/2.
pub(super) fn opens(version: Version, method: &Method, status: StatusCode) -> bool {
    if version == Version::HTTP_2 {
        *method == Method::CONNECT && status.is_success()
    } else {
        status == StatusCode::SWITCHING_PROTOCOLS
    }
}

/// Whether a response has nothing but its status, like axum's own fallback.
pub(super) fn is_bare(headers: &HeaderMap, body: &impl http_body::Body) -> bool {
    body.size_hint().exact() == Some(0)
        && !headers.contains_key(header::CONTENT_TYPE)
        && !headers.contains_key(header::CONTENT_ENCODING)
}
