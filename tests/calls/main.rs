//! Calls: messages with an `id`, and what answers them.

mod answers;
mod node;
mod questions;
