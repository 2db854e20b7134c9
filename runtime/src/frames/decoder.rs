use bytes::{BufMut as _, Bytes, buf::Limit};

use super::{
    Fault, Opcode, close,
    gather::{Gather, inflated},
    head::{Expected, Head},
    mask, spare, utf8,
};
use crate::{CloseFrame, Message, compression::Agreed};

/// Payloads from this size on are unmasked and copied in one pass; below, two passes cost less.
const LONG: usize = 1024;

/// What the bytes of a peer mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Message(Message),
    Ping(Bytes),
    Pong(Bytes),
    /// `None` if it has neither a code nor a reason.
    Close(Option<CloseFrame>),
}

/// Reads the frames of a client.
///
/// ```text
/// read into `room()`, then call `decode()` until it returns `None`; `rest()` when there is nothing to read
/// ```
#[derive(Debug)]
pub(crate) struct Decoder {
    max_message_size: usize,
    /// How messages may be compressed.
    compressed: Option<Agreed>,
    /// What was read, up to here decoded.
    input: Vec<u8>,
    at: usize,
    /// The frame whose payload has not arrived completely.
    frame: Option<Frame>,
    /// The message that has not arrived completely.
    message: Option<Gather>,
}

/// The rest of a frame.
#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: Opcode,
    fin: bool,
    is_compressed: bool,
    key: [u8; 4],
    /// How many bytes of the payload are missing, and how many are not.
    left: usize,
    taken: usize,
}

impl Decoder {
    pub(crate) fn new(max_message_size: usize, compressed: Option<Agreed>) -> Self {
        Self { max_message_size, compressed, input: Vec::new(), at: 0, frame: None, message: None }
    }

    /// Where the next bytes belong. There is room for some, and never for more than have arrived, or 64 KiB.
    pub(crate) fn room(&mut self) -> Limit<&mut Vec<u8>> {
        let direct = self.direct();
        if direct.is_none() {
            self.equip();
        }
        if let (Some(bytes), Some(most)) = (self.message.as_mut().and_then(Gather::binary), direct) {
            bytes.room(most)
        } else {
            let room = self.input.capacity() - self.input.len();
            (&mut self.input).limit(room)
        }
    }

    /// How much memory it has.
    #[cfg(test)]
    pub(super) fn reserved(&self) -> usize {
        self.input.capacity() + self.message.as_ref().map_or(0, Gather::reserved)
    }

    /// How much of a long message is read to its place without a copy.
    fn direct(&self) -> Option<usize> {
        let (Some(frame), Some(message)) = (&self.frame, &self.message) else { return None };
        // It costs one read more, since it ends with the frame.
        let is_long = frame.left > spare::SIZE && message.len() >= spare::SIZE;
        let is_direct = !matches!(message, Gather::Text(_));
        (is_long && is_direct && !frame.opcode.is_control() && self.at == self.input.len())
            .then_some(frame.left)
    }

    /// Makes room for input.
    fn equip(&mut self) {
        // What is left is less than a head or a control frame.
        if spare::is_spare(&self.input) {
            self.input.drain(..self.at);
        } else {
            let mut input = spare::take();
            input.extend_from_slice(&self.input[self.at..]);
            self.input = input;
        }
        self.at = 0;
    }

    /// Keeps no more memory than for what has arrived.
    pub(crate) fn rest(&mut self) {
        if spare::is_spare(&self.input) {
            let left = self.input[self.at..].to_vec();
            spare::put(std::mem::replace(&mut self.input, left));
            self.at = 0;
        }
    }

    /// The next event. `None` if more bytes are needed. Nothing may follow a fault.
    #[inline]
    pub(crate) fn decode(&mut self) -> Result<Option<Event>, Fault> {
        loop {
            let frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.begin()? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let is_here = self.input.len() - self.at >= frame.left;
            if frame.opcode.is_control() {
                if is_here {
                    return self.control(frame).map(Some);
                }
                self.frame = Some(frame);
                return Ok(None);
            }
            if is_here && frame.fin && self.message.is_none() {
                return self.whole(frame).map(|message| Some(Event::Message(message)));
            }
            if let Some(message) = self.gather(frame)? {
                return Ok(Some(Event::Message(message)));
            }
            if self.frame.is_some() {
                return Ok(None);
            }
        }
    }

    /// Reads a head.
    #[inline]
    fn begin(&mut self) -> Result<Option<Frame>, Fault> {
        let limit = self.max_message_size;
        let expected = Expected {
            is_within_message: self.message.is_some(),
            room: self.message.as_ref().map_or(limit, |message| message.room(limit)),
            compressed: self.compressed.map(|agreed| agreed.longest(limit)),
            limit,
        };
        let head = Head::read(&self.input[self.at..], expected)?;
        Ok(head.map(|head| {
            self.at += head.size;
            let Head { opcode, fin, is_compressed, key, payload, .. } = head;
            Frame { opcode, fin, is_compressed, key, left: payload, taken: 0 }
        }))
    }

    /// Takes this much of the frame's payload from the input, and unmasks it.
    #[inline]
    fn take(&mut self, frame: Frame, length: usize) -> &[u8] {
        let part = &mut self.input[self.at..self.at + length];
        self.at += length;
        mask::apply(frame.key, frame.taken, part);
        part
    }

    fn control(&mut self, frame: Frame) -> Result<Event, Fault> {
        let payload = self.take(frame, frame.left);
        Ok(match frame.opcode {
            Opcode::Ping => Event::Ping(Bytes::copy_from_slice(payload)),
            Opcode::Pong => Event::Pong(Bytes::copy_from_slice(payload)),
            _ => Event::Close(close::read(payload)?),
        })
    }

    /// A message in one frame, all of which has arrived. It is copied: so it keeps no memory but its own.
    #[inline]
    fn whole(&mut self, frame: Frame) -> Result<Message, Fault> {
        if let Some(agreed) = self.compressed.filter(|_| frame.is_compressed) {
            let limit = self.max_message_size;
            return inflated(agreed, frame.opcode, self.take(frame, frame.left), limit);
        }
        if frame.opcode == Opcode::Binary && frame.left > LONG {
            let payload = &self.input[self.at..self.at + frame.left];
            self.at += frame.left;
            return Ok(Message::Binary(mask::unmasked(frame.key, payload).into()));
        }
        let payload = self.take(frame, frame.left);
        Ok(match frame.opcode {
            Opcode::Text => Message::Text(utf8::whole(payload).ok_or(Fault::Text)?.into()),
            _ => Message::Binary(Bytes::copy_from_slice(payload)),
        })
    }

    /// Adds to a message in parts what has arrived of this frame. Returns the message if it is complete.
    fn gather(&mut self, mut frame: Frame) -> Result<Option<Message>, Fault> {
        let compressed = self.compressed.filter(|_| frame.is_compressed);
        let mut message = self.message.take().unwrap_or_else(|| Gather::new(frame.opcode, compressed));
        frame.advance(message.unmask(frame.key, frame.taken));
        let arrived = frame.left.min(self.input.len() - self.at);
        message.push(self.take(frame, arrived))?;
        frame.advance(arrived);
        if frame.left == 0 && frame.fin {
            return message.finish(self.max_message_size).map(Some);
        }
        self.frame = (frame.left > 0).then_some(frame);
        self.message = Some(message);
        Ok(None)
    }
}

impl Frame {
    fn advance(&mut self, length: usize) {
        self.taken += length;
        self.left -= length;
    }
}
