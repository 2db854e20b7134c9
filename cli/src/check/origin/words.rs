//! Names and strings about tokens, cookies and logins.

use proc_macro2::{TokenStream, TokenTree};

/// Names of a client's credentials.
const SECRETS: [&str; 17] = [
    "token",
    "tokens",
    "ticket",
    "jwt",
    "secret",
    "apikey",
    "key",
    "password",
    "passwd",
    "auth",
    "authorization",
    "credential",
    "credentials",
    "signature",
    "sig",
    "otp",
    "bearer",
];

/// What a name ends with that is about a credential, or about a token of another kind, such as `token_symbol`.
const ABOUT: [&str; 18] = [
    "symbol", "count", "limit", "limits", "type", "kind", "name", "address", "price", "pair", "size",
    "usage", "status", "expiry", "expires", "mint", "index", "required",
];

/// Names of code that checks them.
const LOGINS: [&str; 18] = [
    "auth",
    "authenticate",
    "authenticated",
    "authed",
    "authorize",
    "authorized",
    "authorization",
    "login",
    "token",
    "jwt",
    "verify",
    "verified",
    "credential",
    "credentials",
    "password",
    "secret",
    "apikey",
    "identify",
];

/// Whether a parameter or field of that name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let words: Vec<_> = snake(name);
    // A proxy in front sets such a header for a client that has its cookie.
    if name.to_ascii_lowercase().starts_with("x-auth-request-") {
        return false;
    }
    if words.last().is_some_and(|last| ABOUT.contains(&last.as_str())) {
        return false;
    }
    // `key` alone, or as in `api_key`: a `sort_key` is not one.
    let is_key =
        |word: &String| word == "key" && (words.len() == 1 || words.iter().any(|one| is_of_key(one)));
    words.iter().any(|word| if word == "key" { is_key(word) } else { SECRETS.contains(&word.as_str()) })
}

fn is_of_key(word: &str) -> bool {
    ["api", "access", "auth", "secret", "private", "stream", "join", "invite"].contains(&word)
}

/// The arguments of the first call of a method or function with this name.
pub(super) fn arguments_of(tokens: TokenStream, name: &str) -> Option<TokenStream> {
    let mut was_name = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            if was_name {
                return Some(group.stream());
            }
            if let Some(found) = arguments_of(group.stream(), name) {
                return Some(found);
            }
        }
        was_name = matches!(&token, TokenTree::Ident(word) if word == name);
    }
    None
}

/// Whether the name is about a login.
pub(super) fn is_login(name: &str) -> bool {
    snake(name).iter().any(|word| LOGINS.contains(&word.as_str()))
}

/// Whether the name is that of a value against forged requests.
pub(super) fn is_against_forgery(name: &str) -> bool {
    snake(name).iter().any(|word| word == "csrf" || word == "xsrf")
}

/// Whether the name is about cookies, or a session that is kept in one.
pub(super) fn is_cookie(name: &str) -> bool {
    let words = snake(name);
    words.iter().any(|word| word == "cookie" || word == "cookies") || name == "AuthSession"
}

/// Whether a header of that name is one that no page can set.
pub(super) fn is_header_of_secrets(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "authorization"
        || name == "proxy-authorization"
        || name.contains('-')
            && (is_secret(&name) || name.starts_with("x-") && name.ends_with("-key"))
            && !name.starts_with("sec-")
            && !name.contains(' ')
}

/// The words of `api_key`, `apiKey`, `ApiKey` and `API_KEY`.
fn snake(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before_was_lower = false;
    for letter in name.chars() {
        if letter == '_' || letter == '-' || (letter.is_uppercase() && before_was_lower) {
            words.push(String::new());
        }
        before_was_lower = letter.is_lowercase();
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

/// Every name in the tokens.
pub(super) fn idents(tokens: TokenStream) -> impl Iterator<Item = String> {
    flat(tokens).into_iter().filter_map(|token| match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    })
}

/// The content of every string literal in the tokens.
pub(super) fn texts(tokens: TokenStream) -> impl Iterator<Item = String> {
    flat(tokens).into_iter().filter_map(|token| text(&token))
}

/// The value of a string literal.
pub(super) fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = literal.to_string();
    Some(text.trim_start_matches('b').strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// The tokens in order, including those in brackets. Brackets themselves are empty groups.
pub(super) fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let mut all = Vec::new();
    let mut open = vec![tokens.into_iter()];
    while let Some(current) = open.last_mut() {
        match current.next() {
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(token) => all.push(token),
            None => {
                open.pop();
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_other_names() {
        for name in ["token", "access_token", "apiKey", "api_key", "key", "jwt", "authToken", "session_token"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in
            ["room", "sort_key", "author", "keyboard", "id", "session_id", "token_symbol", "tokenCount"]
        {
            assert!(!is_secret(name), "{name}");
        }
        for name in ["X-Api-Key", "Authorization", "x-key", "x-hub-signature-256", "x-auth-token"] {
            assert!(is_header_of_secrets(name), "{name}");
        }
        for name in ["x-request-id", "x-auth-request-user", "sec-websocket-key", "key-press", "token-count"] {
            assert!(!is_header_of_secrets(name), "{name}");
        }
    }
}
