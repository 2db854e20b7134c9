//! Messages to DEFLATE and back (RFC 7692, section 7.2). The states of zlib belong to the thread, which uses them for one message at a time.

use std::cell::Cell;

use bytes::Bytes;
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::Compression;
use crate::frames::Fault;

/// The end of a message, which is not sent (section 7.2.1): an empty block without compression.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// A last block, which is empty. It is understood only where a block can begin: so a message that is cut off shows.
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// How much is inflated before it is counted.
const PIECE: usize = 16 * 1024;

/// What both sides have agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The size of the window that the client has for what it receives: 9 to 15 bits.
    pub(super) window: u8,
    pub(super) compression: Compression,
}

thread_local! {
    static INFLATER: Cell<Option<Box<Decompress>>> = const { Cell::new(None) };
    static DEFLATER: Cell<Option<Deflater>> = const { Cell::new(None) };
}

/// A state of zlib, and what it is for.
struct Deflater {
    window: u8,
    level: u8,
    state: Box<Compress>,
}

impl Deflater {
    fn fits(&self, agreed: Agreed) -> bool {
        (self.window, self.level) == (agreed.window, agreed.compression.level)
    }

    fn new(Agreed { window, compression: Compression { level, .. } }: Agreed) -> Self {
        let state = Compress::new_with_window_bits(flate2::Compression::new(level.into()), false, window);
        Self { window, level, state: Box::new(state) }
    }
}

impl Agreed {
    /// Whether the payload is long enough.
    pub(super) fn is_worth(self, payload: &[u8]) -> bool {
        payload.len() >= self.compression.min_size.max(1)
    }

    /// The payload without its tail. `None` if it is short, or would not become smaller.
    pub(super) fn deflate(self, payload: &[u8]) -> Option<Bytes> {
        if !self.is_worth(payload) {
            return None;
        }
        // A thread that ends has none any more.
        let kept = DEFLATER.try_with(Cell::take).ok().flatten();
        let mut kept = kept.filter(|one| one.fits(self)).unwrap_or_else(|| Deflater::new(self));
        kept.state.reset();
        let mut deflated = Vec::with_capacity(payload.len());
        let status = kept.state.compress_vec(payload, &mut deflated, FlushCompress::Sync);
        // More output would follow if there were room, so it is not smaller.
        let is_whole =
            matches!(status, Ok(Status::Ok)) && deflated.len() < payload.len() && deflated.ends_with(&TAIL);
        _ = DEFLATER.try_with(|place| place.set(Some(kept)));
        deflated.truncate(deflated.len().saturating_sub(TAIL.len()));
        // Without the room that it did not need.
        is_whole.then(|| deflated.into_boxed_slice().into())
    }

    /// How long the compressed form of a message of this length can be: incompressible data grows by 5 bytes in 16 KiB.
    #[expect(clippy::unused_self, reason = "only who has agreed on compression asks")]
    pub(crate) fn longest(self, message: usize) -> usize {
        message.saturating_add(message / 1024).saturating_add(64)
    }

    /// The message, which is not longer than the limit.
    #[expect(clippy::unused_self, reason = "only who has agreed on compression may")]
    pub(crate) fn inflate(self, payload: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
        let kept = INFLATER.try_with(Cell::take).ok().flatten();
        let mut state = kept.unwrap_or_else(|| Box::new(Decompress::new(false)));
        state.reset(false);
        let mut message = Vec::new();
        let inflated = inflate_all(&mut state, payload, &mut message, limit);
        _ = INFLATER.try_with(|kept| kept.set(Some(state)));
        inflated.map(|()| message)
    }
}

/// The payload, its tail, and a last block, unless the payload has had its own.
fn inflate_all(
    state: &mut Decompress,
    payload: &[u8],
    message: &mut Vec<u8>,
    limit: usize,
) -> Result<(), Fault> {
    // A client should send one byte for an empty message.
    if payload.is_empty() || inflate(state, payload, message, limit)? {
        return Ok(());
    }
    inflate(state, &TAIL, message, limit)?;
    if inflate(state, &LAST, message, limit)? { Ok(()) } else { Err(Fault::NotDeflated) }
}

