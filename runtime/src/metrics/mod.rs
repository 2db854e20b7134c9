//! The metrics of a server, through the [`metrics`](https://docs.rs/metrics) facade.
//!
//! With the cargo feature `metrics`, every metric goes to the recorder that the program has installed, such as
//! `metrics-exporter-prometheus` (`examples/metrics` in the repository serves it at `/metrics`). Without the feature nothing
//! is counted, at no cost.
//!
#![doc = include_str!("names.md")]

mod code;
mod names;
mod source;

#[cfg(feature = "metrics")]
mod record;
#[cfg(not(feature = "metrics"))]
#[path = "silent.rs"]
mod record;

pub use names::*;
pub(crate) use record::{
    HubCounts, Lingering, Open, RunningHandler, RunningTask, Traffic, abandoned, accepted, blocked_thread,
    closed, describe, describe_hubs, explained, http_fault, refused, turned_away, undecodable,
};
pub(crate) use source::Source;
