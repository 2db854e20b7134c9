//! What a person or a program reads: the report of problems, the table of endpoints, and both as JSON.

mod json;
mod style;
mod table;

pub(crate) use json::json;
pub(crate) use style::Look;
pub(crate) use table::table;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::startup::{Place, Problem};

/// Every problem in rustc's form, and how many there are.
///
/// It begins with a line of its own, because `main` puts `Error: ` in front of it.
pub(crate) fn render(problems: &[Problem], endpoints: usize, look: Look) -> String {
    let renderer = look.renderer();
    let mut text = String::from("the server did not start\n\n");
    for problem in problems {
        text.push_str(&render_one(problem, &renderer));
        text.push_str("\n\n");
    }
    text.push_str(
        &renderer.render(&[Group::with_title(Level::ERROR.primary_title(summary(problems, endpoints)))]),
    );
    text
}

fn render_one(problem: &Problem, renderer: &Renderer) -> String {
    let snippets = by_source(problem.places()).into_iter().map(snippet);
    let title = Level::ERROR.primary_title(problem.message()).id(problem.rule());
    let help = problem.help().map(|help| Level::HELP.message(help));
    renderer.render(&[title.elements(snippets).elements(help)])
}

/// Places in one piece of source belong into one snippet; the first of all is the primary one.
fn by_source(places: &[Place]) -> Vec<Vec<(&Place, AnnotationKind)>> {
    let mut snippets: Vec<Vec<(&Place, AnnotationKind)>> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        match snippets.iter_mut().find(|snippet| std::ptr::eq(snippet[0].0.source, place.source)) {
            Some(snippet) => snippet.push((place, kind)),
            None => snippets.push(vec![(place, kind)]),
        }
    }
    snippets
}

fn snippet(places: Vec<(&Place, AnnotationKind)>) -> Snippet<'_, Annotation<'_>> {
    let source = places[0].0.source;
    Snippet::source(source.text).path(source.file).line_start(source.line as usize).annotations(
        places.into_iter().map(|(place, kind)| kind.span(place.span()).label(place.label.as_str())),
    )
}

fn summary(problems: &[Problem], endpoints: usize) -> String {
    let problems = count(problems.len(), "problem");
    match endpoints {
        0 => format!("{problems}; nothing was bound"),
        _ => format!("{problems} in {}; nothing was bound", count(endpoints, "endpoint")),
    }
}

/// `1 endpoint`, `2 endpoints`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}
