//! The segments of paths such as `axum::extract::ws`.
//!
//! std's search for a string prepares itself at each call, which takes longer than such a short path, and every call of every
//! handler asks.

/// The first segment, and the path after it; `None` if there is only one.
pub(crate) fn split_first(path: &str) -> Option<(&str, &str)> {
    let at = path.as_bytes().windows(2).position(|two| two == b"::")?;
    Some((&path[..at], &path[at + 2..]))
}

/// The path before the last segment, and that segment; `None` if there is only one.
pub(crate) fn split_last(path: &str) -> Option<(&str, &str)> {
    let at = path.as_bytes().windows(2).rposition(|two| two == b"::")?;
    Some((&path[..at], &path[at + 2..]))
}

pub(crate) fn first(path: &str) -> &str {
    split_first(path).map_or(path, |(first, _)| first)
}

pub(crate) fn last(path: &str) -> &str {
    split_last(path).map_or(path, |(_, last)| last)
}

/// The segment before the last one.
pub(crate) fn before_last(path: &str) -> Option<&str> {
    split_last(path).map(|(before, _)| last(before))
}

/// Each segment, from the first one on.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let path = rest?;
        let (segment, after) = split_first(path).map_or((path, None), |(first, after)| (first, Some(after)));
        rest = after;
        Some(segment)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_at_its_colons() {
        let path = "axum::extract::ws";
        assert_eq!(split_first(path), Some(("axum", "extract::ws")));
        assert_eq!(split_last(path), Some(("axum::extract", "ws")));
        assert_eq!((first(path), before_last(path), last(path)), ("axum", Some("extract"), "ws"));
        assert_eq!(segments(path).collect::<Vec<_>>(), ["axum", "extract", "ws"]);
    }

    #[test]
    fn a_name_is_a_path() {
        assert_eq!((split_first("ws"), split_last("ws"), before_last("ws")), (None, None, None));
        assert_eq!((first("ws"), last("ws")), ("ws", "ws"));
        assert_eq!(segments("ws").collect::<Vec<_>>(), ["ws"]);
    }

    #[test]
    fn a_segment_may_be_empty() {
        for path in ["", "::ws", "ws::", "::", ":::", "a:b"] {
            assert_eq!(segments(path).collect::<Vec<_>>(), path.split("::").collect::<Vec<_>>(), "{path}");
        }
    }
}
