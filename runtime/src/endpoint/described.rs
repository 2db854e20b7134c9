//! What the macro registers for the document of an endpoint: nothing without the feature `asyncapi`.

/// How the document of an endpoint is asked for.
#[cfg(feature = "asyncapi")]
pub type Describe = fn() -> crate::asyncapi::Description;

/// Without the feature `asyncapi` nothing is registered.
#[cfg(not(feature = "asyncapi"))]
pub type Describe = ();

/// The value of [`Describe`] for an endpoint with this documentation and this first parameter. Here the types are known, so the
/// method `payload` can be one or the other (see `asyncapi/payload.rs`).
#[cfg(feature = "asyncapi")]
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    ($docs:expr, $first:expr) => {{
        fn __describe() -> $crate::__private::Description {
            use $crate::__private::{AnyFirst as _, AnyPayload as _, CodecOfFirst as _, SchemaPayload as _};
            let described = $first.described($docs);
            let (received, sent) = (described.received().payload(), described.sent().payload());
            described.with(received, sent)
        }
        __describe
    }};
}

/// As above, for nothing.
#[cfg(not(feature = "asyncapi"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    ($docs:expr, $first:expr) => {
        ()
    };
}
