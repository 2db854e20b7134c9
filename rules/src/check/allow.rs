//! `allow(rule, reason = "..")`: what it turns off, and whether there was anything to turn off.

use crate::{
    Phase, UNNEEDED_ALLOW,
    flow::{Call, Flow, Step},
    syntax::{AllowOption, Sink, segments},
};

/// Removes the diagnostics that the endpoint allows. An `allow` that removes nothing is reported itself, unless its rule belongs
/// to the phase that is checked later (`judged_later`), or the body may contain the mistake where the rule cannot see it.
pub(super) fn apply(allowed: &[AllowOption], judged_later: Option<Phase>, flow: &Flow<'_>, sink: &mut Sink) {
    for one in allowed {
        let has_effect = sink.remove_rule(one.rule) > 0 || Some(one.rule.phase) == judged_later;
        // Without a reason it is reported already.
        if !has_effect && !one.reason.trim().is_empty() && !may_agree(one, flow) {
            let name = one.rule.name;
            let message = format!("`allow({name}, ..)` has no effect: the rule reports nothing here");
            sink.report(
                &UNNEEDED_ALLOW,
                &one.at,
                message,
                "remove it, so that the rule can report a later mistake",
            );
        }
    }
}

/// Words without which a body cannot contain the mistake. If one occurs, the rule may have missed it.
const SIGNS: &[(&str, &[&str])] = &[
    ("orphaned_task", &["spawn", "JoinHandle"]),
    ("lagged_feed", &["subscribe", "resubscribe", "BroadcastStream"]),
    ("unbounded_queue", &["unbounded_channel", "unbounded", "UnboundedReceiver", "UnboundedSender"]),
    ("skipped_cleanup", &["insert", "remove", "fetch_add", "fetch_sub", "join", "leave", "register"]),
    ("lock_across_io", &["lock", "read", "write", "get_mut", "entry"]),
    ("secret_in_log", &["token", "password", "cookie", "authorization", "query", "headers"]),
    ("panics_on_input", &["unwrap", "expect"]),
    ("cancelled_read", &["select"]),
    ("unanswered_call", &["into_parts"]),
    ("fan_out_in_turn", &["for"]),
];

/// Whether the body may contain the allowed mistake, although the rule does not see it.
fn may_agree(one: &AllowOption, flow: &Flow<'_>) -> bool {
    if one.rule.phase != Phase::Lifecycle || one.rule.name == "undocumented_endpoint" {
        return false;
    }
    let signs = SIGNS.iter().find(|(name, _)| *name == one.rule.name);
    let is_unseen = |step: &Step| match step {
        Step::Unknown | Step::Escape(_) => true,
        Step::Call(call) => one.rule.name == "blocking_call" && may_block(call, flow),
        // As far as is visible, it is kept, awaited or aborted.
        Step::Spawn { .. } => one.rule.name == "detached_task",
        _ => false,
    };
    let is_signed = signs.is_some_and(|(_, words)| flow.function.has_word(words));
    is_signed || flow.steps().any(|(_, step)| is_unseen(step))
}

/// Whether the effect of the call is unknown: a function of another file or crate, or a method of the program's state.
fn may_block(call: &Call, flow: &Flow<'_>) -> bool {
    const KNOWN: [&str; 9] =
        ["std", "core", "alloc", "tokio", "sockeye", "serde_json", "tracing", "axum", "futures_util"];
    if call.awaited || flow.called(call).is_some() {
        return false;
    }
    let path = call.of.as_deref().unwrap_or(&call.path);
    let first = segments::first(path);
    let is_method = call.path.contains('.');
    // On a variable of unknown type, such as a received value.
    let is_local = is_method && call.of.is_none() && !call.path.starts_with("self.");
    let is_type =
        !is_method && segments::segments(&call.path).count() == 2 && !first.starts_with(char::is_lowercase);
    !KNOWN.contains(&first) && !is_local && !is_type
}
