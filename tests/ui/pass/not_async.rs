#![deny(warnings)]
//! Attributes and doc comments around an endpoint stay what they are.

use sockeye::{Handshake, ws_endpoint};

/// Above.
#[ws_endpoint("/documented")]
/// Below.
#[allow(dead_code, reason = "only the server calls it")]
#[must_use]
async fn documented(_handshake: Handshake) -> sockeye::Result {
    Ok(())
}

#[tracing::instrument(skip_all)]
#[ws_endpoint("/traced/above")]
async fn traced_above(_handshake: Handshake) {}

#[ws_endpoint("/traced/below")]
#[tracing::instrument(skip_all)]
async fn traced_below(_handshake: Handshake) {}

#[cfg(any())]
#[ws_endpoint("/never")]
async fn never(_handshake: DoesNotExist) {}

#[ws_endpoint("/never/below")]
#[cfg(any())]
async fn never_below(_handshake: DoesNotExist) {}

fn main() {}
