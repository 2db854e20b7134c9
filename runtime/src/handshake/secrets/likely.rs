//! Decides which values are likely to be secret. A value that is not, such as `line` in `?mode=line`, occurs in ordinary
//! text, and hiding it would only make the log unreadable.
//!
//! - Values that are sent as credentials, or under the name of one (`token`, `session`, `api_key`), are secret from four
//!   bytes on: secret numbers that people type have four digits or more.
//! - Any other value is secret from eight bytes on, unless it consists of words and small numbers (`dark-mode`,
//!   `v12.stomp`, `2026-11-26`), and from 24 bytes on in any case: such a long value does not occur in a text by chance.

/// Shorter values are never searched for.
pub(super) const SHORTEST: usize = 4;

/// Shorter values without the name of a secret are not searched for.
const SHORTEST_UNNAMED: usize = 8;

/// From this length on, even words are searched for.
const NEVER_BY_CHANCE: usize = 24;

/// Names of secrets end with one of these, ignoring case.
const NAMES: [&str; 18] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "auth",
    "authorization",
    "bearer",
    "key",
    "session",
    "sessionid",
    "sessid",
    "jwt",
    "signature",
    "credential",
    "ticket",
];

/// Names of secrets are one of these, or end with one after a character that is not a letter.
const SHORT_NAMES: [&str; 8] = ["sid", "sig", "otp", "pin", "code", "nonce", "csrf", "hash"];

/// Whether a value that is sent under this name is a secret.
pub(super) fn is_name_of_secret(name: &str) -> bool {
    NAMES.iter().any(|end| before(name, end).is_some())
        || SHORT_NAMES.iter().any(|end| {
            before(name, end).is_some_and(|rest| !rest.ends_with(|last: char| last.is_ascii_alphabetic()))
        })
}

fn before<'a>(name: &'a str, end: &str) -> Option<&'a str> {
    let (rest, last) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
    last.eq_ignore_ascii_case(end).then_some(rest)
}

/// Whether a value is searched for.
pub(super) fn is_secret(value: &str, has_name_of_secret: bool) -> bool {
    let bytes = value.len();
    bytes >= NEVER_BY_CHANCE
        || (bytes >= SHORTEST && has_name_of_secret)
        || (bytes >= SHORTEST_UNNAMED && !is_made_of_words(value))
}

/// Words, small numbers, and versions such as `v12`: no token generator produces these.
fn is_made_of_words(value: &str) -> bool {
    // Equals signs at the end are the padding of base64.
    !value.ends_with('=')
        && value.split(|c: char| !c.is_alphanumeric()).all(|piece| {
            let word = piece.trim_end_matches(|c: char| c.is_ascii_digit());
            let digits = piece.len() - word.len();
            is_word(word) && digits <= most_digits_behind(word)
        })
}

/// A year or a version. A longer word with a number is likely to be a password.
fn most_digits_behind(word: &str) -> usize {
    match word.len() {
        0 => 4,
        1..=4 => 2,
        _ => 0,
    }
}

/// `word`, `Word`, `WORD`, `twoWords`.
fn is_word(word: &str) -> bool {
    let has_lower = word.chars().any(char::is_lowercase);
    let are_parts_words = || {
        word.split(char::is_uppercase)
            .enumerate()
            .all(|(at, part)| part.len() >= 2 || (at == 0 && part.is_empty()))
    };
    word.chars().all(char::is_alphabetic) && (!has_lower || word.len() < 3 || are_parts_words())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "token",
            "access_token",
            "accessToken",
            "X-API-KEY",
            "PHPSESSID",
            "JSESSIONID",
            "connect.sid",
            "code",
        ] {
            assert!(is_name_of_secret(name), "{name}");
        }
        for name in ["", "mode", "zipcode", "inside", "theme", "_ga", "redirect", "ключ"] {
            assert!(!is_name_of_secret(name), "{name}");
        }
    }

    #[test]
    fn values_that_look_like_secrets() {
        for value in [
            "hunter2-Zm9vYmFy",
            "5f2a-91c0",
            "12345678",
            "QUJDRA==",
            "550e8400-e29b-41d4",
            "s3cret.t0ken",
            "hunter22",
            "dGhlcXVp",
        ] {
            assert!(is_secret(value, false), "{value}");
        }
        for value in [
            "line",
            "1",
            "true",
            "expected",
            "dark-mode",
            "EUROPE",
            "v12.stomp",
            "2026-11-26",
            "/users/settings",
            "userSettings",
        ] {
            assert!(!is_secret(value, false), "{value}");
        }
        assert!(is_secret("1234", true) && !is_secret("123", true));
        assert!(is_secret("correct horse battery staple", false));
    }
}
