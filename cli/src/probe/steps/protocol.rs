//! The subprotocol that was chosen (RFC 6455 section 1.9).

use super::super::{finding::Finding, head::Head};

const NAME: &str = "protocol";

/// No finding if none was offered and none was chosen.
pub(in crate::probe) fn check(head: &Head, offered: &[String]) -> Option<Finding> {
    let chosen: Vec<_> = head.all("sec-websocket-protocol").filter(|value| !value.is_empty()).collect();
    let list = || offered.iter().map(|one| format!("`{}`", shown(one))).collect::<Vec<_>>().join(", ");
    match (chosen.as_slice(), offered.is_empty()) {
        ([], true) => None,
        ([], false) => Some(
            Finding::fail(NAME, format!("{} offered, none chosen: browsers close such a connection", list()))
                .help("let the server choose one of them, or have the client offer none; in Sockeye, `subprotocols = [..]` in `#[ws_endpoint(..)]`"),
        ),
        ([one], true) => Some(
            Finding::fail(NAME, format!("the server chose `{}`, although none was offered; clients refuse it", shown(one)))
                .help(format!("offer it with `--subprotocol {}`, or let the server choose none", shown(one))),
        ),
        ([one], false) if offered.iter().any(|offer| offer == one) => {
            Some(Finding::ok(NAME, format!("`{}` was chosen from {}", shown(one), list())))
        }
        ([one], false) => Some(
            Finding::fail(NAME, format!("the server chose `{}`, but {} was offered; clients refuse it", shown(one), list()))
                .help("let the server choose one of the offered subprotocols, spelled the same, case included"),
        ),
        _ => Some(
            Finding::fail(NAME, format!(
                    "the server chose several: `{}`; clients refuse it",
                    chosen.iter().map(|one| shown(one)).collect::<Vec<_>>().join("`, `")
                ))
                .help("let the server choose one"),
        ),
    }
}

/// Without the token of `bearer.<token>`, which browsers offer in place of `Authorization`.
fn shown(subprotocol: &str) -> &str {
    if subprotocol.starts_with("bearer.") { "bearer.<hidden>" } else { subprotocol }
}
