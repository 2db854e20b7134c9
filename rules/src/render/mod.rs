//! Output for people: problems in rustc's format.
//!
//! The server's startup report and `cargo sockeye check` use it, so that a problem looks the same wherever it is found.

mod look;

pub use look::Look;

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Message, Origin, Snippet};

use crate::Rule;

/// One problem with all its parts.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The rule, as in `error[missing_state]`, and its level.
    pub rule: &'static Rule,
    /// What is wrong.
    pub message: &'a str,
    /// The first place is where the problem is; the others explain it.
    pub places: Vec<Place<'a>>,
    /// Notes and help texts, in reading order.
    pub remarks: Vec<Remark<'a>>,
}

/// A piece of source code to show.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// The file.
    pub path: &'a str,
    /// Whole lines of it; empty if the file has no text to show.
    pub text: &'a str,
    /// The number, from 1, of the first line.
    pub line: usize,
    /// The bytes of `text` to underline.
    pub span: Range<usize>,
    /// The label beside the line.
    pub label: Option<&'a str>,
}

/// A line under the source: `= help: ..`.
#[derive(Debug, Clone, Copy)]
pub enum Remark<'a> {
    /// The expected signature.
    Expected(&'a str),
    /// A note that helps to understand the problem.
    Note(&'a str),
    /// The code to write.
    Help(&'a str),
}

/// Renders one problem, without a final line break.
pub fn report(report: &Report<'_>, look: Look) -> String {
    let level = if report.rule.level.is_error() { Level::ERROR } else { Level::WARNING };
    let title = level.primary_title(report.message).id(report.rule.name);
    let sources = by_source(&report.places).into_iter().map(source);
    let remarks = report.remarks.iter().map(remark);
    look.renderer().render(&[title.elements(sources).elements(remarks)])
}

/// Renders the line after all problems: `error: 3 problems in 14 endpoints`.
pub fn closing(words: &str, look: Look) -> String {
    look.renderer().render(&[Group::with_title(Level::ERROR.primary_title(words))])
}

/// `1 endpoint`, `2 endpoints`.
pub fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Places in the same piece of source belong in one snippet; the first of all is the primary one.
fn by_source<'a, 'p>(places: &'p [Place<'a>]) -> Vec<Vec<(&'p Place<'a>, AnnotationKind)>> {
    let mut sources: Vec<Vec<(&Place<'_>, AnnotationKind)>> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        match sources.iter_mut().find(|source| is_one_source(source[0].0, place)) {
            Some(source) => source.push((place, kind)),
            None => sources.push(vec![(place, kind)]),
        }
    }
    sources
}

fn is_one_source(one: &Place<'_>, other: &Place<'_>) -> bool {
    std::ptr::eq(one.text, other.text) && one.path == other.path && one.line == other.line
}

fn source<'a>(places: Vec<(&Place<'a>, AnnotationKind)>) -> Element<'a> {
    let first = places[0].0;
    if first.text.is_empty() {
        return Origin::path(first.path).into();
    }
    let annotations = places.into_iter().map(|(place, kind)| annotation(place, kind));
    Snippet::source(first.text).path(first.path).line_start(first.line).annotations(annotations).into()
}

fn annotation<'a>(place: &Place<'a>, kind: AnnotationKind) -> Annotation<'a> {
    kind.span(place.span.clone()).label(place.label)
}

fn remark<'a>(remark: &Remark<'a>) -> Message<'a> {
    match *remark {
        Remark::Expected(signature) => Level::NOTE.with_name("expected").message(signature),
        Remark::Note(note) => Level::NOTE.message(note),
        Remark::Help(help) => Level::HELP.message(help),
    }
}
