use std::{fmt, net::Ipv6Addr};

use sockeye_rules::origin::{Origin, OriginProblem, Pattern};

/// Why a string is not a host.
#[derive(Debug, Clone)]
pub(crate) enum HostProblem {
    /// It contains more than a host, such as a scheme, a port or a path.
    More { host: String },
    /// It has invalid characters, or too broad a pattern.
    Wrong(OriginProblem),
}

impl HostProblem {
    pub(crate) fn help(&self) -> String {
        match self {
            Self::More { host } => format!("write `{host}`"),
            Self::Wrong(_) => {
                "write a name or an address, as in `app.example.com` or `*.example.com`".to_owned()
            }
        }
    }
}

impl fmt::Display for HostProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::More { .. } => f.write_str("it must be a host without scheme, port and path"),
            // It was parsed as the host of an origin.
            Self::Wrong(found) => f.write_str(&found.to_string().replace("http://", "")),
        }
    }
}

/// Parses a name or an address, or `*.` and a name. Upper case is the same host, and so is an IPv6 address without
/// brackets.
pub(super) fn read(text: &str) -> Result<Pattern, HostProblem> {
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    let host = if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host };
    let bare = host.rsplit_once("://").map_or(&*host, |(_, bare)| bare);
    match Pattern::parse(&format!("http://{bare}")) {
        Ok(pattern) if pattern.example("*").host == host => Ok(pattern),
        Ok(pattern) => Err(HostProblem::More { host: pattern.example("*").host }),
        Err(found) => Err(match found.suggestion() {
            Some(Origin { host, .. }) => HostProblem::More { host: host.clone() },
            None => HostProblem::Wrong(found),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn names_and_addresses_are_hosts() {
        for (text, shown) in [
            ("app.example.com", "app.example.com"),
            ("App.Example.com.", "app.example.com"),
            ("*.example.com", "*.example.com"),
            ("web", "web"),
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(read(text).unwrap().example("*").host, shown, "{text}");
        }
    }

    #[test]
    fn what_a_host_does_not_have_is_taken_off() {
        let other = "write a name or an address, as in `app.example.com` or `*.example.com`";
        for (text, help) in [
            ("https://app.example.com", "write `app.example.com`"),
            ("app.example.com:443", "write `app.example.com`"),
            ("app.example.com:80", "write `app.example.com`"),
            ("app.example.com/chat", "write `app.example.com`"),
            ("https://*.example.com/", "write `*.example.com`"),
            ("", other),
            ("*", other),
            ("*.com", other),
            ("a b", other),
            ("bücher.example", other),
        ] {
            assert_eq!(read(text).unwrap_err().help(), help, "{text}");
        }
    }
}
