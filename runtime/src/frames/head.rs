//! The head of a frame: RFC 6455 section 5.2.

use super::Fault;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// The first frame of a compressed message (RFC 7692 section 6).
const COMPRESSED: u8 = 0x40;

/// The values of the length field if the length follows in two or eight bytes.
const IN_2_BYTES: u8 = 126;
const IN_8_BYTES: u8 = 127;

/// The longest payload of a control frame, and the longest one whose length is in the first two bytes.
pub(super) const SHORT: usize = 125;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// What a head must fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Fragments of a message have arrived, but not the last.
    pub(super) is_within_message: bool,
    /// How much longer the message may become.
    pub(super) room: usize,
    /// How long a compressed message may be as it arrives, if compression is agreed on.
    pub(super) compressed: Option<usize>,
    /// The limit for the whole message.
    pub(super) limit: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) opcode: Opcode,
    pub(super) fin: bool,
    /// Whether a compressed message begins.
    pub(super) is_compressed: bool,
    pub(super) key: [u8; 4],
    pub(super) payload: usize,
    /// The length of the head itself.
    pub(super) size: usize,
}

impl Opcode {
    fn read(first: u8) -> Result<Self, Fault> {
        Ok(match first & 0x0f {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return Err(Fault::Opcode),
        })
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 >= 8
    }
}

impl Head {
    /// Reads a client's head. `None` if more bytes are needed; a fault is found with the first byte that shows it.
    #[inline]
    pub(super) fn read(bytes: &[u8], expected: Expected) -> Result<Option<Self>, Fault> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let opcode = opcode(*first, expected)?;
        let is_compressed = first & COMPRESSED != 0;
        if second & MASKED == 0 {
            return Err(Fault::Unmasked);
        }
        let short = second & !MASKED;
        if opcode.is_control() && usize::from(short) > SHORT {
            return Err(Fault::LongControl);
        }
        if opcode == Opcode::Close && short == 1 {
            return Err(Fault::HalfACloseCode);
        }
        let Some((length, of_length)) = length(short, rest)? else { return Ok(None) };
        let payload = usize::try_from(length).ok().filter(|length| {
            // The limit is one of messages.
            let room = expected.compressed.filter(|_| is_compressed).unwrap_or(expected.room);
            opcode.is_control() || *length <= room
        });
        let payload = payload.ok_or(Fault::TooLong(expected.limit))?;
        let Some(key) = rest[of_length..].first_chunk() else { return Ok(None) };
        Ok(Some(Self {
            opcode,
            fin: first & FIN != 0,
            is_compressed,
            key: *key,
            payload,
            size: 6 + of_length,
        }))
    }
}

fn opcode(first: u8, Expected { is_within_message, compressed, .. }: Expected) -> Result<Opcode, Fault> {
    let of_extensions = if compressed.is_some() { COMPRESSED } else { 0 };
    if first & RESERVED & !of_extensions != 0 {
        return Err(Fault::ReservedBit);
    }
    let opcode = Opcode::read(first)?;
    match opcode {
        Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong if first & COMPRESSED != 0 => {
            Err(Fault::ReservedBit)
        }
        Opcode::Continuation if !is_within_message => Err(Fault::NothingToContinue),
        Opcode::Text | Opcode::Binary if is_within_message => Err(Fault::Interleaved),
        Opcode::Close | Opcode::Ping | Opcode::Pong if first & FIN == 0 => Err(Fault::FragmentedControl),
        _ => Ok(opcode),
    }
}

/// The length of the payload, and in how many further bytes it is.
#[inline]
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, usize)>, Fault> {
    let (length, of_length, least) = match short {
        IN_2_BYTES => match rest.first_chunk() {
            Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2, SHORT as u64 + 1),
            None => return Ok(None),
        },
        IN_8_BYTES => match rest.first_chunk() {
            Some(bytes) => (u64::from_be_bytes(*bytes), 8, 1 << 16),
            None => return Ok(None),
        },
        short => return Ok(Some((short.into(), 0))),
    };
    if length < least { Err(Fault::LongLength) } else { Ok(Some((length, of_length))) }
}

/// Writes the head of a server's frame, which is whole and has no mask.
#[inline]
pub(super) fn write(buffer: &mut Vec<u8>, opcode: Opcode, payload: usize, is_compressed: bool) {
    let first = FIN | opcode as u8 | if is_compressed { COMPRESSED } else { 0 };
    match (u8::try_from(payload), u16::try_from(payload)) {
        (Ok(short), _) if payload <= SHORT => buffer.extend_from_slice(&[first, short]),
        (_, Ok(medium)) => {
            let [high, low] = medium.to_be_bytes();
            buffer.extend_from_slice(&[first, IN_2_BYTES, high, low]);
        }
        _ => {
            buffer.extend_from_slice(&[first, IN_8_BYTES]);
            buffer.extend_from_slice(&(payload as u64).to_be_bytes());
        }
    }
}
