use std::sync::LazyLock;

use axum::{
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use http::{HeaderMap, StatusCode, header};

const SOURCE: &str = include_str!("../sockeye.js");

/// The strong validator of RFC 9110 section 8.8.3.
static ETAG: LazyLock<String> = LazyLock::new(|| format!("\"{}\"", sha1_smol::Sha1::from(SOURCE).digest()));

/// The browser's half of Sockeye as a route of your own: the ES module `sockeye-client`, in the version that fits this server.
///
/// It connects, connects again, and says in words why it does not; its README and `sockeye.d.ts` describe it. A page imports it
/// without a build step. Browsers keep it, and ask each time whether it has changed.
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
    // It is the only version that there is, so a list of others does not matter.
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|known| known.to_str().is_ok_and(|known| known.contains(etag)));
    if is_known {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SOURCE).into_response()
}
