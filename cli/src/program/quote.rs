//! Words of a command line as a shell reads them.

/// The word, in quotes if a shell would change it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./:=@,+%".contains(sign);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_a_shell_would_change_are_quoted() {
        assert_eq!(quoted("--features"), "--features");
        assert_eq!(quoted("./page/endpoints.js"), "./page/endpoints.js");
        assert_eq!(quoted("my page/a.js"), "'my page/a.js'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
