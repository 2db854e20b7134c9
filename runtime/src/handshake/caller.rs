//! The sender of a handshake, for the log and for the response.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{extract::ConnectInfo, response::Response};
use http::{header, request::Parts};
use tracing::Level;

use super::Secrets;
use crate::{
    console::{Failure, Tap},
    endpoint::Registered,
    log::{self, Flood, Key, Kind, Who},
    metrics,
    mounted::Mounted,
    refusal::Refusal,
    routing::Question,
    watchdog,
};

/// Address of the TCP peer, if the server knows it.
pub(crate) fn peer(parts: &Parts) -> Option<SocketAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
}

/// Whether the request came over the loopback interface.
pub(crate) fn is_over_loopback(parts: &Parts) -> bool {
    peer(parts).is_some_and(|peer| peer.ip().to_canonical().is_loopback())
}

/// The sender, for the log.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// A number that is unique in the process: of the span, of the connection, and for the watchdog.
    pub(crate) number: u64,
    pub(crate) peer: Option<SocketAddr>,
    /// The client's own address, if the peer is a proxy.
    pub(crate) client: Option<IpAddr>,
    /// The client for which events are counted.
    counted: Who,
    origin: Option<String>,
    pub(crate) secrets: Secrets,
    /// It only asks how a handshake would be answered.
    pub(crate) only_asks: bool,
    flood: Arc<Flood>,
}

impl Caller {
    pub(crate) fn of(parts: &Parts, flood: &Arc<Flood>) -> Self {
        let origin = parts
            .headers
            .get(header::ORIGIN)
            .map(|value| log::part(&String::from_utf8_lossy(value.as_bytes())));
        let (client, counted) = (flood.client_behind_proxies(parts), flood.client_of(parts));
        Self {
            number: watchdog::subject(),
            peer: peer(parts),
            client,
            counted,
            origin,
            secrets: Secrets::None,
            only_asks: Question::of(parts).is_some(),
            flood: Arc::clone(flood),
        }
    }

    /// From here on, text from outside may be logged, and secrets of this request must be hidden in it.
    pub(crate) fn with_secrets_of(mut self, parts: &Parts, endpoint: Option<&Registered>) -> Self {
        let spoken = endpoint.map_or(&[][..], |endpoint| endpoint.options.subprotocols);
        self.secrets = Secrets::of(parts, spoken);
        self
    }

    /// Whether an event is logged individually; otherwise it is counted, and logged in a sum.
    pub(crate) fn is_heard(
        &self,
        kind: Kind,
        endpoint: Option<&'static str>,
        rule: Option<&'static str>,
        level: Level,
    ) -> bool {
        self.flood.admits(Key::of(kind, endpoint, rule, self.counted), level)
    }

    /// Reports a refusal, once: by this endpoint, or by none.
    pub(crate) fn log(&self, endpoint: Option<&'static Registered>, refusal: &Refusal) {
        let route = endpoint.map_or("", |endpoint| endpoint.route);
        let endpoint = endpoint.map(|endpoint| endpoint.name);
        let kind = if self.only_asks {
            metrics::explained(route, refusal.rule.name);
            Kind::Explained
        } else {
            metrics::refused(route, refusal.rule.name);
            self.record(route, refusal);
            Kind::Refused
        };
        if self.is_heard(kind, endpoint, Some(refusal.rule.name), refusal.level()) {
            self.emit(endpoint, refusal);
        }
    }

    /// For the console.
    fn record(&self, route: &'static str, refusal: &Refusal) {
        let tap = self.tap();
        if tap.is_on() {
            tap.refused(&Failure {
                route: Some(route).filter(|route| !route.is_empty()),
                rule: refusal.rule.name,
                status: Some(refusal.status.as_u16()),
                reason: &refusal.reason.without(&self.secrets),
                remedy: &refusal.remedy,
                peer: self.peer,
                client: self.client,
            });
        }
    }

    pub(crate) fn tap(&self) -> &Tap {
        self.flood.tap()
    }

    fn emit(&self, endpoint: Option<&'static str>, refusal: &Refusal) {
        let reason = refusal.reason.without(&self.secrets);
        let refused = log::Refused {
            endpoint,
            refusal,
            reason: &reason,
            peer: self.peer,
            client: self.client,
            origin: self.origin.as_deref(),
        };
        if self.only_asks {
            refused.emit_explained();
        } else {
            refused.emit();
        }
        log::trace(refusal.reason.trace(), endpoint, self.peer);
    }

    /// Logs a refusal and makes its response.
    pub(super) fn refuse(&self, endpoint: &Mounted, refusal: Refusal) -> Response {
        self.log(Some(endpoint.registered), &refusal);
        refusal.into_response()
    }
}
