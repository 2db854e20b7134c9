//! Calls: messages with an `id` that are answered by a message with the same `id`.
//!
//! The types of this directory are fields of messages, and know no codec: serde flattens a message into the object that has the `id`. What a
//! [`Responder`] has to know about its connection is given to it after its message is decoded (`reply_to.rs`), since a decoder knows nothing
//! but bytes.

mod answer;
mod error;
mod fields;
mod id;
mod incoming;
mod object;
mod question;
mod reply_to;
mod responder;

pub use answer::Answer;
pub use error::CallError;
pub use id::CallId;
pub use incoming::{Call, MaybeCall};
pub use question::{CallCodec, Question};
pub use responder::Responder;

pub(crate) use self::{
    answer::Failure,
    question::{ask, call_codec},
    reply_to::{Answers, ReplyTo, arriving, leaving},
};
