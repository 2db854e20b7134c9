//! A function's body, parsed once for all rules.

use std::{cell::OnceCell, collections::HashSet, rc::Rc};

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Block;

use crate::flow::{Macros, into_stream, is_of_time, spell};

#[cfg(test)]
thread_local! {
    /// How many bodies this thread has parsed.
    pub(crate) static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    /// How many trees this thread has written out as tokens.
    pub(crate) static WRITTEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A body, as tokens or as a tree, and what was read from it.
#[derive(Default)]
pub(super) struct Body {
    tokens: OnceCell<Group>,
    block: OnceCell<Option<Block>>,
    macros: OnceCell<Macros>,
    words: OnceCell<Rc<Words>>,
}

/// The words of a body, each once.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) all: HashSet<String>,
    /// Those behind a dot.
    pub(crate) methods: HashSet<String>,
    /// Whether a word or a text is about origins.
    pub(crate) name_origins: bool,
}

impl Body {
    /// One that has not been read.
    pub(super) fn of_tokens(tokens: Group) -> Self {
        Self { tokens: tokens.into(), ..Self::default() }
    }

    /// One that was read with its file: its tokens are written out when somebody asks for them, which few do.
    pub(super) fn of(block: Block) -> Self {
        Self { block: Some(block).into(), ..Self::default() }
    }

    pub(super) fn tokens(&self) -> &Group {
        self.tokens.get_or_init(|| match written(self.block()).into_iter().next() {
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
            let tokens = self.tokens.get().map_or_else(|| written(self.block()), ToTokens::to_token_stream);
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

    /// Whether any word has to do with time.
    pub(crate) fn speak_of_time(&self) -> bool {
        self.all.iter().any(|word| is_of_time(word))
    }

    /// Most words of a body stand in it several times, so each is spelled into one text first.
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

/// Whether the `Origin` header of a request, or what else says where it comes from, may be meant.
fn is_about_origins(text: &str) -> bool {
    let has = |name: &[u8]| text.as_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name));
    has(b"origin") || has(b"fetch-site") || has(b"fetch_site")
}

fn written(block: Option<&Block>) -> TokenStream {
    #[cfg(test)]
    WRITTEN.set(WRITTEN.get() + 1);
    block.map(ToTokens::to_token_stream).unwrap_or_default()
}
