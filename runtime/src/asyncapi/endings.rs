//! How an endpoint refuses a handshake, and how it closes a connection: what a client has to be ready for.

use serde_json::{Value, json};
use sockeye_rules::{self as rules, Rule};

use super::Endpoint;
use crate::endpoint::Requirement;

/// A rule, and the statuses or close codes that it has.
type Ending = (&'static Rule, &'static [u16]);

/// Each refusal that can come. The program chooses the status where none is named.
pub(super) fn refusals(endpoint: &Endpoint<'_>) -> Value {
    let always: &[Ending] = &[
        (&rules::NOT_AN_UPGRADE, &[400, 405, 426, 501]),
        (&rules::UPGRADE_STRIPPED, &[426, 500]),
        (&rules::HOST_REFUSED, &[421]),
        (&rules::SUBPROTOCOL_REFUSED, &[400]),
        (&rules::HANDLER_REFUSED, &[]),
        (&rules::NEVER_ACCEPTED, &[500, 503]),
        (&rules::SERVER_FULL, &[503]),
        (&rules::CLIENT_LIMIT, &[429]),
        (&rules::HANDLER_ERROR, &[500]),
        (&rules::HANDLER_PANIC, &[500]),
        (&rules::SHUTTING_DOWN, &[503]),
    ];
    let limits = &endpoint.settings.limits;
    let sometimes: [(Ending, bool); 4] = [
        ((&rules::HANDSHAKE_RATE_LIMITED, &[429]), limits.max_handshake_rate.is_some()),
        ((&rules::ORIGIN_REFUSED, &[403]), !endpoint.settings.origins.is_any()),
        ((&rules::EXTRACTOR_REFUSED, &[]), has_extractors(endpoint)),
        ((&rules::REFUSED_BY_LAYER, &[]), endpoint.registered.options.guarded),
    ];
    endings("statuses", always, &sometimes)
}

/// Whether a parameter looks at the request: a state does not.
fn has_extractors(endpoint: &Endpoint<'_>) -> bool {
    let is_state = |index: usize| {
        let of_it = endpoint.requirements.iter().filter(|one| one.index == index && one.reason.is_none());
        of_it.into_iter().any(|one| {
            matches!(one.requirement, Requirement::State { .. } | Requirement::OptionalState { .. })
        })
    };
    (0..endpoint.registered.params.len()).any(|index| !is_state(index))
}

/// Each close code that Sockeye sends. The handler may have codes of its own.
pub(super) fn closes(endpoint: &Endpoint<'_>) -> Value {
    let settings = endpoint.settings;
    let always: &[Ending] = &[
        (&rules::SHUTTING_DOWN, &[1001]),
        (&rules::PROTOCOL_VIOLATION, &[1002]),
        (&rules::INVALID_MESSAGE, &[1007]),
        (&rules::MESSAGE_TOO_BIG, &[1009]),
        (&rules::HANDLER_ERROR, &[1011]),
        (&rules::HANDLER_PANIC, &[1011]),
        (&rules::SLOW_CONSUMER, &[1013]),
        (&rules::SESSION_EXPIRED, &[3000]),
    ];
    let sometimes: [(Ending, bool); 3] = [
        ((&rules::IDLE_TIMEOUT, &[1001]), settings.limits.idle_timeout.is_some()),
        ((&rules::RATE_LIMITED, &[1008]), settings.limits.max_message_rate.is_some()),
        ((&rules::HEARTBEAT_MISSED, &[1011]), settings.heartbeat.interval.is_some()),
    ];
    endings("codes", always, &sometimes)
}

fn endings(numbers: &str, always: &[Ending], sometimes: &[(Ending, bool)]) -> Value {
    let sometimes = sometimes.iter().filter(|(_, happens)| *happens).map(|(ending, _)| ending);
    let mut all: Vec<&Ending> = always.iter().chain(sometimes).collect();
    all.sort_by_key(|(rule, of_it)| (of_it.first(), rule.name));
    let each = all.into_iter().map(|(rule, of_it)| {
        let mut ending = json!({ "rule": rule.name, "summary": rule.summary().replace('\n', " ") });
        if !of_it.is_empty() {
            ending[numbers] = json!(of_it);
        }
        ending
    });
    each.collect()
}
