//! Whether code reads the `Origin` header of a request.
//!
//! Words are not enough: `Referrer-Policy: strict-origin`, `git pull origin` and `origin_id` are unrelated, and a `CorsLayer`
//! does not affect WebSockets. So each form in which Rust code accesses the header is matched by its tokens.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Whether these tokens read the `Origin` header of a request, or pass a request to something that is named after it.
pub fn reads_origin_header(tokens: TokenStream) -> bool {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut search = Search { requests: HashSet::new(), own_constant: false };
    search.learn(&tokens);
    search.any(&tokens, &[])
}

/// Whether the name of a type shows that the request's origin is checked: `TypedHeader<Origin>`, `SameOrigin`.
pub fn asks_for_origin(ty: TokenStream) -> bool {
    ty.into_iter().any(|token| match token {
        TokenTree::Ident(name) => camel_words(&name.to_string()).any(|word| word == "Origin"),
        TokenTree::Group(group) => asks_for_origin(group.stream()),
        _ => false,
    })
}

/// What is known about the names in the tokens.
struct Search {
    /// Variables that hold a request or its headers.
    requests: HashSet<String>,
    /// Whether `ORIGIN` is a constant of the program.
    own_constant: bool,
}

impl Search {
    /// Collects `headers: &HeaderMap`, `let h = request.headers()` and `const ORIGIN`.
    fn learn(&mut self, tokens: &[TokenTree]) {
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    self.learn(&inner);
                }
                TokenTree::Ident(name) if name == "const" || name == "static" => {
                    let is_text = tokens[at..].iter().take(8).any(|one| text(one).is_some());
                    self.own_constant |=
                        ident(tokens.get(at + 1)).is_some_and(|name| name == "ORIGIN") && is_text;
                }
                TokenTree::Ident(name) => {
                    let name = name.to_string();
                    if is_punct(tokens.get(at + 1), ':') && names_type_of_request(&tokens[at + 2..])
                        || is_punct(tokens.get(at + 1), '=') && is_made_of_request(&tokens[at + 2..])
                    {
                        self.requests.insert(name);
                    }
                }
                _ => {}
            }
        }
    }

    /// `before` are the tokens before the brackets around these tokens.
    fn any(&self, tokens: &[TokenTree], before: &[TokenTree]) -> bool {
        (0..tokens.len()).any(|at| self.reads_at(tokens, at, before))
    }

    fn reads_at(&self, tokens: &[TokenTree], at: usize, before: &[TokenTree]) -> bool {
        match &tokens[at] {
            TokenTree::Group(group) => self.group(group, &tokens[..at]),
            TokenTree::Ident(name) => match name.to_string().as_str() {
                "ORIGIN" => {
                    !self.is_own(tokens, at) && !in_use(tokens, at, before) && !is_written(tokens, at, before)
                }
                "Origin" => typed(tokens, at, before),
                "SEC_FETCH_SITE" => !is_written(tokens, at, before),
                _ => false,
            },
            token => text(token).is_some_and(|text| {
                let is_header =
                    text.eq_ignore_ascii_case("origin") || text.eq_ignore_ascii_case("sec-fetch-site");
                is_header && self.is_name_of_header(tokens, at, before)
            }),
        }
    }

    fn is_own(&self, tokens: &[TokenTree], at: usize) -> bool {
        let has_path = at >= 2 && is_punct(tokens.get(at - 1), ':');
        self.own_constant && !has_path
    }

    /// The contents of brackets: the arguments of a call may be irrelevant, or sufficient.
    fn group(&self, group: &Group, before: &[TokenTree]) -> bool {
        let inner: Vec<_> = group.stream().into_iter().collect();
        if group.delimiter() == Delimiter::Parenthesis
            && let Some(called) = called(before)
        {
            let is_method = before.len() >= 2 && is_punct(before.get(before.len() - 2), '.');
            let is_defined =
                before.len() >= 2 && ident(before.get(before.len() - 2)).is_some_and(|word| word == "fn");
            let is_named = snake_words(&called).any(|word| word == "origin" || word == "origins");
            match called.as_str() {
                // An argument of a `CorsLayer`.
                "allow_origin" if is_method => return false,
                "allow_headers" | "expose_headers" | "vary" => return false,
                "layer" | "route_layer" => return guards(&inner) || self.any(&inner, before),
                _ if is_named && !is_defined && self.has_request(&inner) => return true,
                _ => {}
            }
        }
        self.any(&inner, before)
    }

    /// Whether the string literal is looked up in headers.
    fn is_name_of_header(&self, tokens: &[TokenTree], at: usize, before: &[TokenTree]) -> bool {
        if self.is_compared(tokens, at) || is_constant(tokens, at) {
            return true;
        }
        let Some(called) = called(before) else {
            return self.has_request(chain(before)) && tokens.len() == 1;
        };
        match called.as_str() {
            "from_static" => before
                .iter()
                .rev()
                .take(6)
                .any(|one| ident(Some(one)).is_some_and(|name| name == "HeaderName")),
            "get" | "get_all" | "contains_key" | "get_mut" | "remove" | "eq_ignore_ascii_case" => {
                self.has_request(chain(before))
            }
            _ if is_written(tokens, at, before) => false,
            "header" => true,
            // `header_text(&headers, "origin")`, `headers["origin"]`.
            _ => self.has_request(tokens) || (tokens.len() == 1 && self.has_request(chain(before))),
        }
    }

    /// `name == "origin"` for the name of a header.
    fn is_compared(&self, tokens: &[TokenTree], at: usize) -> bool {
        let equals = at >= 2 && is_punct(tokens.get(at - 1), '=') && is_punct(tokens.get(at - 2), '=');
        equals && self.has_request(chain(&tokens[..at - 2]))
    }

    fn has_request(&self, tokens: &[TokenTree]) -> bool {
        tokens.iter().any(|token| match token {
            TokenTree::Ident(name) => {
                let name = name.to_string();
                self.requests.contains(&name) || is_request(&name)
            }
            TokenTree::Group(group) => self.has_request(&group.stream().into_iter().collect::<Vec<_>>()),
            _ => false,
        })
    }
}

