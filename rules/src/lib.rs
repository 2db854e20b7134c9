//! The rules of Sockeye: their catalogue, and the checks that read syntax.
//!
//! A rule has one name everywhere: its file, its page, `allow(..)`, the compile error, the startup report, the command
//! line, the log field and the metric label. The catalogue ([`RULES`]) is the one table of them.
//!
//! Values that both the macro and the server parse, such as an [`origin`] or a [`size`], are parsed here.

mod catalogue;
#[cfg(feature = "syntax")]
pub mod check;
pub mod close;
pub mod duration;
#[cfg(feature = "syntax")]
pub(crate) mod flow;
pub mod origin;
#[cfg(feature = "syntax")]
pub(crate) mod reading;
#[cfg(feature = "render")]
pub mod render;
pub mod route;
pub mod size;
pub mod subprotocol;
#[cfg(feature = "syntax")]
pub(crate) mod surroundings;
mod symptoms;
#[cfg(feature = "syntax")]
pub mod syntax;
#[cfg(feature = "syntax")]
pub(crate) mod trace;
mod value;

pub use catalogue::*;
pub use symptoms::{SYMPTOMS, Symptom, symptoms};
pub use value::ValueProblem;
