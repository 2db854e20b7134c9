//! What a handshake would be told: a browser's script learns nothing of a refused handshake, so it asks over `fetch`.
//!
//! A GET that accepts [`EXPLANATION`] is passed on as the handshake that it asks about, through every layer and check to the handler, and is answered
//! with the refusal, or with 204. It opens nothing. It is counted and logged apart from handshakes, so that nobody can try what a handler
//! answers without a trace.
//!
//! Pages of other origins may ask too, since whoever is refused for its origin should learn that. So what answers must be Sockeye's: a page could
//! otherwise read any route of the program, or what a layer makes of a response, with its user's cookies. The endpoint's answer does not
//! come back through the layers; it is left in the [`Question`]. What stands in front of an endpoint is told as a status, in words of ours. Only
//! behind the endpoint's own check of the origin may the answer be read by a page that sent cookies along.

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
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header, request::Parts};
use tower_service::Service as _;

use super::{Known, Sighting, watch::Watch};
use crate::{
    handshake::has_token,
    hosts, panic,
    refusal::{RULE_HEADER, is_about_the_page},
};

/// What such a request accepts. `Accept` is a header that a page of another origin may set without asking before
/// (<https://fetch.spec.whatwg.org/#cors-safelisted-request-header>).
const EXPLANATION: &str = "application/vnd.sockeye.refusal";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// In the extensions of a request that only asks: where the endpoint leaves its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Question(Arc<Mutex<Option<Response>>>);

impl Question {
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        parts.extensions.get().cloned()
    }

    /// Keeps the endpoint's answer. What goes through the layers in its place has its status and nothing else.
    pub(crate) fn keep(&self, answer: Response) -> Response {
        let passed = answer.status().into_response();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        passed
    }

    fn take(&self) -> Option<Response> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Whether a request asks what a handshake would be told.
pub(super) fn is_question(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::GET
        && headers.contains_key(header::ACCEPT)
        && has_token(headers, &header::ACCEPT, EXPLANATION)
        && who_asks(headers).is_some()
}

/// Who asks.
enum Asking {
    Page(HeaderValue),
    /// A program such as Node, whose handshakes have no `Origin` either.
    Program,
}

/// A handshake of a browser has the origin of its page always. A GET has it only if it goes to another origin, and not even then if its page
/// does not want to read the answer: then its referrer tells, and otherwise the browser, if it goes to its own. `None`: no one knows.
fn who_asks(headers: &HeaderMap) -> Option<Asking> {
    if let Some(origin) = headers.get(header::ORIGIN) {
        return Some(Asking::Page(origin.clone()));
    }
    if let Some(referrer) = headers.get(header::REFERER).and_then(origin_of) {
        return Some(Asking::Page(referrer));
    }
    match headers.get(SEC_FETCH_SITE) {
        Some(site) if site == "same-origin" => own_origin(headers).map(Asking::Page),
        Some(_) => None,
        // No page can send that by itself, and a browser sends it with the other one, or with an `Origin`.
        None => headers.get(SEC_FETCH_MODE).is_some_and(|mode| mode == "cors").then_some(Asking::Program),
    }
}

/// As the request names it. Browsers send `Sec-Fetch-Site` over HTTPS, and over HTTP to this machine only.
fn own_origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let scheme = if hosts::is_loopback(host) { "http" } else { "https" };
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

/// The handshake that a request asks about: as a browser would send it over HTTP/1.1.
fn into_handshake(mut parts: Parts, question: Question) -> Parts {
    if let Some(Asking::Page(origin)) = who_asks(&parts.headers) {
        parts.headers.insert(header::ORIGIN, origin);
    }
    let handshake = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "Upgrade"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
        // Nobody reads the answer to it.
        (header::SEC_WEBSOCKET_KEY, "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];
    parts.headers.extend(handshake.map(|(name, value)| (name, HeaderValue::from_static(value))));
    parts.version = Version::HTTP_11;
    parts.extensions.insert(question);
    parts
}

/// 204 in place of an upgrade, and nothing that only an upgrade has.
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
