use super::route_syntax::NAMES_OF_ROUTE;
use crate::{
    UNKNOWN_OPTION,
    syntax::{Endpoint, OPTIONS, Sink, nearest, one_line},
};

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let arguments = &endpoint.arguments;
    for name in arguments.options.iter().map(|option| &option.name) {
        let known = OPTIONS.iter().any(|(option, _)| name == option);
        let is_route = arguments.route.is_none() && NAMES_OF_ROUTE.iter().any(|route| name == route);
        if !known && !is_route {
            let message = format!("unknown option `{name}`");
            sink.report(&UNKNOWN_OPTION, name, message, help(&name.to_string())).note(list());
        }
    }
    for stray in &arguments.stray {
        let message = format!("`{}` is not an option", one_line(stray));
        sink.report(
            &UNKNOWN_OPTION,
            stray,
            message,
            "write the options after the route, separated by commas",
        )
        .note(list());
    }
}

fn help(name: &str) -> String {
    let near = nearest(name, OPTIONS.iter().map(|(option, _)| *option));
    let example = near.and_then(|near| OPTIONS.iter().find(|(option, _)| *option == near));
    example.map_or_else(
        || "remove it; settings for the whole server are methods of `Server`".to_owned(),
        |(option, example)| format!("did you mean `{option}`? write `{example}`"),
    )
}

fn list() -> String {
    let names: Vec<_> = OPTIONS.iter().map(|(option, _)| *option).collect();
    format!("the options are {}", names.join(", "))
}
