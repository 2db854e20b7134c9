//! An accepted connection: its owner task, the cell it shares with the handler's handles, the engine, the end.
//!
//! The invariants, and where they are maintained:
//!
//! - No foreign code runs under a lock that another task waits for (`cell.rs`, `state.rs`, decision 0029): payloads with an owner, wakers,
//!   `tracing` layers, metrics recorders, and codecs may use the same connection that runs them.
//! - The engine never drops a payload that may be foreign: a drop that panics would leave the engine in the middle of a frame. The wire
//!   keeps such a payload until everything is written; a panic is then `handler_panic`, with 1011 after the last whole frame.
//! - Replies to a burst are written together. `Socket::send` puts a message into the outbox, and the engine writes nothing until the flush
//!   of the round; a reply waits no longer than the next pending `.await` of the handler. The outbox is taken before anything is read.
//! - A busy handler does not silence the server. While it waits for something else, pings and the peer's close are answered, and messages
//!   are read ahead, up to the bounds in `state.rs`. When the inbox is full nothing more is read, and TCP applies back pressure.
//! - In the owner's task `recv` reads from the stream directly, within a turn: the handler's replies are written before the answer to a
//!   close that is read after them. In any other task it waits for the inbox, which the owner fills.
//! - Only the owner's waker is given to the transport. A handle in another task, or under `FuturesUnordered`, is woken by the owner; one in the
//!   owner's own task needs no waker. While the owner is polled it is not woken, but marked as wanted; a round clears that mark before it
//!   looks, and the turn ends in the critical section that looks at it again. So no wake is lost (`turns.rs`).
//! - A round reads everything that it needs from the state in one look at its beginning. Later changes, except those that the round makes
//!   itself, request another turn (`drive.rs`).
//! - A future that is dropped removes its waker, in constant time (`Wait`).
//! - A turn is bounded: after a bounded number of messages the task yields, so that one busy client does not starve the
//!   others.
//! - Memory is reserved for what has arrived, not for what is announced (decision 0062). A connection that waits has no buffers: those to read
//!   and to write belong to the thread (`../frames/spare.rs`).
//! - There is one end. The first cause decides the close code and the one log event (`end.rs`); a later failure of the handler is added to it.
//! - No reset overtakes the close frame. After a violation the write side is shut, and what still arrives is read and dropped, within
//!   `Limits::close_timeout`.
//! - The order in the engine is the order on the wire: replies that were queued before a violation was read are written before its close frame.
//!   Messages that were read ahead before the peer's close can still be received. Messages that the handler sends in the meantime are dropped
//!   without an error, so that `?` does not end it before the last of them; once it has received them all, or sends 64 times without receiving,
//!   sends fail.
//! - The part that is responsible for a connection, first the request and then the owner, holds it as `Kept`: on every path out, including a
//!   dropped runtime, the cell is ended, waiting handles are woken, and the closing event is logged.

mod calls;
mod cell;
mod drive;
mod end;
mod engine;
mod handle;
mod log;
mod marks;
#[cfg(test)]
mod model;
mod open_calls;
mod owner;
mod ping;
mod registry;
mod reprieve;
mod shared;
mod state;
mod sync;
mod tasks;
mod turns;
mod wakers;
mod wire;

pub(crate) use calls::{CallNumber, Pending};
pub(crate) use cell::{Cell, Kept};
pub(crate) use handle::{Link, Wait};
pub(crate) use open_calls::{FailedCall, Why};
pub(crate) use owner::{Handler, Outcome, Owner, drop_handler, poll_handler};
pub(crate) use registry::{Listed, Present, Registry, Seat, WeakRegistry};
pub(crate) use shared::WeakShared;
pub(crate) use state::Progress;
