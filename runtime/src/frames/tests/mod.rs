//! Tests of the frames, which need no I/O.

mod decoding;
mod encoding;
mod second_opinion;
mod streams;

use bytes::{BufMut as _, Bytes};

use super::{Decoder, Event, Fault};
use crate::Message;

const KIB: usize = 1024;
const LIMIT: usize = 1024 * KIB;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(first, payload.len());
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// The head of a client's frame, whose length is in its shortest form.
fn head(first: u8, length: usize) -> Vec<u8> {
    let mut head = vec![first];
    match length {
        0..=125 => head.put_u8(0x80 | u8::try_from(length).unwrap()),
        126..=0xffff => {
            head.put_u8(0xfe);
            head.put_u16(u16::try_from(length).unwrap());
        }
        _ => {
            head.put_u8(0xff);
            head.put_u64(length as u64);
        }
    }
    head.extend(KEY);
    head
}

fn text(text: &str) -> Event {
    Event::Message(Message::text(text))
}

fn binary(bytes: &[u8]) -> Event {
    Event::Message(Message::Binary(Bytes::copy_from_slice(bytes)))
}

/// What is decoded from parts that arrive one after the other, with a rest after each.
#[derive(Debug, Default, PartialEq, Eq)]
struct Decoded {
    events: Vec<Event>,
    fault: Option<Fault>,
}

impl Decoded {
    fn of<'a>(decoder: &mut Decoder, parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.read(decoder, part);
            decoder.rest();
        }
        all
    }

    fn read(&mut self, decoder: &mut Decoder, mut part: &[u8]) {
        while !part.is_empty() && self.fault.is_none() {
            let mut room = decoder.room();
            let (read, left) = part.split_at(part.len().min(room.remaining_mut()));
            assert!(!read.is_empty(), "there is always room");
            room.put_slice(read);
            part = left;
            loop {
                match decoder.decode() {
                    Ok(Some(event)) => self.events.push(event),
                    Ok(None) => break,
                    Err(fault) => {
                        self.fault = Some(fault);
                        break;
                    }
                }
            }
        }
    }
}

fn decoded(limit: usize, bytes: &[u8]) -> Decoded {
    Decoded::of(&mut Decoder::new(limit, None), [bytes])
}
