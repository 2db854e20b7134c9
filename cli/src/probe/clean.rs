//! Makes text from a server safe for a terminal.

/// The longest text that is shown in one line.
const LONGEST: usize = 400;

/// The text on one line, without anything that a terminal would interpret or that would reorder the text.
pub(crate) fn clean(text: &str) -> String {
    let mut shown = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == LONGEST {
            shown.push_str(" ..");
            break;
        }
        if is_harmless(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
    }
    shown
}

fn is_harmless(character: char) -> bool {
    // Characters that change the direction of the text, or have no width, can make one name look like another.
    let invisible = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    );
    !character.is_control() && !invisible
}

/// Bytes from a server as text: invalid UTF-8 is replaced, and control characters are left to [`clean`].
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        assert_eq!(clean("\x1b[2Jhello\r\n\u{202e}\u{9b}1m"), r"\u{1b}[2Jhello\r\n\u{202e}\u{9b}1m");
        assert_eq!(clean("grüße, `x` \"y\""), "grüße, `x` \"y\"");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(clean(&"x".repeat(10_000)).len(), LONGEST + 3);
    }
}
