//! Reads an endpoint's tokens and gives them to every rule that is checked on syntax.
//!
//! `#[ws_endpoint]` and `cargo sockeye check` are two front ends of this: [`parse`], then [`check`].

mod arguments;
mod diagnostic;
mod endpoint;
mod options;
mod print;
mod route;
mod types;

pub use arguments::{Argument, Arguments, Value};
pub use diagnostic::{Diagnostic, Sink};
pub use endpoint::{Endpoint, Function, Item, Other, Parameter};
pub(crate) use options::nearest;
pub use options::{AllowOption, HeartbeatOption, OPTIONS, Options, OriginsOption};
pub use print::one_line;
pub use route::{Route, RouteParameter};
pub use types::{Known, generic_arguments, has_impl_trait, known, last_segment, peel};

pub(crate) use types::{is_scalar, spelled};

use proc_macro2::TokenStream;

use crate::catalogue::CHECKS;

/// The check of one rule: looks at the endpoint, and reports what it finds.
pub(crate) type Check = fn(&Endpoint, &mut Sink);

/// Reads the arguments of the attribute and the item under it.
///
/// It never fails: what cannot be read is kept as such, and the rules say so.
pub fn parse(attribute: TokenStream, item: TokenStream) -> Endpoint {
    Endpoint::new(Arguments::parse(attribute), Item::parse(item))
}

/// Asks every rule, and returns what they found in the order of the source.
pub fn check(endpoint: &Endpoint) -> Vec<Diagnostic> {
    let mut sink = Sink::default();
    for check in CHECKS {
        check(endpoint, &mut sink);
    }
    sink.finish(endpoint)
}
