use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response};
use futures_util::{FutureExt, StreamExt, stream};
use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::{
    Answer, Refusal,
    marker::{Arrival, Marker},
    request,
};
use crate::{mounted::Mounted, panic, startup::Candidate};

/// How long a layer may take to pass a request on or answer it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a response body may take.
const PATIENCE_FOR_BODY: Duration = Duration::from_millis(500);
/// The number of concurrent startup probes: enough that the delays of slow layers do not add up, few enough for the
/// services behind them.
pub(super) const AT_ONCE: usize = 256;
/// How much of a response body is read.
const BODY: usize = 1024;

/// Probes each endpoint of the finished router.
pub(crate) async fn ask_all(router: &Router, endpoints: &mut [Candidate]) {
    ask_each(|one| one.clash.is_none().then(|| router.clone()), endpoints).await;
}

/// Probes each endpoint that could not be added to the finished router, in a router of its own: its other problems belong in the same
/// report.
pub(crate) async fn ask_left_out(alone: impl Fn(&Candidate) -> Option<Router>, endpoints: &mut [Candidate]) {
    ask_each(|one| one.clash.as_ref().and_then(|_| alone(one)), endpoints).await;
}

async fn ask_each(router: impl Fn(&Candidate) -> Option<Router>, endpoints: &mut [Candidate]) {
    let asked = endpoints.iter().enumerate();
    let asked = asked.filter_map(|(index, one)| Some((index, router(one)?, Arc::clone(&one.mounted))));
    let asked: Vec<_> = asked.map(|(index, router, mounted)| at(index, ask(router, mounted))).collect();
    let answers: Vec<(usize, Answer)> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
    for (index, answer) in answers {
        let endpoint = &mut endpoints[index];
        if let Some(router) = router(endpoint) {
            endpoint.answer = Some(again(&router, Arc::clone(&endpoint.mounted), answer).await);
        }
    }
}

pub(super) async fn at<T>(index: usize, work: impl Future<Output = T>) -> (usize, T) {
    (index, work.await)
}

/// A layer that limits load may have refused only because of the concurrent probes: probes again, alone.
async fn again(router: &Router, mounted: Arc<Mounted>, first: Answer) -> Answer {
    match first {
        Answer::Refused(refusal) if refusal.is_load() => match ask(router.clone(), mounted).await {
            Answer::Refused(refusal) if refusal.is_rate_limit() => Answer::Busy,
            second => second,
        },
        first => first,
    }
}

async fn ask(router: Router, mounted: Arc<Mounted>) -> Answer {
    let marker = Marker::default();
    send(router, request::handshake(&mounted, &marker), &marker, PATIENCE).await
}

/// The response of the router.
pub(super) async fn send(
    router: Router,
    request: http::Result<Request<Body>>,
    marker: &Marker,
    patience: Duration,
) -> Answer {
    let request = match request {
        Ok(request) => request,
        Err(why) => return Answer::NoRequest(why.to_string()),
    };
    let answer = async { read(router.oneshot(request).await.unwrap_or_else(|never| match never {})).await };
    // The router is used only for this request, and its response is not used after a panic.
    match tokio::time::timeout(patience, AssertUnwindSafe(answer).catch_unwind()).await {
        Err(_) => Answer::Silent,
        Ok(Err(panic)) => Answer::Panicked(panic::words(panic.as_ref())),
        Ok(Ok(refusal)) => judge(marker, refusal),
    }
}

fn judge(marker: &Marker, refusal: Refusal) -> Answer {
    match marker.arrival() {
        None => Answer::Refused(refusal.of_group(marker.has_entered_group())),
        Some(_) if refusal.status() != http::StatusCode::SWITCHING_PROTOCOLS => Answer::Replaced(refusal),
        Some(Arrival { stripped: Some(header), .. }) => Answer::Stripped(header),
        Some(arrival) => Answer::Arrived { at: arrival.at, absent: arrival.absent, of_peer: arrival.of_peer },
    }
}

async fn read(response: Response) -> Refusal {
    let (parts, body) = response.into_parts();
    let mut bytes = Vec::new();
    // An endless body is cut; the status is what matters.
    let _ = tokio::time::timeout(PATIENCE_FOR_BODY, fill(&mut bytes, body)).await;
    bytes.truncate(BODY);
    Refusal::new(parts.status, &parts.headers, &bytes)
}

async fn fill(bytes: &mut Vec<u8>, mut body: Body) {
    while bytes.len() < BODY {
        let Some(Ok(frame)) = body.frame().await else { break };
        bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
    }
}
