use std::time::Duration;

use sockeye_rules::INVALID_LIMITS;

use super::{Candidate, Context, Place, Problem};
use crate::{Heartbeat, Limits, compression, mounted::Settings};

/// A limit of zero, with which no connection works, or one that another limit makes unreachable.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for fault in faults(&context.written, &context.settings.heartbeat) {
        let message = format!("the server's {} {}", fault.limit, fault.effect);
        problems.push(Problem::new(&INVALID_LIMITS, message).with_help(fault.server_help()));
    }
    for endpoint in &context.endpoints {
        problems.extend(of_endpoint(endpoint));
    }
}

/// The endpoint's own options; inherited ones are reported for the server.
fn of_endpoint(endpoint: &Candidate) -> Vec<Problem> {
    let registered = endpoint.registered();
    let own = |fault: &Fault| match fault.option {
        "max_message_size" => registered.options.max_message_size.is_some(),
        "heartbeat" => registered.options.heartbeat.is_some() && fault.limit == INTERVAL,
        _ => false,
    };
    let problem = |fault: Fault| {
        let message = format!("the {} of endpoint `{}` {}", fault.limit, registered.name, fault.effect);
        Problem::new(&INVALID_LIMITS, message)
            .at(Place::option(registered, fault.option, "set here"))
            .with_help(fault.endpoint_help())
    };
    let Settings { limits, heartbeat, .. } = &endpoint.mounted.settings;
    faults(limits, heartbeat).into_iter().filter(own).map(problem).collect()
}

const INTERVAL: &str = "heartbeat interval";

struct Fault {
    limit: &'static str,
    effect: String,
    /// The option of the attribute; empty if there is none.
    option: &'static str,
    /// The call to write on the server.
    call: &'static str,
    /// The range of valid values.
    others: &'static str,
}

impl Fault {
    fn zero(limit: &'static str, effect: &str, call: &'static str) -> Self {
        Self { limit, effect: effect.to_owned(), option: "", call, others: "another value above zero" }
    }

    fn option(self, option: &'static str) -> Self {
        Self { option, ..self }
    }

    fn server_help(&self) -> String {
        format!("write `{}` or {}, or remove it to use the default", self.call, self.others)
    }

    fn endpoint_help(&self) -> &'static str {
        match self.option {
            "heartbeat" => "write `heartbeat = \"30s\"`, or `heartbeat = off` to disable it",
            _ => "write `max_message_size = \"64 KiB\"`, or remove it to use the server's limit",
        }
    }
}

fn faults(limits: &Limits, heartbeat: &Heartbeat) -> Vec<Fault> {
    let mut faults = of_connections(limits);
    faults.extend(contradiction(limits));
    faults.extend(of_messages(limits));
    faults.extend(of_handshakes(limits));
    faults.extend(of_heads(limits));
    faults.extend(of_times(limits));
    faults.extend(of_heartbeat(heartbeat));
    faults
}

/// The faults that apply.
fn found<const N: usize>(faults: [(bool, Fault); N]) -> Vec<Fault> {
    faults.into_iter().filter(|(holds, _)| *holds).map(|(_, fault)| fault).collect()
}

fn of_connections(limits: &Limits) -> Vec<Fault> {
    let no_one = "is 0: no client could connect";
    found([
        (
            limits.sockets() == 0,
            Fault::zero("connection limit", no_one, "Limits::new().max_connections(10_000)"),
        ),
        (
            limits.max_connections_per_client == Some(0),
            Fault::zero(
                "connection limit per client",
                no_one,
                "Limits::new().max_connections_per_client(100)",
            ),
        ),
        (
            limits.http() == 0,
            Fault::zero("limit of HTTP connections", no_one, "Limits::new().max_http_connections(10_000)"),
        ),
        (
            limits.max_http2_streams == 0,
            Fault::zero(
                "limit of HTTP/2 streams",
                "is 0: a client of HTTP/2 could not send a request",
                "Limits::new().max_http2_streams(200)",
            ),
        ),
    ])
}

/// A limit that cannot be reached has no effect, although its author believes that it does.
fn contradiction(limits: &Limits) -> Option<Fault> {
    let per_client = limits.max_connections_per_client?;
    (limits.sockets() > 0 && per_client > limits.sockets()).then(|| Fault {
        limit: "connection limit per client",
        effect: format!(
            "is {per_client}, more than the limit of {} in total: it could never be reached",
            sockeye_rules::render::count(limits.sockets(), "connection")
        ),
        option: "",
        call: "Limits::new().max_connections(10_000).max_connections_per_client(100)",
        others: "another value below the total limit",
    })
}

/// With a limit that is too small no browser can connect.
fn of_heads(limits: &Limits) -> Vec<Fault> {
    let bytes = limits.max_request_head_size;
    let effect = format!("is {bytes} bytes: it must be at least 8192");
    let call = "Limits::new().max_request_head_size(64 * 1024)";
    let fault = Fault::zero("request head limit", &effect, call);
    found([(bytes < Limits::LEAST_HEAD, Fault { others: "another value of at least 8 KiB", ..fault })])
}

