//! The services around and between the user's routes and the endpoints.
//!
//! From the inside out: the layers of an endpoint's group (`group.rs`); a route with an endpoint's path, which passes handshakes to it
//! (`divert.rs`); a request whose path a layer has changed is routed again (`reroute.rs`); the user's layers; and the observer
//! (`observer.rs`), which reports every request for a WebSocket that no endpoint has reported, and forwards questions about how a
//! handshake would be answered (`question.rs`).

mod asking;
mod divert;
mod group;
mod nearest;
mod observer;
mod paths;
mod question;
mod reroute;
mod sighting;
mod table;
mod verdict;
mod watch;

use std::sync::Arc;

use axum::Router;

pub(crate) use divert::divert;
pub(crate) use group::{EndpointLayer, surround_endpoint};
pub(crate) use paths::{Paths, Refused};
pub(crate) use question::Question;
pub(crate) use sighting::Sighting;
pub(crate) use table::Table;

use self::{observer::ObserverLayer, reroute::RerouteLayer};
use crate::log::Flood;

/// A layer of the user, to be applied to the finished router.
pub(crate) type Surround = Box<dyn Fn(Router) -> Router + Send + Sync>;

/// What is known about the routes when a request arrives.
#[derive(Debug)]
pub(crate) struct Known {
    table: Table,
    /// Whether requests without a route go to axum's own fallback.
    has_default_fallback: bool,
    /// Whether there is a layer or route that could answer instead.
    has_layers: bool,
    flood: Arc<Flood>,
}

impl Known {
    pub(crate) fn new(table: Table, has_default_fallback: bool) -> Self {
        Self { table, has_default_fallback, has_layers: false, flood: Arc::default() }
    }
}

/// The router with the user's layers around it, and the observer around those, which shares its counters.
pub(crate) fn surround(router: Router, layers: &[Surround], known: Known, flood: Arc<Flood>) -> Router {
    let known = Arc::new(Known { has_layers: !layers.is_empty(), flood, ..known });
    let router = if known.has_layers {
        router.clone().layer(RerouteLayer::new(router, Arc::clone(&known)))
    } else {
        router
    };
    layers.iter().fold(router, |router, layer| layer(router)).layer(ObserverLayer::new(known))
}
