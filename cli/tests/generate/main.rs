//! `cargo sockeye new` in packages of users.

mod new;
mod new_by_hand;
mod user;
