//! Codecs as values, for those that are chosen when a connection opens.

use std::{fmt, time::Duration};

use super::Codec;
use crate::{CallId, Error, Message};

/// A codec as a value: one of those among which [`BySubprotocol`](crate::BySubprotocol) chooses.
///
/// ```
/// use sockeye::{Format, Json};
///
/// const NUMBERS: Format<u32, u32> = Format::of::<Json<u32>>();
/// # let _ = NUMBERS;
/// ```
pub struct Format<In, Out> {
    pub(crate) decode: fn(Message) -> Result<In, Error>,
    pub(crate) encode: fn(&Out) -> Result<Message, Error>,
    pub(crate) encode_owned: fn(Out) -> Result<Message, Error>,
    pub(crate) about: About,
}

/// What is known of a format whatever its types are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    pub(crate) name: fn() -> &'static str,
    pub(crate) content_type: fn() -> &'static str,
    pub(crate) heartbeat_message: fn(Duration) -> Option<Message>,
    pub(crate) failed_call: fn(&CallId, &str) -> Option<Message>,
}

impl<In, Out> Format<In, Out> {
    /// The format of a codec.
    #[must_use]
    pub const fn of<C: Codec<In = In, Out = Out> + ?Sized>() -> Self {
        let about = About {
            name: C::format,
            content_type: C::content_type,
            heartbeat_message: C::heartbeat_message,
            failed_call: C::failed_call,
        };
        Self { decode: C::decode, encode: C::encode, encode_owned: C::encode_owned, about }
    }

    pub(crate) fn name(&self) -> &'static str {
        (self.about.name)()
    }
}

impl<In, Out> Clone for Format<In, Out> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<In, Out> Copy for Format<In, Out> {}

impl<In, Out> fmt::Debug for Format<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.name()).finish()
    }
}

/// The formats of a codec, without their types.
#[derive(Debug, Clone)]
pub struct Formats {
    /// Of a connection without a subprotocol. `None`: there is no such connection.
    pub(crate) without: Option<About>,
    /// By subprotocol; `None` if the codec has only one, whatever the subprotocol is.
    pub(crate) by_subprotocol: Option<Vec<(&'static str, About)>>,
}

impl Formats {
    /// Those of a type that is no codec.
    #[cfg(feature = "asyncapi")]
    pub(crate) const NONE: Self = Self { without: None, by_subprotocol: None };

    /// The only format of a codec.
    pub(crate) const fn one(about: About) -> Self {
        Self { without: Some(about), by_subprotocol: None }
    }

    /// Each, with the subprotocol that selects it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Option<&'static str>, About)> {
        let named = self.by_subprotocol.iter().flatten().map(|(name, about)| (Some(*name), *about));
        self.without.map(|about| (None, about)).into_iter().chain(named)
    }

    /// The one that stands for all.
    #[cfg(feature = "asyncapi")]
    pub(crate) fn first(&self) -> Option<About> {
        self.each().next().map(|(_, about)| about)
    }

    /// Whether a connection with this subprotocol has a format.
    pub(crate) fn has(&self, subprotocol: &str) -> bool {
        let listed = self.by_subprotocol.as_deref();
        listed.is_none_or(|listed| listed.iter().any(|(name, _)| *name == subprotocol))
    }
}
