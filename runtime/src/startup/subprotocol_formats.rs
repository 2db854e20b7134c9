use sockeye_rules::SUBPROTOCOL_FORMATS;

use super::{Candidate, Context, Place, Problem};
use crate::{codec::Formats, endpoint::Registered};

/// An endpoint whose subprotocols are not those for which its codec has a format.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    for endpoint in &context.endpoints {
        problems.extend(without_format(endpoint));
        problems.extend(without_option(endpoint));
    }
}

/// Subprotocols that a client can agree on, and that no format belongs to.
fn without_format(endpoint: &Candidate) -> impl Iterator<Item = Problem> {
    let registered = endpoint.registered();
    let names = registered.options.subprotocols.iter();
    names.filter(|name| !endpoint.mounted.formats.has(name)).map(|name| {
        let message = format!(
            "endpoint `{}` lists the subprotocol `{name}`, for which its codec has no format",
            registered.name
        );
        Problem::new(&SUBPROTOCOL_FORMATS, message)
            .at(Place::option(registered, "subprotocols", "one of these has no format"))
            .with_help(format!(
                "add `(\"{name}\", Format::of::<..>())` to `SubprotocolFormats::FORMATS`, or remove it here"
            ))
    })
}

/// Formats that no client can choose, and those of a subprotocol that has one already.
fn without_option(endpoint: &Candidate) -> Vec<Problem> {
    let registered = endpoint.registered();
    let Formats { without, by_subprotocol } = &endpoint.mounted.formats;
    let Some(formats) = by_subprotocol else { return Vec::new() };
    if formats.is_empty() && without.is_none() {
        return vec![empty(registered)];
    }
    let mut problems = Vec::new();
    for (index, (name, _)) in formats.iter().enumerate() {
        if formats[..index].iter().any(|(earlier, _)| earlier == name) {
            problems.push(twice(registered, name));
        } else if !registered.options.subprotocols.contains(name) {
            problems.push(unlisted(registered, name));
        }
    }
    problems
}

fn empty(endpoint: &'static Registered) -> Problem {
    let message = format!(
        "the codec of endpoint `{}` chooses by subprotocol, and has no formats to choose from",
        endpoint.name
    );
    problem(endpoint, message, "its `FORMATS` is empty")
        .with_help("add a subprotocol with its format to `SubprotocolFormats::FORMATS`")
}

fn twice(endpoint: &'static Registered, name: &str) -> Problem {
    let message =
        format!("the codec of endpoint `{}` has two formats for the subprotocol `{name}`", endpoint.name);
    problem(endpoint, message, "the second can never be chosen")
        .with_help("remove the second one from `SubprotocolFormats::FORMATS`")
}

fn unlisted(endpoint: &'static Registered, name: &str) -> Problem {
    let message = format!(
        "the codec of endpoint `{}` has a format for the subprotocol `{name}`, which the endpoint does not list",
        endpoint.name
    );
    problem(endpoint, message, "no client can choose this format").with_help(format!(
        "add `\"{name}\"` to `subprotocols = [..]`, or remove it from `SubprotocolFormats::FORMATS`"
    ))
}

fn problem(endpoint: &'static Registered, message: String, label: &str) -> Problem {
    let place = if endpoint.options.subprotocols.is_empty() {
        Place::name(endpoint, label)
    } else {
        Place::option(endpoint, "subprotocols", label)
    };
    Problem::new(&SUBPROTOCOL_FORMATS, message).at(place)
}
