use quote::ToTokens;

use crate::{
    ROUTE_SYNTAX,
    syntax::{Arguments, Endpoint, Sink, one_line},
};

/// Options that other frameworks use for the route; `unknown_option` leaves them to this rule.
pub(crate) const NAMES_OF_ROUTE: [&str; 4] = ["path", "route", "uri", "url"];

pub(crate) fn check(endpoint: &Endpoint, sink: &mut Sink) {
    let Some(route) = endpoint.route() else { return no_route(&endpoint.arguments, sink) };
    if let Some(fault) = &route.fault {
        let message = format!("no request can match the route {}: {}", one_line(&route.literal), fault.what);
        sink.report(&ROUTE_SYNTAX, &route.literal, message, fault.help.as_str());
    }
}

fn no_route(arguments: &Arguments, sink: &mut Sink) {
    if arguments.constant.is_some() {
        return; // its value is judged when the compiler knows it: `crate::route::route_fault`
    }
    let named = arguments.options.iter().find(|option| NAMES_OF_ROUTE.iter().any(|name| option.name == name));
    if let Some(option) = named {
        let value = option.at();
        let route = value.to_string();
        let route = if route.starts_with('"') { route } else { "\"/ws\"".to_owned() };
        let message = format!("the route is written without `{} =`", option.name);
        sink.report(&ROUTE_SYNTAX, &option.name, message, format!("write `#[ws_endpoint({route})]`"));
        return;
    }
    let help = "write the route first, as in `#[ws_endpoint(\"/ws/{id}\")]`";
    if let Some(found) = &arguments.instead_of_route {
        let message = format!("the route must be a string literal or a constant, not `{}`", one_line(found));
        sink.report(&ROUTE_SYNTAX, found, message, help);
    } else {
        let at = Arguments::call_site().to_token_stream();
        sink.report(&ROUTE_SYNTAX, &at, "the endpoint has no route", help);
    }
}
