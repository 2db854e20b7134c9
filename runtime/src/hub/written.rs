//! The format of a hub's events. A hub whose codec chooses by subprotocol writes each event once in each format, and the queue holds
//! them together in one message, so that topics, histories, and brokers need not know of it:
//!
//! ```text
//! \x01sockeye-formats/1\n t 4 json 15 {"percent":100} b 7 msgpack ...
//!                         | |      |  the payload
//!                         | |      its length
//!                         | the name of the format, behind its length
//!                         text or binary
//! ```
//!
//! Without the spaces, and with each length in eight bytes, the highest first.

use std::collections::HashSet;

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::{Codec, Message, Result};

const MARK: &[u8] = b"\x01sockeye-formats/1\n";

/// How the events of a hub are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    /// The format; of several, the first.
    pub(crate) format: &'static str,
    pub(super) in_several: bool,
}

impl Written {
    pub(super) fn by<C: Codec>() -> Self {
        Self { format: C::format(), in_several: C::formats().by_subprotocol.is_some() }
    }

    /// An event in one format, if it is written in that.
    pub(crate) fn pick(self, event: &Message, format: &str) -> Option<Message> {
        match self.each(event) {
            Some(mut each) => each.find(|(name, _)| name == format.as_bytes()).map(|(_, message)| message),
            None => (self.format == format).then(|| event.clone()),
        }
    }

    /// An event in the first format.
    pub(super) fn first(self, event: &Message) -> Message {
        let first = self.each(event).and_then(|mut each| each.next());
        first.map_or_else(|| event.clone(), |(_, message)| message)
    }

    /// `None` if it is written in one: events of other programs are, whatever the hub itself writes.
    fn each(self, event: &Message) -> Option<impl Iterator<Item = (Bytes, Message)> + use<>> {
        let Message::Binary(bytes) = event else { return None };
        if !self.in_several || !bytes.starts_with(MARK) {
            return None;
        }
        let mut left = bytes.slice(MARK.len()..);
        Some(std::iter::from_fn(move || one(&mut left)))
    }
}

/// An event in every format of a codec.
pub(super) fn in_each<C: Codec>(event: &C::Out) -> Result<Message> {
    let mut all = BytesMut::from(MARK);
    let mut names = HashSet::new();
    for (subprotocol, about) in C::formats().each() {
        let name = (about.name)();
        if names.insert(name)
            && let Some(format) = C::format_for(subprotocol)
        {
            add(&mut all, name, &(format.encode)(event)?);
        }
    }
    Ok(Message::binary(all.freeze()))
}

fn add(all: &mut BytesMut, name: &str, message: &Message) {
    all.put_u8(if message.as_text().is_some() { b't' } else { b'b' });
    put(all, name.as_bytes());
    put(all, message.as_bytes());
}

fn put(all: &mut BytesMut, bytes: &[u8]) {
    all.put_u64(bytes.len() as u64);
    all.put_slice(bytes);
}

/// Takes one off the front. A broker may deliver anything: what cannot be read is the end.
fn one(left: &mut Bytes) -> Option<(Bytes, Message)> {
    let kind = take(left, 1)?;
    let name = take_sized(left)?;
    let payload = take_sized(left)?;
    let message = match &kind[..] {
        b"t" => Message::Text(payload.try_into().ok()?),
        b"b" => Message::Binary(payload),
        _ => return None,
    };
    Some((name, message))
}

fn take_sized(left: &mut Bytes) -> Option<Bytes> {
    let length = take(left, 8)?;
    take(left, usize::try_from(u64::from_be_bytes(length[..].try_into().ok()?)).ok()?)
}

fn take(left: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= left.len()).then(|| left.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVERAL: Written = Written { format: "a", in_several: true };

    fn bundle() -> Message {
        let mut all = BytesMut::from(MARK);
        add(&mut all, "a", &Message::text("one"));
        add(&mut all, "b", &Message::binary(vec![255]));
        Message::binary(all.freeze())
    }

    #[test]
    fn each_format_is_found() {
        assert_eq!(SEVERAL.pick(&bundle(), "a"), Some(Message::text("one")));
        assert_eq!(SEVERAL.pick(&bundle(), "b"), Some(Message::binary(vec![255])));
        assert_eq!(SEVERAL.pick(&bundle(), "c"), None);
        assert_eq!(SEVERAL.first(&bundle()), Message::text("one"));
    }

    #[test]
    fn what_another_program_publishes_is_in_the_first_format() {
        let theirs = Message::text("1");
        assert_eq!(SEVERAL.pick(&theirs, "a"), Some(theirs.clone()));
        assert_eq!(SEVERAL.pick(&theirs, "b"), None);
        assert_eq!(SEVERAL.first(&theirs), theirs);
    }

    #[test]
    fn a_damaged_event_is_one_without_the_formats_that_cannot_be_read() {
        let whole = bundle().into_bytes();
        for length in MARK.len()..whole.len() {
            let cut = Message::binary(whole.slice(..length));
            assert_eq!(SEVERAL.pick(&cut, "b"), None);
        }
        let long = [MARK, b"t", &[255; 8], b"a"].concat();
        assert_eq!(SEVERAL.pick(&Message::binary(long), "a"), None);
    }

    #[test]
    fn bytes_of_another_codec_are_never_taken_for_several() {
        let one = Written { in_several: false, ..SEVERAL };
        assert_eq!(one.first(&bundle()), bundle());
        assert_eq!(one.pick(&bundle(), "a"), Some(bundle()));
    }
}
