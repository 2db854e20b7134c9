//! What an answer most likely means, and what to do: words only, nothing is connected here.

pub(super) mod breakage;
pub(super) mod closing;
pub(super) mod page;
pub(super) mod proxy;
pub(super) mod refusal;
pub(super) mod status;
