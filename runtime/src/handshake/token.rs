//! Tokens with which a client authenticates itself.

use std::fmt;

use http::{HeaderMap, HeaderName, header};

use super::subprotocol;

/// What an offered subprotocol begins with that is a token.
const SUBPROTOCOL: &str = "bearer.";

/// Whether an offered subprotocol is a token.
pub(super) fn is_offered_as(subprotocol: &str) -> bool {
    subprotocol.starts_with(SUBPROTOCOL)
}

/// A token of a client: who has it is let in. `Debug` does not show it, so that it does not get into a log.
///
/// Compare it in constant time, for example as a hash, or verify its signature.
///
/// ```
/// fn is_admin(token: sockeye::BearerToken<'_>, hash: impl Fn(&str) -> [u8; 32], expected: &[u8; 32]) -> bool {
///     hash(token.as_str()) == *expected
/// }
/// ```
#[derive(Clone, Copy)]
pub struct BearerToken<'a>(&'a str);

impl<'a> BearerToken<'a> {
    /// The token as it was sent. It is never empty.
    pub fn as_str(&self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<BearerToken<'_>> {
    let mut offered = subprotocol::offered(headers).filter_map(|one| one.strip_prefix(SUBPROTOCOL));
    texts(headers, &header::AUTHORIZATION).find_map(credentials).or_else(|| offered.find_map(token))
}

pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<BearerToken<'a>> {
    let pairs = texts(headers, &header::COOKIE).flat_map(|line| line.split(';'));
    let mut named = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(one, _)| *one == name);
    named.find_map(|(_, value)| token(unquoted(value)))
}

/// The values of a header that are text.
fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

/// The name of the scheme has no case (RFC 9110 section 11.1).
fn credentials(value: &str) -> Option<BearerToken<'_>> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token(rest.trim())).flatten()
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

fn token(text: &str) -> Option<BearerToken<'_>> {
    (!text.is_empty()).then_some(BearerToken(text))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &'static [u8])]) -> HeaderMap {
        let values = lines.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a value"))
        });
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn a_token_is_in_the_header_or_in_a_subprotocol() {
        let protocol = "sec-websocket-protocol";
        for (lines, expected) in [
            (&[("authorization", &b"Bearer a.b.c"[..])][..], Some("a.b.c")),
            (&[("authorization", b"bEARER  abc ")], Some("abc")),
            (&[("authorization", b"Basic YTpi")], None),
            (&[("authorization", b"Bearer ")], None),
            (&[("authorization", b"Bearer")], None),
            (&[("authorization", b"Bearer \xff")], None),
            (&[("authorization", b"Basic YTpi"), ("authorization", b"Bearer abc")], Some("abc")),
            (&[(protocol, b"v1, bearer.a.b.c")], Some("a.b.c")),
            (&[(protocol, b"v1"), (protocol, b"bearer.abc,v2")], Some("abc")),
            (&[(protocol, b"bearer., bearer.abc")], Some("abc")),
            (&[(protocol, b"bearer, v1.bearer.abc")], None),
            (&[(protocol, b"bearer.other"), ("authorization", b"Bearer abc")], Some("abc")),
            (&[], None),
        ] {
            let headers = headers(lines);
            assert_eq!(bearer(&headers).map(|token| token.as_str()), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        for (lines, expected) in [
            (&[("cookie", &b"session=abc"[..])][..], Some("abc")),
            (&[("cookie", b"theme=dark; session=abc==; sessions=no")], Some("abc==")),
            (&[("cookie", b"theme=dark"), ("cookie", b"session=abc")], Some("abc")),
            (&[("cookie", b"session=\"abc\"")], Some("abc")),
            (&[("cookie", b"session=\"")], Some("\"")),
            (&[("cookie", b"session=; session=abc")], Some("abc")),
            (&[("cookie", b"session; my-session=no; Session=no")], None),
            (&[("cookie", b"session=\xff")], None),
            (&[], None),
        ] {
            let headers = headers(lines);
            assert_eq!(cookie(&headers, "session").map(|token| token.as_str()), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_token_does_not_show_itself() {
        assert_eq!(format!("{:?}", token("secret")), "Some(BearerToken(..))");
    }
}
