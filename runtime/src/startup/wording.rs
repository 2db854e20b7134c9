use super::{
    Candidate, Place,
    types::{inside, short},
};
use crate::endpoint::ParameterRequirement;

/// A requirement in the words of the reports.
pub(super) struct Wording {
    /// The endpoint that needs it, or a parameter that declares requirements.
    pub(super) who: String,
    /// The requirement, such as `State<Config>`.
    pub(super) what: String,
    /// The inner type: `Config`.
    pub(super) of: String,
}

impl Wording {
    /// A requirement in a wrapper such as `State`, with this full name of the inner type.
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

/// The parameter, with the reason that its type declares or otherwise this label.
pub(super) fn place(endpoint: &Candidate, required: &ParameterRequirement, otherwise: &str) -> Place {
    Place::param(endpoint.registered(), required.index, required.reason.unwrap_or(otherwise))
}
