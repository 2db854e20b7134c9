//! Finds the route that a path was probably meant to be.

use std::fmt;

use crate::route::is_parameter;

/// A longer path is not a misspelling.
const LONGEST: usize = 256;

/// How many routes are compared with a path. Together with the length of the path, this bounds the cost of a request.
const COMPARED: usize = 256;

/// A route that is similar to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Near {
    route: &'static str,
    how: How,
}

/// The difference, the most certain first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    SlashTooMany,
    SlashMissing,
    SlashesDoubled,
    Case,
    PrefixMissing,
    /// A prefix of the route is different.
    PrefixTooMany(String),
    /// This many letters.
    Spelling(usize),
    /// Everything, but there is no other route.
    Only,
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "did you mean `{}`?", self.route)?;
        match &self.how {
            How::SlashTooMany => f.write_str(" it has no trailing slash"),
            How::SlashMissing => f.write_str(" it has a trailing slash"),
            How::SlashesDoubled => f.write_str(" the path has a double slash"),
            How::Case => f.write_str(" upper and lower case differ"),
            How::PrefixMissing => f.write_str(" the path lacks the first segments of the route"),
            How::PrefixTooMany(prefix) => {
                write!(f, " remove `{prefix}` from the start of the path, in the client or in the proxy")
            }
            How::Spelling(_) => Ok(()),
            How::Only => f.write_str(" it is the only endpoint"),
        }
    }
}

/// The nearest of the routes, if one is similar.
pub(super) fn nearest(path: &str, routes: &[&'static str]) -> Option<Near> {
    if path.len() > LONGEST {
        return None;
    }
    let asked = Split::of(path);
    let mut to_compare = COMPARED;
    let nears = routes.iter().filter_map(|&route| {
        let split = Split::of(route);
        let how =
            structure(&asked, &split).or_else(|| spelling(path, &asked, route, &split, &mut to_compare))?;
        Some(Near { route, how })
    });
    nears.min_by(|one, other| one.how.cmp(&other.how)).or_else(|| only(routes))
}

fn only(routes: &[&'static str]) -> Option<Near> {
    if let [route] = routes { Some(Near { route, how: How::Only }) } else { None }
}

/// The segments of a path or a route.
struct Split<'a> {
    segments: Vec<&'a str>,
    has_slash_at_end: bool,
    has_double_slash: bool,
}

impl<'a> Split<'a> {
    fn of(path: &'a str) -> Self {
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let has_slash_at_end = path.len() > 1 && path.ends_with('/');
        Self { segments, has_slash_at_end, has_double_slash: path.contains("//") }
    }
}

/// Differences other than letters.
fn structure(asked: &Split<'_>, route: &Split<'_>) -> Option<How> {
    let (path, segments) = (&asked.segments[..], &route.segments[..]);
    if path.is_empty() || segments.is_empty() {
        return None;
    }
    if fits(path, segments, |one, other| one == other) {
        return Some(if asked.has_double_slash {
            How::SlashesDoubled
        } else if asked.has_slash_at_end && !route.has_slash_at_end {
            How::SlashTooMany
        } else if route.has_slash_at_end && !asked.has_slash_at_end {
            How::SlashMissing
        } else {
            return None;
        });
    }
    if fits(path, segments, str::eq_ignore_ascii_case) {
        return Some(How::Case);
    }
    if segments.len() > path.len() && ends_alike(path, &segments[segments.len() - path.len()..]) {
        return Some(How::PrefixMissing);
    }
    if path.len() > segments.len() && ends_alike(&path[path.len() - segments.len()..], segments) {
        let prefix = path[..path.len() - segments.len()].join("/");
        return Some(How::PrefixTooMany(format!("/{}", prefix.escape_debug())));
    }
    None
}

/// Whether the segments match those of the route, with at least one that is not a parameter: parameters match anything.
fn ends_alike(path: &[&str], route: &[&str]) -> bool {
    route.iter().any(|segment| !is_parameter(segment)) && fits(path, route, |one, other| one == other)
}

fn fits(path: &[&str], route: &[&str], same: impl Fn(&str, &str) -> bool) -> bool {
    path.len() == route.len()
        && path.iter().zip(route).all(|(one, other)| is_parameter(other) || same(one, other))
}

/// The number of different letters, if it is small for the length.
fn spelling(
    path: &str,
    asked: &Split<'_>,
    route: &str,
    split: &Split<'_>,
    to_compare: &mut usize,
) -> Option<How> {
    let meant = filled(route, split, asked);
    let most = (meant.len() / 3).min(8);
    if meant.len().abs_diff(path.len()) > most || *to_compare == 0 {
        return None;
    }
    *to_compare -= 1;
    let distance = strsim::damerau_levenshtein(&path.to_ascii_lowercase(), &meant.to_ascii_lowercase());
    (distance <= most).then_some(How::Spelling(distance))
}

/// The route with the path's own segments in place of its parameters.
fn filled(route: &str, split: &Split<'_>, asked: &Split<'_>) -> String {
    if !route.contains('{') {
        return route.to_owned();
    }
    let segments = split.segments.iter().enumerate();
    segments.fold(String::new(), |mut filled, (at, segment)| {
        let own = if is_parameter(segment) { asked.segments.get(at).unwrap_or(segment) } else { segment };
        filled.push('/');
        filled.push_str(own);
        filled
    })
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const ROUTES: [&str; 5] = ["/ws/tick", "/ws/any", "/ws/rooms/{id}", "/with/slash/", "/echo"];

    #[track_caller]
    fn hint(path: &str, expected: &str) {
        assert_eq!(
            nearest(path, &ROUTES).map(|near| near.to_string()).unwrap_or_default(),
            expected,
            "{path}"
        );
    }

    #[test]
    fn what_differs_is_named() {
        hint("/ws/any/", "did you mean `/ws/any`? it has no trailing slash");
        hint("/with/slash", "did you mean `/with/slash/`? it has a trailing slash");
        hint("//ws/any", "did you mean `/ws/any`? the path has a double slash");
        hint("/WS/any", "did you mean `/ws/any`? upper and lower case differ");
        hint("/tick", "did you mean `/ws/tick`? the path lacks the first segments of the route");
        let proxy = "remove `/api` from the start of the path, in the client or in the proxy";
        hint("/api/ws/any", &format!("did you mean `/ws/any`? {proxy}"));
        hint("/api/ws/rooms/7", &format!("did you mean `/ws/rooms/{{id}}`? {proxy}"));
        hint("/ws/rooms/7/", "did you mean `/ws/rooms/{id}`? it has no trailing slash");
        hint("/ws/room/lobby", "did you mean `/ws/rooms/{id}`?");
        hint("/ws/tik", "did you mean `/ws/tick`?");
        hint("/ech", "did you mean `/echo`?");
    }

    #[test]
    fn the_only_route_is_named() {
        let only = nearest("/", &["/ws"]).unwrap().to_string();
        assert_eq!(only, "did you mean `/ws`? it is the only endpoint");
    }

    #[test]
    fn what_is_far_is_left_alone() {
        for path in ["/", "", "/favicon.ico", "/socket.io/", "/7", "/ws", "*", &"/x".repeat(5000)] {
            hint(path, "");
        }
    }
}
