//! Only the dashboard's own page may use its HTTP API from a browser. Programs send no `Origin`, and may.

use std::net::Ipv4Addr;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// `is_local`: it listens on this machine only, so that no name of the internet is its own.
pub(crate) fn only(router: Router, is_local: bool) -> Router {
    let is_own = |origin: &HeaderValue, parts: &Parts| is_own(origin, &parts.headers);
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_own))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE]);
    // CORS keeps other pages from reading answers; a plain form still arrives, so what they send is refused as well.
    router
        .layer(from_fn(refuse_others))
        .layer(from_fn(move |request, next| refuse_foreign_names(is_local, request, next)))
        .layer(cors)
}

/// DNS rebinding: a page of another site, whose name leads to this machine for the moment, has that name as its host and its origin.
/// Sockeye sees to that for handshakes.
async fn refuse_foreign_names(is_local: bool, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_local && is_foreign(host) {
        tracing::warn!(host, "a request for another host was refused");
        let words =
            format!("this dashboard is not `{host}`\nhelp: open it by the address that it has printed\n");
        return (StatusCode::MISDIRECTED_REQUEST, words).into_response();
    }
    next.run(request).await
}

/// A name with a dot that is no address; a name of one label is none that anybody on the internet could have.
fn is_foreign(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.contains('.') && name.parse::<Ipv4Addr>().is_err()
}

async fn refuse_others(request: Request, next: Next) -> Response {
    match request.headers().get(header::ORIGIN) {
        Some(origin) if !is_own(origin, request.headers()) => {
            let origin = origin.to_str().unwrap_or("?");
            tracing::warn!(origin, "a page of another origin was refused");
            let words = format!(
                "pages of {origin} may not use this dashboard\nhelp: open the page that it serves itself\n"
            );
            (StatusCode::FORBIDDEN, words).into_response()
        }
        _ => next.run(request).await,
    }
}

/// The page has the host of the request: `http://localhost:3000` and `http://127.0.0.1:3000` are two.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let [http, https] =
        [b"http://".as_slice(), b"https://"].map(|scheme| origin.as_bytes().strip_prefix(scheme));
    host.is_some() && (http == host || https == host)
}
