//! What the tokens of a file reveal about origins.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use sockeye_rules::syntax::reads_origin_header;

use super::super::nesting;

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct Code {
    pub(super) looks_at_origins: bool,
    /// Names of the modules that are compiled only for tests.
    pub(super) test_modules: Vec<String>,
    /// The lines that are compiled only for tests.
    tests: Vec<RangeInclusive<usize>>,
}

/// Whether a file has to be read to know about its package.
pub(super) fn mentions_origin(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("origin") || text.contains("sec-fetch-site") || text.contains("sec_fetch_site")
}

/// Whether the text contains the word, including in a comment.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |one: char| one.is_alphanumeric() || one == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

impl Code {
    /// Reads a file. A file that is not Rust is assumed to check origins.
    pub(super) fn read(text: &str) -> Self {
        let code = text.parse().ok().filter(|tokens| nesting::too_deep(tokens, text).is_none());
        let code = code.map(|tokens| {
            let mut reader = Reader::default();
            let kept = reader.kept(tokens);
            Self { looks_at_origins: mentions_origin(text) && reads_origin_header(kept), ..reader.code }
        });
        // The spans are not needed any more; otherwise those of all files would fill the memory.
        proc_macro2::extra::invalidate_current_thread_spans();
        code.unwrap_or_else(|| Self { looks_at_origins: mentions_origin(text), ..Self::default() })
    }

    /// Finds the code for tests; a file without the word has none.
    pub(super) fn tests(text: &str) -> Self {
        if has_word(text, "test") { Self::read(text) } else { Self::default() }
    }

    /// Whether the line is part of a test.
    pub(super) fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|lines| lines.contains(&line))
    }
}

#[derive(Default)]
struct Reader {
    code: Code,
}

/// The effect of an attribute on its item.
enum Attribute {
    /// The item is compiled only for tests.
    Test,
    /// A Sockeye endpoint: its origin options apply to no other handler.
    Endpoint,
    /// It is not code of the program.
    Words,
}

impl Reader {
    /// The code that may inspect a request, without parts that do not apply to axum handlers.
    fn kept(&mut self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut kept = TokenStream::new();
        let mut at = 0;
        while at < tokens.len() {
            at = self.step(&tokens, at, &mut kept);
        }
        kept
    }

    /// Parses the tokens there, and returns where to continue.
    fn step(&mut self, tokens: &[TokenTree], at: usize, kept: &mut TokenStream) -> usize {
        if let Some((group, is_inner, after)) = attribute(tokens, at) {
            return match kind(group) {
                Attribute::Test => {
                    self.skip_test(tokens, at, if is_inner { tokens.len() } else { item_end(tokens, after) })
                }
                Attribute::Endpoint => item_end(tokens, after),
                Attribute::Words => after,
            };
        }
        match &tokens[at] {
            TokenTree::Group(group) => {
                let inner = self.kept(group.stream());
                kept.extend([TokenTree::from(Group::new(group.delimiter(), inner))]);
            }
            other => kept.extend([other.clone()]),
        }
        at + 1
    }

    fn skip_test(&mut self, tokens: &[TokenTree], from: usize, end: usize) -> usize {
        let lines = tokens[from].span().start().line..=tokens[end - 1].span().end().line;
        self.code.tests.push(lines);
        let modules = tokens[from..end].windows(2).filter_map(|pair| match pair {
            [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "mod" => Some(name.to_string()),
            _ => None,
        });
        self.code.test_modules.extend(modules);
        end
    }
}

/// The brackets of an attribute that begins there, whether it is an inner attribute, and the tokens after it.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<(&Group, bool, usize)> {
    if !is_punct(tokens.get(at)?, '#') {
        return None;
    }
    let is_inner = is_punct(tokens.get(at + 1)?, '!');
    let at = at + 1 + usize::from(is_inner);
    match tokens.get(at)? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => Some((group, is_inner, at + 1)),
        _ => None,
    }
}

fn kind(attribute: &Group) -> Attribute {
    let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let path = tokens.iter().map_while(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        TokenTree::Punct(punct) if punct.as_char() == ':' => Some(String::new()),
        _ => None,
    });
    let name = path.last().unwrap_or_default();
    let arguments = tokens.iter().find_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    let arguments = arguments.unwrap_or_default();
    match name.as_str() {
        "test" => Attribute::Test,
        "cfg" if asks_for_test(arguments.clone()) => Attribute::Test,
        "ws_endpoint" => Attribute::Endpoint,
        "cfg_attr" => within_cfg_attr(&arguments),
        _ => Attribute::Words,
    }
}

