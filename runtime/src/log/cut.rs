//! Bounds the values in a log line.

/// The longest value of one field, in bytes. Sockeye's own longest text, which contains two origins, is shorter.
const LONGEST_FIELD: usize = 1200;

/// The value of a field: of bounded length, and on one line with any formatter.
pub(crate) fn field(text: &str) -> String {
    all_of(text, Cut::new(LONGEST_FIELD))
}

/// The beginning of a text that comes from outside, for a line with more than that.
pub(crate) fn part(text: &str) -> String {
    all_of(text, Cut::part())
}

fn all_of(text: &str, mut cut: Cut) -> String {
    let is_whole = text.chars().all(|character| cut.push(character));
    if is_whole { cut.whole() } else { cut.of(text.len()) }
}

/// A text with a maximum length.
pub(crate) struct Cut {
    shown: String,
    longest: usize,
}

impl Cut {
    fn new(longest: usize) -> Self {
        Self { shown: String::new(), longest }
    }

    /// For one part of a line: the longest possible origin is shown whole.
    pub(crate) fn part() -> Self {
        Self::new(crate::origin::LONGEST)
    }

    /// Adds a character, escaped if it could break the line or change its direction. `false`: no more fits.
    pub(crate) fn push(&mut self, character: char) -> bool {
        if breaks_lines(character) {
            self.shown.extend(character.escape_debug());
        } else {
            self.shown.push(character);
        }
        self.shown.len() <= self.longest
    }

    /// Adds a word. `false`: no more fits.
    pub(crate) fn push_str(&mut self, word: &str) -> bool {
        self.shown.push_str(word);
        self.shown.len() <= self.longest
    }

    /// The text, if all of it fits.
    pub(crate) fn whole(self) -> String {
        self.shown
    }

    /// The part that fits of a text with this many bytes, with a mark that shows the full length.
    pub(crate) fn of(mut self, bytes: usize) -> String {
        let mark = format!("… ({bytes} bytes)");
        self.shown.truncate(self.shown.floor_char_boundary(self.longest - mark.len()));
        self.shown + &mark
    }
}

/// Control characters, and characters that separate lines or change the direction of the text.
fn breaks_lines(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        let longest = "é".repeat(LONGEST_FIELD / 2);
        for text in ["", "log in first", r#"`a\b` "c""#, "e\u{301}", &longest] {
            assert_eq!(field(text), text);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_how_long_it_was() {
        let shown = part(&"é".repeat(195_000));
        assert_eq!(shown, format!("{}… (390000 bytes)", "é".repeat(141)));
        // The output counts, not the input: an escape is longer.
        assert_eq!(part(&"\0".repeat(200)).len(), 300);
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(field("bye\r\n\tERROR\u{85}\u{202e}"), r"bye\r\n\tERROR\u{85}\u{202e}");
    }
}
