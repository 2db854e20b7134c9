//! Buffers that the connections of a thread share.
//!
//! A connection needs a large buffer only while it reads or writes. One that waits has none: what it has read of a frame, or has not
//! written yet, moves to memory of that size.

use std::cell::Cell;

/// The size of a buffer. So much is read at once.
pub(super) const SIZE: usize = 64 * 1024;

thread_local! {
    /// One to read, one to write.
    static SPARE: [Cell<Vec<u8>>; 2] = const { [const { Cell::new(Vec::new()) }; 2] };
}

/// An empty buffer of that size.
pub(super) fn take() -> Vec<u8> {
    // No thread has any left when it ends.
    let kept = SPARE.try_with(|spare| spare.iter().map(Cell::take).find(|buffer| buffer.capacity() > 0));
    kept.ok().flatten().unwrap_or_else(|| Vec::with_capacity(SIZE))
}

/// Gives a buffer back. Any other is dropped.
pub(super) fn put(mut buffer: Vec<u8>) {
    if !is_spare(&buffer) {
        return;
    }
    buffer.clear();
    // A thread that ends drops it.
    _ = SPARE.try_with(|spare| {
        for place in spare {
            buffer = place.replace(std::mem::take(&mut buffer));
            if buffer.capacity() == 0 {
                return;
            }
        }
    });
}

/// Whether it came from `take`, and has not grown.
pub(super) fn is_spare(buffer: &Vec<u8>) -> bool {
    buffer.capacity() == SIZE
}
