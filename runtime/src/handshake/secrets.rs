//! Query strings, cookies, authorization headers and subprotocols carry tokens, and the words of a handler or an extractor
//! may repeat them: they stay out of the log.

use http::{HeaderName, HeaderValue, header, request::Parts};

/// What stands in the log instead.
const HIDDEN: &str = "[hidden]";

/// Below this a value is no secret, and its letters are in every text.
const SHORTEST: usize = 4;

/// Headers whose values prove who somebody is.
const HEADERS: [HeaderName; 4] =
    [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE, header::SEC_WEBSOCKET_PROTOCOL];

/// What a request carries that must not be repeated. Kept only for as long as the handshake is undecided.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets {
    query: Option<String>,
    headers: Vec<HeaderValue>,
}

impl Secrets {
    pub(super) fn of(parts: &Parts) -> Self {
        let headers = HEADERS.iter().flat_map(|name| parts.headers.get_all(name)).cloned().collect();
        Self { query: parts.uri.query().map(str::to_owned), headers }
    }

    /// Takes every secret out of the text, as it was sent and as it is decoded.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut values = self.values();
        values.retain(|value| value.len() >= SHORTEST);
        // A value may be a part of another one.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), HIDDEN))
    }

    fn values(&self) -> Vec<String> {
        let query = self.query.iter().flat_map(|query| query.split('&')).map(value);
        let mut values: Vec<String> = query.flat_map(|value| [value.to_owned(), decode(value)]).collect();
        for header in &self.headers {
            let text = String::from_utf8_lossy(header.as_bytes());
            // `Basic dXNlcjpwYXNz`, `a=1; b=2`, `bearer, token`: the pieces, and those behind an equals sign.
            for piece in text.split([' ', ';', ',']).map(|piece| piece.trim_matches('"')) {
                values.extend([piece.to_owned(), value(piece).trim_matches('"').to_owned()]);
            }
        }
        values
    }
}

/// What stands behind the first equals sign, or all of it.
fn value(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(_, value)| value)
}

/// Percent decoding as in a form: what is not valid stays as it is.
fn decode(value: &str) -> String {
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
    String::from_utf8_lossy(&bytes).into_owned()
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

    fn hide(text: &str, query: &str) -> String {
        Secrets { query: Some(query.to_owned()), headers: Vec::new() }.hide(text)
    }

    #[test]
    fn values_are_hidden_in_both_spellings() {
        let query = "token=s%65cret&mode=fast+lane&x=1&bare";
        assert_eq!(hide("`secret` is not `s%65cret`", query), "`[hidden]` is not `[hidden]`");
        assert_eq!(hide("no fast lane, no bare one, 1", query), "no [hidden], no [hidden] one, 1");
        assert_eq!(hide("odd", "a=%&b=%z1&c"), "odd");
    }

    #[test]
    fn headers_that_prove_who_somebody_is_are_hidden() {
        for (name, value, text) in [
            ("authorization", "Bearer s3cret.t0ken", "`s3cret.t0ken` has expired"),
            ("authorization", "Digest username=\"ada\", nonce=\"s3cr=et\"", "`s3cr=et` has expired"),
            ("cookie", "theme=dark; session=s3cret", "`s3cret` has expired"),
            ("sec-websocket-protocol", "bearer, s3cret", "`s3cret` has expired"),
        ] {
            let request = http::Request::builder().header(name, value).body(()).unwrap();
            let hidden = Secrets::of(&request.into_parts().0).hide(text);
            assert_eq!(hidden, "`[hidden]` has expired", "{name}: {value}");
        }
    }
}
