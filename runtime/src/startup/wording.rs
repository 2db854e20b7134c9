use super::{
    Candidate, Place,
    types::{inside, short},
};
use crate::endpoint::ParameterRequirement;

/// A need as the reports speak of it.
pub(super) struct Wording {
    /// Who needs it: the endpoint, or a parameter of its that declares needs.
    pub(super) who: String,
    /// What it needs, such as `State<Config>`.
    pub(super) what: String,
    /// What is in it: `Config`.
    pub(super) of: String,
}

impl Wording {
    /// Of a need in a wrapper such as `State`, with this full name of what is in it.
    pub(super) fn new(
        endpoint: &Candidate,
        required: &ParameterRequirement,
        wrapper: &str,
        full: &str,
    ) -> Self {
        let (name, written) = (endpoint.registered().name, endpoint.written(required.index));
        if required.reason.is_some() {
            let of = short(full);
            return Self {
                who: format!("`{written}` of endpoint `{name}`"),
                what: format!("{wrapper}<{of}>"),
                of,
            };
        }
        let of = inside(written, wrapper).map_or_else(|| short(full), str::to_owned);
        Self { who: format!("endpoint `{name}`"), what: written.to_owned(), of }
    }
}

/// The parameter, with the reason that its type declares or else these words.
pub(super) fn place(endpoint: &Candidate, required: &ParameterRequirement, otherwise: &str) -> Place {
    Place::param(endpoint.registered(), required.index, required.reason.unwrap_or(otherwise))
}
