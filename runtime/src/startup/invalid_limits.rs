use sockeye_rules::INVALID_LIMITS;

use super::{Candidate, Context, Place, Problem};
use crate::mounted::Settings;

/// A limit of nothing, under which no connection can live.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for fault in faults(&context.settings) {
        let message = format!("the server's {} {}", fault.limit, fault.effect);
        problems.push(Problem::new(&INVALID_LIMITS, message).with_help(fault.server_help()));
    }
    for endpoint in &context.endpoints {
        problems.extend(of_endpoint(endpoint));
    }
}

/// What the endpoint itself says; what it has from the server is reported there.
fn of_endpoint(endpoint: &Candidate) -> Vec<Problem> {
    let registered = endpoint.registered();
    let own = |fault: &Fault| match fault.option {
        "max_message" => registered.options.max_message.is_some(),
        "heartbeat" => registered.options.heartbeat.is_some() && fault.limit == INTERVAL,
        _ => false,
    };
    let problem = |fault: Fault| {
        let message = format!("the {} of endpoint `{}` {}", fault.limit, registered.name, fault.effect);
        Problem::new(&INVALID_LIMITS, message)
            .at(Place::option(registered, fault.option, "set here"))
            .with_help(fault.endpoint_help())
    };
    faults(&endpoint.mounted.settings).into_iter().filter(own).map(problem).collect()
}

const INTERVAL: &str = "heartbeat interval";

#[derive(Clone, Copy)]
struct Fault {
    limit: &'static str,
    effect: &'static str,
    /// The option of the attribute; empty when it has none.
    option: &'static str,
    /// What to write on the server.
    call: &'static str,
}

impl Fault {
    fn server_help(self) -> String {
        format!("write `{}` or another value above zero, or leave it out for the default", self.call)
    }

    fn endpoint_help(self) -> &'static str {
        match self.option {
            "heartbeat" => "write `heartbeat = \"30s\"`, or `heartbeat = off` for none",
            _ => "write `max_message = \"64 KiB\"`, or leave it out for the server's limit",
        }
    }
}

fn faults(settings: &Settings) -> Vec<Fault> {
    let limits = &settings.limits;
    let heartbeat = &settings.heartbeat;
    let fault = |limit, effect, option, call| Fault { limit, effect, option, call };
    let found = [
        (limits.message == 0).then_some(fault(
            "message limit",
            "is 0 bytes: every message would close its connection",
            "max_message",
            "Limits::new().message(64 * 1024)",
        )),
        limits.handshake.is_zero().then_some(fault(
            "handshake limit",
            "is 0 s: every handshake would time out",
            "",
            "Limits::new().handshake(Duration::from_secs(10))",
        )),
        limits.send.is_zero().then_some(fault(
            "send limit",
            "is 0 s: every send would time out",
            "",
            "Limits::new().send(Duration::from_secs(10))",
        )),
        limits.close.is_zero().then_some(fault(
            "close limit",
            "is 0 s: no client could answer a close frame",
            "",
            "Limits::new().close(Duration::from_secs(5))",
        )),
        heartbeat.interval.is_some_and(|interval| interval.is_zero()).then_some(fault(
            INTERVAL,
            "is 0 s: it would send pings without end",
            "heartbeat",
            "Heartbeat::every(Duration::from_secs(30))",
        )),
        (heartbeat.interval.is_some() && heartbeat.timeout.is_zero()).then_some(fault(
            "heartbeat timeout",
            "is 0 s: no client could answer a ping",
            "heartbeat",
            "Heartbeat::every(Duration::from_secs(30)).timeout(Duration::from_secs(10))",
        )),
    ];
    found.into_iter().flatten().collect()
}
