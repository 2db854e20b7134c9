//! What can be said about a route without serving it: its parameters, its shape, and a path that matches it.

use std::fmt::Write;

/// A part of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Param(&'a str),
    CatchAll(&'a str),
}

/// Names of the parameters, in order.
pub(crate) fn names(route: &str) -> Vec<&str> {
    let name = |part| match part {
        Part::Param(name) | Part::CatchAll(name) => Some(name),
        Part::Text(_) => None,
    };
    parts(route).into_iter().filter_map(name).collect()
}

/// The route without the names of its parameters: routes of one shape match the same paths.
pub(crate) fn shape(route: &str) -> String {
    let write = |part| match part {
        Part::Text(text) => text,
        Part::Param(_) => "{}",
        Part::CatchAll(_) => "{*}",
    };
    parts(route).into_iter().map(write).collect()
}

/// A path that the route matches, encoded as a browser would.
pub(crate) fn sample(route: &str) -> String {
    parts(route)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => encode(text),
            Part::Param(_) | Part::CatchAll(_) => "sockeye-startup-probe".to_owned(),
        })
        .collect()
}

fn parts(route: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = route;
    while !rest.is_empty() {
        let (part, tail) = next(rest);
        parts.push(part);
        rest = tail;
    }
    parts
}

/// `{{` and `}}` stand for a brace; any other `{` begins a parameter.
fn next(rest: &str) -> (Part<'_>, &str) {
    if rest.starts_with("{{") || rest.starts_with("}}") {
        return (Part::Text(&rest[..1]), &rest[2..]);
    }
    if let Some((name, tail)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return (name.strip_prefix('*').map_or(Part::Param(name), Part::CatchAll), tail);
    }
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let end = rest[first..].find(['{', '}']).map_or(rest.len(), |end| end + first);
    (Part::Text(&rest[..end]), &rest[end..])
}

/// Percent-encodes what cannot stand in the path of a URI (the path percent-encode set of the URL standard).
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
    use super::{names, sample, shape};

    #[test]
    fn a_route_has_names_a_shape_and_a_sample() {
        let route = "/ws/{tenant}/logs/{*rest}";
        assert_eq!(names(route), ["tenant", "rest"]);
        assert_eq!(shape(route), "/ws/{}/logs/{*}");
        assert_eq!(sample(route), "/ws/sockeye-startup-probe/logs/sockeye-startup-probe");
    }

    #[test]
    fn braces_can_be_escaped() {
        assert_eq!(names("/a/{{x}}/{y}"), ["y"]);
        assert_eq!(shape("/a/{{x}}/{y}"), "/a/{x}/{}");
        assert_eq!(sample("/a/{{x}}"), "/a/%7Bx%7D");
    }

    #[test]
    fn odd_routes_do_no_harm() {
        for route in ["", "{", "/{", "}", "/a{b", "/ä/{ö}", "/{}", "é{"] {
            let _ = (names(route), shape(route), sample(route));
        }
        assert_eq!(sample("/ä b"), "/%C3%A4%20b");
    }
}
