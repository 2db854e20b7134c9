use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::ConnectInfo,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderName, StatusCode, header, request::Parts};

use super::request::{self, PEER};
use crate::{endpoint::Registered, mounted::Mounted};

/// Marks a request as a startup probe, and records where it arrives. Its type is private, so no client and no layer can
/// create one.
#[derive(Debug, Clone, Default)]
pub(super) struct Marker(Arc<Mutex<Track>>);

/// The parts of the server that a startup probe has reached.
#[derive(Debug, Default)]
struct Track {
    has_entered_group: bool,
    arrival: Option<Arrival>,
}

/// Where a startup probe arrived, and what was missing from the request there.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) at: &'static Registered,
    /// The requirements, by index, whose `Extension` or `ConnectInfo` is missing.
    pub(super) absent: Vec<usize>,
    /// Those that only the address of the peer meets.
    pub(super) of_peer: Vec<usize>,
    /// A header of the handshake that a layer has removed.
    pub(super) stripped: Option<HeaderName>,
}

impl Marker {
    /// The record of the endpoint.
    pub(super) fn arrival(&self) -> Option<Arrival> {
        self.track(|track| track.arrival.take())
    }

    /// Whether it has reached the layers of the endpoint's group.
    pub(super) fn has_entered_group(&self) -> bool {
        self.track(|track| track.has_entered_group)
    }

    /// Locked only to read or write, never while anything else is called.
    fn track<T>(&self, read: impl FnOnce(&mut Track) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a request is a startup probe: a handshake with which `Server::check` tests an endpoint.
///
/// For layers that would refuse the probe because they look up the parameters of its path, which are
/// placeholders (`sockeye-startup-probe`). A request from outside is never a startup probe. The probe ends at
/// the endpoint, before extractors and handler.
///
/// ```
/// use axum::{extract::Request, http::StatusCode, middleware::Next, response::{IntoResponse, Response}};
/// # async fn tenant_exists(_: &axum::http::Uri) -> bool { true }
///
/// async fn known_tenants_only(request: Request, next: Next) -> Response {
///     if sockeye::is_startup_probe(request.extensions()) || tenant_exists(request.uri()).await {
///         next.run(request).await
///     } else {
///         StatusCode::NOT_FOUND.into_response()
///     }
/// }
/// let server = sockeye::Server::new().layer(axum::middleware::from_fn(known_tenants_only));
/// # let _ = server;
/// ```
pub fn is_startup_probe(extensions: &http::Extensions) -> bool {
    extensions.get::<Marker>().is_some()
}

/// Notes that a startup probe has reached the layers of a group.
pub(crate) fn enter_group(extensions: &http::Extensions) {
    if let Some(marker) = extensions.get::<Marker>() {
        marker.track(|track| track.has_entered_group = true);
    }
}

/// Stops a startup probe at its endpoint, before extractors and handler; `None` for every request from outside.
pub(crate) fn intercept(mounted: &Mounted, parts: &Parts) -> Option<Response> {
    let marker = parts.extensions.get::<Marker>()?;
    let absent = unmet(mounted, &parts.extensions);
    let mut of_peer = unmet(mounted, &without_peer(&parts.extensions));
    of_peer.retain(|number| !absent.contains(number));
    let stripped = request::HANDSHAKE.into_iter().map(|(name, _)| name);
    let stripped = stripped.into_iter().find(|name| !parts.headers.contains_key(name));
    marker.track(|track| track.arrival = Some(Arrival { at: mounted.registered, absent, of_peer, stripped }));
    // The response of a real handshake, so that layers on the way back see what they will see later.
    let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")];
    Some((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

fn unmet(mounted: &Mounted, extensions: &Extensions) -> Vec<usize> {
    let all = mounted.requirements.iter().enumerate();
    all.filter(|(_, requirement)| requirement.is_absent(extensions)).map(|(number, _)| number).collect()
}

/// The extensions behind a listener that knows no address. One that a layer has inserted stays.
fn without_peer(extensions: &Extensions) -> Extensions {
    let mut extensions = extensions.clone();
    if extensions.get::<ConnectInfo<SocketAddr>>().is_some_and(|info| info.0 == PEER) {
        extensions.remove::<ConnectInfo<SocketAddr>>();
    }
    extensions
}
