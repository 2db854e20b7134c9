//! Runs the handler inside the request until it decides, and sends the response.

use std::{
    future::poll_fn,
    sync::{Arc, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::upgrade::OnUpgrade;
use sockeye_rules::{EXTRACTOR_REFUSED, HANDLER_ERROR, HANDLER_PANIC, LINGERING_HANDLER};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};
use tracing::Level;

use super::{Caller, Decision, Decisions, Opening, refusals, undecided::Undecided};
use crate::{
    connection::{Handler, Kept, Outcome, Owner, Seat, drop_handler, poll_handler},
    endpoint::Running,
    error::Kind,
    limiter::Lingerer,
    log::{self, Words},
    metrics,
    mounted::Mounted,
    refusal::{RULE_HEADER, Refusal},
    routing::Sighting,
};

/// A handshake that waits for the handler's decision.
pub(super) struct Negotiation {
    pub(super) endpoint: Arc<Mounted>,
    pub(super) caller: Caller,
    pub(super) opening: Opening,
    pub(super) upgrade: OnUpgrade,
    pub(super) decisions: Arc<Decisions>,
    pub(super) cell: Kept,
    pub(super) handler: Running,
    pub(super) seat: Seat,
    /// Shutdown waits for handlers that have not decided, so that every client gets a response.
    pub(super) _under_way: TaskTrackerToken,
}

enum Decided {
    /// The handler's decision, and its outcome if it ended in the same step.
    By(Decision, Option<Outcome>),
    Ended(Outcome),
}

impl Negotiation {
    /// Answers the request, which other code may observe too.
    pub(super) async fn run(mut self, sighting: Option<Arc<Sighting>>) -> Response {
        let limit = self.endpoint.settings.limits.handshake_timeout;
        let cut = self.endpoint.lifecycle.cut.clone();
        let undecided = Undecided::new(Arc::clone(&self.endpoint), &self.caller, sighting);
        let decided = tokio::time::timeout(limit, poll_fn(|cx| self.poll(cx)));
        let decided = cut.run_until_cancelled(decided).await;
        let response = match decided {
            // hyper answers with `Connection: close` from now on, which prevents any upgrade.
            Some(Ok(Decided::By(Decision::Accept(_), _))) if self.endpoint.lifecycle.is_stopping() => {
                self.caller.refuse(&self.endpoint, refusals::stopping())
            }
            Some(Ok(Decided::By(Decision::Accept(_), _))) if self.caller.only_asks => {
                metrics::explained(self.endpoint.registered.route, "");
                // The handler is dropped when it accepts, as if the client had left.
                StatusCode::SWITCHING_PROTOCOLS.into_response()
            }
            Some(Ok(Decided::By(Decision::Accept(headers), ended))) => self.accept(headers, ended),
            Some(Ok(Decided::By(Decision::Refuse(refusal), ended))) => {
                self.refuse_and_let_finish(*refusal, ended)
            }
            Some(Ok(Decided::Ended(outcome))) => self.refuse_for(outcome).await,
            Some(Err(_)) => self.caller.refuse(&self.endpoint, refusals::too_late(limit)),
            None => self.caller.refuse(&self.endpoint, refusals::stopping()),
        };
        undecided.decided();
        response
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Decided> {
        let Self { handler, seat, .. } = self;
        let polled = seat.polled(|| poll_handler(handler, cx));
        if let Some(decision) = self.decisions.take(cx.waker()) {
            // A handler that has ended must not be polled again.
            let ended = if let Poll::Ready(outcome) = polled { Some(outcome) } else { None };
            return Poll::Ready(Decided::By(decision, ended));
        }
        polled.map(Decided::Ended)
    }

    fn accept(self, headers: HeaderMap, ended: Option<Outcome>) -> Response {
        let mut response = Response::new(Body::empty());
        let answer = response.headers_mut();
        *answer = headers;
        if let Opening::Upgrade { accept } = self.opening {
            answer.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            answer.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            answer.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        }
        let tasks = self.endpoint.lifecycle.tasks.clone();
        let handler = match ended {
            None => Handler::Running(self.handler),
            Some(outcome) => Handler::Ended(outcome),
        };
        metrics::accepted(self.endpoint.registered.route);
        self.endpoint.lifecycle.flood.tap().accepted(self.endpoint.registered.route);
        let owner = Owner::new(self.endpoint, self.cell, self.caller, handler, self.upgrade, self.seat);
        tasks.spawn(tracing::Instrument::in_current_span(owner.run()));
        response
    }

    /// A handler that has refused may have work left, such as an audit log. It has the time that a handler has to notice
    /// the end of its connection, and counts as a lingering handler.
    fn refuse_and_let_finish(self, refusal: Refusal, ended: Option<Outcome>) -> Response {
        let Self { endpoint, caller, mut handler, mut cell, seat, .. } = self;
        let response = caller.refuse(&endpoint, refusal);
        if let Some(outcome) = ended {
            caller.log_aftermath(&endpoint, &outcome);
            return response;
        }
        let tasks = endpoint.lifecycle.tasks.clone();
        seat.refused();
        let crowded = CancellationToken::new();
        cell.linger(Arc::new(Refused(crowded.clone())));
        tasks.spawn(tracing::Instrument::in_current_span(async move {
            let limit = endpoint.settings.limits.handler_exit_timeout;
            let ended =
                tokio::time::timeout(limit, poll_fn(|cx| seat.polled(|| poll_handler(&mut handler, cx))));
            let ended = crowded.run_until_cancelled(ended);
            match endpoint.lifecycle.cut.run_until_cancelled(ended).await {
                Some(Some(Ok(outcome))) => caller.log_aftermath(&endpoint, &outcome),
                Some(Some(Err(_))) => caller.log_lingering(&endpoint, Some(limit)),
                Some(None) => caller.log_lingering(&endpoint, None),
                None => {}
            }
            if let Some(panicked) = seat.polled(|| drop_handler(handler)) {
                caller.log_aftermath(&endpoint, &panicked);
            }
            // The place is counted until here: a client that is refused again and again must not accumulate work.
            drop(cell);
            drop(seat);
        }));
        response
    }

    async fn refuse_for(self, outcome: Outcome) -> Response {
        let error = match outcome {
            Outcome::Returned(Err(error)) => error,
            Outcome::Returned(Ok(())) => {
                return self.caller.refuse(&self.endpoint, refusals::never_accepted());
            }
            Outcome::Panicked(message) => {
                return self.caller.refuse(&self.endpoint, refusals::panicked(message));
            }
        };
        let failed = refusals::failed(&error);
        match error.into_kind() {
            Kind::Extractor { index, response, .. } => {
                let response = response.into_inner().unwrap_or_else(PoisonError::into_inner);
                self.refuse_by_extractor(index, response).await
            }
            Kind::Status { status, reason } => {
                self.caller.refuse(&self.endpoint, refusals::by_handler(status, reason))
            }
            _ => self.caller.refuse(&self.endpoint, failed),
        }
    }

    /// The extractor's own response is sent unchanged, unless it says that the server is at fault: it may then reveal
    /// internals, so the client gets no more details than for any other fault. Its text is logged.
    async fn refuse_by_extractor(self, index: usize, response: Response) -> Response {
        let (mut head, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let ty = self.endpoint.registered.params.get(index).map_or("?", |param| param.ty);
        let is_servers_fault = head.status.is_server_error();
        let remedy = if is_servers_fault {
            "fix what this parameter needs on the server, as the reason says; the client is not at fault"
                .to_owned()
        } else {
            format!(
                "change the request so that `{ty}` can read it, as the reason says; to answer in your own words, take \
                 the parameter as a `Result`"
            )
        };
        let reason = Words::own(format!("the parameter `{ty}` rejected the request with {}: ", head.status))
            .then_foreign(String::from_utf8_lossy(&body).trim_end());
        let mut refusal = Refusal::of_server(&EXTRACTOR_REFUSED, head.status, reason, remedy);
        if is_servers_fault {
            let again = head.headers.remove(header::RETRY_AFTER);
            refusal.headers.extend(again.map(|again| (header::RETRY_AFTER, again)));
            return self.caller.refuse(&self.endpoint, refusal);
        }
        self.caller.log(Some(self.endpoint.registered), &refusal);
        head.headers.insert(RULE_HEADER, HeaderValue::from_static(EXTRACTOR_REFUSED.name));
        Response::from_parts(head, Body::from(body))
    }
}

const CROWDED: &str = "the handler kept running after it had rejected the handshake, and was dropped early: the limit of \
    lingering handlers was reached";

/// A handler that has refused. It has no connection whose end it could notice, so it is dropped on request.
#[derive(Debug)]
struct Refused(CancellationToken);

impl Lingerer for Refused {
    fn drop_early(&self) -> bool {
        self.0.cancel();
        true
    }
}

impl Caller {
    /// Logs that a handler has not ended in time after its refusal, or that there were too many such handlers.
    fn log_lingering(&self, endpoint: &Mounted, limit: Option<Duration>) {
        let words = match limit {
            Some(limit) => Words::own(format!(
                "the handler kept running for {limit:?} after it had rejected the handshake, and was dropped"
            )),
            None => Words::own(CROWDED),
        };
        let remedy = "return from the handler right after `reject`, or raise `Limits::handler_exit_timeout`";
        self.log_failure(endpoint, LINGERING_HANDLER.name, &words, remedy);
    }

    /// Logs a failure that happened after the refusal, when the client already has its response.
    fn log_aftermath(&self, endpoint: &Mounted, outcome: &Outcome) {
        let (rule, words) = match outcome {
            Outcome::Panicked(message) => {
                (HANDLER_PANIC.name, Words::own("the handler panicked: ").then_foreign(message))
            }
            Outcome::Returned(Err(error)) if matches!(error.kind(), Kind::Failed { .. }) => {
                (HANDLER_ERROR.name, Words::default().then_error(error))
            }
            Outcome::Returned(_) => return,
        };
        self.log_failure(endpoint, rule, &words, log::remedy(rule));
    }

    fn log_failure(&self, endpoint: &Mounted, rule: &'static str, words: &Words, remedy: &'static str) {
        let endpoint = endpoint.registered.name;
        if self.is_heard(log::Kind::FailedAfterRefusal, Some(endpoint), Some(rule), Level::ERROR) {
            let reason = words.without(&self.secrets);
            log::FailedAfterRefusal { endpoint, rule, reason: &reason, remedy, peer: self.peer }.emit();
            log::trace(words.trace(), Some(endpoint), self.peer);
        }
    }
}
