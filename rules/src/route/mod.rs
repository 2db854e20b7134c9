//! What can be said about the text of a route, in the syntax of axum, without a router.

mod fault;
mod parts;

pub use fault::{route_fault, route_parameters};
pub use parts::{Part, names, parts, shape};
