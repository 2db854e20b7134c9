//! Not `tabled` or `comfy-table`: those add borders and wrapped cells, and these are plain columns.

use std::{collections::BTreeMap, fmt::Write, sync::Arc, time::Duration};

use sockeye_rules::render::count;

use super::and_warnings;
use crate::{
    Limits, compression,
    endpoint::Requirement,
    limits::Rate,
    mounted::{Mounted, Settings},
};

/// What the table shows.
pub(crate) struct Listing<'a> {
    pub(crate) endpoints: &'a [Arc<Mounted>],
    pub(crate) server: &'a Settings,
    /// The groups that the server serves, in words; empty for the endpoints without a group alone.
    pub(crate) groups: &'a str,
    /// The number of endpoints in each group that it does not serve.
    pub(crate) unserved: &'a BTreeMap<&'static str, usize>,
    pub(crate) warnings: usize,
    pub(crate) console: Option<&'a str>,
    /// What did not happen.
    pub(crate) ending: &'a str,
}

/// The endpoints as a table for people, followed by the server's settings.
pub(crate) fn table(listing: &Listing<'_>) -> String {
    let &Listing { endpoints, server, groups, unserved, warnings, console, ending } = listing;
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    rows.extend(endpoints.iter().map(|endpoint| row(endpoint)));
    let mut text = aligned(&rows);
    for endpoint in endpoints {
        text.push_str(&allowed(endpoint));
    }
    let of_groups = if groups.is_empty() { String::new() } else { format!(" of {groups}") };
    let _ = write!(text, "\nserver{of_groups}: {}\n", defaults(server));
    if server.tls {
        text.push_str("tls: wss:// and https:// on the port, without a proxy\n");
    }
    if server.development {
        text.push_str("development: pages of localhost, 127.0.0.1 and [::1] may connect from any port\n");
    }
    if let Some(path) = console {
        let _ = writeln!(text, "console: {path}");
    }
    for (group, number) in unserved {
        let _ = writeln!(text, "not on this server: {} {}", count(*number, "endpoint"), of_group(group));
    }
    let (endpoints, warnings) = (count(endpoints.len(), "endpoint"), and_warnings(warnings));
    let _ = write!(text, "{endpoints} checked, no problem{warnings} found; {ending}");
    text
}

fn of_group(group: &str) -> String {
    if group.is_empty() { "without a group".to_owned() } else { format!("of the group {group:?}") }
}

const HEAD: [&str; 8] =
    ["route", "handler", "source", "state", "origins", "max message", "heartbeat", "guarded"];

fn row(endpoint: &Mounted) -> Vec<String> {
    let (registered, settings) = (endpoint.registered, &endpoint.settings);
    vec![
        endpoint.outer_route(),
        registered.name.to_owned(),
        format!("{}:{}", registered.source.file, registered.source.line),
        dash(&states(endpoint).join(", ")),
        settings.origins.to_string(),
        bytes(settings.limits.max_message_size),
        heartbeat(settings),
        if registered.options.guarded { "yes" } else { "no" }.to_owned(),
    ]
}

/// The state types of the endpoint, as written in the source.
pub(super) fn states(endpoint: &Mounted) -> Vec<String> {
    let params = endpoint.registered.params;
    let taken = endpoint.requirements.iter().filter(|one| one.reason.is_none()).filter_map(|one| {
        let written = params.get(one.index)?.ty;
        match one.requirement {
            Requirement::State { .. } => Some(written.to_owned()),
            Requirement::OptionalState { id } if endpoint.states.has(id) => Some(written.to_owned()),
            Requirement::OptionalState { .. } => Some(format!("{written} = None")),
            _ => None,
        }
    });
    endpoint.registered.options.state.map(str::to_owned).into_iter().chain(taken).collect()
}

fn allowed(endpoint: &Mounted) -> String {
    let mut text = String::new();
    if let Some(from) = compression::min_size(&endpoint.settings.limits) {
        let _ = write!(text, "\n{} compresses messages from {} on", endpoint.registered.name, bytes(from));
    }
    for allowed in endpoint.registered.options.allow {
        let _ = write!(text, "\n{} allows {}: {}", endpoint.registered.name, allowed.rule, allowed.reason);
    }
    text
}

fn defaults(server: &Settings) -> String {
    let limits = &server.limits;
    format!(
        "origins {}{}; connections {}; messages up to {}, {}{}; calls without an answer up to {}; request heads up to {}; handshake timeout {}, send timeout {}, close timeout {}, handler exit timeout {}, shutdown timeout {}; heartbeat {}",
        server.origins,
        server.hosts,
        connections(limits),
        bytes(limits.max_message_size),
        rate(limits),
        limits.idle_timeout.map(|limit| format!(", idle timeout {}", time(limit))).unwrap_or_default(),
        limits.max_open_calls,
        bytes(limits.max_request_head_size),
        time(limits.handshake_timeout),
        time(limits.send_timeout),
        time(limits.close_timeout),
        time(limits.handler_exit_timeout),
        time(limits.shutdown_timeout),
        heartbeat(server)
    )
}

fn connections(limits: &Limits) -> String {
    let told_apart = match limits.trusted_proxies {
        0 => String::new(),
        1 => " behind 1 proxy".to_owned(),
        proxies => format!(" behind {proxies} proxies"),
    };
    format!(
        "up to {}, {} per client{told_apart}, as many lingering handlers, and {} for other HTTP requests, with up to {} streams on one connection of HTTP/2{}",
        limits.sockets(),
        limits.of_one_client(),
        limits.http(),
        limits.max_http2_streams,
        limits.max_handshake_rate.map(handshakes).unwrap_or_default()
    )
}

fn handshakes(Rate { per_second, burst }: Rate) -> String {
    format!("; handshakes of one client {per_second} per second, {burst} in a burst")
}

fn rate(limits: &Limits) -> String {
    match limits.max_message_rate {
        Some(Rate { per_second, burst }) => format!("{per_second} per second, {burst} in a burst"),
        None => "without a rate limit".to_owned(),
    }
}

fn heartbeat(settings: &Settings) -> String {
    let pings = match settings.heartbeat.interval {
        Some(interval) => format!("{} + {}", time(interval), time(settings.heartbeat.timeout)),
        None => "off".to_owned(),
    };
    match settings.heartbeat_message {
        Some(interval) => format!("{pings}, message after {}", time(interval)),
        None => pings,
    }
}

/// `64 KiB`, `1000 B`: the largest unit that divides the number.
fn bytes(number: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.into_iter().find(|&(size, _)| number >= size && number.is_multiple_of(size));
    unit.map_or_else(|| format!("{number} B"), |(size, name)| format!("{} {name}", number / size))
}

fn time(time: Duration) -> String {
    format!("{time:?}")
}

fn dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

fn aligned(rows: &[Vec<String>]) -> String {
    let columns = HEAD.len();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}
