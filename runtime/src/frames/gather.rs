//! A message that arrives in parts: fragments, or pieces of a long frame.

use bytes::{BufMut as _, Bytes, buf::Limit};

use super::{Fault, Opcode, mask, utf8::Text};
use crate::{Message, Utf8Bytes, compression::Agreed};

#[derive(Debug)]
pub(super) enum Gather {
    Text(Text),
    Binary(Binary),
    /// Kept as it arrives: a client that sends part of one takes no memory but for that.
    Compressed(Opcode, Agreed, Binary),
}

#[derive(Debug, Default)]
pub(super) struct Binary {
    bytes: Vec<u8>,
    /// How many of them are unmasked. The rest was read directly.
    unmasked: usize,
}

impl Gather {
    /// For a message whose first frame has this opcode, and is compressed as agreed on.
    pub(super) fn new(opcode: Opcode, compressed: Option<Agreed>) -> Self {
        if let Some(agreed) = compressed {
            return Self::Compressed(opcode, agreed, Binary::default());
        }
        match opcode {
            Opcode::Text => Self::Text(Text::default()),
            _ => Self::Binary(Binary::default()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(binary) | Self::Compressed(.., binary) => binary.len(),
        }
    }

    /// How much may still arrive, if the message may have this many bytes.
    pub(super) fn room(&self, limit: usize) -> usize {
        let limit = match self {
            Self::Compressed(_, agreed, _) => agreed.longest(limit),
            _ => limit,
        };
        limit.saturating_sub(self.len())
    }

    /// What can be read directly.
    pub(super) fn binary(&mut self) -> Option<&mut Binary> {
        match self {
            Self::Text(_) => None,
            Self::Binary(binary) | Self::Compressed(.., binary) => Some(binary),
        }
    }

    #[cfg(test)]
    pub(super) fn reserved(&self) -> usize {
        match self {
            Self::Text(text) => text.reserved(),
            Self::Binary(binary) | Self::Compressed(.., binary) => binary.bytes.capacity(),
        }
    }

    /// Adds a part that is unmasked.
    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), Fault> {
        match self {
            Self::Text(text) => text.push(part).map_err(|_| Fault::Text),
            Self::Binary(binary) | Self::Compressed(.., binary) => {
                binary.bytes.extend_from_slice(part);
                binary.unmasked = binary.bytes.len();
                Ok(())
            }
        }
    }

    /// Unmasks what was read directly, which begins `offset` bytes into the payload of its frame. Returns its length.
    pub(super) fn unmask(&mut self, key: [u8; 4], offset: usize) -> usize {
        let Some(Binary { bytes, unmasked }) = self.binary() else { return 0 };
        let read = &mut bytes[*unmasked..];
        mask::apply(key, offset, read);
        let length = read.len();
        *unmasked += length;
        length
    }

    /// The message, which has at most `limit` bytes.
    pub(super) fn finish(self, limit: usize) -> Result<Message, Fault> {
        match self {
            Self::Compressed(opcode, agreed, binary) => inflated(agreed, opcode, &binary.bytes, limit),
            Self::Text(text) => {
                text.finish().map(|text| Message::Text(Utf8Bytes::from(text))).map_err(|_| Fault::Text)
            }
            Self::Binary(binary) => Ok(Message::Binary(Bytes::from(binary.bytes))),
        }
    }
}

/// A compressed message.
pub(super) fn inflated(
    agreed: Agreed,
    opcode: Opcode,
    payload: &[u8],
    limit: usize,
) -> Result<Message, Fault> {
    let message = agreed.inflate(payload, limit)?;
    Ok(match opcode {
        Opcode::Text => Message::Text(String::from_utf8(message).map_err(|_| Fault::Text)?.into()),
        _ => Message::Binary(message.into()),
    })
}

impl Binary {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Room for at most this many bytes, which are still masked. No more is reserved than has arrived.
    pub(super) fn room(&mut self, most: usize) -> Limit<&mut Vec<u8>> {
        if self.bytes.len() == self.bytes.capacity() {
            self.bytes.reserve_exact(self.bytes.len().min(most));
        }
        let room = self.bytes.capacity() - self.bytes.len();
        (&mut self.bytes).limit(room.min(most))
    }
}
