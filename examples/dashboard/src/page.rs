//! The page: files that are part of the program, so that it needs no folder and no CDN.

use axum::{
    Router,
    http::header,
    response::{Html, IntoResponse},
    routing::get,
};

/// Nothing but the program's own files: what a file name or a log line smuggles in does not run.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// A route per file.
macro_rules! assets {
    ($router:expr, $($path:literal: $kind:literal)*) => {
        $router$(.route(concat!("/", $path), get(async || asset($kind, include_str!(concat!("../page/", $path))))))*
    };
}

pub(crate) fn routes() -> Router {
    let page = Router::new()
        .route(
            "/",
            get(async || {
                ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("../page/index.html")))
            }),
        )
        .route("/sockeye.js", sockeye::client_js());
    assets!(page,
        "style.css": "text/css; charset=utf-8"
        "app.js": "text/javascript; charset=utf-8"
        "badge.js": "text/javascript; charset=utf-8"
        "connections.js": "text/javascript; charset=utf-8"
        "dom.js": "text/javascript; charset=utf-8"
        "endpoints.js": "text/javascript; charset=utf-8"
        "feed.js": "text/javascript; charset=utf-8"
        "plots.js": "text/javascript; charset=utf-8"
        "state.js": "text/javascript; charset=utf-8"
        "store.js": "text/javascript; charset=utf-8"
        "toasts.js": "text/javascript; charset=utf-8"
        "progress.js": "text/javascript; charset=utf-8"
        "view-log.js": "text/javascript; charset=utf-8"
        "view-overview.js": "text/javascript; charset=utf-8"
        "view-workflow.js": "text/javascript; charset=utf-8"
        "view-workflows.js": "text/javascript; charset=utf-8"
    )
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
}
