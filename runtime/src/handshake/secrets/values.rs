//! Which values are secret in what a request carries.

use std::{borrow::Cow, collections::HashSet};

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{MOST_VALUES, SHORTEST};

/// What a secret is sent in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Carrier {
    Query,
    Credentials,
    Cookies,
    Subprotocols,
}

impl Carrier {
    /// What a line of [`Secrets`](super::Secrets) begins with.
    pub(super) fn mark(self) -> char {
        match self {
            Self::Query => '?',
            Self::Credentials => 'a',
            Self::Cookies => 'c',
            Self::Subprotocols => 'p',
        }
    }
}

/// The different values in these lines; `None` when there are too many.
pub(super) fn of(lines: &str) -> Option<Vec<String>> {
    let mut found = Found::default();
    for line in lines.lines() {
        let mut rest = line.chars();
        match rest.next() {
            Some('?') => of_query(rest.as_str(), &mut found),
            Some('a') => of_credentials(rest.as_str(), &mut found),
            Some('c') => of_cookies(rest.as_str(), &mut found),
            _ => of_subprotocols(rest.as_str(), &mut found),
        }
    }
    found.all()
}

#[derive(Default)]
struct Found(HashSet<String>);

impl Found {
    /// Adds a value, and how `{:?}` would write it. Once there are too many, one more or less is the same.
    fn add(&mut self, value: &str) {
        if value.len() < SHORTEST || self.0.len() > MOST_VALUES || self.0.contains(value) {
            return;
        }
        let quoted: String = value.escape_debug().collect();
        self.0.extend([value.to_owned(), quoted]);
    }

    fn add_decoded(&mut self, value: &str) {
        self.add(value);
        if let Cow::Owned(decoded) = percent_decoded(value) {
            self.add(&decoded);
        }
    }

    fn all(self) -> Option<Vec<String>> {
        if self.0.len() > MOST_VALUES {
            return None;
        }
        Some(self.0.into_iter().collect())
    }
}

fn of_query(query: &str, found: &mut Found) {
    for pair in query.split('&') {
        found.add_decoded(value(pair));
    }
    add_if_bare(query, found);
}

fn of_cookies(cookies: &str, found: &mut Found) {
    for cookie in cookies.split(';') {
        let value = value(cookie.trim());
        found.add_decoded(value);
        found.add_decoded(unquoted(value));
    }
}

/// `Bearer token`, `Basic dXNlcjpwYXNz`, `Digest username="ada", nonce="x"`, or a token alone.
fn of_credentials(text: &str, found: &mut Found) {
    let credentials = text.trim().split_once(' ').map_or(text, |(_, credentials)| credentials).trim();
    found.add(credentials);
    for piece in credentials.split([' ', ';', ',']) {
        found.add(unquoted(piece));
        found.add(unquoted(value(piece)));
    }
    // User and password. The name alone is no secret.
    if let Some(pair) = base64_decoded(&STANDARD, credentials) {
        found.add(&pair);
        found.add(pair.split_once(':').map_or("", |(_, password)| password));
    }
}

/// `bearer, token`, or a token behind a name: `base64url.bearer.authorization.k8s.io.token`.
fn of_subprotocols(offer: &str, found: &mut Found) {
    for one in offer.split(',').map(str::trim) {
        found.add(one);
        for (dot, _) in one.match_indices('.').take(MOST_VALUES) {
            let token = &one[dot + 1..];
            found.add(token);
            if !token.contains('.')
                && let Some(decoded) = base64_decoded(&URL_SAFE, token)
            {
                found.add(&decoded);
            }
        }
    }
}

/// A token alone, whose equals signs are padding: `?dG9rZW4=`.
fn add_if_bare(query: &str, found: &mut Found) {
    for pair in query.split('&').filter(|pair| pair.ends_with('=')) {
        let bare = pair.trim_end_matches('=');
        if !bare.contains('=') {
            found.add_decoded(bare);
            found.add(pair);
        }
    }
}

/// What stands behind the first equals sign, or all of it.
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

/// Percent decoding as in a form: what is not valid stays as it is.
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
