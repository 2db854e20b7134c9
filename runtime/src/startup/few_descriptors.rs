use sockeye_rules::{FEW_DESCRIPTORS, INVALID_LIMITS, render::count};

use super::{Context, Problem};
use crate::{Limits, descriptors::Fit};

/// Connections need file descriptors, and the process may have fewer than its limits require.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let limits = &context.settings.limits;
    match context.descriptors {
        Fit::Whole => {}
        Fit::Lowered { needed, hard } => problems.push(lowered(limits, needed, hard)),
        Fit::TooMuch { needed, hard } => problems.push(too_much(limits, needed, hard)),
    }
}

fn lowered(limits: &Limits, needed: u64, hard: u64) -> Problem {
    let message = format!(
        "the process can open only {hard} file descriptors, but the limits need {needed}: the defaults are lowered to \
         {}, {} and {} per client",
        count(limits.sockets(), "WebSocket"),
        count(limits.http(), "other HTTP connection"),
        limits.of_one_client()
    );
    let help = format!(
        "raise the hard limit (`LimitNOFILE=` in systemd, `--ulimit nofile=` in Docker), or set limits that fit: \
         `Limits::new().max_connections({}).max_http_connections({}).max_connections_per_client({})`",
        limits.sockets(),
        limits.http(),
        limits.of_one_client()
    );
    Problem::new(&FEW_DESCRIPTORS, message).with_help(help)
}

fn too_much(limits: &Limits, needed: u64, hard: u64) -> Problem {
    let message = format!(
        "the server's limits allow {} and {}, which need {needed} file descriptors, but the \
         process can open only {hard}",
        count(limits.sockets(), "WebSocket"),
        count(limits.http(), "other HTTP connection")
    );
    let help = "lower `Limits::max_connections` and `Limits::max_http_connections`, remove them to use defaults that \
                fit, or raise the hard limit (`LimitNOFILE=` in systemd, `--ulimit nofile=` in Docker)";
    Problem::new(&INVALID_LIMITS, message).with_help(help)
}
