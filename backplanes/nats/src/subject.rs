//! Topics are any strings, subjects of NATS are not: a topic is one token under the prefix.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is escaped. A subject must not contain white space, `.` separates tokens, and `*` and `>` are wildcards; the rest is escaped
/// so that the rule is one that the standard libraries of other languages have.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~').remove(b':').remove(b'/');

/// The longest token. A server takes lines of 4,096 bytes by default, and the prefix and numbers are on them, too.
const LONGEST: usize = 1000;

/// The subject of a topic. Different topics have different subjects.
pub(crate) fn of_topic(prefix: &str, topic: &str) -> String {
    // No escape begins or ends in this way, so neither of the two exceptions is the token of another topic.
    if topic.is_empty() {
        return format!("{prefix}%");
    }
    let subject = format!("{prefix}{}", utf8_percent_encode(topic, ESCAPED));
    if subject.len() - prefix.len() <= LONGEST {
        return subject;
    }
    // Nobody can find a second name with the same SHA-1 as a given one, which is what it would take to read a topic of others.
    format!("{prefix}%%{}", sha1_smol::Sha1::from(topic).digest())
}

/// Why this cannot stand before the tokens of topics.
pub(crate) fn wrong_prefix(prefix: &str) -> Option<String> {
    let tokens = prefix.strip_suffix('.').map(|tokens| tokens.split('.'));
    let is_token = |token: &str| {
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() && !b"*>".contains(&byte))
    };
    let is_right = tokens.is_some_and(|mut tokens| tokens.all(is_token)) && prefix.len() <= LONGEST;
    (!is_right).then(|| {
        format!("the prefix {prefix:?} is none: it takes tokens without wildcards and white space, each with a dot behind it, such as `my-app.`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_readable_and_others_are_escaped() {
        let of = |topic: &str| of_topic("sockeye.", topic);
        assert_eq!(of("workflow:7"), "sockeye.workflow:7");
        assert_eq!(of("rooms/a_b-c~d"), "sockeye.rooms/a_b-c~d");
        assert_eq!(of("a b.c*d>e%f"), "sockeye.a%20b%2Ec%2Ad%3Ee%25f");
        assert_eq!(of("zürich"), "sockeye.z%C3%BCrich");
        assert_eq!(of(""), "sockeye.%");
        assert_eq!(of(&"x".repeat(1000)).len(), 1008);
        let long = of(&"x".repeat(1001));
        assert_eq!(long, "sockeye.%%4dc5c831a3c11d2ae8d6ffa0f9d3f11b3bdfa3f7");
        assert_ne!(long, of(&"x".repeat(1002)));
    }

    #[test]
    fn a_prefix_is_tokens_with_dots() {
        assert_eq!(wrong_prefix("sockeye."), None);
        assert_eq!(wrong_prefix("eu.my-app."), None);
        for wrong in ["", ".", "a", "a..", ".a.", "a.*.", "a>.", "a b.", "ä."] {
            assert!(wrong_prefix(wrong).is_some(), "{wrong:?}");
        }
    }
}
