use std::{io, net::SocketAddr};

use sockeye_rules::BIND_FAILED;

use super::Problem;

/// The port cannot be bound.
pub(crate) fn bind_failed(address: SocketAddr, error: &io::Error) -> Problem {
    Problem::new(&BIND_FAILED, format!("cannot listen on {address}: {}", reason(error)))
        .with_help(help(address, error.kind()))
}

/// The address cannot be resolved to an IP address and a port.
pub(crate) fn unresolved(error: &io::Error) -> Problem {
    Problem::new(&BIND_FAILED, format!("the address to listen on cannot be resolved: {}", reason(error)))
        .with_help("write an IP address and a port, as in `127.0.0.1:3000` or `0.0.0.0:3000`")
}

/// The error without the number of the operating system.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = words.chars();
    let first = characters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(characters).collect()
}

fn help(address: SocketAddr, kind: io::ErrorKind) -> String {
    let port = address.port();
    match kind {
        io::ErrorKind::AddrInUse => format!(
            "another program listens on port {port} (`ss -ltnp 'sport = :{port}'` on Linux, `lsof -i :{port}` on \
             macOS shows which): stop it, or choose another port"
        ),
        io::ErrorKind::PermissionDenied if port < 1024 => format!(
            "ports below 1024 need administrator privileges: listen on a higher port such as 3000, and let a proxy \
             forward port {port} to it"
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!(
                "this machine does not have the address {}: write `0.0.0.0:{port}` to listen on every address that it has",
                address.ip()
            )
        }
        _ => "choose another address or port".to_owned(),
    }
}
