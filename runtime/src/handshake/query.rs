//! Query strings carry tokens, and an extractor's words may repeat them: they stay out of the log.

/// What stands in the log instead.
const HIDDEN: &str = "[hidden]";

/// Below this a value is no secret, and its letters are in every text.
const SHORTEST: usize = 4;

/// Takes every value of the query string out of the text, as it was sent and as it is decoded.
pub(super) fn hide(text: &str, query: &str) -> String {
    let mut values: Vec<String> = query
        .split('&')
        .map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value))
        .flat_map(|value| [value.to_owned(), decode(value)])
        .filter(|value| value.len() >= SHORTEST)
        .collect();
    // A value may be a part of another one.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), HIDDEN))
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

    #[test]
    fn values_are_hidden_in_both_spellings() {
        let query = "token=s%65cret&mode=fast+lane&x=1&bare";
        assert_eq!(hide("`secret` is not `s%65cret`", query), "`[hidden]` is not `[hidden]`");
        assert_eq!(hide("no fast lane, no bare one, 1", query), "no [hidden], no [hidden] one, 1");
        assert_eq!(hide("odd", "a=%&b=%z1&c"), "odd");
    }
}