/// Whether it has ended with a last block. Counts before it keeps: a few bytes can become a thousand times as many.
fn inflate(
    state: &mut Decompress,
    mut part: &[u8],
    message: &mut Vec<u8>,
    limit: usize,
) -> Result<bool, Fault> {
    let mut piece = [0; PIECE];
    loop {
        let (read, written) = (state.total_in(), state.total_out());
        let status =
            state.decompress(part, &mut piece, FlushDecompress::None).map_err(|_| Fault::NotDeflated)?;
        let taken = usize::try_from(state.total_in() - read).unwrap_or(part.len());
        let made = usize::try_from(state.total_out() - written).unwrap_or(PIECE);
        part = &part[taken..];
        if made > limit.saturating_sub(message.len()) {
            return Err(Fault::TooLong(limit));
        }
        message.extend_from_slice(&piece[..made]);
        match status {
            // The last block of a stream; another stream may follow in the same message (section 7.2.3.4).
            Status::StreamEnd => {
                state.reset(false);
                if part.is_empty() {
                    return Ok(true);
                }
            }
            _ if taken == 0 && made == 0 => {
                return if part.is_empty() { Ok(false) } else { Err(Fault::NotDeflated) };
            }
            _ if part.is_empty() && made < PIECE => return Ok(false),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::DeflateEncoder;

    use super::*;

    fn agreed() -> Agreed {
        Agreed { window: 15, compression: Compression::deflate().min_size(0) }
    }

    /// Looks random, and is the same each time.
    fn noise(length: usize) -> Vec<u8> {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()[0]
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn what_is_deflated_is_inflated_again() {
        let text = "the quick brown fox ".repeat(5_000);
        for window in 9..=15 {
            for level in 1..=9 {
                let agreed = Agreed { window, compression: Compression::deflate().level(level) };
                for length in [256, 4_000, 100_000] {
                    let message = &text.as_bytes()[..length];
                    let deflated = agreed.deflate(message).expect("smaller");
                    assert!(deflated.len() < length / 2, "{window} {level} {length}: {}", deflated.len());
                    assert_eq!(agreed.inflate(&deflated, length).expect("inflates"), message);
                    assert_eq!(agreed.inflate(&deflated, length - 1), Err(Fault::TooLong(length - 1)));
                }
            }
        }
    }

    #[test]
    fn what_would_not_become_smaller_is_left_alone() {
        for length in [0, 1, 5, 300, 20_000, 70_000] {
            assert_eq!(agreed().deflate(&noise(length)), None, "{length}");
        }
        assert_eq!(Agreed { compression: Compression::deflate(), ..agreed() }.deflate(&[b'a'; 255]), None);
    }

    #[test]
    fn the_examples_of_the_rfc_are_understood() {
        // RFC 7692, sections 7.2.3.1 to 7.2.3.5.
        let hello: [&[u8]; 5] = [
            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
            &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
            &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
        ];
        for payload in hello {
            assert_eq!(agreed().inflate(payload, 5).as_deref(), Ok(&b"Hello"[..]), "{payload:x?}");
        }
        for empty in [&[0][..], &[], &[0x03, 0x00]] {
            assert_eq!(agreed().inflate(empty, 0).as_deref(), Ok(&[][..]));
        }
    }

    #[test]
    fn a_bomb_takes_no_more_memory_than_the_limit() {
        let mut bomb = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..64 {
            bomb.write_all(&vec![0; 1024 * 1024]).expect("written");
        }
        let bomb = bomb.finish().expect("finished");
        assert!(bomb.len() < 128 * 1024, "{}", bomb.len());
        assert_eq!(agreed().inflate(&bomb, 64 * 1024), Err(Fault::TooLong(64 * 1024)));
    }

    #[test]
    fn what_is_no_deflate_is_a_fault() {
        let cut = &agreed().deflate(&[b'a'; 1000]).expect("smaller")[..4];
        let stored_cut = [0x00, 0x64, 0x00, 0x9b, 0xff, b'x'];
        for payload in [&[0xff; 40][..], b"hello", &[0x06, 0x00], cut, &stored_cut] {
            assert_eq!(agreed().inflate(payload, 1 << 20), Err(Fault::NotDeflated), "{payload:x?}");
        }
        // After a fault, the state is as new.
        assert_eq!(
            agreed().inflate(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], 5).as_deref(),
            Ok(&b"Hello"[..])
        );
    }

    #[test]
    fn the_longest_form_of_incompressible_data_is_within_the_bound() {
        for length in [0, 1, 1000, 1 << 14, 1 << 16, 1 << 20] {
            let mut stored = DeflateEncoder::new(Vec::new(), flate2::Compression::none());
            stored.write_all(&noise(length)).expect("written");
            let stored = stored.finish().expect("finished");
            assert!(stored.len() <= agreed().longest(length), "{length}: {}", stored.len());
            assert_eq!(agreed().inflate(&stored, length).expect("inflates").len(), length);
        }
    }
}
