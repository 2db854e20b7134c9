//! The subprotocol that was chosen (RFC 6455 section 1.9).

use super::super::{finding::Finding, head::Head};

const NAME: &str = "protocol";

/// No finding if none was offered and none was chosen.
pub(in crate::probe) fn check(head: &Head, offered: &[String]) -> Option<Finding> {
    let chosen: Vec<_> = head.all("sec-websocket-protocol").filter(|value| !value.is_empty()).collect();
    let list = || offered.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    match (chosen.as_slice(), offered.is_empty()) {
        ([], true) => None,
        ([], false) => Some(
            Finding::fail(NAME, format!("{} offered, none chosen: browsers close such a connection", list()))
                .help("let the server choose one of them, or have the client offer none; in Sockeye, `subprotocols = [..]` in `#[ws_endpoint(..)]`"),
        ),
        ([one], true) => Some(
            Finding::fail(NAME, format!("the server chose `{one}`, although none was offered; clients refuse it"))
                .help(format!("offer it with `--subprotocol {one}`, or let the server choose none")),
        ),
        ([one], false) if offered.iter().any(|offer| offer == one) => {
            Some(Finding::ok(NAME, format!("`{one}` was chosen from {}", list())))
        }
        ([one], false) => Some(
            Finding::fail(NAME, format!("the server chose `{one}`, but {} was offered; clients refuse it", list()))
                .help("let the server choose one of the offered subprotocols, spelled the same, case included"),
        ),
        _ => Some(
            Finding::fail(NAME, format!("the server chose several: `{}`; clients refuse it", chosen.join("`, `")))
                .help("let the server choose one"),
        ),
    }
}
