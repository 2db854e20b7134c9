//! A refused handshake: one rule, one status, one body, one log event.

use std::sync::{Mutex, PoisonError};

use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use sockeye_rules::Rule;
use tracing::Level;

use crate::log::{self, Words};

/// Contains the rule of a refusal, so that the client's developer can look it up.
pub(crate) const RULE_HEADER: HeaderName = HeaderName::from_static("sockeye-rule");

/// Whether a refusal by this rule means that a page of this origin may not access the server at all.
pub(crate) fn is_about_the_page(rule: Option<&HeaderValue>) -> bool {
    let rules = [sockeye_rules::ORIGIN_REFUSED.name, sockeye_rules::HOST_REFUSED.name];
    rule.is_some_and(|rule| rules.iter().any(|name| rule == name))
}

/// Why a handshake is refused, with a text for the log and one for the client.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) rule: &'static Rule,
    pub(crate) status: StatusCode,
    /// What is wrong, for the log.
    pub(crate) reason: Words,
    /// What to do about it, for the operator of the server.
    pub(crate) remedy: String,
    /// The text for the client.
    pub(crate) told: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The handler's own response, which is sent instead of ours. A body is not `Sync`, but a refusal is borrowed across
    /// an `.await`; hence the lock, which is never contended.
    answer: Option<Box<Mutex<Response>>>,
    /// Whose fault it is.
    is_of_server: bool,
}

impl Refusal {
    /// A refusal whose reason is sent to the client: the request is at fault.
    pub(crate) fn of_client(
        rule: &'static Rule,
        status: StatusCode,
        reason: impl Into<Words>,
        remedy: impl Into<String>,
    ) -> Self {
        let (reason, remedy) = (reason.into(), remedy.into());
        let told = format!("{}\nhelp: {remedy}", reason.told());
        Self { rule, status, reason, remedy, told, headers: Vec::new(), answer: None, is_of_server: false }
    }

    /// A refusal whose details are not sent to the client: the server is at fault.
    pub(crate) fn of_server(
        rule: &'static Rule,
        status: StatusCode,
        reason: impl Into<Words>,
        remedy: impl Into<String>,
    ) -> Self {
        let told = "the server could not accept this connection; the server log says why".to_owned();
        let (reason, remedy) = (reason.into(), remedy.into());
        Self { rule, status, reason, remedy, told, headers: Vec::new(), answer: None, is_of_server: true }
    }

    pub(crate) fn telling(mut self, told: impl Into<String>) -> Self {
        self.told = told.into();
        self
    }

    /// With the handler's own response.
    pub(crate) fn answering(mut self, answer: Response) -> Self {
        self.answer = Some(Box::new(Mutex::new(answer)));
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Whether it says that the request was not for an endpoint.
    pub(crate) fn is_about_no_endpoint(&self) -> bool {
        self.rule.name == sockeye_rules::UNKNOWN_ROUTE.name
    }

    /// Its level in the log: a fault of the program is an error. A lack of room or time is not.
    pub(crate) fn level(&self) -> Level {
        let is_fault = self.is_of_server && self.status == StatusCode::INTERNAL_SERVER_ERROR;
        if is_fault { Level::ERROR } else { log::level(self.rule) }
    }

    /// The body for the client.
    pub(crate) fn body(&self) -> String {
        format!("websocket handshake refused [{}]: {}\n", self.rule.name, self.told)
    }

    /// The response: the rule in a header, and the explanation as plain text, unless the handler has its own response.
    pub(crate) fn into_response(mut self) -> Response {
        if let Some(answer) = self.answer.take() {
            let mut answer = answer.into_inner().unwrap_or_else(PoisonError::into_inner);
            answer.headers_mut().insert(RULE_HEADER, HeaderValue::from_static(self.rule.name));
            return answer;
        }
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(RULE_HEADER, HeaderValue::from_static(self.rule.name));
        headers.extend(self.headers);
        response
    }
}
