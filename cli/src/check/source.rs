//! The text of a file, and positions in it.

use std::{fs, io, ops::Range, path::Path};

use super::finding::{Place, Position};

/// The words without which a file does not use WebSockets. Such a file need not be parsed, which is most of the work, and
/// parse errors in it are irrelevant.
const WORDS: [&str; 7] =
    ["WebSocket", "Handshake", "sockeye", "ws_endpoint", "ws_lifecycle", "on_upgrade", "extract::ws"];

/// The text of a file.
#[derive(Debug)]
pub(super) struct Source {
    text: String,
    /// The first byte of each line.
    lines: Vec<usize>,
    /// The first byte that is not UTF-8; the text has a replacement character there.
    pub(super) not_utf8: Option<usize>,
}

impl Source {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        fs::read(path).map(|bytes| Self::of(&bytes))
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let (text, not_utf8) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), None),
            Err(error) => (String::from_utf8_lossy(bytes).into_owned(), Some(error.valid_up_to())),
        };
        let text = without_shebang(text);
        let lines = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, lines, not_utf8 }
    }

    pub(super) fn mentions_websockets(&self) -> bool {
        WORDS.iter().any(|word| self.text.contains(word))
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place of these bytes.
    pub(super) fn place(&self, bytes: Range<usize>) -> Place {
        let start = self.text.floor_char_boundary(bytes.start);
        let end = self.text.ceil_char_boundary(bytes.end.max(start));
        let first = self.lines[self.line(start)];
        let last = self.lines.get(self.line(end) + 1).map_or(self.text.len(), |next| next - 1);
        Place {
            start: self.position(start),
            end: self.position(end),
            lines: self.text[first..last].trim_end_matches('\r').to_owned(),
            span: start - first..end - first,
            label: None,
        }
    }

    fn position(&self, at: usize) -> Position {
        let line = self.line(at);
        Position { line: line + 1, column: self.text[self.lines[line]..at].chars().count() + 1 }
    }

    /// The index of the line that a byte is in.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start <= at) - 1
    }
}

/// Blanks a first line such as `#!/usr/bin/env cargo`, so that everything else keeps its position. `#![..]` is an
/// attribute.
fn without_shebang(mut text: String) -> String {
    let is_shebang = text.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['));
    if is_shebang {
        let end = text.find('\n').unwrap_or(text.len());
        text.replace_range(..end, &" ".repeat(end));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters_from_one() {
        let source = Source::of("é = 1;\r\n\tlet ü = 2;\r\n".as_bytes());
        let at = source.text().find('ü').unwrap();
        let place = source.place(at..at + "ü".len());
        assert_eq!(
            (place.start, place.end),
            (Position { line: 2, column: 6 }, Position { line: 2, column: 7 })
        );
        assert_eq!((place.lines.as_str(), place.span), ("\tlet ü = 2;", 5..7));
    }

    #[test]
    fn a_place_beyond_the_text_is_its_end() {
        let source = Source::of(b"a");
        assert_eq!(source.place(7..9).start, Position { line: 1, column: 2 });
    }

    #[test]
    fn a_shebang_is_blank_and_an_attribute_is_not() {
        assert_eq!(Source::of(b"#!/usr/bin/env x\nfn f() {}").text(), "                \nfn f() {}");
        assert_eq!(Source::of(b"\xef\xbb\xbf#![allow(x)]").text(), "#![allow(x)]");
        assert_eq!(Source::of(b"#!\n[allow(x)]").text(), "#!\n[allow(x)]");
        assert_eq!(Source::of(b"#!").text(), "  ");
    }

    #[test]
    fn the_first_byte_that_is_no_utf8_is_known() {
        assert_eq!(Source::of(b"ab\xffc").not_utf8, Some(2));
        assert_eq!(Source::of("ü".as_bytes()).not_utf8, None);
    }
}
