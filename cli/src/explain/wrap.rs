//! Running text in lines of a certain width.

/// Breaks a text between its words. The first line begins with `first`, the others with as many spaces.
pub(super) fn wrap(text: &str, width: usize, first: &str) -> String {
    let indent = first.chars().count();
    let (mut wrapped, mut column) = (first.to_owned(), indent);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two\n three", 9, ""), "one two\nthree");
        assert_eq!(wrap("one two three", 9, "- "), "- one two\n  three");
        assert_eq!(wrap("incomprehensible words", 9, ""), "incomprehensible\nwords");
        assert_eq!(wrap("", 9, "- "), "- ");
    }
}
