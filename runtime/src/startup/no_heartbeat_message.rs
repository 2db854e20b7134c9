use sockeye_rules::NO_HEARTBEAT_MESSAGE;

use super::{Candidate, Context, Place, Problem, caught};
use crate::{codec::About, endpoint::HeartbeatMessageOption};

/// Heartbeat messages that someone has asked for, and that no client gets.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    problems.extend(unused_interval(context));
    problems.extend(context.endpoints.iter().flat_map(silent_codecs));
}

/// An interval of the server that no endpoint has.
fn unused_interval(context: &Context) -> Option<Problem> {
    context.settings.heartbeat.message_interval?;
    let options: Vec<HeartbeatMessageOption> =
        context.endpoints.iter().filter_map(|one| one.registered().options.heartbeat_message).collect();
    let is_used = options.contains(&HeartbeatMessageOption::OfServer);
    if is_used || context.endpoints.is_empty() {
        return None;
    }
    let (why, option) = if options.is_empty() {
        (
            "no endpoint has the option `heartbeat_message`",
            "add `heartbeat_message` to the attribute of an endpoint",
        )
    } else {
        (
            "each endpoint with `heartbeat_message` has an interval of its own",
            "write `heartbeat_message` without a value in the attribute of an endpoint",
        )
    };
    let problem = Problem::new(
        &NO_HEARTBEAT_MESSAGE,
        format!("the server's interval of heartbeat messages has no effect: {why}"),
    );
    Some(problem.with_help(format!("{option}, or remove `.message_interval(..)`")))
}

/// An endpoint with the option whose codec writes none. A codec that panics is not known to be silent.
fn silent_codecs(endpoint: &Candidate) -> impl Iterator<Item = Problem> {
    let interval = endpoint.mounted.settings.heartbeat_message;
    let silent = move |about: About| {
        let message = caught(|| interval.map(about.heartbeat_message)).ok().flatten();
        message.is_some_and(|message| message.is_none())
    };
    let silent = endpoint.mounted.formats.each().filter(move |(_, about)| silent(*about));
    silent.map(|(subprotocol, _)| silent_codec(endpoint, subprotocol))
}

fn silent_codec(endpoint: &Candidate, subprotocol: Option<&str>) -> Problem {
    let registered = endpoint.registered();
    let clients =
        subprotocol.map(|name| format!(" to clients with the subprotocol `{name}`")).unwrap_or_default();
    let problem = Problem::new(
        &NO_HEARTBEAT_MESSAGE,
        format!("endpoint `{}` sends no heartbeat messages{clients}: its codec has none", registered.name),
    );
    problem
        .at(Place::option(registered, "heartbeat_message", "has no effect"))
        .with_help("return a message from `Codec::heartbeat_message`, or remove the option")
}