fn of_messages(limits: &Limits) -> Vec<Fault> {
    let rate = limits.max_message_rate;
    let call = "Limits::new().max_message_rate(20, 100)";
    found([
        (
            limits.max_message_size == 0,
            Fault::zero(
                "message limit",
                "is 0 bytes: every message would close its connection",
                "Limits::new().max_message_size(64 * 1024)",
            )
            .option("max_message_size"),
        ),
        (
            rate.is_some_and(|rate| rate.per_second == 0),
            Fault::zero(
                "message rate",
                "is 0 per second: after the first burst, every message would close its connection",
                call,
            ),
        ),
        (
            rate.is_some_and(|rate| rate.burst == 0),
            Fault::zero("message rate", "has bursts of 0: every message would close its connection", call),
        ),
        (
            limits.max_open_calls == 0,
            Fault::zero(
                "limit of open calls",
                "is 0: every call of a client would be refused",
                "Limits::new().max_open_calls(1_000)",
            ),
        ),
        (
            !compression::has_valid_level(limits),
            Fault {
                others: "another level from 1 to 9",
                ..Fault::zero(
                    "level of compression",
                    "is not from 1 to 9",
                    "Limits::new().compression(Compression::deflate().level(6))",
                )
            },
        ),
    ])
}

fn of_handshakes(limits: &Limits) -> Vec<Fault> {
    let rate = limits.max_handshake_rate;
    let call = "Limits::new().max_handshake_rate(10, 200)";
    found([
        (
            rate.is_some_and(|rate| rate.per_second == 0),
            Fault::zero(
                "handshake rate",
                "is 0 per second: after the first burst, a client could never connect again",
                call,
            ),
        ),
        (
            rate.is_some_and(|rate| rate.burst == 0),
            Fault::zero("handshake rate", "has bursts of 0: no client could connect", call),
        ),
    ])
}

fn of_times(limits: &Limits) -> Vec<Fault> {
    found([
        (
            limits.handshake_timeout.is_zero(),
            Fault::zero(
                "handshake timeout",
                "is 0 s: every handshake would time out",
                "Limits::new().handshake_timeout(Duration::from_secs(10))",
            ),
        ),
        (
            limits.send_timeout.is_zero(),
            Fault::zero(
                "send timeout",
                "is 0 s: every send would time out",
                "Limits::new().send_timeout(Duration::from_secs(10))",
            ),
        ),
        (
            limits.handler_exit_timeout.is_zero(),
            Fault::zero(
                "handler exit timeout",
                "is 0 s: no handler could react to the end of its connection",
                "Limits::new().handler_exit_timeout(Duration::from_secs(30))",
            ),
        ),
        (
            limits.idle_timeout.is_some_and(|time| time.is_zero()),
            Fault::zero(
                "idle timeout",
                "is 0 s: every connection would be closed immediately",
                "Limits::new().idle_timeout(Duration::from_secs(600))",
            ),
        ),
        (
            limits.close_timeout.is_zero(),
            Fault::zero(
                "close timeout",
                "is 0 s: no client could answer a close frame",
                "Limits::new().close_timeout(Duration::from_secs(5))",
            ),
        ),
    ])
}

/// The shortest interval: the attribute has none that is shorter, and a heartbeat message names its interval in milliseconds.
const LEAST_INTERVAL: Duration = Duration::from_millis(1);

const LONGER: &str = "another value of at least 1 ms";

fn shown(interval: Duration) -> String {
    if interval.is_zero() { "0 s".to_owned() } else { format!("{interval:?}") }
}

fn of_heartbeat(heartbeat: &Heartbeat) -> Vec<Fault> {
    let pings = heartbeat.interval.unwrap_or(Duration::MAX);
    let messages = heartbeat.message_interval_or_default();
    found([
        (
            pings < LEAST_INTERVAL,
            Fault {
                others: LONGER,
                ..Fault::zero(
                    INTERVAL,
                    &format!("is {}: the server would send pings continuously", shown(pings)),
                    "Heartbeat::every(Duration::from_secs(30))",
                )
                .option("heartbeat")
            },
        ),
        (
            messages < LEAST_INTERVAL,
            Fault {
                others: LONGER,
                ..Fault::zero(
                    "interval of heartbeat messages",
                    &format!("is {}: the server would send messages continuously", shown(messages)),
                    ".message_interval(Duration::from_secs(30))",
                )
            },
        ),
        (
            heartbeat.interval.is_some() && heartbeat.timeout.is_zero(),
            Fault::zero(
                "heartbeat timeout",
                "is 0 s: no client could answer a ping",
                "Heartbeat::every(Duration::from_secs(30)).timeout(Duration::from_secs(10))",
            )
            .option("heartbeat"),
        ),
    ])
}
