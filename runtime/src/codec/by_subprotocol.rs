use std::{fmt, marker::PhantomData};

use super::{Codec, Format, format::Formats};
use crate::{Error, Message};

/// Subprotocols, each with its format.
pub type FormatList<In, Out> = &'static [(&'static str, Format<In, Out>)];

/// The formats of an endpoint whose clients choose one by its subprotocol; the parameter of [`BySubprotocol`].
pub trait SubprotocolFormats: 'static {
    /// The type that `recv` returns.
    type In: Send + 'static;
    /// The type that `send` accepts.
    type Out: Send + 'static;

    /// The format of each subprotocol. The option `subprotocols` of the endpoint lists the same names, in its order of preference; the
    /// startup check `subprotocol_formats` compares them.
    const FORMATS: FormatList<Self::In, Self::Out>;

    /// The format of a client that offers no subprotocol. By default there is none, and such a client is refused with 400 and the rule
    /// `subprotocol_refused`.
    const WITHOUT: Option<Format<Self::In, Self::Out>> = None;
}

/// A codec for each subprotocol (RFC 6455 section 1.9): the one that the handshake has chosen reads and writes the messages of the
/// connection.
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use sockeye::{BySubprotocol, Format, FormatList, Handshake, Json, SubprotocolFormats, ws_endpoint};
///
/// #[derive(Serialize, Deserialize)]
/// struct Line { text: String }
///
/// /// JSON for browsers, bare text for terminals.
/// struct Chat;
/// # struct Plain;
/// # impl sockeye::Codec for Plain {
/// #     type In = Line;
/// #     type Out = Line;
/// #     fn decode(message: sockeye::Message) -> Result<Line, sockeye::Error> {
/// #         Ok(Line { text: message.as_text().unwrap_or_default().to_owned() })
/// #     }
/// #     fn encode(line: &Line) -> Result<sockeye::Message, sockeye::Error> { Ok(line.text.as_str().into()) }
/// # }
///
/// impl SubprotocolFormats for Chat {
///     type In = Line;
///     type Out = Line;
///     const FORMATS: FormatList<Line, Line> =
///         &[("chat.json", Format::of::<Json<Line>>()), ("chat.text", Format::of::<Plain>())];
/// }
///
/// /// Echoes what is said.
/// #[ws_endpoint("/ws/chat", subprotocols = ["chat.json", "chat.text"])]
/// async fn chat(handshake: Handshake<BySubprotocol<Chat>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(line) = socket.recv().await? {
///         socket.send(line).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// A hub that is built by `Hub::encoded_by::<BySubprotocol<Chat>>()` encodes each event once in each format, and a socket sends the one of
/// its connection. Outside of a connection, as a codec by itself, it is the format of clients without a subprotocol, otherwise the first
/// one.
pub struct BySubprotocol<F>(PhantomData<fn() -> F>);

impl<F: SubprotocolFormats> BySubprotocol<F> {
    fn first() -> Result<Format<F::In, F::Out>, Error> {
        let first = F::WITHOUT.or_else(|| Some(F::FORMATS.first()?.1));
        first.ok_or_else(|| Error::new("`SubprotocolFormats::FORMATS` is empty"))
    }
}

impl<F: SubprotocolFormats> Codec for BySubprotocol<F> {
    type In = F::In;
    type Out = F::Out;

    fn format() -> &'static str {
        Self::first().map_or("", |first| first.name())
    }

    fn content_type() -> &'static str {
        Self::first().map_or("application/octet-stream", |first| (first.about.content_type)())
    }

    fn decode(message: Message) -> Result<F::In, Error> {
        (Self::first()?.decode)(message)
    }

    fn encode(value: &F::Out) -> Result<Message, Error> {
        (Self::first()?.encode)(value)
    }

    fn heartbeat_message(every: std::time::Duration) -> Option<Message> {
        (Self::first().ok()?.about.heartbeat_message)(every)
    }

    fn format_for(subprotocol: Option<&str>) -> Option<Format<F::In, F::Out>> {
        let Some(chosen) = subprotocol else { return F::WITHOUT };
        F::FORMATS.iter().find(|(name, _)| *name == chosen).map(|(_, format)| *format)
    }

    fn formats() -> Formats {
        let each = F::FORMATS.iter().map(|(name, format)| (*name, format.about));
        Formats { without: F::WITHOUT.map(|format| format.about), by_subprotocol: Some(each.collect()) }
    }
}

impl<F> fmt::Debug for BySubprotocol<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BySubprotocol")
    }
}
