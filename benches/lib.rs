//! What the benchmarks beside this file share: a server in a process of its own, the same echo twice, a handshake.

pub mod handshake;
pub mod process;
pub mod servers;
