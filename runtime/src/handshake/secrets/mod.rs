//! Query strings, cookies, authorization headers and subprotocols carry tokens, and the words of a handler or an extractor
//! may repeat them: they stay out of the log.

mod mask;
mod values;

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};

use self::{mask::mask, values::Carrier};

/// What stands in the log instead of a value.
const HIDDEN: &str = "[hidden]";

/// What stands there instead of everything, where there is too much to look for.
const ALL_HIDDEN: &str = "[hidden: the request carries more than is looked for]";

/// A value of fewer bytes is not looked for. Numbers that people type as a secret have four digits or more; what is
/// shorter is in every text, and soon guessed anyway.
const SHORTEST: usize = 4;

/// How many bytes of secrets are kept, for as long as the connection: more than proxies let through in a head.
const MOST_BYTES: usize = 16 * 1024;

/// How many different values are looked for. Together with the length of the text this bounds what a client can cost.
const MOST_VALUES: usize = 128;

/// Headers whose values prove who somebody is.
const HEADERS: [(HeaderName, Carrier); 4] = [
    (header::AUTHORIZATION, Carrier::Credentials),
    (header::PROXY_AUTHORIZATION, Carrier::Credentials),
    (header::COOKIE, Carrier::Cookies),
    (header::SEC_WEBSOCKET_PROTOCOL, Carrier::Subprotocols),
];

/// What a request carries that must not be repeated, for the life of its connection: one small copy, since a header value
/// would hold on to the whole head, and none where there is nothing.
#[derive(Clone, Default)]
pub(crate) enum Secrets {
    #[default]
    None,
    /// As they were sent: one line each, which begins with the mark of its carrier. Neither a query nor a header can have a
    /// line break.
    Sent(Box<str>),
    /// More than is kept.
    TooMuch,
}

impl Secrets {
    pub(super) fn of(parts: &Parts) -> Self {
        let mut lines = String::new();
        if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
            add(&mut lines, Carrier::Query, query.as_bytes());
        }
        for (name, carrier) in HEADERS {
            for bytes in shown(&parts.headers, &name) {
                add(&mut lines, carrier, bytes);
            }
        }
        match lines.len() {
            0 => Self::None,
            1..=MOST_BYTES => Self::Sent(lines.into_boxed_str()),
            _ => Self::TooMuch,
        }
    }

    /// Takes every secret out of the text, as it was sent and as it is decoded. What comes back is short enough for a line
    /// of the log.
    pub(crate) fn hide(&self, text: &str) -> String {
        let lines = match self {
            Self::None => "",
            Self::Sent(lines) => lines,
            Self::TooMuch => return ALL_HIDDEN.to_owned(),
        };
        match values::of(lines) {
            Some(values) => mask(text, &values),
            None => ALL_HIDDEN.to_owned(),
        }
    }
}

fn shown<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).into_iter().map(HeaderValue::as_bytes).filter(|bytes| bytes.len() >= SHORTEST)
}

/// Adds a line, unless there is too much already: then it need not be complete.
fn add(lines: &mut String, carrier: Carrier, bytes: &[u8]) {
    if lines.len() <= MOST_BYTES {
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
        Secrets::of(&request.body(()).unwrap().into_parts().0)
    }

    fn hide(text: &str, query: &str) -> String {
        secrets(query, &[]).hide(text)
    }

    #[test]
    fn values_are_hidden_in_both_spellings() {
        let query = "token=s%65cret&mode=fast+lane&x=1&bare";
        assert_eq!(hide("`secret` is not `s%65cret`", query), "`[hidden]` is not `[hidden]`");
        assert_eq!(hide("no fast lane, no bare one, 1", query), "no [hidden], no [hidden] one, 1");
        assert_eq!(hide("odd", "a=%&b=%z1&c"), "odd");
        assert_eq!(hide("`QUJDRA==` and `QUJDRA`", "QUJDRA=="), "`[hidden]` and `[hidden]`");
        assert_eq!(hide(r#"quoted: "a\"bcd""#, "t=a%22bcd"), r#"quoted: "[hidden]""#);
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
            ("sec-websocket-protocol", "bearer, s3cret", "`s3cret` has expired"),
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
        let secrets = secrets("v=2", &[("authorization", "Bearer s3cret"), ("cookie", "theme=dark")]);
        assert_eq!(secrets.hide("no Bearer has theme 2"), "no Bearer has theme 2");
    }

    #[test]
    fn nothing_is_kept_where_there_is_nothing() {
        assert!(matches!(secrets("", &[("user-agent", "curl")]), Secrets::None));
    }

    #[test]
    fn more_than_is_looked_for_hides_everything() {
        let many: Vec<_> = (0..=MOST_VALUES).map(|n| format!("c{n}=value{n}")).collect();
        assert_eq!(secrets("", &[("cookie", &many.join("; "))]).hide("log in first"), ALL_HIDDEN);
        let long = "x".repeat(MOST_BYTES);
        assert_eq!(secrets("", &[("cookie", &long)]).hide("log in first"), ALL_HIDDEN);
    }
}
