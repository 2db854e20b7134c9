use bytes::Bytes;

use super::Format;
use crate::{Error, Message, Utf8Bytes, hub::Written, outbound::Outbound};

/// What `send` accepts: a value, a reference to one, or an [`Event`](crate::Event) of a hub, which is already
/// encoded.
///
/// Created with `into()`; callers write `socket.send(value)` or `socket.send(&value)`, and with `Raw` also
/// `socket.send("text")`.
#[derive(Debug)]
pub struct Outgoing<'a, T>(Content<'a, T>);

#[derive(Debug)]
enum Content<'a, T> {
    Owned(T),
    Borrowed(&'a T),
    /// Already encoded.
    Encoded(Outbound, Written),
    /// The value could not be encoded.
    Failed(Error),
}

impl<T> Outgoing<'_, T> {
    /// In the format of a connection.
    pub(crate) fn encode<In>(self, format: &Format<In, T>) -> Result<Outbound, Error> {
        match self.0 {
            Content::Owned(value) => (format.encode_owned)(value).map(Outbound::from),
            Content::Borrowed(value) => (format.encode)(value).map(Outbound::from),
            Content::Failed(error) => Err(error),
            Content::Encoded(Outbound { message, forms }, written) => {
                match written.pick(&message, format.name()) {
                    Some(message) => Ok(Outbound { message, forms }),
                    None => Err(Error::new(format_args!(
                        "the hub writes its events as `{}` and this socket sends `{}`: make the hub with \
                 `Hub::encoded_by` and the socket's codec, or send `event.into_message()` on a `Raw` socket",
                        written.format,
                        format.name()
                    ))),
                }
            }
        }
    }

    /// A message that is already encoded, or the error from encoding it.
    pub(crate) fn encoded_or(outbound: Result<Outbound, Error>, written: Written) -> Self {
        match outbound {
            Ok(outbound) => Self::encoded(outbound, written),
            Err(error) => Self(Content::Failed(error)),
        }
    }

    /// A message that is already encoded.
    pub(crate) fn encoded(outbound: Outbound, written: Written) -> Self {
        Self(Content::Encoded(outbound, written))
    }
}

/// The values that `send` and `feed` accept on a socket that sends `Out`: everything that converts into an
/// [`Outgoing`].
///
/// Implemented for a value, a reference to one, and an [`Event`](crate::Event) of a hub; with `Raw` also for text and
/// bytes. To add a type of your own, implement `From` for `Outgoing`.
///
/// ```
/// use sockeye::{Codec, IntoOutgoing, Sender};
///
/// async fn twice<'a, C: Codec>(sender: &Sender<C>, value: impl IntoOutgoing<'a, C::Out> + Clone) -> sockeye::Result
/// where
///     C::Out: 'a,
/// {
///     sender.send(value.clone()).await?;
///     sender.send(value).await
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "this socket sends `{Out}`, not `{Self}`",
    label = "expected `{Out}` or `&{Out}`",
    note = "help: on a socket without a codec send text or bytes, such as `value.to_string()`; to send values, write `Handshake<Json<In, Out>>`",
    note = "help: on a socket with a codec send the value itself: out of its `Option`, `Path` or `Query`, without `serde_json::to_string`"
)]
pub trait IntoOutgoing<'a, Out: 'a>: Sized {
    /// The value, ready to be encoded.
    fn into_outgoing(self) -> Outgoing<'a, Out>;
}

#[diagnostic::do_not_recommend]
impl<'a, Out: 'a, T: Into<Outgoing<'a, Out>>> IntoOutgoing<'a, Out> for T {
    fn into_outgoing(self) -> Outgoing<'a, Out> {
        self.into()
    }
}

impl<T> From<T> for Outgoing<'_, T> {
    fn from(value: T) -> Self {
        Self(Content::Owned(value))
    }
}

impl<'a, T> From<&'a T> for Outgoing<'a, T> {
    fn from(value: &'a T) -> Self {
        Self(Content::Borrowed(value))
    }
}

/// Text and bytes need no wrapper on a `Raw` socket.
macro_rules! from_payload {
    ($($Payload:ty),*) => {
        $(
            impl From<$Payload> for Outgoing<'_, Message> {
                fn from(payload: $Payload) -> Self {
                    Self(Content::Owned(payload.into()))
                }
            }
        )*
    };
}

from_payload!(&str, String, Utf8Bytes, Bytes, Vec<u8>);

impl From<&String> for Outgoing<'_, Message> {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}
