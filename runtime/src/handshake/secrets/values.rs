//! Finds the secret values in a request.

use std::borrow::Cow;

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::likely::{is_name_of_secret, is_secret};

/// The part of the request that carries a secret.
#[derive(Debug, Clone, Copy)]
pub(super) enum Carrier {
    Query,
    Credentials,
    Cookies,
    Subprotocols,
}

impl Carrier {
    /// The first byte of a line of [`Secrets`](super::Secrets).
    pub(super) fn mark(self) -> char {
        match self {
            Self::Query => '?',
            Self::Credentials => 'a',
            Self::Cookies => 'c',
            Self::Subprotocols => 'p',
        }
    }
}

/// Calls the function with each value in these lines that is likely to be secret, in each of its spellings.
pub(super) fn each(lines: &str, call: &mut dyn FnMut(&str)) {
    let mut found = Found { call };
    for line in lines.lines() {
        let mut rest = line.chars();
        match rest.next() {
            Some('?') => of_query(rest.as_str(), &mut found),
            Some('a') => of_credentials(rest.as_str(), &mut found),
            Some('c') => of_cookies(rest.as_str(), &mut found),
            _ => of_subprotocols(rest.as_str(), &mut found),
        }
    }
}

struct Found<'a> {
    call: &'a mut dyn FnMut(&str),
}

impl Found<'_> {
    /// Passes on a value, and its form in `{:?}` output.
    fn add(&mut self, value: &str, has_name_of_secret: bool) {
        if !is_secret(value, has_name_of_secret) {
            return;
        }
        (self.call)(value);
        if value.bytes().any(|byte| matches!(byte, b'"' | b'\'' | b'\\') || !(b' '..=b'~').contains(&byte)) {
            (self.call)(&value.escape_debug().to_string());
            // An apostrophe is not escaped in a string literal.
            let quoted = format!("{value:?}");
            (self.call)(&quoted[1..quoted.len() - 1]);
        }
    }

    fn add_decoded(&mut self, value: &str, has_name_of_secret: bool) {
        self.add(value, has_name_of_secret);
        if let Cow::Owned(decoded) = percent_decoded(value) {
            self.add(&decoded, has_name_of_secret);
        }
    }
}

fn of_query(query: &str, found: &mut Found<'_>) {
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        found.add_decoded(value, is_name_of_secret(name));
    }
    add_if_bare(query, found);
}

fn of_cookies(cookies: &str, found: &mut Found<'_>) {
    for cookie in cookies.split(';').map(str::trim) {
        let (name, value) = cookie.split_once('=').unwrap_or(("", cookie));
        let named = is_name_of_secret(name);
        found.add_decoded(value, named);
        found.add_decoded(unquoted(value), named);
    }
}

/// `Bearer token`, `Basic dXNlcjpwYXNz`, `Digest username="ada", nonce="x"`, or a token alone.
fn of_credentials(text: &str, found: &mut Found<'_>) {
    let credentials = text.trim().split_once(' ').map_or(text, |(_, credentials)| credentials).trim();
    found.add(credentials, true);
    for piece in credentials.split([' ', ';', ',']) {
        found.add(unquoted(piece), true);
        found.add(unquoted(value(piece)), true);
    }
    // User and password. The name alone is not secret.
    if let Some(pair) = base64_decoded(&STANDARD, credentials) {
        found.add(&pair, true);
        found.add(pair.split_once(':').map_or("", |(_, password)| password), true);
    }
}

/// `bearer, token`, or a token after a name: `base64url.bearer.authorization.k8s.io.token`.
fn of_subprotocols(offer: &str, found: &mut Found<'_>) {
    // The name after `bearer` is its token.
    let mut is_token = false;
    for one in offer.split(',').map(str::trim) {
        found.add(one, is_token);
        is_token |= of_dotted(one, is_token, found);
    }
}

/// How many dots of a name are searched. `base64url.bearer.authorization.k8s.io.` has five and a token itself two; the text
/// after each dot is a value, so their number bounds the cost of a name.
const MOST_DOTS: usize = 16;

/// Each suffix of a dotted name. Returns whether a part of it is the name of a secret.
fn of_dotted(one: &str, mut is_token: bool, found: &mut Found<'_>) -> bool {
    let mut begin = 0;
    for (dot, _) in one.match_indices('.').take(MOST_DOTS) {
        is_token |= is_name_of_secret(&one[begin..dot]);
        begin = dot + 1;
        found.add(&one[begin..], is_token);
    }
    let last = one.rsplit('.').next().unwrap_or(one);
    found.add(last, is_token);
    if begin > 0
        && let Some(decoded) = base64_decoded(&URL_SAFE, last)
    {
        found.add(&decoded, true);
    }
    is_token || is_name_of_secret(last)
}

/// A token alone, whose equals signs are padding: `?dG9rZW4=`.
fn add_if_bare(query: &str, found: &mut Found<'_>) {
    for pair in query.split('&').filter(|pair| pair.ends_with('=')) {
        let bare = pair.trim_end_matches('=');
        let is_padded = pair.len() > bare.len() + 1;
        if !bare.contains('=') && is_secret(pair, is_padded) {
            found.add_decoded(bare, true);
            found.add(pair, true);
        }
    }
}

/// The text after the first equals sign, or all of it.
fn value(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(_, value)| value)
}

fn unquoted(value: &str) -> &str {
    value.trim_matches('"')
}

fn base64_decoded(alphabet: &base64::alphabet::Alphabet, text: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let bytes = GeneralPurpose::new(alphabet, config).decode(text).ok()?;
    String::from_utf8(bytes).ok()
}

/// Percent decoding as in a form: invalid escapes are kept.
fn percent_decoded(value: &str) -> Cow<'_, str> {
    if !value.contains(['%', '+']) {
        return Cow::Borrowed(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(nibble(*high) << 4 | nibble(*low));
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_lowercase() - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_grows_with_what_is_sent() {
        let dotted = vec!["a".repeat(100); 150].join(".");
        for sent in [
            format!("p{}", ".".repeat(15_000)),
            format!("p{dotted}"),
            format!("p{}", dotted.replace('a', "a,")),
            format!("?{}", "token=%41bcd&".repeat(1200)),
            format!("c{}", "sid=\"%41bcd\"; ".repeat(1000)),
            format!("aDigest {}", "a=\"bcde\", ".repeat(1500)),
        ] {
            let mut bytes = 0;
            each(&sent, &mut |value| bytes += value.len());
            assert!(bytes < 20 * sent.len(), "{bytes} bytes for {} of {:.20}", sent.len(), sent);
        }
    }
}
