//! The binary codecs over real sockets: what they carry, what they refuse, and what clients that mean harm can do.

mod by_subprotocol;
mod endpoints;
mod hostile;
mod refused;
mod round_trips;
mod server;
