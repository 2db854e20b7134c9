use super::Codec;
use crate::{Error, Message};

/// Messages as they are: text or bytes.
#[derive(Debug, Clone, Copy)]
pub struct Raw;

impl Codec for Raw {
    type In = Message;
    type Out = Message;

    fn format() -> &'static str {
        "raw"
    }

    fn may_carry_calls() -> bool {
        false
    }

    fn decode(message: Message) -> Result<Message, Error> {
        Ok(message)
    }

    fn encode(value: &Message) -> Result<Message, Error> {
        Ok(value.clone())
    }

    fn encode_owned(value: Message) -> Result<Message, Error> {
        Ok(value)
    }
}
