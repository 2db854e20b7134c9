//! The meaning of a close code (RFC 6455 section 7.4 and the IANA registry), and what to do.

/// The meaning of the code, and what to do if the server sends it unprompted.
pub(in crate::probe) fn meaning(code: u16) -> (&'static str, &'static str) {
    match code {
        1000 => (
            "normal closure",
            "the handler returned: to keep the connection open, receive in a loop (`while let Some(message) = socket.recv().await?`)",
        ),
        1001 => ("going away", "the server is stopping: connect again later"),
        1002 => {
            ("protocol error", "the server rejected the client's frames: check for a proxy that changes them")
        }
        1003 => ("unsupported data", "the server does not accept this kind of message"),
        1005 => ("no code", "the handler closed without a code: check its log"),
        1007 => ("invalid data", "the server could not decode the message"),
        1008 => (
            "policy violation",
            "the server accepted and then refused: most often credentials are missing (`--header`), or the origin is not allowed; a refusal before `accept` would have an HTTP status",
        ),
        1009 => ("message too big", "the message is larger than the limit of the server"),
        1010 => ("mandatory extension", "the server requires an extension, which no client has to support"),
        1011 => ("internal error", "the handler failed or panicked: check the log of the server"),
        1012 => ("service restart", "the server is restarting: connect again later"),
        1013 => ("try again later", "the server is overloaded: wait before connecting again"),
        1014 => ("bad gateway", "the proxy lost the server behind it: check both logs"),
        3000 => ("unauthorized", "send credentials: `--header 'Authorization: Bearer ...'`"),
        3003 => ("forbidden", "send credentials that are allowed to connect"),
        4000..=4999 => ("application code", "see the documentation of the application"),
        _ => ("undefined code", "check why the server sends it"),
    }
}
