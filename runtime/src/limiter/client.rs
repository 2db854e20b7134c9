//! Who a connection is counted for.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use http::{HeaderMap, HeaderName, request::Parts};

use crate::handshake::{peer, tokens};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// One client: an IPv4 address, or the /64 network of an IPv6 address, which is what one subscriber gets (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl Client {
    pub(crate) fn new(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            address @ IpAddr::V4(_) => address,
        })
    }

    /// The client that asks: behind so many proxies of one's own, or else the TCP peer.
    pub(crate) fn of(parts: &Parts, proxies: usize) -> Option<Self> {
        let told = proxies.checked_sub(1).and_then(|back| forwarded(&parts.headers, back));
        told.or_else(|| peer(parts).map(|peer| peer.ip())).map(Self::new)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "address {address}"),
            IpAddr::V6(address) => write!(f, "network {address}/64"),
        }
    }
}

/// Each proxy adds at the end whom it was asked by. What stands before the entries of one's own proxies is whatever the
/// client wrote there.
fn forwarded(headers: &HeaderMap, back: usize) -> Option<IpAddr> {
    let entries: Vec<&str> = tokens(headers, &X_FORWARDED_FOR).collect();
    address(entries.iter().rev().nth(back)?)
}

/// An address; some proxies add the port, or write brackets around IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::extract::ConnectInfo;
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
        let parts = |lines: &[&str]| {
            let mut request = Request::builder().extension(ConnectInfo(peer));
            for line in lines {
                request = request.header("x-forwarded-for", *line);
            }
            request.body(()).expect("a request").into_parts().0
        };
        for (proxies, lines, expected) in [
            (0, &["203.0.113.1"][..], "10.0.0.1"),
            (1, &["6.6.6.6, 203.0.113.1"], "203.0.113.1"),
            (1, &["6.6.6.6", "203.0.113.1:4711"], "203.0.113.1"),
            (2, &["6.6.6.6, 203.0.113.1, 10.0.0.9"], "203.0.113.1"),
            (2, &["203.0.113.1"], "10.0.0.1"),
            (1, &["unknown"], "10.0.0.1"),
            (1, &[], "10.0.0.1"),
        ] {
            let client = Client::of(&parts(lines), proxies).expect("a client").to_string();
            assert_eq!(client, format!("address {expected}"), "{proxies} {lines:?}");
        }
        let bracketed = Client::of(&parts(&["[2001:db8::1]:80"]), 1).expect("a client").to_string();
        assert_eq!(bracketed, "network 2001:db8::/64");
    }
}
