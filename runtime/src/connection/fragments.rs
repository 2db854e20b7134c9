//! Cuts a peer's long frames into fragments, so that memory for them is reserved as they arrive.
//!
//! The engine reserves memory for a whole frame as soon as it has the frame's header: a header that announces 100 MiB, with nothing
//! after it, would reserve 100 MiB. So between the transport and the engine, a frame of more than 64 KiB becomes a message in
//! fragments of 64 KiB each, which the engine joins as they arrive. RFC 6455 section 5.4 allows an intermediary to do this, and the
//! message is the same.

use std::{
    io,
    task::{Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use tokio::io::ReadBuf;

/// The length of a fragment. A multiple of 4, so that each fragment is masked with the same key from its first byte on.
const FRAGMENT: u64 = 64 * 1024;

/// The first bit of a frame: no fragments follow.
const FIN: u8 = 0x80;
/// The first bit of the second byte.
const MASKED: u8 = 0x80;
/// The value of the length field if the length follows in this many bytes.
const IN_2_BYTES: u8 = 0x7e;
const IN_8_BYTES: u8 = 0x7f;

#[derive(Debug)]
pub(super) struct Fragments {
    /// Longer frames are left unchanged: the engine refuses them when it sees the header.
    max_message_size: u64,
    place: Place,
    /// The beginning of a header, held back until it shows the length of its frame.
    head: Vec<u8>,
    /// Bytes to return before those that were read.
    ready: BytesMut,
}

/// The position of the next byte in the frame structure.
#[derive(Debug, Clone, Copy)]
enum Place {
    Head,
    /// In a frame that is passed on unchanged.
    Frame {
        left: u64,
    },
    /// In a fragment of a long frame.
    Fragment {
        left: u64,
        behind: Long,
    },
    /// After a header that the engine refuses.
    Refused,
}

/// The rest of a long frame after a fragment.
#[derive(Debug, Clone, Copy)]
struct Long {
    /// The frame's own FIN bit; set on its last fragment.
    fin: u8,
    key: [u8; 4],
    left: u64,
}

/// What the bytes at the beginning of a frame reveal.
enum Head {
    /// Too few bytes to tell.
    Partial,
    /// A frame that is passed on unchanged, and its length including its header.
    Frame(u64),
    /// A frame that is cut, and its opcode.
    Long(u8, Long),
    Refused,
}

impl Fragments {
    /// `None` if no frame can be long: then nothing needs to be inspected.
    pub(super) fn new(max_message_size: usize) -> Option<Self> {
        let max_message_size = max_message_size as u64;
        (max_message_size > FRAGMENT).then(|| Self {
            max_message_size,
            place: Place::Head,
            head: Vec::new(),
            ready: BytesMut::new(),
        })
    }

    /// Reads from the transport, and cuts long frames.
    pub(super) fn poll_read(
        &mut self,
        buffer: &mut ReadBuf<'_>,
        mut poll_io: impl FnMut(&mut ReadBuf<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        // Zero bytes would signal the end of the stream.
        while !self.give(buffer) {
            ready!(poll_io(buffer))?;
            let read = &buffer.filled()[before..];
            if read.is_empty() && !self.end() {
                break;
            }
            let kept = self.skip(read);
            self.cut(&read[kept..]);
            buffer.set_filled(before + kept);
            if kept > 0 {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Copies the bytes that are ready. Returns whether there were any.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let given = self.ready.len().min(buffer.remaining());
        buffer.put_slice(&self.ready[..given]);
        self.ready.advance(given);
        if self.ready.is_empty() {
            self.ready = BytesMut::new();
        }
        given > 0
    }

    /// The transport has ended: a header that was held back is passed on unchanged. Returns whether there is one.
    fn end(&mut self) -> bool {
        self.ready.extend_from_slice(&self.head);
        self.head.clear();
        !self.ready.is_empty()
    }

    /// Skips over bytes that may stay unchanged: whole frames, and the rest of one. Returns their length.
    fn skip(&mut self, read: &[u8]) -> usize {
        let mut at = 0;
        while at < read.len() {
            let rest = &read[at..];
            match &mut self.place {
                Place::Refused => return read.len(),
                Place::Head => match self.look(rest) {
                    Head::Frame(length) if self.head.is_empty() => self.place = Place::Frame { left: length },
                    _ => return at,
                },
                Place::Frame { left } => {
                    at += pass(left, rest);
                    if *left == 0 {
                        self.place = Place::Head;
                    }
                }
                Place::Fragment { left, .. } => {
                    at += pass(left, rest);
                    if *left == 0 {
                        self.next_fragment();
                        // Its header precedes the rest of it.
                        return at;
                    }
                }
            }
        }
        at
    }

    /// Processes the bytes that must be changed.
    fn cut(&mut self, mut read: &[u8]) {
        while !read.is_empty() {
            match &mut self.place {
                Place::Refused => {
                    self.ready.extend_from_slice(read);
                    return;
                }
                Place::Head => {
                    self.head.push(read[0]);
                    read = &read[1..];
                    self.begin();
                }
                Place::Frame { left } | Place::Fragment { left, .. } => {
                    let passed = pass(left, read);
                    self.ready.extend_from_slice(&read[..passed]);
                    read = &read[passed..];
                    self.next_fragment();
                }
            }
        }
    }

    /// Begins a frame, if its header is complete.
    fn begin(&mut self) {
        match self.look(&self.head) {
            Head::Partial => return,
            Head::Long(opcode, long) => self.begin_fragment(opcode, long),
            Head::Frame(length) => {
                self.ready.extend_from_slice(&self.head);
                self.place = Place::Frame { left: length - self.head.len() as u64 };
                self.next_fragment();
            }
            Head::Refused => {
                self.ready.extend_from_slice(&self.head);
                self.place = Place::Refused;
            }
        }
        self.head.clear();
    }

    /// Continues after a frame or fragment that has ended.
    fn next_fragment(&mut self) {
        match self.place {
            Place::Fragment { left: 0, behind } if behind.left > 0 => self.begin_fragment(0, behind),
            Place::Frame { left: 0 } | Place::Fragment { left: 0, .. } => self.place = Place::Head,
            _ => {}
        }
    }

    /// Writes the header of a fragment. The first has the opcode of the frame, the others are continuations.
    fn begin_fragment(&mut self, opcode: u8, long: Long) {
        let left = long.left.min(FRAGMENT);
        let behind = Long { left: long.left - left, ..long };
        let fin = if behind.left == 0 { long.fin } else { 0 };
        self.ready.extend_from_slice(&[fin | opcode]);
        // Each length in its shortest form, as RFC 6455 section 5.2 requires.
        match (u8::try_from(left), u16::try_from(left)) {
            (Ok(short @ ..=125), _) => self.ready.extend_from_slice(&[MASKED | short]),
            (_, Ok(medium)) => {
                self.ready.extend_from_slice(&[MASKED | IN_2_BYTES]);
                self.ready.extend_from_slice(&medium.to_be_bytes());
            }
            _ => {
                self.ready.extend_from_slice(&[MASKED | IN_8_BYTES]);
                self.ready.extend_from_slice(&left.to_be_bytes());
            }
        }
        self.ready.extend_from_slice(&long.key);
        self.place = Place::Fragment { left, behind };
    }

    /// Classifies the bytes at the beginning of a frame (RFC 6455 section 5.2). Bytes that make the engine refuse the frame must
    /// reach it immediately.
    fn look(&self, bytes: &[u8]) -> Head {
        let [first, second, rest @ ..] = bytes else { return Head::Partial };
        let (opcode, is_masked) = (first & 0x0f, second & MASKED != 0);
        match second & 0x7f {
            _ if !is_masked || first & 0x70 != 0 => Head::Refused,
            length @ ..=125 => Head::Frame(6 + u64::from(length)),
            _ if opcode > 2 => Head::Refused,
            IN_2_BYTES => match rest.first_chunk() {
                Some(length) => Head::Frame(8 + u64::from(u16::from_be_bytes(*length))),
                None => Head::Partial,
            },
            _ => match rest.first_chunk() {
                Some(length) => self.look_long(*first, u64::from_be_bytes(*length), &rest[8..]),
                None => Head::Partial,
            },
        }
    }

    fn look_long(&self, first: u8, length: u64, rest: &[u8]) -> Head {
        if length > self.max_message_size {
            return Head::Refused;
        }
        if length <= FRAGMENT {
            return Head::Frame(14 + length);
        }
        match rest.first_chunk() {
            Some(key) => Head::Long(first & 0x0f, Long { fin: first & FIN, key: *key, left: length }),
            None => Head::Partial,
        }
    }
}

/// Advances by the available bytes, at most to the end of a frame.
fn pass(left: &mut u64, read: &[u8]) -> usize {
    let passed = usize::try_from(*left).map_or(read.len(), |left| left.min(read.len()));
    *left -= passed as u64;
    passed
}
