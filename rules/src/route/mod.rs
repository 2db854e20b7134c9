//! Properties of a route in axum's syntax that need no router.

mod fault;
mod parts;

pub use fault::{route_fault, route_parameters};
pub use parts::{Part, names, parts, shape};
