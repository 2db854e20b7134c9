use crate::{
    ORIGIN_SYNTAX,
    origin::Pattern,
    syntax::{Endpoint, OriginsOption, Sink},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(OriginsOption::List(list)) = &endpoint.options.origins else { return };
    for text in list {
        if let Err(problem) = Pattern::parse(&text.value()) {
            sink.report(&ORIGIN_SYNTAX, text, problem.to_string(), problem.help());
        }
    }
}
