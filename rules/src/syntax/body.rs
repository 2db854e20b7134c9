//! A function's body, parsed once for all rules.

use std::{cell::OnceCell, rc::Rc};

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Block;

use super::words::Words;
use crate::flow::Macros;

#[cfg(test)]
thread_local! {
    /// How many bodies this thread has parsed.
    pub(crate) static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    /// How many bodies this thread has converted to tokens.
    pub(crate) static CONVERTED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A body, as tokens or as a tree, and what was computed from it.
#[derive(Default)]
pub(super) struct Body {
    tokens: OnceCell<Group>,
    block: OnceCell<Option<Block>>,
    macros: OnceCell<Macros>,
    words: OnceCell<Rc<Words>>,
}

impl Body {
    /// A body that has not been parsed.
    pub(super) fn of_tokens(tokens: Group) -> Self {
        Self { tokens: tokens.into(), ..Self::default() }
    }

    /// A body that was parsed with its file: it is converted to tokens when they are needed, which is rare.
    pub(super) fn of(block: Block) -> Self {
        Self { block: Some(block).into(), ..Self::default() }
    }

    pub(super) fn tokens(&self) -> &Group {
        self.tokens.get_or_init(|| match tokens_of(self.block()).into_iter().next() {
            Some(TokenTree::Group(body)) => body,
            _ => Group::new(proc_macro2::Delimiter::Brace, TokenStream::new()),
        })
    }

    pub(super) fn block(&self) -> Option<&Block> {
        let read = || {
            #[cfg(test)]
            READ.set(READ.get() + 1);
            syn::parse2(self.tokens.get()?.to_token_stream()).ok()
        };
        self.block.get_or_init(read).as_ref()
    }

    pub(super) fn macros(&self) -> &Macros {
        self.macros.get_or_init(|| self.block().map(Macros::of).unwrap_or_default())
    }

    pub(super) fn words(&self) -> &Rc<Words> {
        self.words.get_or_init(|| {
            let words = self.block().map(Words::of_block);
            Rc::new(words.unwrap_or_else(|| Words::of(self.tokens().to_token_stream())))
        })
    }

    pub(super) fn has_word(&self, words: &[&str]) -> bool {
        self.words().have(words)
    }
}

fn tokens_of(block: Option<&Block>) -> TokenStream {
    #[cfg(test)]
    CONVERTED.set(CONVERTED.get() + 1);
    block.map(ToTokens::to_token_stream).unwrap_or_default()
}
