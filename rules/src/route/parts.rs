/// A part of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Literal text of the path.
    Text(&'a str),
    /// `{{` or `}}`, a literal brace in the path.
    Brace(&'a str),
    /// `{name}`: a segment, or the rest of it.
    Param(&'a str),
    /// `{*name}`: the rest of the path.
    CatchAll(&'a str),
}

/// The parts of a route, in order. Anything that is not a parameter is text, so every route is accepted.
///
/// ```
/// use sockeye_rules::route::{Part, parts};
///
/// assert_eq!(parts("/ws/{id}"), [Part::Text("/ws/"), Part::Param("id")]);
/// ```
pub fn parts(route: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = route;
    while !rest.is_empty() {
        let (part, tail) = next(rest);
        parts.push(part);
        rest = tail;
    }
    parts
}

fn next(rest: &str) -> (Part<'_>, &str) {
    if rest.starts_with("{{") || rest.starts_with("}}") {
        return (Part::Brace(&rest[..1]), &rest[2..]);
    }
    if let Some((name, tail)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return (name.strip_prefix('*').map_or(Part::Param(name), Part::CatchAll), tail);
    }
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let end = rest[first..].find(['{', '}']).map_or(rest.len(), |end| end + first);
    (Part::Text(&rest[..end]), &rest[end..])
}

/// Names of the parameters, in order.
///
/// ```
/// assert_eq!(sockeye_rules::route::names("/ws/{tenant}/logs/{*rest}"), ["tenant", "rest"]);
/// ```
pub fn names(route: &str) -> Vec<&str> {
    let name = |part| match part {
        Part::Param(name) | Part::CatchAll(name) => Some(name),
        Part::Text(_) | Part::Brace(_) => None,
    };
    parts(route).into_iter().filter_map(name).collect()
}

/// The route without the names of its parameters: two routes that differ only in these match the same paths.
///
/// ```
/// assert_eq!(sockeye_rules::route::shape("/ws/{tenant}/logs/{*rest}"), "/ws/{}/logs/{*}");
/// ```
pub fn shape(route: &str) -> String {
    let mut shape = String::with_capacity(route.len());
    for part in parts(route) {
        match part {
            Part::Text(text) => shape.push_str(text),
            // Doubled, as in the route: `/{{}}` is text, and `/{}` any segment.
            Part::Brace(brace) => shape.extend([brace, brace]),
            Part::Param(_) => shape.push_str("{}"),
            Part::CatchAll(_) => shape.push_str("{*}"),
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::{names, parts, shape};

    #[test]
    fn a_route_has_names_and_a_shape() {
        let route = "/ws/v{tenant}/logs/{*rest}";
        assert_eq!(names(route), ["tenant", "rest"]);
        assert_eq!(shape(route), "/ws/v{}/logs/{*}");
    }

    #[test]
    fn braces_can_be_escaped() {
        assert_eq!(names("/a/{{x}}/{y}"), ["y"]);
        assert_eq!(shape("/a/{{x}}/{y}"), "/a/{{x}}/{}");
        assert_ne!(shape("/a/{{}}"), shape("/a/{y}"));
    }

    #[test]
    fn odd_routes_do_no_harm() {
        for route in ["", "{", "/{", "}", "/a{b", "/ä/{ö}", "/{}", "é{"] {
            let _ = (names(route), shape(route), parts(route));
        }
    }
}
