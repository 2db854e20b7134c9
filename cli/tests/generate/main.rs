//! `cargo sockeye new` and `init` in packages of users.

mod init;
mod new;
mod new_by_hand;
mod user;
