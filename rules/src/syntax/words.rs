//! The words of a piece of code.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Block, ExprAwait, ExprField, ExprForLoop, ExprLoop, ExprMethodCall, ExprWhile, Lit, Member,
    visit::{self, Visit},
};

use crate::flow::{into_stream, is_of_time, spell};

/// Names. They are looked up more often than anything else, so their hash is a fast one.
pub(crate) type Set = HashSet<String, FixedState>;

/// Values by a name.
pub(crate) type Map<V> = HashMap<String, V, FixedState>;

/// The words of a piece of code, without duplicates: every name, and the keywords `await`, `for`, `loop` and `while`.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) all: Set,
    /// Those that follow a dot.
    pub(crate) methods: Set,
    /// Whether a word or a literal is about origins.
    pub(crate) name_origins: bool,
}

impl Words {
    /// The words of tokens, with all keywords.
    pub(super) fn of(code: TokenStream) -> Self {
        let mut reader = Reader::default();
        reader.tokens(code);
        reader.words
    }

    /// The words of a tree. To convert it to tokens would take longer.
    pub(super) fn of_block(block: &Block) -> Self {
        let mut reader = Reader::default();
        reader.visit_block(block);
        reader.words
    }

    /// Whether one of these is among them.
    pub(crate) fn have(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.all.contains(*word))
    }

    /// Whether any word is about time.
    pub(crate) fn speak_of_time(&self) -> bool {
        self.all.iter().any(|word| is_of_time(word))
    }

    fn add(&mut self, word: &str) {
        if !self.all.contains(word) {
            self.name_origins |= is_about_origins(word);
            self.all.insert(word.to_owned());
        }
    }

    fn add_after_dot(&mut self, word: &str) {
        if !self.methods.contains(word) {
            self.methods.insert(word.to_owned());
        }
    }
}

#[derive(Default)]
struct Reader {
    words: Words,
    /// The current word: most occur several times, so each is looked up before it is copied.
    word: String,
}

impl Reader {
    fn name(&mut self, name: &Ident, after_dot: bool) {
        spell(name, &mut self.word);
        self.words.add(&self.word);
        if after_dot {
            self.words.add_after_dot(&self.word);
        }
    }

    fn tokens(&mut self, code: TokenStream) {
        let mut after_dot = false;
        for token in code {
            let is_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
            match token {
                TokenTree::Ident(name) => self.name(&name, after_dot),
                TokenTree::Literal(text) => self.words.name_origins |= is_about_origins(&text.to_string()),
                TokenTree::Group(group) => self.tokens(into_stream(group)),
                TokenTree::Punct(_) => {}
            }
            after_dot = is_dot;
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_ident(&mut self, name: &'ast Ident) {
        self.name(name, false);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.name(&call.method, true);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_field(&mut self, field: &'ast ExprField) {
        if let Member::Named(name) = &field.member {
            self.name(name, true);
        }
        visit::visit_expr_field(self, field);
    }

    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        self.words.add("await");
        self.words.add_after_dot("await");
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_for_loop(&mut self, repeat: &'ast ExprForLoop) {
        self.words.add("for");
        visit::visit_expr_for_loop(self, repeat);
    }

    fn visit_expr_loop(&mut self, repeat: &'ast ExprLoop) {
        self.words.add("loop");
        visit::visit_expr_loop(self, repeat);
    }

    fn visit_expr_while(&mut self, repeat: &'ast ExprWhile) {
        self.words.add("while");
        visit::visit_expr_while(self, repeat);
    }

    fn visit_lit(&mut self, literal: &'ast Lit) {
        let text = match literal {
            Lit::Str(text) => text.token(),
            Lit::ByteStr(text) => text.token(),
            Lit::CStr(text) => text.token(),
            _ => return,
        };
        self.words.name_origins |= is_about_origins(&text.to_string());
    }

    /// The contents of a macro, and code that `syn` does not know.
    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.tokens(tokens.clone());
    }
}

/// Whether the text may mean the `Origin` header of a request, or `Sec-Fetch-Site`.
fn is_about_origins(text: &str) -> bool {
    let has = |name: &[u8]| text.as_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name));
    has(b"origin") || has(b"fetch-site") || has(b"fetch_site")
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    const CODE: &str = "{
        #[allow(unused)] let Request { origin, .. } = request;
        'outer: loop {
            while let Some(Ok(Message::Text(text))) = socket.recv().await {
                for one in state.lock().list[0].items::<u8>() { tracing::info!(name = one.name, \"{text}\"); }
                select! { _ = feed.next() => break 'outer, else => {} }
            }
        }
        impl Serve for Page { fn serve(&self, x: &dyn Draw) -> impl Sized { x.draw(|y: u8| y as u16) } }
    }";

    fn block() -> Block {
        syn::parse_str(CODE).unwrap()
    }

    #[test]
    fn a_tree_has_the_names_of_its_tokens() {
        let (of_tree, of_tokens) = (Words::of_block(&block()), Words::of(block().to_token_stream()));
        let kept = |word: &String| {
            syn::parse_str::<Ident>(word).is_ok()
                || ["await", "for", "loop", "while"].contains(&word.as_str())
        };
        let kept = |words: Set| words.into_iter().filter(kept).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(kept(of_tree.all), kept(of_tokens.all));
        assert_eq!(kept(of_tree.methods), kept(of_tokens.methods));
        assert!(of_tree.name_origins && of_tokens.name_origins);
    }

    #[test]
    fn strings_may_be_about_origins() {
        let about = |code: &str| Words::of_block(&syn::parse_str(code).unwrap()).name_origins;
        assert!(about("{ headers.get(\"Sec-Fetch-Site\") }") && about("{ get(b\"ORIGIN\") }"));
        assert!(!about("{ headers.get(\"host\") }"));
    }
}
