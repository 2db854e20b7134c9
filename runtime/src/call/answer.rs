//! The answer to a call.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

use super::{CallId, object, reply_to, responder::Open};

/// The answer to a [`Call`](crate::Call), made by its [`Responder`](crate::Responder): written as an object with the `id` of the call and the fields of the value, or
/// with the `id` and an `error`.
///
/// It is the `Out` of a codec of serde. On a socket that sends other messages too, it is a variant:
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use sockeye::{Answer, Call, Handshake, Json, ws_endpoint};
///
/// #[derive(Deserialize)]
/// struct Order { symbol: String }
///
/// #[derive(Serialize)]
/// struct Confirmed { number: u64 }
///
/// #[derive(Serialize)]
/// struct Price { price: f64 }
///
/// #[derive(Serialize)]
/// #[serde(untagged)]
/// enum Said {
///     Answer(Answer<Confirmed>),
///     Price(Price),
/// }
///
/// /// Sends prices, and takes orders.
/// #[ws_endpoint("/ws/orders")]
/// async fn orders(handshake: Handshake<Json<Call<Order>, Said>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     socket.send(Said::Price(Price { price: 81.5 })).await?;
///     while let Some(call) = socket.recv().await? {
///         let (Order { symbol }, responder) = call.into_parts();
///         println!("an order of {symbol}");
///         socket.send(Said::Answer(responder.answer(Confirmed { number: 1 }))).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// A value that cannot be written with an `id` is an error of `send`, which says what to write instead.
#[must_use = "the sender of the call waits for this answer: `socket.send(answer).await?`"]
pub struct Answer<T> {
    open: Arc<Open>,
    content: Result<T, String>,
}

/// A failed call, as it is written.
#[derive(Serialize)]
pub(crate) struct Failure<'a> {
    pub(crate) id: &'a CallId,
    pub(crate) error: &'a str,
}

impl<T> Answer<T> {
    pub(super) fn new(open: Arc<Open>, content: Result<T, String>) -> Self {
        Self { open, content }
    }
}

impl<T: Serialize> Serialize for Answer<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let id = &self.open.id;
        let written = match &self.content {
            Ok(value) => object::write(id, value, "Answer", serializer),
            Err(error) => Failure { id, error }.serialize(serializer),
        }?;
        reply_to::written(&self.open);
        Ok(written)
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("id", &self.open.id).field("content", &self.content).finish()
    }
}
