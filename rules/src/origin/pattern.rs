use std::fmt;

use super::{Origin, OriginProblem, parse, problem};

/// An origin, or all origins that differ in the first label of their host: `https://*.example.com`.
///
/// ```
/// use sockeye_rules::origin::{Pattern, parse};
///
/// let tenants = Pattern::parse("https://*.example.com").unwrap();
/// assert!(tenants.matches(&parse("https://acme.example.com").unwrap()));
/// for other in ["https://example.com", "https://a.b.example.com", "http://acme.example.com", "https://acme.example.com:8443"] {
///     assert!(!tenants.matches(&parse(other).unwrap()), "{other}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Without the wildcard label.
    origin: Origin,
    is_open: bool,
}

impl Pattern {
    /// Parses a pattern. `*` matches exactly one label, and can only be the whole first one.
    ///
    /// # Errors
    ///
    /// If nothing could match it, or if it would match everything under a top-level domain.
    pub fn parse(text: &str) -> Result<Self, OriginProblem> {
        let Some((scheme, rest)) = text.split_once("://*.").filter(|(_, rest)| !rest.contains('*')) else {
            let is_misplaced = text.len() > 1 && text.contains('*');
            return if is_misplaced {
                Err(misplaced(text))
            } else {
                Ok(Self { origin: parse(text)?, is_open: false })
            };
        };
        let closed = format!("{scheme}://{rest}");
        let origin = parse(&closed).map_err(|found| found.reopened(&closed, text))?;
        if is_too_wide(&origin.host) {
            Err(too_wide(&origin.host))
        } else {
            Ok(Self { origin, is_open: true })
        }
    }

    /// Whether it matches this origin.
    pub fn matches(&self, other: &Origin) -> bool {
        if !self.is_open {
            return self.origin == *other;
        }
        let label = other.host.strip_suffix(&self.origin.host).and_then(|rest| rest.strip_suffix('.'));
        (&self.origin.scheme, self.origin.port) == (&other.scheme, other.port)
            && label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
    }

    /// One of its origins, with this label in place of the wildcard.
    pub fn example(&self, label: &str) -> Origin {
        if self.is_open { self.with_label(label) } else { self.origin.clone() }
    }

    fn with_label(&self, label: &str) -> Origin {
        Origin { host: format!("{label}.{}", self.origin.host), ..self.origin.clone() }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.example("*").fmt(f)
    }
}

impl OriginProblem {
    /// The fault of the string without its `*.`, applied to the whole string.
    fn reopened(self, closed: &str, text: &str) -> Self {
        let reopen = |origin: Origin| Origin { host: format!("*.{}", origin.host), ..origin };
        Self {
            or: String::new(),
            what: self.what.replace(closed, text),
            suggestion: self.suggestion.map(reopen),
            advice: self.advice,
        }
    }
}

/// A single label, except `localhost`, is a top-level domain; an address has no labels.
fn is_too_wide(host: &str) -> bool {
    let is_address = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
    is_address || (!host.trim_end_matches('.').contains('.') && host != "localhost")
}

fn too_wide(host: &str) -> OriginProblem {
    let what = format!("`*.{host}` matches the sites of others too");
    problem(what, None, "write your own domain, as in `https://*.example.com`")
}

fn misplaced(text: &str) -> OriginProblem {
    problem(
        format!("`{text}` has a `*` that is not the whole first label of its host"),
        None,
        "write `https://*.example.com` for every host one level below, or decide in code with `Origins::from_fn`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slip_is_answered_with_the_text_to_write() {
        let misplaced = "write `https://*.example.com` for every host one level below, or decide in code with `Origins::from_fn`";
        let too_wide = "write your own domain, as in `https://*.example.com`";
        for (text, help) in [
            ("wss://*.example.com/", "write `https://*.example.com`"),
            ("https://*.example.com/chat", "write `https://*.example.com`"),
            ("https://*.Example.com", "write `https://*.example.com`"),
            ("https://*.*.example.com", misplaced),
            ("https://app-*.example.com", misplaced),
            ("https://app.*.example.com", misplaced),
            ("https://app.example.com:*", misplaced),
            ("*.example.com", misplaced),
            ("*://app.example.com", misplaced),
            ("https://*", misplaced),
            ("https://*.com", too_wide),
            ("https://*.com.", too_wide),
            ("http://*.127.0.0.1", too_wide),
            ("http://*.[::1]", too_wide),
            ("https://*.", super::super::EXAMPLE),
            ("*", "write `any` in place of the list to allow every origin"),
        ] {
            assert_eq!(Pattern::parse(text).map_err(|found| found.help()), Err(help.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_shown_as_it_is_written() {
        for text in ["https://*.example.com", "http://*.localhost:5173", "https://app.example.com"] {
            assert_eq!(Pattern::parse(text).map(|pattern| pattern.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn one_label_is_open_and_nothing_else() {
        let matches =
            |pattern: &str, origin: &str| Pattern::parse(pattern).unwrap().matches(&parse(origin).unwrap());
        assert!(matches("http://*.localhost:5173", "http://acme.localhost:5173"));
        assert!(matches("https://*.example.com:443", "https://a.example.com"));
        for origin in [
            "https://example.com",
            "https://evilexample.com",
            "https://a.evilexample.com",
            "https://a.b.example.com",
            "https://a.example.com.evil.example",
            "https://a.example.com:8443",
            "http://a.example.com",
        ] {
            assert!(!matches("https://*.example.com", origin), "{origin}");
        }
    }
}
