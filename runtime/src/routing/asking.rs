//! Whether a request asks for a WebSocket, well or badly.

use axum::extract::Request;
use http::{HeaderMap, Method, StatusCode, Version, header};

use crate::handshake::{connect_protocol, has_token};

/// Whether it is meant to open a WebSocket: with a method or version that cannot, or after a proxy has dropped half of it,
/// too. A plain request costs three looks into its headers.
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

/// Whether this answer opens what was asked for: RFC 6455 section 4.2.2 over HTTP/1.1, RFC 8441 section 5 over HTTP/2.
pub(super) fn opens(version: Version, method: &Method, status: StatusCode) -> bool {
    if version == Version::HTTP_2 {
        *method == Method::CONNECT && status.is_success()
    } else {
        status == StatusCode::SWITCHING_PROTOCOLS
    }
}

/// Whether nothing is in an answer but its status, as in those of axum's own fallback.
pub(super) fn is_bare(headers: &HeaderMap, body: &impl http_body::Body) -> bool {
    body.size_hint().exact() == Some(0)
        && !headers.contains_key(header::CONTENT_TYPE)
        && !headers.contains_key(header::CONTENT_ENCODING)
}
