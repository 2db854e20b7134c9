//! The console: a page that lists the endpoints, opens sockets to them, and shows what the server does.
//!
//! `tap.rs` is where the rest of the server leaves what it counts; without the feature, or without a console, it does nothing
//! (`silent.rs`). `recorder.rs` keeps that, in bounds. `desk.rs` answers the requests of the page, after `access.rs` has let
//! them in (`proxied.rs` recognizes proxies); `live.rs` is what is true now. `page/` has the files that the browser loads.

#[cfg(feature = "console")]
mod access;
#[cfg(feature = "console")]
mod desk;
#[cfg(feature = "console")]
mod files;
#[cfg(feature = "console")]
mod live;
#[cfg(feature = "console")]
mod options;
#[cfg(feature = "console")]
mod proxied;
#[cfg(feature = "console")]
mod recent;
#[cfg(feature = "console")]
mod recorder;
#[cfg_attr(not(feature = "console"), path = "silent.rs")]
mod tap;

use std::net::{IpAddr, SocketAddr};

#[cfg(feature = "console")]
pub use options::Console;

#[cfg(feature = "console")]
pub(crate) use desk::{Desk, mount, routes};
pub(crate) use tap::{Tally, Tap};

/// A handshake, or a request before it, that was refused.
#[cfg_attr(not(feature = "console"), expect(dead_code, reason = "only the console reads it"))]
pub(crate) struct Failure<'a> {
    /// The route of the endpoint; `None` if it is about no endpoint.
    pub(crate) route: Option<&'static str>,
    pub(crate) rule: &'static str,
    pub(crate) status: Option<u16>,
    /// Without secrets.
    pub(crate) reason: &'a str,
    pub(crate) remedy: &'a str,
    pub(crate) peer: Option<SocketAddr>,
    /// The client's own address, if the peer is a proxy.
    pub(crate) client: Option<IpAddr>,
}

/// A connection that is over.
#[cfg_attr(not(feature = "console"), expect(dead_code, reason = "only the console reads it"))]
pub(crate) struct Ending<'a> {
    pub(crate) route: &'static str,
    pub(crate) code: Option<u16>,
    /// The rule that was broken, and the reason without secrets.
    pub(crate) fault: Option<(&'static str, &'a str)>,
    pub(crate) peer: Option<SocketAddr>,
    /// The client's own address, if the peer is a proxy.
    pub(crate) client: Option<IpAddr>,
    pub(crate) open_for: std::time::Duration,
}
