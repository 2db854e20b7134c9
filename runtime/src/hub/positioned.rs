use bytes::{BufMut as _, BytesMut};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Event, Gap, Lost, Position, Written, cursor::Taken, history::Kept};
use crate::{Error, Message, Outgoing, Result, Utf8Bytes, compression::Forms, outbound::Outbound};

/// An event with its [`Position`], or a [`Gap`]: the message type of an endpoint whose clients resume where they left
/// off.
///
/// As JSON an event is `{"position":"..","event":..}`, with `"missed":3` between the two if the three events before it are lost, because the client was too slow
/// or because of an [outage](crate::Event::lost), and `"missed":null` if it is not known how many are. With `resume: true`, the client module `sockeye-client` unwraps it, and requests the following events when it reconnects:
/// [`Handshake::position`](crate::Handshake::position). Events of a hub convert into it, and are encoded once for all clients.
///
/// ```
/// use axum::extract::State;
/// use serde::Serialize;
/// use sockeye::{Handshake, Hub, Json, Positioned, ws_endpoint};
///
/// #[derive(Serialize)]
/// struct Price { cents: u64 }
///
/// /// Prices, without a gap across reconnects.
/// #[ws_endpoint("/ws/prices")]
/// async fn prices(
///     handshake: Handshake<Json<(), Positioned<Price>>>,
///     State(hub): State<Hub<Price>>,
/// ) -> sockeye::Result {
///     let mut feed = hub.topic("prices").subscribe_from(handshake.position());
///     let mut socket = handshake.accept().await?;
///     if let Some(gap) = feed.gap() {
///         socket.send(Positioned::Gap(gap)).await?;
///     }
///     loop {
///         tokio::select! {
///             message = socket.recv() => if message?.is_none() { return Ok(()) },
///             price = feed.next() => socket.send(price?).await?,
///         }
///     }
/// }
/// # let hub = Hub::<Price>::builder().history(1000).build();
/// # hub.topic("prices").publish(&Price { cents: 995 }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub enum Positioned<T> {
    /// An event.
    Event {
        /// The position after the event.
        position: Position,
        /// The published value.
        event: T,
    },
    /// Events are missing.
    Gap(Gap),
}

impl<T: Serialize> Serialize for Positioned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Event { position, event } => {
                let mut envelope = serializer.serialize_struct("Positioned", 2)?;
                envelope.serialize_field("position", position)?;
                envelope.serialize_field("event", event)?;
                envelope.end()
            }
            Self::Gap(gap) => gap.serialize(serializer),
        }
    }
}

impl<T> From<Event<T>> for Outgoing<'_, Positioned<T>> {
    fn from(event: Event<T>) -> Self {
        let (taken, written) = event.into_parts();
        Outgoing::encoded_or(envelope(&taken, written), written)
    }
}

/// The event as JSON, which its position is added to.
fn envelope(taken: &Taken, written: Written) -> Result<Outbound> {
    let Some(kept) = &taken.kept else {
        return Err(Error::new(
            "the hub keeps no history, so its events have no position: make it with `Hub::builder().history(1000)`",
        ));
    };
    if written.format != "json" || written.in_several {
        let others = if written.in_several { " and other formats" } else { "" };
        return Err(Error::new(format_args!(
            "events with a position are JSON, and the hub writes `{}`{others}",
            written.format
        )));
    }
    if !taken.lost.is_nothing() {
        return enveloped(kept, taken, Some(missed(taken.lost))).map(Outbound::from);
    }
    let written = if let Some(written) = kept.positioned.get() {
        written
    } else {
        let message = enveloped(kept, taken, None)?;
        kept.positioned.get_or_init(|| (message, Forms::shared()))
    };
    let (message, forms) = written.clone();
    Ok(Outbound { message, forms })
}

/// How many events are missing before this one, in JSON: `null` if more are missing than could be counted.
fn missed(lost: Lost) -> String {
    let counted = lost.missed.saturating_add(lost.unreceived);
    if lost.after_outage { "null".to_owned() } else { counted.to_string() }
}

fn enveloped(kept: &Kept, taken: &Taken, missed: Option<String>) -> Result<Message> {
    let event = taken.message.as_bytes();
    let head = match missed {
        Some(missed) => format!(r#"{{"position":"{}","missed":{missed},"event":"#, kept.position),
        None => format!(r#"{{"position":"{}","event":"#, kept.position),
    };
    let mut text = BytesMut::with_capacity(head.len() + event.len() + 1);
    text.put_slice(head.as_bytes());
    text.put_slice(event);
    text.put_u8(b'}');
    Ok(Message::Text(Utf8Bytes::try_from(text.freeze())?))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::{Hub, Raw, Subscription};

    fn next<T>(feed: &mut Subscription<T>) -> Event<T> {
        feed.next().now_or_never().unwrap().unwrap()
    }

    fn written<T>(event: Event<T>) -> Result<Message> {
        let (taken, format) = event.into_parts();
        envelope(&taken, format).map(|outbound| outbound.message)
    }

    #[test]
    fn an_event_is_written_once_for_all_who_get_it() {
        let hub = Hub::<u32>::builder().history(10).build();
        let mut feeds: Vec<_> = (0..3).map(|_| hub.topic("t").subscribe()).collect();
        hub.topic("t").publish(&7).unwrap();
        let payloads = feeds.iter_mut().map(|feed| {
            let event = next(feed);
            let expected = format!(r#"{{"position":"{}","event":7}}"#, event.position().unwrap());
            let message = written(event).unwrap();
            assert_eq!(message.as_text(), Some(&*expected));
            message.as_bytes().as_ptr()
        });
        assert_eq!(payloads.collect::<HashSet<_>>().len(), 1);
    }

    #[test]
    fn who_was_too_slow_reads_it_in_the_event() {
        let hub = Hub::<u32>::builder().queue(2).history(1).build();
        let mut feed = hub.topic("t").subscribe();
        for number in 1..=5 {
            hub.topic("t").publish(&number).unwrap();
        }
        let text = written(next(&mut feed)).unwrap();
        assert!(text.as_text().unwrap().ends_with(r#","missed":3,"event":4}"#), "{text:?}");
    }

    #[test]
    fn without_a_history_or_json_the_error_says_what_to_write() {
        let plain = Hub::<u32>::new();
        let mut feed = plain.topic("t").subscribe();
        plain.topic("t").publish(&1).unwrap();
        assert!(written(next(&mut feed)).unwrap_err().to_string().contains("Hub::builder().history(1000)"));

        let raw = Hub::encoded_by::<Raw>().history(1).build();
        let mut feed = raw.topic("t").subscribe();
        raw.topic("t").publish(&Message::text("x")).unwrap();
        assert!(written(next(&mut feed)).unwrap_err().to_string().contains("are JSON, and the hub writes"));
    }
}
