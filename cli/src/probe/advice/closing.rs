//! What a close code means (RFC 6455 section 7.4 and the registry of IANA), and what to do.

/// The meaning of the code, and what to do when the server gives it without being asked.
pub(in crate::probe) fn meaning(code: u16) -> (&'static str, &'static str) {
    match code {
        1000 => (
            "a normal end",
            "the handler came to its end: if it should go on, it needs a loop that receives (`while let Some(message) = socket.recv().await?`)",
        ),
        1001 => ("going away", "the server is stopping: connect again in a moment"),
        1002 => {
            ("protocol error", "the server finds the client's frames wrong: a proxy may have changed them")
        }
        1003 => ("data that it does not take", "the server does not take this kind of message"),
        1005 => ("no code", "the handler closed without saying why"),
        1007 => ("data that does not decode", "the server could not decode what it got"),
        1008 => (
            "a policy",
            "the server accepted first and refused then: most often credentials are missing (`--header`), or the origin is not allowed; a refusal before accepting would show as a status",
        ),
        1009 => ("a message too big", "the server's limit is smaller than what it got"),
        1010 => ("a missing extension", "the server insists on an extension that no client has to speak"),
        1011 => ("an error of the server", "the handler failed or panicked: its log should say why"),
        1012 => ("a restart", "the server is restarting: connect again in a moment"),
        1013 => ("try again later", "the server is overloaded: wait before connecting again"),
        1014 => ("a bad gateway", "the proxy lost the server behind it: look into both logs"),
        3000 => ("not authorised", "send credentials: `--header 'Authorization: Bearer ...'`"),
        3003 => ("forbidden", "the credentials do not allow this"),
        4000..=4999 => {
            ("a code of the application's own", "the application's documentation says what it means")
        }
        _ => ("a code that nobody has defined", "look at what the server sends it for"),
    }
}
