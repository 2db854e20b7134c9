//! What the command does: the real binary, on trees of files made for it.

mod explain;
mod files;
mod formats;
mod handlers;
mod origins;
mod other_files;
mod same_as_macro;
mod tree;
mod unreadable;
mod upgrades;
