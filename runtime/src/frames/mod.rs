//! The frames of WebSocket (RFC 6455 section 5), without I/O: bytes in and events out, messages in and bytes out.
//!
//! The server's side only: what arrives must be masked, and what is written is not. The decoder says what is wrong with a frame
//! as soon as a byte shows it, and keeps nothing but what has arrived.

mod close;
mod decoder;
mod encoder;
mod fault;
mod gather;
mod head;
mod mask;
mod spare;
#[cfg(test)]
mod tests;
mod utf8;

pub(crate) use decoder::{Decoder, Event};
pub(crate) use encoder::{COPIED, Encoder};
pub(crate) use fault::Fault;
pub(crate) use head::Opcode;
