//! The checks, in the order in which a connection is established.

pub(super) mod close;
pub(super) mod dns;
mod ended;
pub(super) mod headers;
pub(super) mod http;
pub(super) mod messages;
pub(super) mod origin;
pub(super) mod ping;
pub(super) mod protocol;
pub(super) mod tcp;
pub(super) mod tls;

use std::time::Duration;

/// `0.3 ms`, `1250 ms`.
fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    if millis < 10.0 { format!("{millis:.1} ms") } else { format!("{millis:.0} ms") }
}
