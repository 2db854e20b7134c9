//! Cuts the long frames of a peer into fragments, so that memory for them is reserved as they come.
//!
//! The engine reserves memory for the whole of a frame as soon as its head is there: a head that announces 100 MiB, and nothing behind
//! it, would be 100 MiB. Between the transport and the engine a frame of more than 64 KiB becomes a message in fragments of
//! 64 KiB each, which the engine joins as they come. An intermediary may do that (RFC 6455 section 5.4), and the message is the same.

use std::{
    io,
    task::{Poll, ready},
};

use bytes::{Buf as _, BytesMut};
use tokio::io::ReadBuf;

/// How long a fragment is. A multiple of 4, so that each is masked with the same key from its first byte on.
const FRAGMENT: u64 = 64 * 1024;

/// The first bit of a frame: no fragment follows.
const FIN: u8 = 0x80;
/// The first bit of the second byte.
const MASKED: u8 = 0x80;
/// What the length says when it follows in so many bytes.
const IN_2_BYTES: u8 = 0x7e;
const IN_8_BYTES: u8 = 0x7f;

#[derive(Debug)]
pub(super) struct Fragments {
    /// What is longer is left as it is: the engine refuses it when it sees the head.
    max_message_size: u64,
    place: Place,
    /// The beginning of a head, withheld until it shows how long its frame is.
    head: Vec<u8>,
    /// What is given next, in place of what was read.
    ready: BytesMut,
}

/// Where in the stream the next byte is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Head,
    /// In a frame that is passed on as it is.
    Frame {
        left: u64,
    },
    /// In a fragment of a frame that is cut.
    Fragment {
        left: u64,
        behind: Long,
    },
    /// Behind a head that the engine refuses.
    Refused,
}

/// What is left of a long frame behind a fragment.
#[derive(Debug, Clone, Copy)]
struct Long {
    /// The frame's own bit; set in its last fragment.
    fin: u8,
    key: [u8; 4],
    left: u64,
}

/// What the bytes at the beginning of a frame show.
enum Head {
    /// Too few to tell.
    Partial,
    /// A frame that stays as it is, and its length with its head.
    Frame(u64),
    /// One that is cut, and its opcode.
    Long(u8, Long),
    Refused,
}

impl Fragments {
    /// `None` if no frame is long: then nothing need be looked at.
    pub(super) fn new(max_message_size: usize) -> Option<Self> {
        let max_message_size = max_message_size as u64;
        (max_message_size > FRAGMENT).then(|| Self {
            max_message_size,
            place: Place::Head,
            head: Vec::new(),
            ready: BytesMut::new(),
        })
    }

    /// Reads from the transport, with long frames cut.
    pub(super) fn poll_read(
        &mut self,
        buffer: &mut ReadBuf<'_>,
        mut poll_io: impl FnMut(&mut ReadBuf<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        // Not one byte would be the end of the stream.
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

    /// Gives what is ready. Says whether there was anything.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let given = self.ready.len().min(buffer.remaining());
        buffer.put_slice(&self.ready[..given]);
        self.ready.advance(given);
        if self.ready.is_empty() {
            self.ready = BytesMut::new();
        }
        given > 0
    }

    /// The transport has ended: a head that was withheld goes on as it is. Says whether there is one.
    fn end(&mut self) -> bool {
        self.ready.extend_from_slice(&self.head);
        self.head.clear();
        !self.ready.is_empty()
    }

    /// Goes through what may stay as it is: whole frames, and what is left of one. Says how long it is.
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
                        // Its head comes before whatever follows.
                        return at;
                    }
                }
            }
        }
        at
    }

    /// Goes through what may not stay as it is.
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

    /// Begins a frame, if its head is there.
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

    /// Goes on behind a frame or fragment, if that is at its end.
    fn next_fragment(&mut self) {
        match self.place {
            Place::Fragment { left: 0, behind } if behind.left > 0 => self.begin_fragment(0, behind),
            Place::Frame { left: 0 } | Place::Fragment { left: 0, .. } => self.place = Place::Head,
            _ => {}
        }
    }

    /// Writes the head of a fragment. The first has the opcode of the frame, the others continue it.
    fn begin_fragment(&mut self, opcode: u8, long: Long) {
        let left = long.left.min(FRAGMENT);
        let behind = Long { left: long.left - left, ..long };
        let fin = if behind.left == 0 { long.fin } else { 0 };
        self.ready.extend_from_slice(&[fin | opcode]);
        // Each length in its shortest form, as RFC 6455 section 5.2 asks for.
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

    /// What the bytes at the beginning of a frame show (RFC 6455 section 5.2). What the engine refuses at its first bytes it must get
    /// at once.
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

/// Goes on by as much as there is, up to the end of a frame.
fn pass(left: &mut u64, read: &[u8]) -> usize {
    let passed = usize::try_from(*left).map_or(read.len(), |left| left.min(read.len()));
    *left -= passed as u64;
    passed
}
