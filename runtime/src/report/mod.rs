//! Output for people and programs: the report of problems, the table of endpoints, and both as JSON.

mod json;
mod table;

pub(crate) use json::json;
#[cfg(feature = "asyncapi")]
pub(crate) use json::settings;
pub(crate) use sockeye_rules::render::Look;
pub(crate) use table::{Listing, table};

use sockeye_rules::render::{self, Remark, Report, count};

use crate::startup::{Place, Problem};

/// Every warning and every problem in rustc's format, and their number.
///
/// It begins with a separate line, because `main` prints `Error: ` before it.
pub(crate) fn failure(
    problems: &[Problem],
    warnings: &[Problem],
    endpoints: usize,
    ending: &str,
    look: Look,
) -> String {
    let mut text = String::from("the server did not start\n\n");
    text.push_str(&each(warnings, look));
    text.push_str(&each(problems, look));
    text.push_str(&render::closing(&summary(problems.len(), warnings.len(), endpoints, ending), look));
    text
}

/// What did not happen, for the last line: a listener that the program has bound itself stays bound.
pub(crate) fn ending(bound: bool) -> &'static str {
    if bound { "nothing was served" } else { "nothing was bound" }
}

/// Each of them in rustc's format, followed by an empty line.
pub(crate) fn each(problems: &[Problem], look: Look) -> String {
    let mut text = String::new();
    for problem in problems {
        text.push_str(&render::report(&report(problem), look));
        text.push_str("\n\n");
    }
    text
}

fn report(problem: &Problem) -> Report<'_> {
    Report {
        rule: problem.catalogued(),
        message: problem.message(),
        places: problem.places().iter().map(place).collect(),
        remarks: problem.help().map(Remark::Help).into_iter().collect(),
    }
}

fn place(place: &Place) -> render::Place<'_> {
    render::Place {
        path: place.source().file,
        text: place.source().text,
        line: place.source().line as usize,
        span: place.span(),
        label: Some(&place.label),
    }
}

fn summary(problems: usize, warnings: usize, endpoints: usize, ending: &str) -> String {
    let problems = format!("{}{}", count(problems, "problem"), and_warnings(warnings));
    match endpoints {
        0 => format!("{problems}; {ending}"),
        _ => format!("{problems} in {}; {ending}", count(endpoints, "endpoint")),
    }
}

/// ` and 2 warnings`; empty if there are none.
fn and_warnings(warnings: usize) -> String {
    if warnings == 0 { String::new() } else { format!(" and {}", count(warnings, "warning")) }
}
