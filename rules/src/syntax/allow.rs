//! `allow(rule, reason = "..")`: what it turns off, and whether there was anything to turn off.

use super::{AllowOption, Sink};
use crate::{Phase, UNNEEDED_ALLOW};

/// Takes out what the endpoint allows; an `allow` that took nothing out is reported itself, unless its rule is of the
/// phase that is `judged_later`.
pub(super) fn apply(allowed: &[AllowOption], judged_later: Option<Phase>, sink: &mut Sink) {
    for one in allowed {
        if sink.take_out(one.rule) == 0 && Some(one.rule.phase) != judged_later {
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