fn within_cfg_attr(arguments: &TokenStream) -> Attribute {
    let names = |wanted: &str| {
        arguments.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == wanted))
    };
    if names("ws_endpoint") { Attribute::Endpoint } else { Attribute::Words }
}

/// `test` and `all(test, ..)`. An item under `any(test, ..)` may be in the program.
fn asks_for_test(condition: TokenStream) -> bool {
    let mut after_all = false;
    condition.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => {
            after_all = ident == "all";
            ident == "test"
        }
        TokenTree::Group(group) => std::mem::take(&mut after_all) && asks_for_test(group.stream()),
        _ => false,
    })
}

/// The end of the item, statement or field with these attributes.
fn item_end(tokens: &[TokenTree], mut at: usize) -> usize {
    while let Some((_, _, after)) = attribute(tokens, at) {
        at = after;
    }
    let is_item = begins_item(&tokens[at..]);
    let ends = |token: &TokenTree| {
        let is_block = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        is_block || is_punct(token, ';') || (!is_item && is_punct(token, ','))
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |end| at + end + 1)
}

/// A field ends at a comma instead.
fn begins_item(tokens: &[TokenTree]) -> bool {
    const WORDS: [&str; 14] = [
        "async",
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "macro_rules",
        "mod",
        "static",
        "struct",
        "trait",
        "type",
        "unsafe",
        "use",
    ];
    let is_visibility = |token: &&TokenTree| {
        matches!(token, TokenTree::Ident(ident) if ident == "pub")
            || is_group(Some(token), Delimiter::Parenthesis)
    };
    let first = tokens.iter().find(|token| !is_visibility(token));
    matches!(first, Some(TokenTree::Ident(ident)) if WORDS.iter().any(|word| ident == word))
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_group(token: Option<&TokenTree>, wanted: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(text: &str) -> bool {
        Code::read(text).looks_at_origins
    }

    #[test]
    fn only_code_of_the_program_counts() {
        for text in [
            "headers.get(header::ORIGIN)",
            "#[cfg(not(test))] fn f(headers: &HeaderMap) { headers.get(ORIGIN) }",
            "#[cfg(any(test, feature = \"x\"))] fn f(headers: &HeaderMap) { headers.get(ORIGIN) }",
            "#[cfg(test)] mod tests; fn f(headers: &HeaderMap) { headers.get(ORIGIN) }",
            "struct Page { #[cfg(test)] x: u8, origin: TypedHeader<Origin> }",
            "not rust ' origin (",
        ] {
            assert!(looks(text), "{text}");
        }
        for text in [
            "#[cfg(test)] fn f(headers: &HeaderMap) { headers.get(ORIGIN) }",
            "fn f() { git(\"pull origin\") }",
        ] {
            assert!(!looks(text), "{text}");
        }
    }

    #[test]
    fn what_covers_no_other_handler_does_not_count() {
        for text in [
            "#[ws_lifecycle(allow(unchecked_origin, reason = \"any origin\"))] async fn f(u: WebSocketUpgrade) {}",
            "#[cfg_attr(any(), ws_lifecycle(allow(unchecked_origin, reason = \"x\")))] async fn f() {}",
            "use sockeye::Origins; Server::new().origins(Origins::list([\"https://origin.example\"]))",
            "use sockeye as _; let origins = load(); server.origins(origins)",
            "#[sockeye::ws_endpoint(\"/ws\", origins = [\"https://a.example\"])] async fn f(h: Handshake) { h.origin(); }",
            "#[cfg(test)] mod tests { fn f() { client.origin(\"https://evil.example\") } }",
            "#[cfg(all(test, unix))] #[allow(x)] pub(crate) fn f<A, B>() { client.origin(\"https://evil.example\") }",
            "#[tokio::test] async fn f() { client.origin(\"https://evil.example\") }",
            "#[test] fn f() { origin() }",
            "#![cfg(test)] fn origin() {}",
            "struct Page { #[cfg(test)] origin: String, x: u8 }",
        ] {
            assert!(!looks(text), "{text}");
        }
    }

    #[test]
    fn a_file_without_the_word_has_no_tests() {
        assert!(Code::tests("fn latest() {}\n#[cfg(test)]\nmod tests {}").is_test(2));
        assert!(!Code::tests("fn latest() {}\n#[cfg(unix)]\nmod tests {}").is_test(2));
    }

    #[test]
    fn tests_are_known_by_their_lines_and_modules() {
        let code =
            Code::read("fn f() {}\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod more {\n}\nfn g() {}\n");
        assert_eq!(code.test_modules, ["tests", "more"]);
        let tests: Vec<_> = (1..=7).filter(|&line| code.is_test(line)).collect();
        assert_eq!(tests, [2, 3, 4, 5, 6]);
    }
}
