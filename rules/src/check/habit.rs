//! Distinguishes rules about good practice from rules about code that is never right.

use crate::{
    ACCEPTED_TWICE, AXUM_API, IO_AFTER_CLOSE, IO_BEFORE_ACCEPT, MISSING_AWAIT, NEVER_ACCEPTED, Phase, Rule,
    SPINNING_LOOP,
};

/// Whether the rule is about behaviour towards real clients: such a rule is not applied in tests.
///
/// A mock server plays one exchange, panics if it is not as expected, and returns.
pub fn is_habit(rule: &Rule) -> bool {
    let never_right = [
        &AXUM_API,
        &NEVER_ACCEPTED,
        &IO_BEFORE_ACCEPT,
        &ACCEPTED_TWICE,
        &IO_AFTER_CLOSE,
        &MISSING_AWAIT,
        &SPINNING_LOOP,
    ];
    let is_of_body = matches!(rule.phase, Phase::Lifecycle | Phase::Axum);
    is_of_body && !never_right.contains(&rule)
}
