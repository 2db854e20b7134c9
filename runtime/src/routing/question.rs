//! Answers how a handshake would be answered: a browser's script gets no details about a refused handshake, so it asks
//! over `fetch`.
//!
//! A GET that accepts [`EXPLANATION`] is handled as the handshake that it asks about, through every layer and check up to the handler, and is
//! answered with the refusal, or with 204. It opens nothing. It is counted and logged separately from handshakes, so that probing a handler leaves a
//! trace.
//!
//! Pages of other origins can ask too, since a page that is refused for its origin should get the reason. So the answer must come from Sockeye:
//! otherwise a page could read any route of the program, or the response of a layer, with its user's cookies. The endpoint's answer does not go
//! through the layers; it is stored in the [`Question`]. If something in front of an endpoint answers, only its status is passed on, with our own
//! text. A page that sent cookies may read the answer only after the endpoint's own check of the origin.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
    routing::Route,
};
use futures_util::FutureExt as _;
use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header, request::Parts,
};
use tower_service::Service as _;

use super::{Known, Sighting, watch::Watch};
use crate::{
    handshake::has_token,
    hosts,
    origin::host_of,
    panic,
    refusal::{RULE_HEADER, is_about_the_page},
    transport,
};

/// The media type that such a request accepts. A page of another origin may set `Accept` without a preflight
/// (<https://fetch.spec.whatwg.org/#cors-safelisted-request-header>).
const EXPLANATION: &str = "application/vnd.sockeye.refusal";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// In the extensions of such a request: the endpoint stores its answer here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Question(Arc<Mutex<Option<Response>>>);

impl Question {
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        parts.extensions.get().cloned()
    }

    /// Stores the endpoint's answer. The response that goes through the layers instead has only its status.
    pub(crate) fn keep(&self, answer: Response) -> Response {
        let passed = answer.status().into_response();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        passed
    }

    fn take(&self) -> Option<Response> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Whether a request asks how a handshake would be answered.
pub(super) fn is_question(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::GET
        && headers.contains_key(header::ACCEPT)
        && has_token(headers, &header::ACCEPT, EXPLANATION)
        && who_asks(request.uri(), headers, request.extensions()).is_some()
}

/// The sender of the question.
enum Asking {
    Page(HeaderValue),
    /// A program such as Node, whose handshakes have no `Origin` either.
    Program,
}

/// A browser's handshake always has the origin of its page. A GET has it only if it goes to another origin, and not even then if the page
/// does not want to read the answer. Then its referrer is used, and otherwise the browser's statement that it goes to the page's own origin.
/// `None`: unknown.
fn who_asks(uri: &Uri, headers: &HeaderMap, extensions: &Extensions) -> Option<Asking> {
    if let Some(origin) = headers.get(header::ORIGIN) {
        return Some(Asking::Page(origin.clone()));
    }
    if let Some(referrer) = headers.get(header::REFERER).and_then(origin_of) {
        return Some(Asking::Page(referrer));
    }
    match headers.get(SEC_FETCH_SITE) {
        Some(site) if site == "same-origin" => {
            own_origin(host_of(uri, headers)?, extensions).map(Asking::Page)
        }
        Some(_) => None,
        // A page cannot set this header, and a browser sends it together with the other one or with an `Origin`.
        None => headers.get(SEC_FETCH_MODE).is_some_and(|mode| mode == "cors").then_some(Asking::Program),
    }
}

/// As named by the request. Browsers send `Sec-Fetch-Site` over HTTPS, and over HTTP only to this machine.
fn own_origin(host: &str, extensions: &Extensions) -> Option<HeaderValue> {
    let scheme = if hosts::is_loopback(host) { transport::scheme(extensions) } else { "https" };
    HeaderValue::try_from(format!("{scheme}://{host}")).ok()
}

fn origin_of(referer: &HeaderValue) -> Option<HeaderValue> {
    let uri: Uri = referer.to_str().ok()?.parse().ok()?;
    HeaderValue::try_from(format!("{}://{}", uri.scheme_str()?, uri.authority()?)).ok()
}

pub(super) async fn answer(mut route: Route, known: Arc<Known>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let page = parts.headers.get(header::ORIGIN).cloned();
    let question = Question::default();
    let mut parts = into_handshake(parts, question.clone());
    let endpoint = known.table.endpoint_at(parts.uri.path());
    let sighting = Arc::new(Sighting::new(parts.uri.clone(), endpoint, known.has_layers));
    parts.extensions.insert(Arc::clone(&sighting));
    let watch = Watch::new(known, sighting, &parts);
    let handshake = Request::from_parts(parts, Body::empty());
    let (response, is_endpoints) = match AssertUnwindSafe(route.call(handshake)).catch_unwind().await {
        Ok(Ok(response)) => match (watch.told(&response), question.take()) {
            (None, Some(answer)) => (answer, true),
            (told, _) => (told.unwrap_or_else(|| response.status().into_response()), false),
        },
        Ok(Err(never)) => match never {},
        Err(panic) => (watch.panicked(&panic::words(panic.as_ref())), false),
    };
    readable_by(page, is_endpoints, without_upgrade(response))
}

/// The handshake that a request asks about, as a browser would send it over HTTP/1.1.
fn into_handshake(mut parts: Parts, question: Question) -> Parts {
    if let Some(Asking::Page(origin)) = who_asks(&parts.uri, &parts.headers, &parts.extensions) {
        parts.headers.insert(header::ORIGIN, origin);
    }
    let handshake = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "Upgrade"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
        // Its response is not used.
        (header::SEC_WEBSOCKET_KEY, "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];
    parts.headers.extend(handshake.map(|(name, value)| (name, HeaderValue::from_static(value))));
    parts.version = Version::HTTP_11;
    parts.extensions.insert(question);
    parts
}

/// 204 instead of an upgrade, without the headers of an upgrade.
fn without_upgrade(mut response: Response) -> Response {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        response = StatusCode::NO_CONTENT.into_response();
    }
    let headers = response.headers_mut();
    headers.remove(header::UPGRADE);
    headers.remove(header::CONNECTION);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn readable_by(page: Option<HeaderValue>, is_endpoints: bool, mut response: Response) -> Response {
    let Some(page) = page else { return response };
    let may_have_cookies = is_endpoints && !is_about_the_page(response.headers().get(RULE_HEADER));
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page);
    headers
        .insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("sockeye-rule, retry-after"));
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.remove(header::ACCESS_CONTROL_ALLOW_CREDENTIALS);
    if may_have_cookies {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    response
}
