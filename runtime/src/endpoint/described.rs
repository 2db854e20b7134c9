//! What the macro registers for the document of an endpoint: nothing without the feature `asyncapi`.

/// How the document of an endpoint is asked for.
#[cfg(feature = "asyncapi")]
pub type Describe = fn() -> crate::asyncapi::Description;

/// Without the feature `asyncapi` nothing is registered.
#[cfg(not(feature = "asyncapi"))]
pub type Describe = ();

/// The value of [`Describe`] for an endpoint with this documentation, this first parameter, and other parameters of these types. Here the
/// types are known, so the methods `payload` and `query` can be one or the other (see `asyncapi/payload.rs`).
#[cfg(feature = "asyncapi")]
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    ($docs:expr, $first:expr, [$($(#[$condition:meta])* $parameter:ty),*]) => {{
        fn __describe() -> $crate::__private::Description {
            use $crate::__private::{AnyFirst as _, AnyPayload as _, AnyQuery as _};
            use $crate::__private::{CodecOfFirst as _, SchemaPayload as _, SchemaQuery as _};
            let described = $first.described($docs);
            let (received, sent) = (described.received().payload(), described.sent().payload());
            let described = described.with(received, sent);
            $($(#[$condition])* let described = described.and_query($crate::__private::ParameterType::<$parameter>::NEW.query());)*
            described
        }
        __describe
    }};
}

/// As above, for nothing.
#[cfg(not(feature = "asyncapi"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    ($($nothing:tt)*) => {
        ()
    };
}
