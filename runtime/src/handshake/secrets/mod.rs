//! Query strings, cookies, authorization headers and subprotocols carry tokens, and the text of a handler, an extractor or
//! a peer may repeat them: this module keeps them out of the log.
//!
//! `likely.rs` decides which values are searched for. The cost grows with the size of the request and with the size of the
//! text, not with their product: each value is searched for only where its first bytes occur in the text.

mod likely;
mod mask;
mod values;

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};

use self::{mask::Masked, values::Carrier};

/// Replaces a value in the log.
const HIDDEN: &str = "[hidden]";

/// Replaces a text in the log if there are too many values to search for.
const ALL_HIDDEN: &str = "[hidden: too many values to check for secrets]";

/// How many bytes of secrets are kept for the life of the connection: as many as nginx, the most generous of the common
/// proxies, accepts in a request head (`large_client_header_buffers`, four times 8 KiB).
const MOST_BYTES: usize = 32 * 1024;

/// Headers whose values are credentials.
const HEADERS: [(HeaderName, Carrier); 4] = [
    (header::AUTHORIZATION, Carrier::Credentials),
    (header::PROXY_AUTHORIZATION, Carrier::Credentials),
    (header::COOKIE, Carrier::Cookies),
    (header::SEC_WEBSOCKET_PROTOCOL, Carrier::Subprotocols),
];

/// The values of a request that must not be repeated, for the life of its connection: one small copy, since a header
/// value would retain the whole request head, and no allocation if there is nothing.
#[derive(Clone, Default)]
pub(crate) enum Secrets {
    #[default]
    None,
    /// As they were sent: one line each, which begins with the mark of its carrier. Neither a query nor a header can
    /// contain a line break.
    Sent(Box<str>),
    /// There are more than are kept.
    TooMuch,
}

impl Secrets {
    /// Collects everything except the subprotocols that the endpoint supports.
    pub(super) fn of(parts: &Parts, spoken: &[&str]) -> Self {
        let mut lines = String::new();
        if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
            add(&mut lines, Carrier::Query, query.as_bytes());
        }
        for (name, carrier) in HEADERS {
            for bytes in sent(&parts.headers, &name) {
                match carrier {
                    Carrier::Subprotocols => add(&mut lines, carrier, &unspoken(bytes, spoken)),
                    _ => add(&mut lines, carrier, bytes),
                }
            }
        }
        match lines.len() {
            0 => Self::None,
            1..=MOST_BYTES => Self::Sent(lines.into_boxed_str()),
            _ => Self::TooMuch,
        }
    }

    /// The beginning of a text that comes from outside, without the secrets as they were sent and as they are decoded. The
    /// result is short enough for a log line.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut masked = Masked::new(text);
        match self {
            Self::None => {}
            Self::Sent(lines) => values::each(lines, &mut |value| masked.hide(value)),
            Self::TooMuch => return ALL_HIDDEN.to_owned(),
        }
        masked.shown()
    }
}

fn sent<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers
        .get_all(name)
        .into_iter()
        .map(HeaderValue::as_bytes)
        .filter(|bytes| bytes.len() >= likely::SHORTEST)
}

/// The offered subprotocols without those that the endpoint names: those are in its source, and on every page that
/// connects.
fn unspoken(offer: &[u8], spoken: &[&str]) -> Vec<u8> {
    let offered = offer
        .split(|byte| *byte == b',')
        .filter(|one| !spoken.iter().any(|own| one.trim_ascii() == own.as_bytes()));
    offered.collect::<Vec<_>>().join(&b',')
}

