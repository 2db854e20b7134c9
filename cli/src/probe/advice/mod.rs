//! The most likely meaning of a response, and what to do: only text, nothing is connected here.

pub(super) mod breakage;
pub(super) mod closing;
pub(super) mod page;
pub(super) mod proxy;
pub(super) mod refusal;
pub(super) mod status;
