//! The header `Sec-WebSocket-Extensions` (RFC 6455 section 9.1, RFC 7692 section 7.1).

use std::collections::HashSet;

use http::{HeaderMap, HeaderValue, header};

use super::{Agreed, Compression};

const NAME: &str = "permessage-deflate";

/// The smallest window that zlib has for DEFLATE without a header.
const LEAST_WINDOW: u8 = 9;
const MOST_WINDOW: u8 = 15;

/// The first offer that can be accepted, and the header of the response. An offer that cannot is declined, as if it were not there
/// (RFC 7692 section 7).
pub(crate) fn agree(headers: &HeaderMap, compression: Compression) -> Option<(Agreed, HeaderValue)> {
    let lists = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
    let lists = lists.filter_map(|list| list.to_str().ok());
    let Accepted { window } = lists.flat_map(|list| split(list, ',')).find_map(accepted)?;
    let limit = window.map(|bits| format!("; server_max_window_bits={bits}")).unwrap_or_default();
    let response = format!("{NAME}; server_no_context_takeover; client_no_context_takeover{limit}");
    let agreed = Agreed { window: window.unwrap_or(MOST_WINDOW), compression };
    Some((agreed, HeaderValue::try_from(response).ok()?))
}

/// An offer that can be accepted.
struct Accepted {
    /// The window that the client can have at most, if it says so.
    window: Option<u8>,
}

fn accepted(offer: &str) -> Option<Accepted> {
    let mut parts = split(offer, ';');
    if parts.next()? != NAME {
        return None;
    }
    let (mut window, mut seen) = (None, HashSet::new());
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(unquoted(value.trim_start()))),
            None => (part, None),
        };
        let is_understood = match (name, value) {
            // No context is taken over in any case.
            ("server_no_context_takeover" | "client_no_context_takeover", None) => true,
            ("server_max_window_bits", Some(value)) => {
                window = bits(value).filter(|bits| *bits >= LEAST_WINDOW);
                window.is_some()
            }
            // A smaller window of the client fits into ours.
            ("client_max_window_bits", value) => value.is_none_or(|value| bits(value).is_some()),
            _ => false,
        };
        if !is_understood || !seen.insert(name) {
            return None;
        }
    }
    Some(Accepted { window })
}

/// From 8 to 15, without a leading zero.
fn bits(value: &str) -> Option<u8> {
    let bits: u8 = value.parse().ok()?;
    ((8..=MOST_WINDOW).contains(&bits) && value == bits.to_string()).then_some(bits)
}

/// A value may be a token in quotes.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// The parts between separators that are not in quotes.
fn split(list: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    list.split(move |character| {
        is_quoted ^= character == '"';
        character == separator && !is_quoted
    })
    .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(offers: &[&str]) -> Option<(u8, String)> {
        let mut headers = HeaderMap::new();
        for offer in offers {
            headers.append(header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::try_from(*offer).unwrap());
        }
        let (agreed, response) = agree(&headers, Compression::deflate())?;
        Some((agreed.window, response.to_str().unwrap().to_owned()))
    }

    const PLAIN: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    #[test]
    fn offers_of_clients_are_accepted() {
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=8",
            "permessage-deflate;client_no_context_takeover ; server_no_context_takeover",
            "x-webkit-deflate-frame, permessage-deflate",
            "permessage-deflate; client_max_window_bits=\"10\"",
        ] {
            assert_eq!(agreed(&[offer]), Some((15, PLAIN.to_owned())), "{offer}");
        }
        let limited = |bits| Some((bits, format!("{PLAIN}; server_max_window_bits={bits}")));
        assert_eq!(agreed(&["permessage-deflate; server_max_window_bits=9"]), limited(9));
        assert_eq!(agreed(&["permessage-deflate; server_max_window_bits = \"15\""]), limited(15));
    }

    #[test]
    fn an_offer_that_is_none_is_declined_and_the_next_one_taken() {
        for offer in [
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; mux",
            "permessage-deflate; ",
            "permessage-bzip2",
            "x; a=\"permessage-deflate, permessage-deflate\"",
            "",
        ] {
            assert_eq!(agreed(&[offer]), None, "{offer}");
            assert_eq!(
                agreed(&[&format!("{offer}, permessage-deflate")]),
                Some((15, PLAIN.to_owned())),
                "{offer}"
            );
            assert_eq!(agreed(&[offer, "permessage-deflate"]), Some((15, PLAIN.to_owned())), "{offer}");
        }
        assert_eq!(agreed(&[]), None);
    }
}
