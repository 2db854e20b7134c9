//! Hides tokens from query strings and headers. A server may repeat them, and output is copied to tickets and CI logs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::{Url, form_urlencoded};

/// The replacement in the output.
const HIDDEN: &str = "[hidden]";

/// A shorter value is not a secret, and occurs in ordinary text.
const SHORTEST: usize = 4;

/// Words of an `Authorization` header that are not secret.
const SCHEMES: [&str; 4] = ["basic", "bearer", "digest", "token"];

/// Every string that must not be printed, the longest first.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// The secrets of the address and of the headers. `public` is printed anyway, so its parts are not secret.
    pub(super) fn of(url: &Url, headers: &[(String, String)], public: &str) -> Self {
        let mut all: Vec<String> = url.query().into_iter().flat_map(of_query).collect();
        all.extend(of_user(url));
        all.extend(headers.iter().flat_map(|(_, value)| of_header(value)));
        all.retain(|one| one.len() >= SHORTEST && !public.contains(one.as_str()));
        // A value may be a part of another one.
        all.sort_by_key(|one| std::cmp::Reverse(one.len()));
        all.dedup();
        Self(all)
    }

    /// The text with the secrets replaced.
    pub(super) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    }
}

/// The values, as they were sent and as they are decoded. A part without a name is a value.
fn of_query(query: &str) -> Vec<String> {
    let sent = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value).to_owned());
    let decoded = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| if value.is_empty() { name.into_owned() } else { value.into_owned() });
    // A name with an empty value is kept as well: it may be one.
    sent.chain(decoded).chain([query.to_owned()]).collect()
}

fn of_user(url: &Url) -> Vec<String> {
    let password = url.password().unwrap_or_default();
    let decoded = |text: &str| {
        form_urlencoded::parse(text.replace('+', "%2B").as_bytes()).next().map(|(name, _)| name.into_owned())
    };
    [Some(password.to_owned()), decoded(password), Some(url.username().to_owned())]
        .into_iter()
        .flatten()
        .collect()
}

/// The whole value, its parts, and the decoded form of base64: `Basic` contains a password.
fn of_header(value: &str) -> Vec<String> {
    let parts = value.split([' ', ';', ',']).filter(|part| !SCHEMES.contains(&part.to_lowercase().as_str()));
    let mut all = vec![value.to_owned()];
    for part in parts {
        // In `sid=token` the value is the secret; in base64 the sign is at the end.
        all.extend(part.split_once('=').map(|(_, value)| value.trim_matches('"').to_owned()));
        all.extend(of_base64(part));
        all.push(part.to_owned());
    }
    all
}

fn of_base64(part: &str) -> Vec<String> {
    let text = STANDARD.decode(part).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.iter().flat_map(|text| text.split(':')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(url: &str, headers: &[&str]) -> Secrets {
        let headers: Vec<_> = headers.iter().map(|value| ("x".to_owned(), (*value).to_owned())).collect();
        Secrets::of(&url.parse().unwrap(), &headers, "ws://localhost:3000/room")
    }

    #[test]
    fn values_of_the_query_are_hidden_in_both_spellings() {
        let secrets = secrets("ws://localhost:3000/room?token=s%65cret&bare-token&host=localhost&n=1", &[]);
        assert_eq!(secrets.hide("`secret` `s%65cret` `bare-token`"), "`[hidden]` `[hidden]` `[hidden]`");
        assert_eq!(
            secrets.hide("localhost:3000 1"),
            "localhost:3000 1",
            "what is printed anyway, and what is short"
        );
    }

    #[test]
    fn values_of_headers_are_hidden_whole_and_in_parts() {
        let secrets = secrets(
            "ws://user:p%40ssword@localhost",
            &["Bearer abc123", "Basic YWxpY2U6aHVudGVyMg==", "sid=\"qwerty\"; lang=en"],
        );
        for text in ["abc123", "hunter2", "alice", "YWxpY2U6aHVudGVyMg==", "qwerty", "p@ssword", "p%40ssword"]
        {
            assert_eq!(secrets.hide(text), HIDDEN, "{text}");
        }
        assert_eq!(secrets.hide("Bearer realm"), "Bearer realm");
    }
}
