//! A crate that gives Sockeye to others.

pub use sockeye;
