//! A call of the client.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};

use super::{Responder, fields, object};

/// A message that its sender wants answered: an object with the fields of `T` and an `id`, such as `{"left":1,"right":2,"id":"c-x7f3ab-1"}`.
///
/// It is the `In` of a codec of serde: `Handshake<Json<Call<Question>, Answer<Sum>>>`, or a variant of it. The function `request` of the browser
/// client sends such a message, and resolves with the [`Answer`](crate::Answer), which has the same `id`.
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use sockeye::{Answer, Call, Handshake, Json, ws_endpoint};
///
/// #[derive(Deserialize)]
/// struct Question { left: i64, right: i64 }
///
/// #[derive(Serialize)]
/// struct Sum { sum: i64 }
///
/// /// Adds numbers.
/// #[ws_endpoint("/ws/add")]
/// async fn add(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(call) = socket.recv().await? {
///         let (Question { left, right }, responder) = call.into_parts();
///         let answer = match left.checked_add(right) {
///             Some(sum) => responder.answer(Sum { sum }),
///             None => responder.fail("the sum is too large"),
///         };
///         socket.send(answer).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// `T` is a struct with named fields, an enum with `#[serde(tag = "..")]`, or a map, without a field `id` of its own. An endpoint whose
/// clients also send messages without an `id` (`send` of the browser client) reads [`MaybeCall<T>`](MaybeCall). If only some of the variants of an enum are calls, write the
/// [`Responder`] as their field `id`; then no `Call` is needed.
///
/// An `id` is a text of at most 128 bytes, or a number. A message without one is an `invalid_message`. As serde flattens `T`, its
/// `deny_unknown_fields` has no effect, and it cannot have fields of 128 bits, or maps whose keys are numbers; in binary formats, types with a form of their own for
/// people, such as `IpAddr`, are read as text.
#[derive(Debug)]
pub struct Call<T, R = Responder> {
    message: T,
    responder: R,
}

/// A message with or without an `id`: a [`Call`] if it has one.
pub type MaybeCall<T> = Call<T, Option<Responder>>;

impl<T, R> Call<T, R> {
    /// The message, without its `id`.
    pub fn message(&self) -> &T {
        &self.message
    }

    /// The message, and what answers it.
    pub fn into_parts(self) -> (T, R) {
        (self.message, self.responder)
    }
}

/// serde flattens only what the derive makes.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned", expecting = "an object with an `id`")]
pub(super) struct Flat<T> {
    id: Option<Responder>,
    #[serde(flatten)]
    pub(super) message: T,
}

impl<T> Flat<T>
where
    T: DeserializeOwned,
{
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer).map_err(|error| {
            let words = error.to_string();
            if object::is_unflat(&words) {
                return D::Error::custom(object::is_no_object::<T>("Call"));
            }
            // A field of a field may be what lacks it.
            if words.starts_with("missing field `id`") && fields::reads_id::<T>() != Some(false) {
                return D::Error::custom(object::lacks_id::<T>());
            }
            error
        })
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Call<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Flat { id, message } = Flat::read(deserializer)?;
        let responder = id.ok_or_else(|| {
            D::Error::custom(
                "the message has no `id`, so it cannot be answered: send it with `request`, which adds one; an endpoint that reads \
                 `MaybeCall<T>` accepts messages without an `id`",
            )
        })?;
        Ok(Self { message, responder })
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Call<T, Option<Responder>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Flat { id, message } = Flat::read(deserializer)?;
        Ok(Self { message, responder: id })
    }
}
