//! Reads an endpoint's tokens.
//!
//! `#[ws_endpoint]` and `cargo sockeye check` are two front ends of this: [`parse`], then [`check`](crate::check).

mod arguments;
mod body;
mod cookies;
mod diagnostic;
mod endpoint;
mod options;
mod origin_header;
mod print;
mod route;
pub(crate) mod segments;
mod types;
mod words;

pub use crate::flow::Imports;
pub use crate::surroundings::{
    Constants, Elsewhere, Functions, Modules, Neighbours, Package, Scopes, Surroundings, has_names,
    package_name,
};
pub use arguments::{Argument, Arguments, Value};
pub use cookies::reads_cookies;
pub use diagnostic::{Diagnostic, Sink};
pub use endpoint::{Endpoint, Function, Item, Other, Parameter};
pub use options::{
    AllowOption, CompressionOption, HeartbeatMessageOption, HeartbeatOption, OPTIONS, Options, OriginsOption,
    near, nearest,
};
pub use origin_header::{asks_for_origin, reads_origin_header};
pub use print::one_line;
pub use route::{Route, RouteParameter};
pub use types::{Known, generic_arguments, has_impl_trait, known, last_segment, peel};

#[cfg(test)]
pub(crate) use body::{CONVERTED, READ};
pub(crate) use types::{is_called, is_scalar, spelled};
pub(crate) use words::{Map, Set, Words};

use proc_macro2::TokenStream;

/// Parses the arguments of the attribute and the item below it.
///
/// It never fails: anything that cannot be parsed is kept, and the rules report it.
pub fn parse(attribute: TokenStream, item: TokenStream) -> Endpoint {
    parse_arguments(attribute, Item::parse(item))
}

/// The same for a parsed item.
pub fn parse_arguments(attribute: TokenStream, item: Item) -> Endpoint {
    Endpoint::new(Arguments::parse(attribute), item)
}
