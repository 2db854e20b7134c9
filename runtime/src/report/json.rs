use std::sync::Arc;

use serde_json::{Value, json};

use super::table::states;
use crate::{
    compression,
    endpoint::Allowed,
    limits::Rate,
    mounted::{Mounted, Settings},
    startup::Problem,
};

/// Version of the format: incremented when a field is removed or changes its meaning.
const VERSION: u32 = 1;

/// The endpoints, problems and warnings as one JSON document.
pub(crate) fn json(
    endpoints: &[Arc<Mounted>],
    server: &Settings,
    problems: &[Problem],
    warnings: &[Problem],
    console: Option<&str>,
) -> String {
    let mut document = json!({
        "version": VERSION,
        "ok": problems.is_empty(),
        "server": whole(server),
        "endpoints": endpoints.iter().map(|one| endpoint(one)).collect::<Vec<_>>(),
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        "warnings": warnings.iter().map(problem).collect::<Vec<_>>(),
    });
    if let Some(path) = console {
        document["server"]["console"] = path.into();
    }
    format!("{document:#}")
}

fn endpoint(mounted: &Mounted) -> Value {
    let registered = mounted.registered;
    json!({
        "name": registered.name,
        "module": registered.module,
        "route": mounted.outer_route(),
        "group": registered.group,
        "file": registered.source.file,
        "line": registered.source.line,
        "state": states(mounted),
        "subprotocols": registered.options.subprotocols,
        "guarded": registered.options.guarded,
        "settings": settings(&mounted.settings),
        "allow": registered.options.allow.iter().map(allowed).collect::<Vec<_>>(),
    })
}

fn allowed(allowed: &Allowed) -> Value {
    json!({ "rule": allowed.rule, "reason": allowed.reason })
}

/// The settings of both an endpoint and the server, and those of the server alone.
fn whole(server: &Settings) -> Value {
    let limits = &server.limits;
    let mut value = settings(server);
    value["public_url"] = server.hosts.public().map(ToString::to_string).into();
    value["tls"] = server.tls.into();
    value["development"] = server.development.into();
    value["hosts"] = server.hosts.listed().into();
    value["max_connections"] = limits.sockets().into();
    value["per_client"] = limits.of_one_client().into();
    value["max_http_connections"] = limits.http().into();
    value["max_request_head_size"] = limits.max_request_head_size.into();
    value["max_http2_streams"] = limits.max_http2_streams.into();
    value["trusted_proxies"] = limits.trusted_proxies.into();
    value["max_open_calls"] = limits.max_open_calls.into();
    value["max_handshake_rate"] = rate(limits.max_handshake_rate);
    value
}

/// Times are in seconds, sizes in bytes.
pub(crate) fn settings(settings: &Settings) -> Value {
    let (limits, heartbeat) = (&settings.limits, &settings.heartbeat);
    json!({
        "origins": settings.origins.to_string(),
        "max_message_size": limits.max_message_size,
        "max_message_rate": rate(limits.max_message_rate),
        "handshake_timeout": limits.handshake_timeout.as_secs_f64(),
        "send_timeout": limits.send_timeout.as_secs_f64(),
        "close_timeout": limits.close_timeout.as_secs_f64(),
        "handler_exit_timeout": limits.handler_exit_timeout.as_secs_f64(),
        "idle_timeout": limits.idle_timeout.map(|time| time.as_secs_f64()),
        "shutdown_timeout": limits.shutdown_timeout.as_secs_f64(),
        "compression_min_size": compression::min_size(limits),
        "heartbeat": heartbeat.interval.map(|interval| interval.as_secs_f64()),
        "heartbeat_timeout": heartbeat.interval.map(|_| heartbeat.timeout.as_secs_f64()),
        "heartbeat_message": settings.heartbeat_message.map(|interval| interval.as_secs_f64()),
    })
}

fn rate(rate: Option<Rate>) -> Value {
    rate.map(|Rate { per_second, burst }| json!({ "per_second": per_second, "burst": burst })).into()
}

fn problem(problem: &Problem) -> Value {
    let related = problem.places().iter().skip(1);
    json!({
        "rule": problem.rule(),
        "message": problem.message(),
        "file": problem.file(),
        "line": problem.line(),
        "column": problem.column(),
        "label": problem.places().first().map(|place| &place.label),
        "help": problem.help(),
        "related": related
            .map(|place| json!({
                "file": place.source().file, "line": place.line(), "column": place.column(), "label": place.label,
            }))
            .collect::<Vec<_>>(),
    })
}
