//! Who is present on a topic, on all machines.
//!
//! - A `Roster` is the state of one topic, kept while the process has members or readers of it. Its `View` adds up the parts of all machines: what one
//!   machine has of each member. A machine changes only its own part, so parts need no agreement.
//! - Machines tell each other their changes on a topic of its own beside each topic (`names.rs`, `wire.rs`). A packet says what is, not what changed, so a
//!   repetition does no harm. It has a stamp as any event has, and `Heard` tells when one is lost.
//! - When the broker confirms the topic, and whenever something is lost, a machine sends its whole part and asks the others for theirs. So each of them has
//!   everything as soon as one question is answered.
//! - One task for each hub sends all of this (`registry.rs`). A join records only what is to be sent (`Pending`), so that memory is bounded by the members and
//!   nothing is sent under a lock.
//! - Machines with members beat on one topic. One that is silent for `GONE` is removed with its members, and asked for them when it is heard again.
//! - A roster whose last member has left stays for `LINGER`: a machine that has missed this learns it by asking.
//! - Readers share a log of changes (`Changes`), each with its position. One whose position is gone is told everything again.

mod changes;
mod member;
mod membership;
mod names;
mod pending;
mod reader;
mod registry;
mod roster;
mod task;
mod view;
mod wire;

use std::time::Duration;

pub use member::{Member, PresenceChange};
pub use membership::Membership;
pub(super) use names::{escape, internal, unescape};
pub use reader::Presence;
pub(super) use registry::Registry;

/// How often a machine with members says that it is alive.
const BEAT: Duration = Duration::from_secs(5);
/// How long a machine may be silent before its members have left.
const GONE: Duration = Duration::from_secs(15);
/// How long a roster stays without members and readers. A lost packet is noticed within 30 s.
const LINGER: Duration = Duration::from_mins(1);
