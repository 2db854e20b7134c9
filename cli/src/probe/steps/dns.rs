//! The addresses of the name.

use std::{collections::BTreeSet, io, net::SocketAddr, time::Duration};

use tokio::{net::lookup_host, time::timeout};
use url::Host;

use super::super::{finding::Finding, target::Target};

const NAME: &str = "dns";

/// More addresses than these are not tried.
const MOST: usize = 8;

/// The addresses, in the system's order, and the finding about them.
pub(in crate::probe) async fn resolve(
    target: &Target,
    limit: Duration,
) -> (Vec<SocketAddr>, Option<Finding>) {
    let name = match &target.host {
        Host::Ipv4(address) => return (vec![(*address, target.port).into()], None),
        Host::Ipv6(address) => return (vec![(*address, target.port).into()], None),
        Host::Domain(name) => name,
    };
    match timeout(limit, lookup_host((name.as_str(), target.port))).await {
        Err(_) => (Vec::new(), Some(silent(name, limit))),
        Ok(Err(error)) => (Vec::new(), Some(unknown(name, &error))),
        Ok(Ok(found)) => {
            let addresses = distinct(found);
            let finding = if addresses.is_empty() { without(name) } else { found_all(name, &addresses) };
            (addresses, Some(finding))
        }
    }
}

fn distinct(found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut seen = BTreeSet::new();
    found.filter(|address| seen.insert(address.ip())).take(MOST).collect()
}

fn found_all(name: &str, addresses: &[SocketAddr]) -> Finding {
    let all: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
    Finding::ok(NAME, format!("{name} is {}", all.join(", ")))
}

fn without(name: &str) -> Finding {
    Finding::fail(NAME, format!("`{name}` has no address")).help("add an A or AAAA record for it")
}

fn silent(name: &str, limit: Duration) -> Finding {
    Finding::fail(NAME, format!("no answer within {limit:?} to the DNS query for `{name}`"))
        .help("the DNS server of this machine does not answer: check the network and `/etc/resolv.conf`")
}

fn unknown(name: &str, error: &io::Error) -> Finding {
    let text = error.to_string();
    // The system's resolver distinguishes the two only in its text.
    if text.contains("Temporary failure") || text.contains("Try again") {
        return Finding::fail(NAME, format!("no DNS server can be reached to look up `{name}`")).detail("says", text).help(
            "this machine has no network or no DNS server: check `/etc/resolv.conf`, or in a container, its network",
        );
    }
    let spelling =
        "check the spelling; a name of Docker Compose or Kubernetes exists only inside its own network";
    Finding::fail(NAME, format!("the name `{name}` does not exist")).detail("says", text).help(spelling)
}
