//! What a person or a program reads: the report of problems, the table of endpoints, and both as JSON.

mod json;
mod table;

pub(crate) use json::json;
pub(crate) use sockeye_rules::render::{Look, count};
pub(crate) use table::table;

use sockeye_rules::render::{self, Remark, Report};

use crate::startup::{Place, Problem};

/// Every problem in rustc's form, and how many there are.
///
/// It begins with a line of its own, because `main` puts `Error: ` in front of it.
pub(crate) fn render(problems: &[Problem], endpoints: usize, look: Look) -> String {
    let mut text = String::from("the server did not start\n\n");
    for problem in problems {
        text.push_str(&render::report(&report(problem), look));
        text.push_str("\n\n");
    }
    text.push_str(&render::closing(&summary(problems, endpoints), look));
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
        path: place.source.file,
        text: place.source.text,
        line: place.source.line as usize,
        span: place.span(),
        label: Some(&place.label),
    }
}

fn summary(problems: &[Problem], endpoints: usize) -> String {
    let problems = count(problems.len(), "problem");
    match endpoints {
        0 => format!("{problems}; nothing was bound"),
        _ => format!("{problems} in {}; nothing was bound", count(endpoints, "endpoint")),
    }
}
