//! Whether each address accepts connections.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{net::TcpStream, time::timeout};

use super::{super::finding::Finding, millis};

const NAME: &str = "tcp";

/// The outcome of an attempt to connect.
enum Attempt {
    Connected(Duration),
    Failed(io::Error),
    TimedOut,
}

/// The first address that accepts connections, and the findings about all of them.
pub(in crate::probe) async fn connect(
    addresses: &[SocketAddr],
    limit: Duration,
) -> (Option<SocketAddr>, Vec<Finding>) {
    let attempts = join_all(addresses.iter().map(|address| attempt(*address, limit))).await;
    let first = attempts.iter().position(|attempt| matches!(attempt, Attempt::Connected(_)));
    let findings = addresses
        .iter()
        .zip(&attempts)
        .map(|(address, attempt)| judge(*address, attempt, first.is_some(), limit));
    (first.map(|at| addresses[at]), findings.collect())
}

async fn attempt(address: SocketAddr, limit: Duration) -> Attempt {
    let start = Instant::now();
    match timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Attempt::Connected(start.elapsed()),
        Ok(Err(error)) => Attempt::Failed(error),
        Err(_) => Attempt::TimedOut,
    }
}

/// `elsewhere` is whether another address of the same name accepts connections.
fn judge(address: SocketAddr, attempt: &Attempt, elsewhere: bool, limit: Duration) -> Finding {
    let error = match attempt {
        Attempt::Connected(after) => {
            return Finding::ok(NAME, format!("connected to {address} in {}", millis(*after)));
        }
        Attempt::TimedOut => return timed_out(address, elsewhere, limit),
        Attempt::Failed(error) => error,
    };
    match error.kind() {
        ErrorKind::ConnectionRefused => refused(address, elsewhere),
        ErrorKind::TimedOut => timed_out(address, elsewhere, limit),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable => {
            unreachable(address, error, elsewhere)
        }
        _ => found(elsewhere, format!("cannot connect to {address}: {error}")),
    }
}

/// If another address works, most clients continue with that one.
fn found(elsewhere: bool, words: String) -> Finding {
    if elsewhere { Finding::warn(NAME, words) } else { Finding::fail(NAME, words) }
}

fn refused(address: SocketAddr, elsewhere: bool) -> Finding {
    let words = format!("{address} refuses connections: nothing listens there");
    if elsewhere && address.ip().is_loopback() {
        // `localhost` has two addresses on every machine, and development servers listen on one of them.
        return Finding::ok(NAME, format!("nothing listens on {address}, which clients skip"));
    }
    let finding = found(elsewhere, words);
    if elsewhere {
        return finding.help("let the server listen on this address too, or remove it from the DNS records of the name: some clients try it first");
    }
    let finding =
        finding.help("start the server, or compare the port with the one that it prints at startup");
    if address.ip().is_loopback() {
        finding
    } else {
        finding.help("a server that listens on 127.0.0.1 is not reachable from other machines: let it listen on 0.0.0.0 or `[::]`; in a container, publish the port")
    }
}

fn timed_out(address: SocketAddr, elsewhere: bool, limit: Duration) -> Finding {
    found(elsewhere, format!("{address} did not answer within {limit:?}"))
        .help("a firewall or security group drops the packets, or the address does not belong to the server: open the port, or fix the DNS records of the name")
}

/// Usually this machine has no IPv6: that is not the server's fault, if it has another address.
fn unreachable(address: SocketAddr, error: &io::Error, elsewhere: bool) -> Finding {
    if elsewhere {
        return Finding::ok(
            NAME,
            format!("{address} was not tried: this machine has no route to it ({error})"),
        );
    }
    Finding::fail(NAME, format!("this machine has no route to {address}: {error}")).help(
        "check the network of this machine; a VPN may be needed, and an IPv6 address needs IPv6 here too",
    )
}
