//! The page: files that are part of the program, so that it needs no folder and no CDN.

use axum::{
    Router,
    http::header,
    response::{Html, IntoResponse},
    routing::get,
};

/// A route per file.
macro_rules! assets {
    ($router:expr, $($path:literal: $kind:literal)*) => {
        $router$(.route(concat!("/", $path), get(async || asset($kind, include_str!(concat!("../page/", $path))))))*
    };
}

pub(crate) fn routes() -> Router {
    let page = Router::new()
        .route("/", get(async || Html(include_str!("../page/index.html"))))
        .route("/sockeye.js", sockeye::client_js());
    assets!(page,
        "style.css": "text/css; charset=utf-8"
        "app.js": "text/javascript; charset=utf-8"
    )
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
}
