use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf as _, Bytes};

use super::{Opcode, head, spare};

/// Payloads up to this size are copied, so that messages are written with one call, from one buffer. For a small frame that costs
/// less than two slices do.
pub(crate) const COPIED: usize = 4 * 1024;

/// Frames of the server that are to be written.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    /// Heads and short payloads, up to here written.
    buffer: Vec<u8>,
    at: usize,
    /// Long payloads, each with its place in the buffer.
    long: VecDeque<(usize, Bytes)>,
}

impl Encoder {
    /// Adds a frame with a copy of the payload.
    #[inline]
    pub(crate) fn copy(&mut self, opcode: Opcode, payload: &[u8]) {
        self.head(opcode, payload.len(), false);
        self.buffer.extend_from_slice(payload);
    }

    /// Adds a message whose payload is compressed.
    pub(crate) fn compressed(&mut self, opcode: Opcode, payload: Bytes) {
        self.head(opcode, payload.len(), true);
        if payload.len() <= COPIED {
            self.buffer.extend_from_slice(&payload);
        } else {
            self.long.push_back((self.buffer.len(), payload));
        }
    }

    /// Adds a frame with a long payload, which is not copied.
    pub(crate) fn share(&mut self, opcode: Opcode, payload: Bytes) {
        self.head(opcode, payload.len(), false);
        self.long.push_back((self.buffer.len(), payload));
    }

    #[inline]
    fn head(&mut self, opcode: Opcode, payload: usize, is_compressed: bool) {
        if self.buffer.capacity() == 0 {
            self.buffer = spare::take();
        }
        head::write(&mut self.buffer, opcode, payload, is_compressed);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.buffer.len() && self.long.is_empty()
    }

    /// All of it, if it is in one piece.
    #[inline]
    pub(crate) fn in_one(&self) -> Option<&[u8]> {
        self.long.is_empty().then(|| &self.buffer[self.at..])
    }

    /// As many pieces as fit, the first of which comes first. Returns their number.
    pub(crate) fn pieces<'a>(&'a self, pieces: &mut [IoSlice<'a>]) -> usize {
        let mut from = self.at;
        let of_long = self.long.iter().flat_map(|(place, payload)| {
            let before = &self.buffer[from..*place];
            from = *place;
            [before, payload]
        });
        let mut used = 0;
        for (piece, bytes) in pieces.iter_mut().zip(of_long.filter(|bytes| !bytes.is_empty())) {
            *piece = IoSlice::new(bytes);
            used += 1;
        }
        // Only if nothing is left out before it.
        if let Some(piece) = pieces.get_mut(used) {
            *piece = IoSlice::new(&self.buffer[from..]);
            used += usize::from(from < self.buffer.len());
        }
        used
    }

    /// This much is written.
    pub(crate) fn advance(&mut self, mut written: usize) {
        while let Some((place, payload)) = self.long.front_mut() {
            let of_buffer = written.min(*place - self.at);
            self.at += of_buffer;
            written -= of_buffer;
            let of_payload = written.min(payload.len());
            if *place > self.at || of_payload < payload.len() {
                payload.advance(of_payload);
                return;
            }
            written -= of_payload;
            self.long.pop_front();
        }
        self.at += written;
    }

    /// Keeps no more memory than for what is not written.
    pub(crate) fn rest(&mut self) {
        if self.is_empty() {
            spare::put(std::mem::take(&mut self.buffer));
        } else if spare::is_spare(&self.buffer) || self.at > self.buffer.len() / 2 {
            let left = self.buffer[self.at..].to_vec();
            self.long.iter_mut().for_each(|(place, _)| *place -= self.at);
            spare::put(std::mem::replace(&mut self.buffer, left));
        } else {
            return;
        }
        self.at = 0;
    }
}
