//! An accepted connection: its owner task, the cell it shares with the handler's handles, the engine, the end.

mod cell;
mod drive;
mod end;
mod engine;
mod fragments;
mod handle;
mod log;
mod meter;
#[cfg(test)]
mod model;
mod owner;
mod ping;
mod registry;
mod reprieve;
mod state;
mod sync;
mod tasks;
mod turns;
mod wakers;
mod wire;

pub(crate) use cell::{Cell, Kept};
pub(crate) use handle::{Link, Wait};
pub(crate) use owner::{Handler, Outcome, Owner, drop_handler, poll_handler};
pub(crate) use registry::{Present, Registry, Seat, WeakRegistry};
