//! A route whose value is known only to the compiler: `#[ws_endpoint(ROUTE)]`.
//!
//! The same checks that `syntax::Route` runs on a literal, as functions that the compiler can evaluate. They cannot format,
//! so the messages are fixed; a test compares the two implementations.

/// Why no request could reach the route, or the router would refuse it.
pub const fn route_fault(route: &str) -> Option<&'static str> {
    let route = route.as_bytes();
    if let Some(words) = address_fault(route) {
        return Some(words);
    }
    if let Some(words) = segment_fault(route) {
        return Some(words);
    }
    if let Some(words) = brace_fault(route) {
        return Some(words);
    }
    if has_twins(route) {
        return Some("[route_syntax] a parameter appears twice in the route: rename the second one");
    }
    None
}

/// How many parameters a valid route has.
pub const fn route_parameters(route: &str) -> usize {
    let (route, mut count, mut at) = (route.as_bytes(), 0, 0);
    while let Some((_, end)) = parameter(route, at) {
        count += 1;
        at = end;
    }
    count
}

const fn address_fault(route: &[u8]) -> Option<&'static str> {
    if has_blank(route) {
        return Some(
            "[route_syntax] the route contains a space or a control character: write `%20`, or remove it",
        );
    }
    if find(route, b"://").is_some() {
        return Some("[route_syntax] the route must be a path: remove scheme, host and port");
    }
    if !starts(route, 0, b"/") {
        return Some("[route_syntax] the route must begin with a slash: write one at its start");
    }
    if find(route, b"?").is_some() || find(route, b"#").is_some() {
        return Some("[route_syntax] a route cannot contain a query or fragment: remove it");
    }
    if find(route, b"//").is_some() {
        return Some("[route_syntax] the route has an empty segment: write one slash between segments");
    }
    None
}

/// Segments in the syntax of another router.
const fn segment_fault(route: &[u8]) -> Option<&'static str> {
    let mut start = 1;
    while start <= route.len() {
        let end = end_of_segment(route, start);
        if starts(route, start, b":") || starts(route, start, b"*") {
            return Some(
                "[route_syntax] the route uses the syntax of axum 0.7 and earlier: write `{id}`, or `{*rest}` at its end",
            );
        }
        if start < end && route[start] == b'<' && route[end - 1] == b'>' {
            return Some("[route_syntax] the route uses the syntax of another framework: write `{id}`");
        }
        if start < end
            && route[start] == b'{'
            && route[end - 1] == b'}'
            && has_within(route, start, end, b':')
        {
            return Some(
                "[route_syntax] the route contains a pattern, which axum does not support: write `{id}`",
            );
        }
        start = end + 1;
    }
    None
}

const BRACES: &str = "[route_syntax] the braces of the route do not form a parameter: write a name between one pair of braces, as in `/ws/{id}`";

/// The faults that `matchit` reports: it is the router that will serve the route.
const fn brace_fault(route: &[u8]) -> Option<&'static str> {
    let mut at = 0;
    while at < route.len() {
        let is_escaped = is_doubled(route, at);
        if route[at] == b'}' && !is_escaped {
            return Some(BRACES);
        }
        if route[at] != b'{' || is_escaped {
            at += if is_escaped { 2 } else { 1 };
            continue;
        }
        let Some(end) = end_of_parameter(route, at) else { return Some(BRACES) };
        if end < route.len() && route[end] != b'/' {
            return Some(
                "[route_syntax] a segment can have one parameter, at its end: end the segment with it",
            );
        }
        if route[at + 1] == b'*' && end < route.len() {
            return Some(
                "[route_syntax] a catch-all parameter must be the whole last segment: move it to the end",
            );
        }
        at = end;
    }
    None
}

/// The position after the closing brace; `None` if there is none, or no name before it.
const fn end_of_parameter(route: &[u8], open: usize) -> Option<usize> {
    // The first byte of a name may be any except the closing brace.
    if open + 1 >= route.len() || route[open + 1] == b'}' {
        return None;
    }
    let mut at = open + if is_doubled(route, open + 1) { 3 } else { 2 };
    while at < route.len() {
        if is_doubled(route, at) {
            at += 2;
            continue;
        }
        match route[at] {
            b'}' => return if route[at - 1] == b'*' { None } else { Some(at + 1) },
            b'*' | b'/' => return None,
            _ => at += 1,
        }
    }
    None
}

/// The first parameter from here on: where its name begins, and where the parameter ends.
const fn parameter(route: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    while at < route.len() {
        if is_doubled(route, at) {
            at += 2;
        } else if route[at] == b'{' {
            let Some(end) = end_of_parameter(route, at) else { return None };
            return Some((if route[at + 1] == b'*' { at + 2 } else { at + 1 }, end));
        } else {
            at += 1;
        }
    }
    None
}

const fn has_twins(route: &[u8]) -> bool {
    let mut at = 0;
    while let Some((name, end)) = parameter(route, at) {
        let mut later = end;
        while let Some((other, other_end)) = parameter(route, later) {
            if end - name == other_end - other && is_same(route, name, other, end - name) {
                return true;
            }
            later = other_end;
        }
        at = end;
    }
    false
}

/// `{{` and `}}` are literal braces.
const fn is_doubled(route: &[u8], at: usize) -> bool {
    at + 1 < route.len() && matches!(route[at], b'{' | b'}') && route[at] == route[at + 1]
}

const fn end_of_segment(route: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < route.len() && route[at] != b'/' {
        at += 1;
    }
    at
}

const fn is_same(route: &[u8], one: usize, other: usize, length: usize) -> bool {
    let mut at = 0;
    while at < length {
        if route[one + at] != route[other + at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn has_within(route: &[u8], start: usize, end: usize, byte: u8) -> bool {
    let mut at = start;
    while at < end {
        if route[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}

const fn starts(route: &[u8], from: usize, with: &[u8]) -> bool {
    let mut at = 0;
    while at < with.len() {
        if from + at >= route.len() || route[from + at] != with[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn find(route: &[u8], what: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < route.len() {
        if starts(route, at, what) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// A character that is white space or a control character, in UTF-8.
const fn has_blank(route: &[u8]) -> bool {
    let mut at = 0;
    while at < route.len() {
        let next = if at + 1 < route.len() { route[at + 1] } else { 0 };
        let last = if at + 2 < route.len() { route[at + 2] } else { 0 };
        // U+0000 to U+0020, U+007F; U+0080 to U+00A0; U+1680; U+2000 to U+200A, U+2028, U+2029, U+202F; U+205F; U+3000.
        let is_blank = matches!(
            (route[at], next, last),
            (0..=0x20 | 0x7f, ..)
                | (0xc2, 0x80..=0xa0, _)
                | (0xe1, 0x9a, 0x80)
                | (0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf)
                | (0xe2, 0x81, 0x9f)
                | (0xe3, 0x80, 0x80)
        );
        if is_blank {
            return true;
        }
        at += 1;
    }
    false
}