/// Whether the argument of `layer` is named after the origin, and is not a `CorsLayer`.
fn guards(layer: &[TokenTree]) -> bool {
    let is_cors = |name: &str| name.contains("Cors") || name.contains("cors") || name == "AllowOrigin";
    let names: Vec<_> = layer.iter().filter_map(|one| ident(Some(one))).collect();
    let is_named = |name: &String| {
        camel_words(name).any(|word| word == "Origin") || snake_words(name).any(|word| word == "origin")
    };
    let inner = layer.iter().any(|token| match token {
        TokenTree::Group(group) => guards(&group.stream().into_iter().collect::<Vec<_>>()),
        _ => false,
    });
    !names.iter().any(|name| is_cors(name)) && (inner || names.iter().any(is_named))
}

/// `TypedHeader<Origin>`, `typed_get::<Origin>()`, `headers::Origin`.
fn typed(tokens: &[TokenTree], at: usize, before: &[TokenTree]) -> bool {
    let from = at.saturating_sub(8);
    let near: Vec<_> = tokens[from..at].iter().filter_map(|one| ident(Some(one))).collect();
    let is_path = at >= 3 && ident(tokens.get(at - 3)).is_some_and(|name| name == "headers");
    (is_path && !in_use(tokens, at, before))
        || near.iter().any(|name| name == "TypedHeader" || name == "typed_get")
}

