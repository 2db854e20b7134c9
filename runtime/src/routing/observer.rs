//! The outermost layer. It costs a plain request four header lookups.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    response::Response,
    routing::{Route, future::RouteFuture},
};
use futures_util::FutureExt as _;
use http::Uri;
use sockeye_rules::LAYER_PANIC;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Level;

use super::{Known, Sighting, asking::asks_for_websocket, question, watch::Watch};
use crate::{
    log::{self, Key, Kind},
    panic,
    startup_probe::is_startup_probe,
};

#[derive(Debug, Clone)]
pub(super) struct ObserverLayer(Arc<Known>);

impl ObserverLayer {
    pub(super) fn new(known: Arc<Known>) -> Self {
        Self(known)
    }
}

impl Layer<Route> for ObserverLayer {
    type Service = Observer;

    fn layer(&self, route: Route) -> Observer {
        Observer { route, known: Arc::clone(&self.0) }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Observer {
    route: Route,
    known: Arc<Known>,
}

impl Service<Request> for Observer {
    type Response = Response;
    type Error = Infallible;
    type Future = Observed;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Observed {
        if asks_for_websocket(&request) {
            let observed = observe(self.route.clone(), Arc::clone(&self.known), request);
            return Observed::Asking { observed: Box::pin(observed) };
        }
        if question::is_question(&request) {
            let answer = question::answer(self.route.clone(), Arc::clone(&self.known), request).map(Ok);
            return Observed::Asking { observed: Box::pin(answer) };
        }
        let known = Arc::clone(&self.known);
        Observed::Plain { uri: request.uri().clone(), known, answer: self.route.call(request) }
    }
}

impl Known {
    /// A plain request has panicked.
    fn tell_of_panic(&self, uri: &Uri) {
        let key = Key::of_all(Kind::PlainPanicked, Some(LAYER_PANIC.name));
        if self.flood.admits(key, Level::ERROR) {
            log::plain_request_panicked(uri.path());
        }
    }
}

async fn observe(mut route: Route, known: Arc<Known>, request: Request) -> Result<Response, Infallible> {
    let (mut parts, body) = request.into_parts();
    let endpoint = known.table.endpoint_at(parts.uri.path());
    let sighting = Arc::new(Sighting::new(parts.uri.clone(), endpoint, known.has_layers));
    parts.extensions.insert(Arc::clone(&sighting));
    if is_startup_probe(&parts.extensions) {
        return route.call(Request::from_parts(parts, body)).await;
    }
    // It is dropped after the response that is awaited, which has recorded the drop by then.
    let watch = Watch::new(known, sighting, &parts);
    // The request is not used after a panic.
    let answer = AssertUnwindSafe(route.call(Request::from_parts(parts, body))).catch_unwind().await;
    Ok(match answer {
        Ok(Ok(response)) => watch.answered(response),
        Ok(Err(never)) => match never {},
        Err(panic) => watch.panicked(&panic::words(panic.as_ref())),
    })
}

pin_project_lite::pin_project! {
    #[project = Projected]
    pub(super) enum Observed {
        Plain {
            uri: Uri,
            known: Arc<Known>,
            #[pin]
            answer: RouteFuture<Infallible>,
        },
        Asking {
            observed: Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>,
        },
    }
}

impl Future for Observed {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            // A panic in plain HTTP is handled by hyper as usual; it is only reported here.
            Projected::Plain { uri, known, answer } => {
                match catch_unwind(AssertUnwindSafe(|| answer.poll(cx))) {
                    Ok(answer) => answer,
                    Err(panic) => {
                        known.tell_of_panic(uri);
                        resume_unwind(panic)
                    }
                }
            }
            Projected::Asking { observed } => observed.as_mut().poll(cx),
        }
    }
}
