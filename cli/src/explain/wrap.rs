//! Running text in lines of a certain width.

use textwrap::{Options, WordSeparator, WordSplitter};

/// Breaks a text between words. The first line begins with `first`, the others with as many spaces.
pub(super) fn wrap(text: &str, width: usize, first: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let indent = " ".repeat(first.chars().count());
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(&indent)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(&words.join(" "), options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two\n three", 9, ""), "one two\nthree");
        assert_eq!(wrap("one two three", 9, "- "), "- one two\n  three");
        assert_eq!(wrap("incomprehensible words", 9, ""), "incomprehensible\nwords");
        assert_eq!(wrap("well-known words", 9, ""), "well-known\nwords");
        // In a terminal each takes two columns.
        assert_eq!(wrap("日本 日本", 8, ""), "日本\n日本");
    }
}
