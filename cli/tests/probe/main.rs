//! `cargo sockeye probe` against servers that are right and servers that are wrong, over real sockets.

mod after_101;
mod answers;
mod broken;
mod canned;
mod command_line;
mod messages;
mod origins;
mod probe;
mod sockeye_server;
mod tls;
