//! Waits for the response to a request, and reports it if no endpoint has.

use std::sync::Arc;

use axum::{extract::MatchedPath, response::Response};
use http::{Method, StatusCode, Version, header, request::Parts};
use sockeye_rules::LAYER_PANIC;

use super::{
    Known,
    asking::{is_bare, opens},
    sighting::{Fate, Noted, Sighting},
    verdict::{self, Answered},
};
use crate::{
    handshake::Caller,
    log::{self, Words},
    metrics,
    refusal::Refusal,
};

pub(super) struct Watch {
    known: Arc<Known>,
    sighting: Arc<Sighting>,
    caller: Caller,
    version: Version,
    method: Method,
    /// The route that axum chose, if one matched the path.
    matched: Option<MatchedPath>,
    is_told: bool,
}

impl Watch {
    pub(super) fn new(known: Arc<Known>, sighting: Arc<Sighting>, parts: &Parts) -> Self {
        let caller = Caller::of(parts, &known.flood).with_secrets_of(parts, sighting.noted().endpoint);
        Self {
            known,
            sighting,
            caller,
            version: parts.version,
            method: parts.method.clone(),
            matched: parts.extensions.get::<MatchedPath>().cloned(),
            is_told: false,
        }
    }

    /// There is a response, from an endpoint or not.
    pub(super) fn answered(mut self, response: Response) -> Response {
        self.is_told = true;
        let noted = self.sighting.close();
        if noted.fate == Fate::Answered {
            return response;
        }
        if opens(self.version, &self.method, response.status()) {
            metrics::accepted("");
            log::accepted_elsewhere(self.route(), self.caller.peer);
            return response;
        }
        let answered = self.describe(&noted, &response);
        if noted.is_unrouted() {
            let refusal = verdict::unknown_route(&self.known, &answered);
            self.tell(&noted, &refusal);
            return if answered.is_nobodys { explained(response, refusal) } else { response };
        }
        self.tell(&noted, &verdict::refused_by_layer(&self.known, &answered, &noted));
        response
    }

    /// There is a response to a question: returns the answer to send instead, unless an endpoint stored one.
    pub(super) fn told(mut self, response: &Response) -> Option<Response> {
        self.is_told = true;
        let noted = self.sighting.close();
        if noted.fate == Fate::Answered {
            return None;
        }
        let mut answered = self.describe(&noted, response);
        let refusal = if noted.is_unrouted() {
            // The page may not see the response of a route of the program.
            answered.status = StatusCode::NOT_FOUND;
            verdict::unknown_route(&self.known, &answered)
        } else {
            verdict::refused_by_layer(&self.known, &answered, &noted)
        };
        Some(refusal.into_response())
    }

    /// A layer or route in front of the endpoint panicked.
    pub(super) fn panicked(mut self, words: &str) -> Response {
        self.is_told = true;
        let noted = self.sighting.close();
        let refusal = Refusal::of_server(
            &LAYER_PANIC,
            StatusCode::INTERNAL_SERVER_ERROR,
            Words::own("a layer or a route of the program panicked: ").then_foreign(words),
            "return an error status instead of panicking; the panic message shows where",
        );
        self.caller.log(noted.endpoint, &refusal);
        refusal.into_response()
    }

    fn tell(&self, noted: &Noted, refusal: &Refusal) {
        let endpoint = noted.endpoint.filter(|_| !refusal.is_about_no_endpoint());
        self.caller.log(endpoint, refusal);
    }

    fn route(&self) -> Option<&str> {
        self.matched.as_ref().map(MatchedPath::as_str)
    }

    fn describe<'a>(&'a self, noted: &Noted, response: &'a Response) -> Answered<'a> {
        let status = response.status();
        let has_fallen_through = self.matched.is_none() && noted.has_passed_layers;
        Answered {
            status,
            path: self.sighting.uri().path(),
            route: self.route(),
            location: response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()),
            is_nobodys: has_fallen_through
                && self.known.has_default_fallback
                && status == StatusCode::NOT_FOUND
                && is_bare(response.headers(), response.body()),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.is_told || self.caller.only_asks {
            return;
        }
        let noted = self.sighting.close();
        // If an endpoint still has it, because a layer runs it in a separate task, the endpoint reports it.
        if matches!(noted.fate, Fate::Elsewhere | Fate::Abandoned) {
            metrics::abandoned(noted.endpoint.map_or("", |endpoint| endpoint.route));
            log::abandoned(noted.endpoint.map(|endpoint| endpoint.name), self.caller.peer);
        }
    }
}

/// The explanation, if the response is empty; headers that layers have added are kept.
fn explained(answer: Response, refusal: Refusal) -> Response {
    let (mut parts, _) = answer.into_parts();
    let (own, body) = refusal.into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(own.headers);
    Response::from_parts(parts, body)
}
