//! What a connection is given to send.

use crate::{Message, compression::Forms};

/// A message on its way to a connection, with the compressed forms that it shares with other connections.
#[derive(Debug)]
pub struct Outbound {
    pub(crate) message: Message,
    pub(crate) forms: Forms,
}

impl From<Message> for Outbound {
    fn from(message: Message) -> Self {
        Self { message, forms: Forms::none() }
    }
}