/// Adds a line, unless there are too many already: then the list need not be complete.
fn add(lines: &mut String, carrier: Carrier, bytes: &[u8]) {
    if lines.len() <= MOST_BYTES && !bytes.is_empty() {
        lines.push(carrier.mark());
        lines.push_str(&String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]));
        lines.push('\n');
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(query: &str, headers: &[(&str, &str)]) -> Secrets {
        let mut request = http::Request::builder().uri(format!("/ws?{query}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Secrets::of(&request.body(()).unwrap().into_parts().0, &["v12.stomp+Zz9"])
    }

    fn hide(text: &str, query: &str) -> String {
        secrets(query, &[]).hide(text)
    }

    #[test]
    fn values_are_hidden_in_both_spellings() {
        let query = "token=s%65cret&lane=fast+l4ne&x=1&b4Re-one";
        assert_eq!(hide("`secret` is not `s%65cret`", query), "`[hidden]` is not `[hidden]`");
        assert_eq!(hide("no fast l4ne, no b4Re-one, 1", query), "no [hidden], no [hidden], 1");
        assert_eq!(hide("odd", "a=%&token=%z1&c"), "odd");
        assert_eq!(hide("`QUJDRA==` and `QUJDRA`", "QUJDRA=="), "`[hidden]` and `[hidden]`");
        assert_eq!(hide(r#"quoted: "a\"bcd""#, "token=a%22bcd"), r#"quoted: "[hidden]""#);
    }

    #[test]
    fn headers_that_prove_who_somebody_is_are_hidden() {
        let sent = [
            ("authorization", "Bearer s3cret.t0ken", "`s3cret.t0ken` has expired"),
            ("authorization", "s3cret.t0ken", "`s3cret.t0ken` has expired"),
            ("authorization", "Digest username=\"ada\", nonce=\"s3cr=et\"", "`s3cr=et` has expired"),
            // ada:s3cret, with padding and without.
            ("authorization", "Basic YWRhOnMzY3JldA==", "`s3cret` has expired"),
            ("proxy-authorization", "basic YWRhOnMzY3JldA", "`ada:s3cret` has expired"),
            ("authorization", "Basic YWRhOnMzY3JldA==", "`YWRhOnMzY3JldA==` has expired"),
            ("cookie", "theme=dark; session=s3cret", "`s3cret` has expired"),
            ("cookie", "theme=dark; session=\"s3%63ret\"", "`s3cret` has expired"),
            ("cookie", "theme=dark; s=5f2a-91c0", "`5f2a-91c0` has expired"),
            ("sec-websocket-protocol", "bearer, s3cret", "`s3cret` has expired"),
            ("sec-websocket-protocol", "v1, s3cret-0f-ada", "`s3cret-0f-ada` has expired"),
            (
                "sec-websocket-protocol",
                "v1, base64url.bearer.authorization.k8s.io.czNjcmV0",
                "`czNjcmV0` has expired",
            ),
            (
                "sec-websocket-protocol",
                "v1, base64url.bearer.authorization.k8s.io.czNjcmV0",
                "`s3cret` has expired",
            ),
        ];
        for (name, value, text) in sent {
            assert_eq!(secrets("", &[(name, value)]).hide(text), "`[hidden]` has expired", "{name}: {value}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let secrets = secrets(
            "v=2&mode=line&flag=true&view=expected&path=/users/settings",
            &[
                ("authorization", "Bearer s3cret"),
                ("cookie", "theme=dark; locale=english-british"),
                ("sec-websocket-protocol", "graphql-transport-ws, bearer, t0k3n"),
                ("sec-websocket-protocol", "v12.stomp+Zz9, xmpp"),
            ],
        );
        for text in [
            "no Bearer has theme 2",
            "expected value at line 1 column 1, true",
            "no graphql-transport-ws for /users/settings",
            "the english-british v12.stomp+Zz9 is not there",
        ] {
            assert_eq!(secrets.hide(text), text);
        }
    }

    #[test]
    fn nothing_is_kept_where_there_is_nothing() {
        assert!(matches!(secrets("", &[("user-agent", "curl")]), Secrets::None));
    }

    /// Chrome keeps 180 cookies for a site, and most proxies accept a line of 8 KiB.
    #[test]
    fn the_jar_of_a_browser_is_not_too_much() {
        let jar: Vec<_> = (0..180).map(|n| format!("_ga_{n:03}=GS1.1.17{n:06}.{n}.1.17%2F{n:04}")).collect();
        let secrets = secrets("", &[("cookie", &(jar.join("; ") + "; sid=s3cret"))]);
        assert_eq!(secrets.hide("log in, s3cret 17/0001"), "log in, [hidden] 17/0001");
        assert_eq!(secrets.hide("GS1.1.17000179.179.1.17/0179"), "[hidden]");
    }

    #[test]
    fn more_than_is_kept_hides_everything_foreign() {
        let long = "x".repeat(MOST_BYTES);
        assert_eq!(secrets("", &[("cookie", &long)]).hide("log in first"), ALL_HIDDEN);
    }
}
