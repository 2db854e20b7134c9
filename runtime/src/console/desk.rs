//! Answers the requests of the page.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use bytes::Bytes;
use http::{HeaderName, Method, StatusCode, header, request::Parts};
use serde_json::json;

use super::{Console, access::Access, files, live};
use crate::{asyncapi::AsyncApi, endpoint::Registered, hosts::Hosts, shutdown::Lifecycle};

/// Everything that the console knows.
#[derive(Debug)]
pub(crate) struct Desk {
    access: Access,
    /// The endpoints, which do not change.
    document: Bytes,
    endpoints: Vec<&'static Registered>,
}

/// Only the console's own files run, and only this server is asked. No page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The headers of every response. A page of another origin that opens the console in a window has no hold of it.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

impl Desk {
    pub(crate) fn new(
        console: &Console,
        document: &AsyncApi,
        endpoints: Vec<&'static Registered>,
        hosts: Arc<Hosts>,
        lifecycle: Lifecycle,
    ) -> Self {
        let access = Access { is_remote: console.is_remote, hosts, lifecycle };
        Self { access, document: described(document, &endpoints), endpoints }
    }

    fn live(&self, parts: &Parts) -> Response {
        match live::json(&self.access.lifecycle, &self.endpoints, parts) {
            Ok(body) => of_kind("application/json", body),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    fn file(&self, parts: &Parts) -> Response {
        // Not axum's `Path`: it would answer a name that is not UTF-8 itself, to strangers as well.
        match parts.uri.path().rsplit('/').next().unwrap_or_default() {
            "live.json" => self.live(parts),
            "endpoints.json" => of_kind("application/json", self.document.clone()),
            name => match files::find(name) {
                Some(file) => of_kind(file.kind, file.text),
                None => (StatusCode::NOT_FOUND, "the console has no such file\n").into_response(),
            },
        }
    }
}

/// The document, with the places of the handlers.
fn described(document: &AsyncApi, endpoints: &[&'static Registered]) -> Bytes {
    let source = |one: &&'static Registered| (one.route, format!("{}:{}", one.source.file, one.source.line));
    let sources: std::collections::BTreeMap<_, _> = endpoints.iter().map(source).collect();
    json!({ "document": document.as_value(), "sources": sources }).to_string().into()
}

fn of_kind(kind: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, kind)], body.into()).into_response()
}

/// The routes of a console at this path.
pub(crate) fn routes(path: &str) -> [String; 3] {
    [path.to_owned(), format!("{path}/"), format!("{path}/{{file}}")]
}

/// Adds the console. Panics where axum does, as when a path is taken.
pub(crate) fn mount(router: Router, path: &str, desk: Desk) -> Router {
    let [bare, page, file] = routes(path);
    let desk = Arc::new(desk);
    // Relative: behind a proxy the path may be another. The page's own links are, too.
    let folder = format!("{}/", path.rsplit('/').next().unwrap_or_default());
    let redirect = async move |State(desk): State<Arc<Desk>>, request: Request| {
        guarded(&desk, request, |_, _| {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, folder)]).into_response()
        })
    };
    let page_of = async |State(desk): State<Arc<Desk>>, request: Request| {
        guarded(&desk, request, |_, _| of_kind("text/html; charset=utf-8", files::PAGE))
    };
    let file_of = async |State(desk): State<Arc<Desk>>, request: Request| guarded(&desk, request, Desk::file);
    // Every method: what the program's own fallbacks add to a 405 is not for the console, and strangers are refused in any case.
    let console =
        Router::new().route(&bare, any(redirect)).route(&page, any(page_of)).route(&file, any(file_of));
    router.merge(console.with_state(desk))
}

fn guarded(desk: &Desk, request: Request, answer: impl FnOnce(&Desk, &Parts) -> Response) -> Response {
    let (parts, _) = request.into_parts();
    let allowed = || if is_read(&parts) { answer(desk, &parts) } else { not_allowed() };
    let answer = desk.access.refusal(&parts).unwrap_or_else(allowed);
    (HEADERS, answer).into_response()
}

fn is_read(parts: &Parts) -> bool {
    [Method::GET, Method::HEAD].contains(&parts.method)
}

fn not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], "the console is only read\n")
        .into_response()
}
