//! Only the dashboard's own page may use its HTTP API from a browser. Programs send no `Origin`, and may.

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use tower_http::cors::{AllowOrigin, CorsLayer};

pub(crate) fn only(router: Router) -> Router {
    let is_own = |origin: &HeaderValue, parts: &Parts| is_own(origin, &parts.headers);
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_own))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE]);
    // CORS keeps other pages from reading answers; a plain form still arrives, so what they send is refused as well.
    router.layer(from_fn(refuse_others)).layer(cors)
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
