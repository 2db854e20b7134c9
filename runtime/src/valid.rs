//! Values that meet the constraints of their type.

use std::ops::Deref;

use garde::{Report, Validate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

#[cfg(feature = "protobuf")]
use crate::{Error, codec::ProtobufMessage};

/// A `T` that meets its constraints, those of the crate [`garde`](https://docs.rs/garde), version 0.23. Needs the feature `garde`.
///
/// `Json<Valid<In>>` is a codec that checks what it has decoded, and so are `Protobuf<Valid<In>>`, each codec of serde, and a field of this type
/// in a message of serde. What breaks a
/// constraint is an `invalid_message`, which closes with 1007: the reason has the path of each field with the message of its constraint. It does
/// not have the value, unless a message of your own does; keys of a map are part of a path. The context of the validation is the
/// default of its type.
///
/// ```no_run
/// use garde::Validate;
/// use serde::Deserialize;
/// use sockeye::{Handshake, Json, Valid, ws_endpoint};
///
/// #[derive(Deserialize, Validate)]
/// struct Order {
///     #[garde(length(min = 1, max = 12))]
///     symbol: String,
///     #[garde(range(min = 1, max = 1000))]
///     amount: u32,
/// }
///
/// /// Takes orders.
/// #[ws_endpoint("/orders")]
/// async fn orders(handshake: Handshake<Json<Valid<Order>, String>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(order) = socket.recv().await? {
///         socket.send(format!("{} of {}", order.amount, order.symbol)).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// It is written, and documented in AsyncAPI, as the `T` is. It cannot be changed in place, since a change might break a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(docsrs, doc(cfg(feature = "garde")))]
pub struct Valid<T>(T);

/// A type with constraints of `garde`, which need nothing but the value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no constraints that `Valid` can check: it does not implement `garde::Validate`, or its context has no default",
    label = "`Valid<T>` checks the constraints of `T`",
    note = "help: write `#[derive(garde::Validate)]` on `{Self}`, and `#[garde(..)]` on each field, `#[garde(skip)]` on those without a constraint"
)]
pub trait Constrained {
    #[doc(hidden)]
    fn check(&self) -> Result<(), Report>;
}

#[diagnostic::do_not_recommend]
impl<T: Validate<Context: Default>> Constrained for T {
    fn check(&self) -> Result<(), Report> {
        self.validate()
    }
}

impl<T> Valid<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: Constrained> Valid<T> {
    /// Checks a value.
    ///
    /// ```
    /// # use sockeye::Valid;
    /// #[derive(Debug, garde::Validate)]
    /// struct Percent(#[garde(range(max = 100))] u8);
    ///
    /// assert_eq!(Valid::new(Percent(40)).unwrap().0, 40);
    /// assert!(Valid::new(Percent(101)).is_err());
    /// ```
    ///
    /// # Errors
    /// If the value breaks a constraint.
    pub fn new(value: T) -> Result<Self, Report> {
        value.check().map(|()| Self(value))
    }
}

impl<T> Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Constrained + Deserialize<'de>> Deserialize<'de> for Valid<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(T::deserialize(deserializer)?).map_err(|report| D::Error::custom(on_one_line(&report)))
    }
}

impl<T: Serialize> Serialize for Valid<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(feature = "protobuf")]
impl<T: Constrained + ProtobufMessage> ProtobufMessage for Valid<T> {
    fn read(bytes: bytes::Bytes) -> Result<Self, Error> {
        Self::new(T::read(bytes)?).map_err(|report| Error::new(on_one_line(&report)))
    }

    fn write(&self) -> Vec<u8> {
        self.0.write()
    }
}

/// A report has a line for each broken constraint.
fn on_one_line(report: &Report) -> String {
    let broken: Vec<_> = report
        .iter()
        .map(
            |(path, error)| {
                if path.is_empty() { error.to_string() } else { format!("field `{path}`: {error}") }
            },
        )
        .collect();
    broken.join("; ")
}

#[cfg(feature = "asyncapi")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Valid<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
