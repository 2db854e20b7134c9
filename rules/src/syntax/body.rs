//! A function's body, parsed once for all rules.

use std::{cell::OnceCell, collections::HashSet, rc::Rc};

use foldhash::fast::FixedState;

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Block;

use crate::flow::{Macros, into_stream, is_of_time, spell};

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

/// Names. They are looked up more often than anything else, so their hash is a fast one.
pub(crate) type Set = HashSet<String, FixedState>;

/// The words of a piece of code, without duplicates.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) all: Set,
    /// Those that follow a dot.
    pub(crate) methods: Set,
    /// Whether a word or a literal is about origins.
    pub(crate) name_origins: bool,
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
            let tokens = self.tokens.get().map_or_else(|| tokens_of(self.block()), ToTokens::to_token_stream);
            Rc::new(Words::of(tokens))
        })
    }

    pub(super) fn has_word(&self, words: &[&str]) -> bool {
        let found = &self.words().all;
        words.iter().any(|word| found.contains(*word))
    }
}

impl Words {
    pub(super) fn of(code: TokenStream) -> Self {
        let mut words = Self::default();
        words.add(code, &mut String::new());
        words
    }

    /// Whether any word is about time.
    pub(crate) fn speak_of_time(&self) -> bool {
        self.all.iter().any(|word| is_of_time(word))
    }

    /// Most words occur several times, so each is written to a buffer before it is looked up.
    fn add(&mut self, code: TokenStream, word: &mut String) {
        let mut after_dot = false;
        for token in code {
            let is_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
            match token {
                TokenTree::Ident(name) => {
                    spell(&name, word);
                    if !self.all.contains(word.as_str()) {
                        self.name_origins |= is_about_origins(word);
                        self.all.insert(word.clone());
                    }
                    if after_dot && !self.methods.contains(word.as_str()) {
                        self.methods.insert(word.clone());
                    }
                }
                TokenTree::Literal(text) => self.name_origins |= is_about_origins(&text.to_string()),
                TokenTree::Group(group) => self.add(into_stream(group), word),
                TokenTree::Punct(_) => {}
            }
            after_dot = is_dot;
        }
    }
}

/// Whether the text may mean the `Origin` header of a request, or `Sec-Fetch-Site`.
fn is_about_origins(text: &str) -> bool {
    let has = |name: &[u8]| text.as_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name));
    has(b"origin") || has(b"fetch-site") || has(b"fetch_site")
}

fn tokens_of(block: Option<&Block>) -> TokenStream {
    #[cfg(test)]
    CONVERTED.set(CONVERTED.get() + 1);
    block.map(ToTokens::to_token_stream).unwrap_or_default()
}
