//! Whether a handler reads the header `cookie` from its handshake or from a `HeaderMap`, itself or with `Handshake::cookie_token`.
//!
//! Only certain cases count: the receiver has to be the headers of this request. Values that the handler passes to other
//! functions are not followed. `authorization` does not count: a page cannot set it on a WebSocket, and a browser adds it
//! automatically only for remembered passwords (`Basic`), so a token in that header is something that a page of another site does
//! not have.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{Function, Parameter, last_segment};

/// Whether the body certainly does so.
pub fn reads_cookies(function: &Function) -> bool {
    let names = |wanted: &str| {
        let of_type = function.extractors().iter().filter(move |one| is_type(one, wanted));
        of_type.filter_map(Parameter::binding).map(ToString::to_string).collect()
    };
    let reader = Reader {
        handshake: function.parameters.first().and_then(Parameter::binding).map(ToString::to_string),
        parts: names("Parts"),
    };
    reader.reads(function.body().stream(), names("HeaderMap"))
}

fn is_type(parameter: &Parameter, name: &str) -> bool {
    last_segment(parameter.ty()).is_some_and(|segment| segment.ident == name)
}

/// The expressions for the headers of the request.
struct Reader {
    handshake: Option<String>,
    parts: HashSet<String>,
}

impl Reader {
    /// The names of header maps that are known before this block.
    fn reads(&self, tokens: TokenStream, mut maps: HashSet<String>) -> bool {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            if self.is_read(&tokens[..at], token, &maps) {
                return true;
            }
            match token {
                TokenTree::Group(group) if self.reads(group.stream(), maps.clone()) => return true,
                TokenTree::Punct(end) if end.as_char() == ';' => self.bind(&tokens[..at], &mut maps),
                _ => {}
            }
        }
        false
    }

    /// `headers["cookie"]`, `headers.get(COOKIE)`, `handshake.cookie_token("session")`.
    fn is_read(&self, before: &[TokenTree], token: &TokenTree, maps: &HashSet<String>) -> bool {
        let TokenTree::Group(group) = token else { return false };
        match group.delimiter() {
            Delimiter::Bracket => is_cookie(group) && self.ends_in_map(before, maps),
            Delimiter::Parenthesis => match before {
                [owner @ .., dot, method] if is_dot(dot) && is_word(method, "cookie_token") => {
                    self.ends_in_handshake(owner)
                }
                [map @ .., dot, method] if is_dot(dot) => {
                    (is_word(method, "get") || is_word(method, "get_all"))
                        && is_cookie(group)
                        && self.ends_in_map(map, maps)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the tokens end in the headers of the request.
    fn ends_in_map(&self, tokens: &[TokenTree], maps: &HashSet<String>) -> bool {
        match tokens {
            [owner @ .., dot, method, TokenTree::Group(none)]
                if is_dot(dot) && is_word(method, "headers") && none.stream().is_empty() =>
            {
                self.ends_in_handshake(owner)
            }
            [before @ .., owner, dot, field] if is_dot(dot) && is_word(field, "headers") => {
                self.parts.iter().any(|name| is_word(owner, name)) && !ends_in_dot(before)
            }
            [before @ .., TokenTree::Ident(name)] => maps.contains(&name.to_string()) && !ends_in_dot(before),
            _ => false,
        }
    }

    fn ends_in_handshake(&self, tokens: &[TokenTree]) -> bool {
        let [before @ .., last] = tokens else { return false };
        self.handshake.as_ref().is_some_and(|name| is_word(last, name)) && !ends_in_dot(before)
    }

    /// `let headers = handshake.headers();` names them; another `let` shadows the name.
    fn bind(&self, statement: &[TokenTree], maps: &mut HashSet<String>) {
        let begin = statement.iter().rposition(|token| is_word(token, "let"));
        let Some(statement) = begin.map(|begin| &statement[begin + 1..]) else { return };
        let statement = statement.strip_prefix_word("mut");
        let [TokenTree::Ident(name), rest @ ..] = statement else { return };
        let value = match rest {
            [value @ .., dot, method, TokenTree::Group(_)] if is_dot(dot) && is_word(method, "clone") => {
                value
            }
            value => value,
        };
        if self.ends_in_map(value, maps) {
            maps.insert(name.to_string());
        } else {
            maps.remove(&name.to_string());
        }
    }
}

trait StripPrefixWord {
    fn strip_prefix_word(&self, word: &str) -> &Self;
}

impl StripPrefixWord for [TokenTree] {
    fn strip_prefix_word(&self, word: &str) -> &Self {
        match self {
            [first, rest @ ..] if is_word(first, word) => rest,
            all => all,
        }
    }
}

/// `"cookie"`, `header::COOKIE`, `HeaderName::from_static("cookie")`; or a reference to one.
fn is_cookie(key: &Group) -> bool {
    let tokens: Vec<TokenTree> = key.stream().into_iter().collect();
    let tokens = match tokens.as_slice() {
        [TokenTree::Punct(and), rest @ ..] if and.as_char() == '&' => rest,
        all => all,
    };
    match tokens {
        [TokenTree::Literal(text)] => is_name(text),
        [path @ .., TokenTree::Group(call)] => {
            path.last().is_some_and(|last| is_word(last, "from_static")) && is_cookie(call)
        }
        [path @ .., last] => is_word(last, "COOKIE") && path.iter().all(is_of_path),
        [] => false,
    }
}

fn is_name(literal: &proc_macro2::Literal) -> bool {
    syn::parse_str::<syn::LitStr>(&literal.to_string())
        .is_ok_and(|text| text.value().eq_ignore_ascii_case("cookie"))
}

fn is_of_path(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(mark) => mark.as_char() == ':',
        _ => false,
    }
}

fn ends_in_dot(tokens: &[TokenTree]) -> bool {
    tokens.last().is_some_and(is_dot)
}

fn is_dot(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == '.')
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if name == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(item: &str) -> bool {
        let endpoint = super::super::parse("\"/ws\"".parse().unwrap(), item.parse().unwrap());
        reads_cookies(endpoint.function().unwrap())
    }

    #[test]
    fn reading_the_header_is_seen() {
        for body in [
            "let c = h.headers()[\"cookie\"].clone();",
            "let c = h.headers()[header::COOKIE].to_str();",
            "let Some(c) = h.cookie_token(\"session\") else { return };",
            "if let Some(c) = h.headers().get(\"Cookie\") {}",
            "match h.headers().get(&axum::http::header::COOKIE) { _ => {} }",
            "for c in h.headers().get_all(COOKIE) {}",
            "let c = h.headers().get(HeaderName::from_static(\"cookie\"));",
            "let headers = h.headers(); { let c = headers.get(\"cookie\"); }",
            "let mut all = h.headers().clone(); use_it(all[\"cookie\"].len());",
            "let all: &HeaderMap = h.headers(); let c = all.get(COOKIE).and_then(|c| c.to_str().ok());",
        ] {
            assert!(reads(&format!("async fn f(h: Handshake) {{ {body} }}")), "{body}");
        }
        for (parameter, body) in [
            ("headers: HeaderMap", "let c = headers.get(\"cookie\");"),
            ("headers: axum::http::HeaderMap", "session(&headers[COOKIE]);"),
            ("parts: Parts", "let c = parts.headers.get(COOKIE);"),
        ] {
            assert!(reads(&format!("async fn f(h: Handshake, {parameter}) {{ {body} }}")), "{body}");
        }
    }

    #[test]
    fn what_is_no_reading_of_the_requests_cookies_is_not() {
        for body in [
            "let c = h.headers().get(\"user-agent\");",
            "let c = h.headers().get(SET_COOKIE);",
            "let c = h.headers().get(\"set-cookie\");",
            "let c = h.headers().get(AUTHORIZATION);",
            "let c = h.headers()[\"authorization\"].to_str();",
            "info!(\"no cookie\"); warn!(\"cookie: {}\", \"cookie\");",
            "let c = settings[\"cookie\"].clone();",
            "let c = settings.get(\"cookie\");",
            "let c = message.headers.get(\"cookie\");",
            "let c = answer.headers().get(\"cookie\");",
            "let c = other.h.headers().get(\"cookie\");",
            "let headers = h.headers(); let headers = answer.map(); headers.get(\"cookie\");",
            "let accepted = h.accept().header(\"cookie\", \"x\").await;",
            "let jar = find(\"cookie\"); jar.get(COOKIE);",
            "let c = other.h.cookie_token(\"session\");",
            "let c = jar.cookie_token(\"session\"); let c = h.bearer_token();",
        ] {
            assert!(!reads(&format!("async fn f(h: Handshake, headers: Query<T>) {{ {body} }}")), "{body}");
        }
    }
}
