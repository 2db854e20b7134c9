//! Close codes (RFC 6455 section 7.4) and close frames.

use std::fmt;

use sockeye_rules::close;

use crate::Utf8Bytes;

/// A status code of a close frame, RFC 6455 section 7.4 and the IANA registry.
///
/// ```
/// use sockeye::CloseCode;
///
/// /// A code of the application: 4000 to 4999.
/// const KICKED: CloseCode = CloseCode::new(4001).unwrap();
///
/// assert_eq!(u16::from(KICKED), 4001);
/// assert_eq!(u16::from(CloseCode::GOING_AWAY), 1001);
/// assert_eq!(CloseCode::new(4001).unwrap().to_string(), "4001");
/// assert!(CloseCode::new(1006).is_none(), "1006 means that no close frame came; it cannot be sent");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the server is stopping, or the browser left the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer violated the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: data of a kind that this endpoint does not accept.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1007: data that does not match its type, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: a message that violates the policy of the endpoint.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message that exceeds the size limit.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1011: the server encountered an unexpected condition.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service is restarting; clients can reconnect.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the service is overloaded; clients should try again later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 3000: the client is not authenticated, or no longer (IANA's registry). A client should not reconnect before it is.
    pub const UNAUTHORIZED: Self = Self(3000);

    /// The close code with this number, if a close frame can carry it: 1000 to 1003, 1007 to 1014, 3000 to 4999.
    pub const fn new(code: u16) -> Option<Self> {
        if close::can_be_sent(code) { Some(Self(code)) } else { None }
    }
}

/// The code of a frame that was received. Not an associated function: rustc would offer it for `CloseCode(4001)`.
#[cfg(feature = "testing")]
pub(crate) const fn received(code: u16) -> CloseCode {
    CloseCode(code)
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match close::name(self.0) {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({self})")
    }
}

/// The contents of a close frame: a code and an optional reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseFrame {
    /// The status code.
    pub code: CloseCode,
    /// A text of at most 123 bytes; often empty.
    pub reason: Utf8Bytes,
}

/// The longest reason that fits into a control frame beside its code (RFC 6455 section 5.5).
pub(crate) const MAX_REASON: usize = 123;

/// The reason, cut at a character boundary to the length that fits into a close frame.
pub(crate) fn fitting_reason(reason: &str) -> &str {
    let (fits, rest) = reason.split_at(reason.floor_char_boundary(MAX_REASON));
    if rest.is_empty() || rest.starts_with(char::is_whitespace) {
        return fits;
    }
    // Not in the middle of a word, unless that word is most of it.
    let words = fits.rfind(char::is_whitespace).filter(|end| *end > MAX_REASON / 2);
    words.map_or(fits, |end| fits[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let long = "é".repeat(100);
        let cut = fitting_reason(&long);
        assert_eq!(cut.len(), 122);
        assert!(cut.chars().all(|c| c == 'é'));
        assert_eq!(fitting_reason("short"), "short");
    }

    #[test]
    fn a_long_reason_is_cut_between_words() {
        let words = "seven77 ".repeat(20);
        assert_eq!(fitting_reason(&words), words[..119].trim_end());
        let exact = format!("{} next", "x".repeat(MAX_REASON));
        assert_eq!(fitting_reason(&exact), &exact[..MAX_REASON]);
        let one_word = format!("at {}", "x".repeat(200));
        assert_eq!(fitting_reason(&one_word).len(), MAX_REASON);
    }

    #[test]
    fn only_codes_that_may_be_sent_are_made() {
        for reserved in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert_eq!(CloseCode::new(reserved), None, "{reserved}");
        }
        assert_eq!(CloseCode::new(1011), Some(CloseCode::INTERNAL_ERROR));
    }
}
