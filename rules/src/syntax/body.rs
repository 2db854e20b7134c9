//! A function's body, parsed once for all rules.

use std::{cell::OnceCell, collections::HashSet};

use proc_macro2::Group;
use quote::ToTokens;
use syn::Block;

use crate::flow::{Macros, each_word};

#[cfg(test)]
thread_local! {
    /// How many bodies this thread has parsed.
    pub(crate) static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A parsed body.
#[derive(Default)]
pub(super) struct Body {
    block: OnceCell<Option<Block>>,
    macros: OnceCell<Macros>,
    words: OnceCell<HashSet<String>>,
}

impl Body {
    pub(super) fn of(block: Block) -> Self {
        Self { block: Some(block).into(), ..Self::default() }
    }

    pub(super) fn block(&self, body: &Group) -> Option<&Block> {
        let read = || {
            #[cfg(test)]
            READ.set(READ.get() + 1);
            syn::parse2(body.to_token_stream()).ok()
        };
        self.block.get_or_init(read).as_ref()
    }

    pub(super) fn macros(&self, body: &Group) -> &Macros {
        self.macros.get_or_init(|| self.block(body).map(Macros::of).unwrap_or_default())
    }

    pub(super) fn words(&self, body: &Group) -> &HashSet<String> {
        self.words.get_or_init(|| {
            let mut words = HashSet::new();
            each_word(body.stream(), &mut |word| {
                words.insert(word.to_string());
            });
            words
        })
    }

    pub(super) fn has_word(&self, body: &Group, words: &[&str]) -> bool {
        let found = self.words(body);
        words.iter().any(|word| found.contains(*word))
    }
}
