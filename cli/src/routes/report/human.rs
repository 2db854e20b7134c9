use std::{fmt::Write as _, fs, io, path::Path};

use annotate_snippets::{AnnotationKind, Element, Level, Renderer, Snippet};
use sockeye_rules::{
    MISSING_ENDPOINT,
    render::{Look, count},
};

use super::{Found, Report};
use crate::{
    probe::clean,
    routes::document::{Endpoint, Problem},
};

/// The table, the problems in rustc's format, and the summary.
pub(in crate::routes) fn human(report: &Report<'_>) -> String {
    let renderer = renderer();
    let endpoints: Vec<&Endpoint> =
        report.documents.iter().flat_map(|document| &document.endpoints).collect();
    let mut text = table(&endpoints);
    for warning in report.documents.iter().flat_map(|document| &document.warnings) {
        let _ = writeln!(text, "\n{}", render_problem(report, warning, Level::WARNING, &renderer));
    }
    for problem in report.documents.iter().flat_map(|document| &document.problems) {
        let _ = writeln!(text, "\n{}", render_problem(report, problem, Level::ERROR, &renderer));
    }
    for dropped in &report.comparison.dropped {
        let _ = writeln!(text, "\n{}", render_dropped(report, dropped, &renderer));
    }
    text.push_str(&not_judged(report));
    let _ = writeln!(text, "\n{}", summary(report, endpoints.len()));
    text
}

fn renderer() -> Renderer {
    match Look::of(&io::stdout()) {
        Look::Colours => Renderer::styled(),
        Look::Plain => Renderer::plain(),
    }
}

fn table(endpoints: &[&Endpoint]) -> String {
    if endpoints.is_empty() {
        return "the program has no endpoints\n".to_owned();
    }
    let mut rows = vec![["route", "handler", "source", "origins", "group"].map(str::to_owned)];
    rows.extend(endpoints.iter().map(|one| {
        let source = format!("{}:{}", one.file, one.line);
        let group = if one.group.is_empty() { "-" } else { &one.group };
        [&one.route, &one.name, &source, &one.settings.origins, group].map(clean)
    }));
    if endpoints.iter().all(|one| one.group.is_empty()) {
        // A column of dashes is useless.
        for row in &mut rows {
            row[4].clear();
        }
    }
    aligned(&rows)
}

fn aligned(rows: &[[String; 5]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

fn render_problem(report: &Report<'_>, problem: &Problem, level: Level<'_>, renderer: &Renderer) -> String {
    let root = report.packages.workspace_root();
    let first = problem.file.as_deref().zip(problem.line).map(|(file, line)| {
        let label = problem.label.as_deref().unwrap_or_default();
        Mark::read(&root.join(file), file.to_owned(), line, problem.column.unwrap_or(1), label)
    });
    let others = problem.related.iter().map(|place| {
        Mark::read(&root.join(&place.file), place.file.clone(), place.line, place.column, &place.label)
    });
    let marks: Vec<Mark<'_>> = first.into_iter().chain(others).collect();
    render(level, &problem.rule, &problem.message, &marks, problem.help.as_deref(), renderer)
}

fn render_dropped(report: &Report<'_>, one: &Found, renderer: &Renderer) -> String {
    let message = format!(
        "endpoint `{}` is in the sources but not in the program: requests for `{}` get a 404",
        one.name, one.route
    );
    let mark = Mark::read(&one.file, report.shown(&one.file), one.line, 1, "not linked into the program");
    render(Level::ERROR, MISSING_ENDPOINT.name, &message, &[mark], Some(&report.help(one)), renderer)
}

/// A place in a source, with its line.
struct Mark<'a> {
    file: String,
    line: usize,
    text: String,
    span: std::ops::Range<usize>,
    label: &'a str,
}

impl<'a> Mark<'a> {
    /// The line may have changed since: then only the position is shown.
    fn read(path: &Path, file: String, line: usize, column: usize, label: &'a str) -> Self {
        let source = fs::read_to_string(path).unwrap_or_default();
        let text = source.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
        let start = text.char_indices().nth(column.saturating_sub(1)).map_or(0, |(at, _)| at);
        let start = start + text[start..].len() - text[start..].trim_start().len();
        // The end of the place is unknown; a name or the rest of an attribute is a good guess.
        let end = if text[start..].starts_with("#[") {
            text.trim_end().len()
        } else {
            start + word(&text[start..])
        };
        Self { file, line, span: start..end.max(start), text, label }
    }
}

/// The length of the name, path or literal at the beginning of the text.
fn word(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix('"') {
        return rest.find('"').map_or(text.len(), |end| end + 2);
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
    let end = text[..end].trim_end_matches(':').len();
    if end == 0 { text.chars().next().map_or(0, char::len_utf8) } else { end }
}

/// The first mark is where the problem is, the others are related.
fn render(
    level: Level<'_>,
    rule: &str,
    message: &str,
    marks: &[Mark<'_>],
    help: Option<&str>,
    renderer: &Renderer,
) -> String {
    let snippets = marks.iter().enumerate().map(|(at, mark)| {
        let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(mark.span.clone()).label(mark.label);
        let snippet = Snippet::source(mark.text.as_str()).path(mark.file.as_str()).line_start(mark.line);
        Element::from(snippet.annotation(annotation))
    });
    let help = help.map(|help| Element::from(Level::HELP.message(help)));
    let title = level.primary_title(message).id(rule);
    renderer.render(&[title.elements(snippets).elements(help)])
}

/// The endpoints that could not be checked, so that their absence is not misleading.
fn not_judged(report: &Report<'_>) -> String {
    let mut text = String::new();
    for one in &report.comparison.conditional {
        let place = format!("{}:{}", report.shown(&one.file), one.line);
        let conditions = one.conditions.join(" and ");
        let _ =
            writeln!(text, "not checked: `{}` at {place} is compiled only under `{conditions}`", one.name);
    }
    for one in &report.comparison.elsewhere {
        let place = format!("{}:{}", report.shown(&one.file), one.line);
        let group =
            if one.group.is_empty() { "no group".to_owned() } else { format!("the group `{}`", one.group) };
        let _ = writeln!(
            text,
            "not checked: `{}` at {place} is in {group}, which none of the checked servers serves",
            one.name
        );
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn summary(report: &Report<'_>, endpoints: usize) -> String {
    let endpoints = count(endpoints, "endpoint");
    let problems: usize = report.documents.iter().map(|document| document.problems.len()).sum();
    match (report.comparison.dropped.len(), problems) {
        (0, 0) => format!("{endpoints} in the program, no problem found"),
        (0, problems) => format!("{endpoints} in the program, {}", count(problems, "problem")),
        (dropped, 0) => format!("{endpoints} in the program, {dropped} missing from it"),
        (dropped, problems) => {
            format!("{endpoints} in the program, {dropped} missing from it, {}", count(problems, "problem"))
        }
    }
}