/// Whether the header is set, in an outgoing request or in a response.
fn is_written(tokens: &[TokenTree], at: usize, before: &[TokenTree]) -> bool {
    let comma = tokens[at..].iter().any(|one| is_punct(Some(one), ','));
    match called(before).as_deref() {
        Some("insert" | "append" | "header" | "set_header" | "insert_header" | "entry" | "typed_insert") => {
            comma
        }
        // `(ORIGIN, value)` in a list of headers.
        None => {
            comma
                && tokens[..at].iter().all(|one| !is_punct(Some(one), ','))
                && !matches!(before.last(), Some(TokenTree::Ident(_)))
        }
        _ => false,
    }
}

/// `const ORIGIN_HEADER: &str = "origin"`.
fn is_constant(tokens: &[TokenTree], at: usize) -> bool {
    let from = tokens[..at].iter().rposition(|one| is_punct(Some(one), ';')).map_or(0, |end| end + 1);
    let names: Vec<_> = tokens[from..at].iter().filter_map(|one| ident(Some(one))).collect();
    let is_constant = names.iter().any(|name| name == "const" || name == "static");
    is_constant && names.iter().any(|name| name.contains("HEADER") || name.contains("ORIGIN"))
}

/// Whether the token is part of an import.
fn in_use(tokens: &[TokenTree], at: usize, before: &[TokenTree]) -> bool {
    let is_path = |one: &TokenTree| match one {
        TokenTree::Ident(name) => name != "use",
        TokenTree::Punct(punct) => matches!(punct.as_char(), ':' | ','),
        _ => false,
    };
    match tokens[..at].iter().rposition(|one| !is_path(one)) {
        Some(start) => ident(tokens.get(start)).is_some_and(|word| word == "use"),
        // Within the braces of an import.
        None => is_punct(before.last(), ':'),
    }
}

/// The function or method with these arguments.
fn called(before: &[TokenTree]) -> Option<String> {
    let mut end = before.len();
    // `typed_get::<Origin>`
    if is_punct(before.last(), '>') {
        end = before.iter().rposition(|one| is_punct(Some(one), '<'))?;
        while end > 0 && is_punct(before.get(end - 1), ':') {
            end -= 1;
        }
    }
    ident(before.get(end.checked_sub(1)?))
}

/// The expression before the last method: `request.headers()` of `x = request.headers().get`.
fn chain(before: &[TokenTree]) -> &[TokenTree] {
    let continues = |one: &TokenTree| match one {
        TokenTree::Ident(name) => {
            !matches!(name.to_string().as_str(), "let" | "if" | "match" | "return" | "in")
        }
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        TokenTree::Punct(punct) => matches!(punct.as_char(), '.' | ':' | '?' | '&'),
        TokenTree::Literal(_) => false,
    };
    let start = before.iter().rposition(|one| !continues(one)).map_or(0, |at| at + 1);
    &before[start..]
}

/// Common names for requests, their heads and their headers.
fn is_request(name: &str) -> bool {
    const NAMES: [&str; 7] = ["req", "request", "parts", "head", "hdrs", "hdr", "HeaderName"];
    // The module `header` and the type `HeaderValue` are not requests.
    let is_variable = name.starts_with(|first: char| first.is_lowercase()) && name != "header";
    NAMES.contains(&name) || (is_variable && name.contains("header"))
}

fn names_type_of_request(ty: &[TokenTree]) -> bool {
    let names = ty.iter().take_while(|one| !is_punct(Some(one), ',') && !is_punct(Some(one), '=')).take(8);
    let mut names = names.filter_map(|one| ident(Some(one)));
    names.any(|name| matches!(name.as_str(), "HeaderMap" | "Parts" | "Request" | "RequestParts"))
}

fn is_made_of_request(made: &[TokenTree]) -> bool {
    let names = made.iter().take_while(|one| !is_punct(Some(one), ';')).take(8);
    let mut names = names.filter_map(|one| ident(Some(one)));
    names.any(|name| name == "headers" || name == "into_parts")
}

fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = literal.to_string();
    Some(text.trim_start_matches('b').strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

fn ident(token: Option<&TokenTree>) -> Option<String> {
    match token? {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn snake_words(name: &str) -> impl Iterator<Item = &str> {
    name.split('_')
}

/// The words of `SameOrigin`: none in `same_origin`.
fn camel_words(name: &str) -> impl Iterator<Item = String> {
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_uppercase() => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> bool {
        reads_origin_header(text.parse().unwrap())
    }

    #[test]
    fn reading_the_header_is_seen_in_each_form() {
        for text in [
            "headers.get(header::ORIGIN)",
            "use http::header::ORIGIN; fn f(h: HeaderMap) { if h.get(ORIGIN).is_some() {} }",
            "request.headers().get(\"Origin\")",
            "fn f(h: &http::HeaderMap) { h.get(\"origin\"); }",
            "let h = request.headers(); h.get(\"origin\")",
            "headers[\"origin\"] == \"x\"",
            "headers[ORIGIN] == \"x\"",
            "header_text(&headers, \"origin\")",
            "HeaderName::from_static(\"origin\")",
            "const ORIGIN_HEADER: &str = \"origin\";",
            "for (name, value) in headers { if header_name == \"origin\" {} }",
            "for (name, value) in headers { if name == header::ORIGIN {} }",
            "TypedHeader(origin): TypedHeader<Origin>",
            "headers.typed_get::<Origin>()",
            "headers.typed_get::<axum_extra::headers::Origin>()",
            "if !check_origin(&headers) {}",
            "if !origin::allow_origin(&request) {}",
            "router.layer(middleware::from_fn(check_origin))",
            "router.layer(RequireOrigin::new(pages))",
            "router.layer(from_extractor::<SameOrigin>())",
            "let site = headers.get(\"sec-fetch-site\");",
            "match request.header(\"Origin\") { _ => {} }",
        ] {
            assert!(reads(text), "{text}");
        }
    }

    #[test]
    fn other_words_are_no_look_at_the_header() {
        for text in [
            "CorsLayer::new().allow_origin(Any)",
            "CorsLayer::new().allow_origin(url.parse::<header::HeaderValue>().unwrap())",
            "CorsLayer::new().allow_origin(AllowOrigin::list(origins))",
            "CorsLayer::new().allow_headers([header::ORIGIN, header::ACCEPT])",
            "router.layer(CorsLayer::new().allow_origin(origin))",
            "router.layer(cors_layer(origins))",
            "use tower_http::cors::{AllowOrigin, CorsLayer};",
            "use axum::http::header::{ACCEPT, ORIGIN};",
            "use axum::http::header::ORIGIN;",
            "OriginalUri(uri): OriginalUri",
            "header::ACCESS_CONTROL_ALLOW_ORIGIN",
            "(\"access-control-allow-origin\", \"*\")",
            "(\"referrer-policy\", \"strict-origin\")",
            "response.headers_mut().insert(\"Referrer-Policy\", HeaderValue::from_static(\"origin\"))",
            "Command::new(\"git\").args([\"pull\", \"origin\"])",
            "repository.find_remote(\"origin\")",
            "let origin_id = 3; save(origin_id);",
            "value.get(\"origin\")",
            "#[serde(rename = \"origin\")] page: String,",
            "client.get(url).header(\"origin\", \"https://a.example\").send()",
            "request.headers_mut().insert(ORIGIN, page)",
            "request.headers_mut().insert(\"Origin\", page)",
            "const ORIGIN: &str = \"https://a.example\"; get(ORIGIN)",
            "let settings = load(); settings.origins.contains(&page);",
            "struct Point { origin: Vec2 } fn origin() {}",
            "/// Of any origin.\nfn f() {} // origin",
        ] {
            assert!(!reads(text), "{text}");
        }
    }

    #[test]
    fn types_that_ask_for_it() {
        for (ty, asks) in [
            ("TypedHeader<Origin>", true),
            ("Option<SameOrigin>", true),
            ("OriginalUri", false),
            ("State<App>", false),
        ] {
            assert_eq!(asks_for_origin(ty.parse().unwrap()), asks, "{ty}");
        }
    }
}
