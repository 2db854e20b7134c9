//! Removes values from a text.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use memchr::memmem;

use super::{HIDDEN, likely::SHORTEST};
use crate::log::Cut;

/// How many bytes of a text are searched: more than are shown, so that a value that begins in the shown part is found.
const LOOKED_AT: usize = 2048;

/// How many bytes of a value are searched for; the rest is compared. A value at the end of the searched part is found by
/// fewer bytes, and the shown part ends before that.
const KEY: usize = 128;

/// The beginning of a text, and the parts of it that are hidden. Values are searched for in the original text, so that a
/// replacement is never mistaken for a value.
pub(super) struct Masked<'a> {
    text: &'a str,
    seen: &'a str,
    covered: Vec<bool>,
    starts: Starts,
    /// The values that were searched for, by a hash of their keys, with their length: suffixes of a value may share a key.
    done: HashSet<u64>,
    state: RandomState,
}

impl<'a> Masked<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let seen = &text[..text.floor_char_boundary(LOOKED_AT)];
        Self {
            text,
            seen,
            covered: vec![false; seen.len()],
            starts: Starts::of(seen.as_bytes()),
            done: HashSet::new(),
            state: RandomState::new(),
        }
    }

    /// Hides a value of at least [`SHORTEST`] bytes wherever it is.
    pub(super) fn hide(&mut self, value: &str) {
        let value = value.as_bytes();
        let key = &value[..value.len().min(KEY)];
        if !self.starts.may_have(value) || !self.done.insert(self.state.hash_one(key)) {
            return;
        }
        let text = self.seen.as_bytes();
        for at in memmem::find_iter(text, key).collect::<Vec<_>>() {
            let rest = value[key.len()..].iter().zip(&text[at + key.len()..]);
            let end = at + key.len() + rest.take_while(|(left, right)| left == right).count();
            self.covered[at..end].fill(true);
        }
    }

    /// The text to show, cut to the length that fits into a log line.
    pub(super) fn shown(&self) -> String {
        let is_whole = self.seen.len() == self.text.len();
        let end = if is_whole { self.seen.len() } else { self.seen.floor_char_boundary(LOOKED_AT - KEY) };
        let mut cut = Cut::part();
        let mut was_covered = false;
        for (at, character) in self.seen[..end].char_indices() {
            let fits = match (self.covered[at], was_covered) {
                (false, _) => cut.push(character),
                (true, false) => cut.push_str(HIDDEN),
                (true, true) => true,
            };
            if !fits {
                return cut.of(self.text.len());
            }
            was_covered = self.covered[at];
        }
        if is_whole { cut.whole() } else { cut.of(self.text.len()) }
    }
}

/// A filter of the four-byte sequences in a text, with some false positives: nearly every value is rejected by one lookup.
struct Starts([u64; Self::WORDS]);

impl Starts {
    const WORDS: usize = 256;

    fn of(text: &[u8]) -> Self {
        let mut starts = Self([0; Self::WORDS]);
        for four in text.windows(SHORTEST) {
            let (word, bit) = Self::place(four);
            starts.0[word] |= bit;
        }
        starts
    }

    fn may_have(&self, value: &[u8]) -> bool {
        value.get(..SHORTEST).is_some_and(|four| {
            let (word, bit) = Self::place(four);
            self.0[word] & bit != 0
        })
    }

    /// The index of four bytes in the table.
    fn place(four: &[u8]) -> (usize, u64) {
        let sum = four.iter().fold(0_u32, |sum, byte| sum.rotate_left(8) ^ u32::from(*byte));
        // The upper bits of a product with an odd number depend on every bit of the sum (multiplicative hashing).
        let hash = sum.wrapping_mul(0x9E37_79B1) >> 18;
        ((hash / 64) as usize, 1 << (hash % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, values: &[&str]) -> String {
        let mut masked = Masked::new(text);
        for value in values {
            masked.hide(value);
        }
        masked.shown()
    }

    #[test]
    fn what_stands_in_place_of_a_value_is_left_alone() {
        assert_eq!(masked("log in first", &["first", "hidd", "[hid", "dden]"]), "log in [hidden]");
        assert_eq!(masked("ab-abcd-cdef-abcdef", &["abcd", "cdef"]), "ab-[hidden]-[hidden]-[hidden]");
    }

    #[test]
    fn a_value_at_the_cut_is_not_shown_in_part() {
        // Replacements are short, so the end of the searched part can be reached.
        let long = "s3cret-".repeat(400);
        for before in [0, 10, LOOKED_AT - KEY - 3, LOOKED_AT - KEY + 3, LOOKED_AT - 3] {
            let text = "x".repeat(before) + &long;
            let shown = masked(&text, &[&"x".repeat(before), &long]);
            assert!(
                !shown.contains("s3c") && shown.ends_with(&format!("… ({} bytes)", text.len())),
                "{shown}"
            );
        }
        assert_eq!(masked(&"é".repeat(4000), &["y"]), format!("{}… (8000 bytes)", "é".repeat(142)));
    }

    #[test]
    fn values_with_one_beginning_are_both_hidden() {
        let (long, longer) = ("x".repeat(KEY), "x".repeat(KEY) + "-and-more");
        assert_eq!(masked(&format!("{longer}."), &[&longer, &long]), "[hidden].");
    }
}
