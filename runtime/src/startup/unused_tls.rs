use sockeye_rules::UNUSED_TLS;

use super::{Context, Problem};

/// A configuration of TLS on a server that becomes a router, whose listener is the program's.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    if context.settings.tls {
        let message = "`Server::tls` has no effect on a router: the listener of the program decides whether it speaks TLS";
        problems.push(Problem::new(&UNUSED_TLS, message.to_owned()).with_help(
            "have Sockeye listen, with `Checked::serve` or `Checked::serve_on`, or set up TLS on your own listener and remove `.tls(..)`",
        ));
    }
}
