//! Sends one upgrade request for each endpoint, in process, through the finished router with the user's layers. A
//! marker in its extensions, which no client can set, stops it at the endpoint.

mod answer;
mod ask;
mod beside;
mod marker;
mod request;

pub(crate) use answer::{Answer, Refusal};
pub(crate) use ask::{ask_all, ask_left_out};
pub(crate) use beside::ask_users_router;
pub use marker::is_startup_probe;
pub(crate) use marker::{enter_group, intercept};
