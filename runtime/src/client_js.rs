use std::sync::LazyLock;

use axum::{
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use http::{HeaderMap, StatusCode, header};

const SOURCE: &str = include_str!("../sockeye.js");

/// The strong validator of RFC 9110 section 8.8.3.
static ETAG: LazyLock<String> = LazyLock::new(|| format!("\"{}\"", sha1_smol::Sha1::from(SOURCE).digest()));

/// A route that serves the browser module `sockeye-client`, in the version that matches this server.
///
/// The module reconnects, and explains why a connection failed; its README and `sockeye.d.ts` describe it. A page imports it
/// without a build step. Browsers cache it, and revalidate it on each request.
///
/// ```
/// use axum::{Router, response::Html, routing::get};
///
/// const PAGE: &str = r#"<script type="module">
///     import { connect } from "/sockeye.js";
///     const socket = connect("/ws/chat");
///     socket.addEventListener("message", ({ detail }) => console.log(detail));
/// </script>"#;
///
/// let pages = Router::new().route("/", get(Html(PAGE))).route("/sockeye.js", sockeye::client_js());
/// # let _: sockeye::Server = sockeye::Server::new().router(pages);
/// ```
pub fn client_js<S>() -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    get(serve)
}

async fn serve(headers: HeaderMap) -> Response {
    let etag = ETAG.as_str();
    let about = [(header::ETAG, etag), (header::CACHE_CONTROL, "no-cache")];
    // There is only one version, so a list of entity tags needs no parsing.
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|known| known.to_str().is_ok_and(|known| known.contains(etag)));
    if is_known {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SOURCE).into_response()
}
