//! Properties of a route that need no router: its parameters, its shape, and a path that matches it. `routing/paths.rs` has
//! the router.

use std::fmt::Write;

use sockeye_rules::route::{Part, parts};
pub(crate) use sockeye_rules::route::{names, shape};

/// A path that the route matches, encoded as a browser would.
pub(crate) fn sample(route: &str) -> String {
    parts(route)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) | Part::Brace(text) => encode(text),
            Part::Param(_) | Part::CatchAll(_) => "sockeye-startup-probe".to_owned(),
        })
        .collect()
}

/// The first part of a route that cannot occur in a URL as it is written, and what to write instead.
pub(crate) fn unencoded(route: &str) -> Option<(String, String)> {
    parts(route).into_iter().find_map(|part| match part {
        Part::Text(text) => Some((text.to_owned(), encode(text))).filter(|(text, encoded)| text != encoded),
        Part::Brace(_) | Part::Param(_) | Part::CatchAll(_) => None,
    })
}

/// Whether a segment of a route is a parameter, which matches any segment of a path.
pub(crate) fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && !segment.starts_with("{{")
}

/// The check that axum runs before it asks `matchit`, and that panics. The macro refuses such a route at `cargo check`.
pub(crate) fn refused_by_axum(route: &str) -> Option<&'static str> {
    if !route.starts_with('/') {
        Some("a route must begin with `/`")
    } else if route.split('/').any(|segment| segment.starts_with([':', '*'])) {
        Some("write a parameter as `{name}`, and the rest of the path as `{*rest}`")
    } else {
        None
    }
}

/// Percent-encodes characters that cannot occur in the path of a URI (the path percent-encode set of the URL standard).
///
/// Not the crate `percent-encoding`: it has the loop but not the set, and nothing else is encoded here.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"\"#<>?`{}^".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{is_parameter, sample};

    #[test]
    fn a_sample_fits_the_route() {
        assert_eq!(
            sample("/ws/{tenant}/logs/{*rest}"),
            "/ws/sockeye-startup-probe/logs/sockeye-startup-probe"
        );
        assert_eq!(sample("/a/{{x}}"), "/a/%7Bx%7D");
        assert_eq!(sample("/ä b"), "/%C3%A4%20b");
    }

    #[test]
    fn odd_routes_do_no_harm() {
        for route in ["", "{", "/{", "}", "/a{b", "/ä/{ö}", "/{}", "é{"] {
            let _ = (sample(route), is_parameter(route));
        }
    }
}
