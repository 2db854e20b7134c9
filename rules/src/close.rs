//! Close codes, RFC 6455 section 7.4 and the IANA registry.

/// Whether a close frame can carry this code.
pub const fn can_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// The name of the constant of `CloseCode` for a code.
pub const fn name(code: u16) -> Option<&'static str> {
    Some(match code {
        1000 => "NORMAL",
        1001 => "GOING_AWAY",
        1002 => "PROTOCOL_ERROR",
        1003 => "UNSUPPORTED_DATA",
        1007 => "INVALID_PAYLOAD",
        1008 => "POLICY_VIOLATION",
        1009 => "MESSAGE_TOO_BIG",
        1011 => "INTERNAL_ERROR",
        1012 => "SERVICE_RESTART",
        1013 => "TRY_AGAIN_LATER",
        3000 => "UNAUTHORIZED",
        _ => return None,
    })
}
