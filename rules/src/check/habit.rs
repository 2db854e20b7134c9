//! Which rules say what a server had better do, and which say what is never right.

use crate::{
    ACCEPTED_TWICE, IO_AFTER_CLOSE, IO_BEFORE_ACCEPT, MISSING_AWAIT, NEVER_ACCEPTED, Phase, Rule,
    SPINNING_LOOP,
};

/// Whether the rule is about how a handler behaves towards clients that a test does not have: such a rule is silent in tests.
///
/// A mock server plays one exchange, panics when it is not what was expected, and leaves.
pub fn is_habit(rule: &Rule) -> bool {
    let never_right = [
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
