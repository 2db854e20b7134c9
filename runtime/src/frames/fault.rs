/// What is wrong with a frame, or with the message that it is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A bit is set that only an extension may set (RFC 6455 section 5.2).
    ReservedBit,
    /// An opcode that the RFC does not define (section 5.2).
    Opcode,
    /// Sections 5.4 and 5.5.
    FragmentedControl,
    LongControl,
    /// A continuation where no message has begun (section 5.4).
    NothingToContinue,
    /// A message within the fragments of another (section 5.4).
    Interleaved,
    /// Section 5.1.
    Unmasked,
    /// A length in more bytes than it needs (section 5.2).
    LongLength,
    /// A close frame whose code is one byte (section 5.5.1).
    HalfACloseCode,
    /// Section 7.4.
    CloseCode,
    /// The reason of a close frame is not valid UTF-8 (section 5.5.1).
    CloseReason,
    /// A text message is not valid UTF-8 (section 5.6).
    Text,
    /// A compressed message that cannot be inflated (RFC 7692 section 7.2.2).
    #[cfg_attr(not(feature = "compression"), expect(dead_code, reason = "nothing is compressed"))]
    NotDeflated,
    /// The message is longer than this limit in bytes.
    TooLong(usize),
}

impl Fault {
    /// What the peer did, as part of a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::ReservedBit => "a frame with a reserved bit",
            Self::Opcode => "invalid opcode",
            Self::FragmentedControl => "a fragmented control frame",
            Self::LongControl => "a control frame longer than 125 bytes",
            Self::NothingToContinue => "a continuation frame where no message has begun",
            Self::Interleaved => "a message within the fragments of another",
            Self::Unmasked => "a frame without a mask",
            Self::LongLength => "a length that is not in its shortest form",
            Self::HalfACloseCode => "a close frame with a payload of one byte",
            Self::CloseCode => "invalid close code",
            Self::CloseReason => "the reason of a close frame is not valid UTF-8",
            Self::Text => "a text message is not valid UTF-8",
            Self::NotDeflated => "a compressed message cannot be inflated",
            Self::TooLong(_) => "a message longer than the limit",
        }
    }
}
