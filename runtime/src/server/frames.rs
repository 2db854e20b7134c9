//! Observes the HTTP/2 frames that a server writes on its own: h2 refuses requests without notifying anyone except the
//! client.

/// A parser of the written frames, which looks only for refusals.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The frame header, and the beginning of its payload.
    kept: [u8; HEAD + PAYLOAD],
    length: usize,
    /// The remaining length of the payload.
    rest: usize,
    /// There was a `GOAWAY`.
    pub(super) has_goaway: bool,
}

/// A refusal by h2, or in place of h2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// HTTP/2 itself, which this build does not support.
    Version,
    /// A request with a head above the limit: status 431.
    Head,
    /// A stream, with this error code (RFC 9113, section 7).
    Stream(u32),
    /// The connection, likewise.
    Connection(u32),
}

/// The parts of a frame header: length, type, flags, stream (RFC 9113, section 4.1).
const HEAD: usize = 9;

/// The part of a payload that is parsed: the two words of `GOAWAY`.
const PAYLOAD: usize = 8;

/// The whole header block that h2 writes to refuse a head: `:status: 431`, and no other field. What comes through hyper has a date
/// at least. Later ones on the same connection are one byte, an index, and cannot be told from others.
const STATUS_431: [u8; 5] = [0x48, 0x83, 0x69, 0x90, 0xff];

impl Frames {
    /// Parses written bytes, and reports each refusal.
    pub(super) fn read(&mut self, mut bytes: &[u8], tell: &mut impl FnMut(Refused)) {
        while let Some((&byte, after)) = bytes.split_first() {
            if self.length < HEAD {
                self.keep(byte);
                bytes = after;
                if self.length == HEAD {
                    let [a, b, c] = [self.kept[0], self.kept[1], self.kept[2]];
                    self.rest = u32::from_be_bytes([0, a, b, c]) as usize;
                }
            } else {
                let here = self.rest.min(bytes.len());
                bytes[..here].iter().take(PAYLOAD).for_each(|&byte| self.keep(byte));
                self.rest -= here;
                bytes = &bytes[here..];
            }
            if self.length >= HEAD && self.rest == 0 {
                self.has_goaway |= self.kept[3] == GOAWAY;
                self.refusal().into_iter().for_each(&mut *tell);
                self.length = 0;
            }
        }
    }

    fn keep(&mut self, byte: u8) {
        if let Some(place) = self.kept.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    /// The refusal in the frame that has just ended.
    fn refusal(&self) -> Option<Refused> {
        let payload = &self.kept[HEAD..self.length.max(HEAD)];
        let code = |at| payload.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
        let whole = payload.len() == self.size();
        match self.kept[3] {
            HEADERS => (whole && payload == STATUS_431).then_some(Refused::Head),
            RESET => code(0).filter(|code| is_refusal(*code)).map(Refused::Stream),
            GOAWAY => code(4).filter(|code| is_refusal(*code)).map(Refused::Connection),
            _ => None,
        }
    }

    /// The length in the frame header.
    fn size(&self) -> usize {
        u32::from_be_bytes([0, self.kept[0], self.kept[1], self.kept[2]]) as usize
    }
}

/// Types of frames.
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const GOAWAY: u8 = 7;

/// Error codes (RFC 9113, section 7).
pub(super) const REFUSED_STREAM: u32 = 7;
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

/// `NO_ERROR` and `CANCEL` end streams that are finished or no longer wanted, `INTERNAL_ERROR` is a body that failed,
/// and `STREAM_CLOSED` answers frames that were in transit to a closed stream.
fn is_refusal(code: u32) -> bool {
    !matches!(code, 0 | 2 | 5 | 8)
}

/// The name of an error code (RFC 9113, section 7).
pub(super) fn name(code: u32) -> &'static str {
    match code {
        1 => "PROTOCOL_ERROR",
        3 => "FLOW_CONTROL_ERROR",
        4 => "SETTINGS_TIMEOUT",
        6 => "FRAME_SIZE_ERROR",
        REFUSED_STREAM => "REFUSED_STREAM",
        9 => "COMPRESSION_ERROR",
        10 => "CONNECT_ERROR",
        ENHANCE_YOUR_CALM => "ENHANCE_YOUR_CALM",
        12 => "INADEQUATE_SECURITY",
        13 => "HTTP_1_1_REQUIRED",
        _ => "an unknown error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 1], payload].concat()
    }

    #[test]
    fn refusals_are_found_however_the_bytes_are_cut() {
        let goaway = [&[0, 0, 0, 1, 0, 0, 0, 11][..], &[b'x'; 30]].concat();
        let written = [
            frame(0, &vec![b'x'; 20_000]),
            frame(HEADERS, &[0x88, 0xbe]),
            frame(HEADERS, &STATUS_431),
            frame(HEADERS, &[&STATUS_431[..], b"more"].concat()),
            frame(4, &[]),
            frame(RESET, &[0, 0, 0, 8]),
            frame(RESET, &[0, 0, 0, 1]),
            frame(GOAWAY, &[0; 8]),
            frame(GOAWAY, &goaway),
        ]
        .concat();
        for size in [1, 2, 7, 9, 1000, written.len()] {
            let (mut frames, mut found) = (Frames::default(), Vec::new());
            for bytes in written.chunks(size) {
                frames.read(bytes, &mut |refused| found.push(refused));
            }
            assert_eq!(found, [Refused::Head, Refused::Stream(1), Refused::Connection(11)], "{size}");
        }
    }
}
