//! Headings have a text, no level is left out, and one heading is the title.

use super::document::{Document, Heading};
use crate::domain::Finding;

pub(super) fn check(document: &Document) -> Vec<Finding> {
    let headings = document.headings();
    let empty = headings.iter().filter(|heading| heading.text.trim().is_empty());
    let mut findings: Vec<_> = empty
        .map(|heading| document.finding("headings", heading.at, "the heading is empty".to_owned()))
        .collect();
    findings.extend(headings.windows(2).filter_map(|pair| jump(document, &pair[0], &pair[1])));
    let titles = headings.iter().filter(|heading| heading.level == 1).skip(1);
    findings.extend(titles.map(|heading| second_title(document, heading)));
    findings
}

fn second_title(document: &Document, heading: &Heading) -> Finding {
    let message = format!("`{}` is a second title: a file has one heading of level 1", heading.text);
    document.fixable("headings", heading.at, message, |line| format!("#{line}"))
}

fn jump(document: &Document, before: &Heading, heading: &Heading) -> Option<Finding> {
    let (from, to) = (before.level, heading.level);
    (to > from + 1).then(|| {
        let message = format!("a heading of level {to} follows one of level {from}");
        let marks = "#".repeat(from + 1);
        document.fixable("headings", heading.at, message, |line| {
            let text = line.trim_start_matches('#');
            format!("{marks}{text}")
        })
    })
}
