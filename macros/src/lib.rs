//! `#[ws_endpoint]`: see the `sockeye` crate, which re-exports it.
//!
//! The tokens of an endpoint are parsed by `sockeye_rules::syntax` and checked by `sockeye_rules::check`. What it reports becomes compile errors
//! (`report`); without any, the handler is registered (`expand`). This crate decides nothing about right and wrong.

mod docs;
mod duplicate;
mod expand;
mod fallback;
mod manifest;
mod mark;
mod place;
mod placeholder;
mod repair;
mod report;
mod root;
mod signature;
mod source;
mod stand_in;
mod surroundings;

use proc_macro::TokenStream;
use sockeye_rules::{SELF_RECEIVER, check, syntax};

/// Registers an `async fn` as a WebSocket endpoint, and checks it while it compiles.
///
/// ```ignore
/// #[ws_endpoint("/ws/rooms/{room}", origins = ["https://app.example.com"])]
/// async fn room(handshake: Handshake, Path(room): Path<String>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(message) = socket.recv().await? {
///         socket.send(message).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// The route is a string literal or a constant: `ROUTE`, `routes::ROOM`, `concat!(..)`. A constant is checked when the compiler
/// evaluates it, with shorter messages. Two constants with the same value are reported when the server starts.
///
/// The first parameter is the `Handshake`; the others are axum extractors that read the head of the request. The function
/// returns `()` or `Result<(), E>`, where `E` converts into `sockeye::Error`.
///
/// These options can follow the route:
///
/// | option | what it does |
/// | --- | --- |
/// | `state = AppState` | the state type of extractors that implement `FromRequestParts<AppState>` |
/// | `origins = ["https://app.example.com"]` or `origins = any` | the web pages that may connect |
/// | `subprotocols = ["v2", "v1"]` | the subprotocols that the endpoint supports, in order of preference |
/// | `max_message_size = "64 KiB"` | the largest message that the endpoint receives |
/// | `compression = "deflate"` or `compression = off` | whether messages are compressed for clients that offer it (`Limits::compression`, feature `compression`) |
/// | `heartbeat = "30s"` or `heartbeat = off` | how often the server pings a silent client |
/// | `heartbeat_message`, `heartbeat_message = "30s"` | after how much silence the server sends a message that a script can see (`Codec::heartbeat_message`); without a value, `Heartbeat::message_interval` |
/// | `group = "admin"` | the group of endpoints that this one belongs to |
/// | `guarded` | a layer in front of the endpoint authenticates requests |
/// | `allow(rule, reason = "why")` | turns a rule off for this endpoint |
/// | `crate = company::sockeye` | the path of the crate `sockeye`, if another crate re-exports it; a crate that is renamed in `Cargo.toml` needs no option |
///
/// # Errors
///
/// Each mistake is one compile error, `[rule] what is wrong`, with the code to write instead. `cargo sockeye explain rule`
/// shows the page of the rule.
#[proc_macro_attribute]
pub fn ws_endpoint(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    let endpoint = syntax::parse(attribute.into(), item.clone());
    let around = surroundings::surroundings(&endpoint);
    let (errors, warnings) = report::parted(place::placed(check::endpoint(&endpoint, &around)));
    let absent = root::absent(&endpoint.options).filter(|_| errors.is_empty());
    let expanded = if let Some(error) = absent {
        quote::quote!(#error #item)
    } else if !errors.is_empty() {
        report::report(&endpoint, &errors, item)
    } else if let Some(error) = duplicate::error(&endpoint) {
        let item = report::report(&endpoint, &[], item);
        quote::quote!(#error #item)
    } else {
        expand::expand(&endpoint, item)
    };
    // In an `impl` block the expansion may not add items, and there is an error to fix first.
    let is_in_impl = errors.iter().any(|one| one.rule == &SELF_RECEIVER);
    let free = endpoint.function().filter(|_| !is_in_impl);
    let warnings = free.map(|function| report::warnings(function, &warnings));
    quote::quote!(#expanded #warnings).into()
}

/// Checks what a function does with a handshake, a socket or a half of one, without making it an endpoint.
///
/// ```ignore
/// #[ws_lifecycle]
/// async fn serve(mut socket: Socket) -> sockeye::Result {
///     while let Some(message) = socket.recv().await? {
///         socket.send(message).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// `#[ws_endpoint]` checks a socket only until it is passed to another function. Put this attribute on that function: any
/// function or method with a parameter of the type `Handshake`, `Socket`, `Sender` or `Receiver`, owned or borrowed. Its only
/// options are `allow(rule, reason = "why")` and `crate = ..`.
///
/// # Errors
///
/// The errors of the lifecycle rules, as with `#[ws_endpoint]`.
#[proc_macro_attribute]
pub fn ws_lifecycle(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    let helper = syntax::parse(attribute.into(), item.clone());
    let found = place::placed(check::lifecycle(&helper, &surroundings::surroundings(&helper)));
    report::inside(&helper, &found, item).into()
}
