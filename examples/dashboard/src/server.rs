//! The whole program but for its port, so that tests have the same one.

use std::time::Duration;

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use sockeye::{Heartbeat, Hub, LogStream, Server, metrics::CONNECTION_SECONDS};

use crate::{
    api::{self, Api, Desk},
    batch::Batches,
    breaks::{Break, break_router, break_server},
    components::components,
    documents::Documents,
    feed::{Feed, Update},
    own_page, page,
};

/// What the server is made of.
pub(crate) struct Parts {
    pub(crate) documents: Documents,
    pub(crate) feed: Feed,
    pub(crate) batches: Batches,
    pub(crate) log: LogStream,
    pub(crate) numbers: PrometheusHandle,
    pub(crate) may_write: bool,
    pub(crate) heartbeat: Heartbeat,
    /// It listens on this machine only.
    pub(crate) is_local: bool,
    pub(crate) broken: Option<Break>,
}

impl Parts {
    pub(crate) fn new(documents: Documents, feed: Feed, pace: Duration, log: LogStream) -> Self {
        let numbers = PrometheusBuilder::new().build_recorder().handle();
        let batches = Batches::new(feed.clone(), documents.clone(), pace);
        Self {
            documents,
            feed,
            batches,
            log,
            numbers,
            may_write: false,
            heartbeat: Heartbeat::default(),
            is_local: false,
            broken: None,
        }
    }
}

/// A hub of events. A page that sleeps for a while may be 10,000 behind, and is told what it has missed beyond.
pub(crate) fn hub() -> Hub<Update> {
    Hub::builder().name("events").queue(10_000).build()
}

/// Counts from now on, in the whole program.
pub(crate) fn count() -> Result<PrometheusHandle, BuildError> {
    // From a visit of a second to one of a day.
    let lives = [1.0, 10.0, 60.0, 600.0, 3_600.0, 86_400.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(CONNECTION_SECONDS.to_owned()), &lives)?
        .install_recorder()
}

pub(crate) fn server(parts: Parts) -> Server {
    let Parts { documents, feed, batches, log, numbers, may_write, heartbeat, is_local, broken } = parts;
    let components = components(&documents, &feed, &log);
    let desk = Desk { documents, may_write };
    let api = Api { feed: feed.clone(), batches, desk, components: components.clone() };
    let router = own_page::only(router(api, numbers), is_local);
    let router = broken.into_iter().fold(router, break_router);
    let mut server = Server::new().state(log.hub()).router(router).heartbeat(heartbeat);
    for component in components {
        server = server.ready(component.name(), component);
    }
    if broken != Some(Break::MissingState) {
        server = server.state(feed);
    }
    if broken != Some(Break::WildcardWithCredentials) {
        server = server.expect(["/ws/workflows/{id}", "/ws/validation_updates", "/ws/logs"]);
    }
    broken.into_iter().fold(server, break_server)
}

fn router(api: Api, numbers: PrometheusHandle) -> Router {
    // Whoever can connect can read `/metrics` here; on a public server give it a listener of its own.
    let metrics = Router::new().route("/metrics", get(async move || numbers.render()));
    page::routes().merge(api::routes(api)).merge(metrics)
}
