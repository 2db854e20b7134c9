//! The names of the hub's own topics at the broker.
//!
//! They begin with a character that is in no sensible name. A topic of the program that begins like them anyway gets a prefix, so that the two
//! cannot be the same.

use std::sync::Arc;

const RESERVED: &str = "\u{1}sockeye:";
const ESCAPED: &str = "\u{1}sockeye:topic:";
const OF_TOPIC: &str = "\u{1}sockeye:presence:";
/// Where machines with members beat.
pub(in crate::hub) const BEATS: &str = "\u{1}sockeye:presence";

/// A topic as the hub calls it.
pub(in crate::hub) fn escape(topic: String) -> Arc<str> {
    if topic.starts_with(RESERVED) { format!("{ESCAPED}{topic}").into() } else { topic.into() }
}

/// A topic as the program calls it.
pub(in crate::hub) fn unescape(topic: &str) -> &str {
    topic.strip_prefix(ESCAPED).unwrap_or(topic)
}

/// The topic on which machines speak about the members of this one.
pub(super) fn of_topic(topic: &str) -> Arc<str> {
    format!("{OF_TOPIC}{topic}").into()
}

/// Whom a packet is for, if it is not an event of a topic of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::hub) enum Internal<'a> {
    Beats,
    Presence(&'a str),
}

pub(in crate::hub) fn internal(topic: &str) -> Option<Internal<'_>> {
    if topic == BEATS {
        return Some(Internal::Beats);
    }
    topic.strip_prefix(OF_TOPIC).map(Internal::Presence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_topic_of_a_program_is_one_of_the_hubs_own() {
        for name in [BEATS, "\u{1}sockeye:presence:room", "\u{1}sockeye:topic:x", "\u{1}sockeye:"] {
            let escaped = escape(name.to_owned());
            assert_eq!(internal(&escaped), None);
            assert_eq!(unescape(&escaped), name);
            assert_eq!(internal(&of_topic(&escaped)), Some(Internal::Presence(&escaped)));
        }
        assert_eq!(&*escape("room".to_owned()), "room");
        assert_eq!(internal(BEATS), Some(Internal::Beats));
    }
}
