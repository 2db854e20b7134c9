use sockeye_rules::{INVALID_SUBPROTOCOL, subprotocol};

use super::{Context, Place, Problem};
use crate::endpoint::Registered;

/// A subprotocol that no client can offer, or that is listed twice.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        let registered = endpoint.registered();
        let names = registered.options.subprotocols;
        for (index, name) in names.iter().enumerate() {
            problems.extend(syntax(registered, name));
            problems.extend(names[..index].contains(name).then(|| twice(registered, name)));
        }
    }
}

fn syntax(endpoint: &'static Registered, name: &str) -> Option<Problem> {
    let found = subprotocol::check(name).err()?;
    let message = format!("endpoint `{}`: {found}", endpoint.name);
    Some(problem(endpoint, message, "not a valid subprotocol name").with_help(found.help()))
}

fn twice(endpoint: &'static Registered, name: &str) -> Problem {
    let message = format!("endpoint `{}` lists the subprotocol `{name}` twice", endpoint.name);
    problem(endpoint, message, "the second can never be chosen").with_help("remove the second one")
}

fn problem(endpoint: &'static Registered, message: String, label: &str) -> Problem {
    Problem::new(&INVALID_SUBPROTOCOL, message).at(Place::option(endpoint, "subprotocols", label))
}
