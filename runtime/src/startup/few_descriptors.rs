use sockeye_rules::{FEW_DESCRIPTORS, INVALID_LIMITS};

use super::{Context, Problem};
use crate::{Limits, descriptors::Fit};

/// Connections need file descriptors, and the process may not have as many as its limits let in.
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
        "the process may have {hard} file descriptors, and the limits need {needed}: the defaults are lowered to \
         {} WebSockets, {} other http connections, {} of one client",
        limits.sockets(),
        limits.http(),
        limits.of_one_client()
    );
    let help = format!(
        "raise the hard limit (`LimitNOFILE=` of systemd, `--ulimit nofile=` of docker), or write limits that fit: \
         `Limits::new().max_connections({}).max_http_connections({}).max_connections_per_client({})`",
        limits.sockets(),
        limits.http(),
        limits.of_one_client()
    );
    Problem::new(&FEW_DESCRIPTORS, message).with_help(help)
}

fn too_much(limits: &Limits, needed: u64, hard: u64) -> Problem {
    let message = format!(
        "the server's limits let in {} WebSockets and {} other http connections, which need {needed} file \
         descriptors; the process may have {hard}",
        limits.sockets(),
        limits.http()
    );
    let help = "lower `Limits::max_connections` and `Limits::max_http_connections`, leave them out for defaults that \
                fit, or raise the hard limit (`LimitNOFILE=` of systemd, `--ulimit nofile=` of docker)";
    Problem::new(&INVALID_LIMITS, message).with_help(help)
}
