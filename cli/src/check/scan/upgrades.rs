//! Finds uses of axum upgrades in a file, to report those that could not be checked.

use std::ops::Range;

use proc_macro2::Span;

use super::Unseen;

/// The places of upgrades, and the functions in which an upgrade was found.
#[derive(Debug, Default)]
pub(super) struct Upgrades {
    mentions: Vec<usize>,
    seen: Vec<Range<usize>>,
    functions: Vec<(Range<usize>, String, usize)>,
}

impl Upgrades {
    /// A type or a call that uses an upgrade.
    pub(super) fn mention(&mut self, at: Span) {
        self.mentions.push(at.byte_range().start);
    }

    /// A function with a body.
    pub(super) fn function(&mut self, bytes: Range<usize>, name: String, line: usize, has_upgrade: bool) {
        if has_upgrade {
            self.seen.push(bytes.clone());
        }
        self.functions.push((bytes, name, line));
    }

    /// The innermost functions around the places that no rule has analyzed, each once.
    pub(super) fn unseen(&self) -> Vec<Unseen> {
        let left = self.mentions.iter().filter(|at| !self.seen.iter().any(|bytes| bytes.contains(at)));
        let around = left.filter_map(|at| {
            let around = self.functions.iter().filter(|(bytes, ..)| bytes.contains(at));
            around.min_by_key(|(bytes, ..)| bytes.len())
        });
        let mut unseen: Vec<_> =
            around.map(|(_, name, line)| Unseen { name: name.clone(), line: *line }).collect();
        unseen.sort_by_key(|one| one.line);
        unseen.dedup_by_key(|one| one.line);
        unseen
    }
}
