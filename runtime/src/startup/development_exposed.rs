use std::fmt::Display;

use sockeye_rules::DEVELOPMENT_EXPOSED;

use super::Problem;

/// Others than this machine could reach a server that trusts the pages of its clients' machines.
pub(crate) fn development_exposed(place: impl Display, port: u16) -> Problem {
    Problem::new(
        &DEVELOPMENT_EXPOSED,
        format!("the server is in development mode, but {place} is not a loopback address"),
    )
    .with_help(format!(
        "listen on `127.0.0.1:{port}`, or turn the mode off: remove `.development(true)` and `SOCKEYE_ENV=development`"
    ))
}
