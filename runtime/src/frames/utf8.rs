//! Text that arrives in parts, which can end inside of a character.

/// The bytes, if they are valid UTF-8.
#[inline]
pub(super) fn whole(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

/// A text, and the beginning of the next character.
#[derive(Debug, Default)]
pub(super) struct Text {
    whole: String,
    begun: [u8; 4],
    begun_length: usize,
}

/// The text cannot become valid, whatever follows.
#[derive(Debug)]
pub(super) struct Invalid;

impl Text {
    pub(super) fn len(&self) -> usize {
        self.whole.len() + self.begun_length
    }

    #[cfg(test)]
    pub(super) fn reserved(&self) -> usize {
        self.whole.capacity()
    }

    /// Adds a part. Each byte is looked at once, except for those of a character that is in two parts.
    pub(super) fn push(&mut self, mut part: &[u8]) -> Result<(), Invalid> {
        while let ([byte, rest @ ..], 1..) = (part, self.begun_length) {
            self.begin(&[*byte])?;
            part = rest;
        }
        let (whole_part, begun) = part.split_at(part.len() - begun_at_the_end(part));
        self.whole.push_str(whole(whole_part).ok_or(Invalid)?);
        if begun.is_empty() { Ok(()) } else { self.begin(begun) }
    }

    /// Adds bytes of a character that is not complete, or is now.
    fn begin(&mut self, bytes: &[u8]) -> Result<(), Invalid> {
        let length = self.begun_length + bytes.len();
        self.begun[self.begun_length..length].copy_from_slice(bytes);
        match str::from_utf8(&self.begun[..length]) {
            Ok(character) => {
                self.whole.push_str(character);
                self.begun_length = 0;
            }
            // It can still become a character.
            Err(error) if error.error_len().is_none() => self.begun_length = length,
            Err(_) => return Err(Invalid),
        }
        Ok(())
    }

    /// The text, unless it ends inside of a character.
    pub(super) fn finish(self) -> Result<String, Invalid> {
        if self.begun_length == 0 { Ok(self.whole) } else { Err(Invalid) }
    }
}

/// How many bytes at the end look like the beginning of a character whose rest follows.
fn begun_at_the_end(bytes: &[u8]) -> usize {
    for (behind, byte) in bytes.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            _ => 1,
        };
        return if length > behind + 1 { behind + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far the bytes are read one by one, and the text.
    fn one_by_one(bytes: &[u8]) -> Result<String, usize> {
        let mut text = Text::default();
        for (at, byte) in bytes.iter().enumerate() {
            text.push(&[*byte]).map_err(|Invalid| at)?;
        }
        text.finish().map_err(|Invalid| bytes.len())
    }

    #[test]
    fn text_in_two_parts_is_the_same_text() {
        let text = "aä€🦀\u{10ffff}\0z";
        for at in 0..=text.len() {
            let (first, second) = text.as_bytes().split_at(at);
            let mut joined = Text::default();
            for part in [first, b"", second] {
                joined.push(part).unwrap();
            }
            assert_eq!(joined.len(), text.len());
            assert_eq!(joined.finish().unwrap(), text, "cut at {at}");
        }
        assert_eq!(one_by_one(text.as_bytes()).as_deref(), Ok(text));
    }

    #[test]
    fn the_first_byte_that_cannot_follow_is_refused() {
        let invalid: [(&[u8], usize); 8] = [
            (b"a\xf4\x90\x80\x80", 2),
            (b"\xed\xa0\x80", 1),
            (b"\xc0\x80", 0),
            (b"\xe0\x80", 1),
            (b"\xf8", 0),
            (b"\xff", 0),
            (b"\x80", 0),
            (b"\xe2\x82", 2),
        ];
        for (bytes, at) in invalid {
            assert_eq!(one_by_one(bytes), Err(at), "{bytes:x?}");
            let mut text = Text::default();
            assert!(text.push(bytes).is_err() || text.finish().is_err(), "{bytes:x?}");
        }
    }
}
