use crate::{
    INVALID_OPTION,
    syntax::{Endpoint, Sink},
};

/// The problems were already found when the options were parsed, because the expansion needs the values.
pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    for problem in &endpoint.options.problems {
        sink.report(&INVALID_OPTION, &problem.at, problem.what.as_str(), problem.help.as_str());
    }
}
