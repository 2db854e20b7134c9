//! The client for which a connection is counted.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use http::{HeaderMap, HeaderName, request::Parts};

use crate::handshake::peer;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// One client: an IPv4 address, or the /64 network of an IPv6 address, which one subscriber gets (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Client(IpAddr);

impl Client {
    pub(crate) fn new(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            address @ IpAddr::V4(_) => address,
        })
    }

    /// The requesting client: behind the trusted proxies, otherwise the TCP peer.
    pub(crate) fn of(parts: &Parts, proxies: usize) -> Option<Self> {
        client(parts, proxies).map(Self::new)
    }
}

impl Client {
    /// On this machine: a test, a load generator, a reverse proxy.
    pub(crate) fn is_loopback(self) -> bool {
        // The network of `::1` is `::/64`, which contains no other host.
        self.0.is_loopback() || self.0 == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    }

    /// As a field of the log, under this name.
    pub(crate) fn bare(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("{address}/64"),
        }
    }
}

/// The address of the requesting client: behind the trusted proxies, otherwise the TCP peer's.
pub(crate) fn client(parts: &Parts, proxies: usize) -> Option<IpAddr> {
    let told = proxies.checked_sub(1).and_then(|back| forwarded(&parts.headers, back));
    told.or_else(|| peer(parts).map(|peer| peer.ip())).map(|address| address.to_canonical())
}

/// Whether the request has passed through all trusted proxies.
pub(crate) fn is_forwarded(headers: &HeaderMap, proxies: usize) -> bool {
    proxies.checked_sub(1).and_then(|back| forwarded(headers, back)).is_some()
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "address {address}"),
            IpAddr::V6(address) => write!(f, "network {address}/64"),
        }
    }
}

/// Each proxy appends the address of its peer. Entries before those of the trusted proxies were written by the client:
/// they are skipped unread, since they may not even be text.
fn forwarded(headers: &HeaderMap, back: usize) -> Option<IpAddr> {
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut entries = entries.map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty());
    address(std::str::from_utf8(entries.nth(back)?).ok()?)
}

/// An address; some proxies add the port, or write brackets around IPv6.
fn address(text: &str) -> Option<IpAddr> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        return (port.is_empty() || is_port(port.strip_prefix(':')?)).then(|| ipv6(address)).flatten();
    }
    if let Some((address, _port)) = text.split_once(':').filter(|(_, port)| is_port(port)) {
        return address.parse().ok().map(IpAddr::V4);
    }
    text.parse().ok().map(IpAddr::V4).or_else(|| ipv6(text))
}

/// The zone, as in `fe80::1%eth0`, has no meaning outside of this machine.
fn ipv6(text: &str) -> Option<IpAddr> {
    let (address, _zone) = text.split_once('%').unwrap_or((text, ""));
    address.parse().ok().map(IpAddr::V6)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;

    use http::Request;

    use super::*;

    fn shown(address: &str) -> String {
        Client::new(address.parse().expect("an address")).to_string()
    }

    #[test]
    fn a_client_is_an_address_or_a_network() {
        assert_eq!(shown("192.0.2.7"), "address 192.0.2.7");
        assert_eq!(shown("::ffff:192.0.2.7"), "address 192.0.2.7");
        assert_eq!(shown("2001:db8:1:2:3:4:5:6"), "network 2001:db8:1:2::/64");
        assert_eq!(shown("2001:db8:1:2:ffff::"), shown("2001:db8:1:2::1"));
    }

    #[test]
    fn only_what_the_own_proxies_wrote_is_believed() {
        let peer = SocketAddr::from(([10, 0, 0, 1], 1));
        let parts = |lines: &[&[u8]]| {
            let mut request = Request::builder().extension(ConnectInfo(peer));
            for line in lines {
                request = request.header("x-forwarded-for", *line);
            }
            request.body(()).expect("a request").into_parts().0
        };
        for (proxies, lines, expected) in [
            (0, &[&b"203.0.113.1"[..]][..], "10.0.0.1"),
            (1, &[b"6.6.6.6, 203.0.113.1"], "203.0.113.1"),
            (1, &[b"6.6.6.6", b"203.0.113.1:4711"], "203.0.113.1"),
            (2, &[b"6.6.6.6, 203.0.113.1, 10.0.0.9"], "203.0.113.1"),
            (2, &[b"6.6.6.6", b"203.0.113.1", b"10.0.0.9"], "203.0.113.1"),
            (2, &[b"203.0.113.1"], "10.0.0.1"),
            (1, &[b"unknown"], "10.0.0.1"),
            (1, &[], "10.0.0.1"),
            // Entries of the client may not be text, on the same line as the proxy's entry or not.
            (1, &[b"\xff, 203.0.113.1"], "203.0.113.1"),
            (1, &[b"\xff", b"203.0.113.1"], "203.0.113.1"),
            (2, &[b"\xff, 203.0.113.1, 10.0.0.9"], "203.0.113.1"),
            (1, &[b"203.0.113.1, \xff"], "10.0.0.1"),
            // An empty entry is not counted.
            (1, &[b"6.6.6.6,203.0.113.1, ,"], "203.0.113.1"),
            (1, &[b"203.0.113.1", b""], "203.0.113.1"),
            (1, &[b"\t 203.0.113.1 "], "203.0.113.1"),
            (1, &[b"::ffff:203.0.113.1"], "203.0.113.1"),
            (1, &[b"[::ffff:203.0.113.1]:80"], "203.0.113.1"),
            (1, &[b"203.0.113.1:99999"], "10.0.0.1"),
            (1, &[b"203.0.113.1:+80"], "10.0.0.1"),
            (1, &[b"203.0.113.1:"], "10.0.0.1"),
            (1, &[b"[203.0.113.1]"], "10.0.0.1"),
            (1, &[b"[::1"], "10.0.0.1"),
        ] {
            let client = Client::of(&parts(lines), proxies).expect("a client").to_string();
            assert_eq!(client, format!("address {expected}"), "{proxies} {lines:?}");
        }
        for line in
            ["[2001:db8::1]:80", "[2001:db8::1]", "2001:db8::1", "2001:db8::1%eth0", "[2001:db8::1%1]:80"]
        {
            let client = Client::of(&parts(&[line.as_bytes()]), 1).expect("a client").to_string();
            assert_eq!(client, "network 2001:db8::/64", "{line}");
        }
        // The whole address, if it is not counted.
        assert_eq!(client(&parts(&[b"2001:db8::1"]), 1), "2001:db8::1".parse().ok());
    }

    #[test]
    fn a_long_header_is_read_from_its_end() {
        let long = format!("{}203.0.113.1", "6.6.6.6, ".repeat(100_000));
        let parts =
            Request::builder().header("x-forwarded-for", long).body(()).expect("a request").into_parts().0;
        assert_eq!(client(&parts, 1), "203.0.113.1".parse().ok());
    }
}
