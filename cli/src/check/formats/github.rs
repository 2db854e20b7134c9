//! For GitHub Actions: workflow commands that the runner turns into annotations.
//!
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use super::{
    super::{Report, finding::Finding},
    human,
    root::Root,
};

pub(super) fn write(report: &Report<'_>) -> String {
    let root = Root::find();
    let mut text = String::new();
    for (path, finding) in &report.findings {
        let path = root.relative(path).unwrap_or_else(|| (*path).to_owned());
        text.push_str(&command(&path, finding));
        text.push('\n');
    }
    text.push_str(&human::summary(report));
    text.push('\n');
    text
}

fn command(path: &str, finding: &Finding) -> String {
    let rule = finding.rule;
    let properties = [
        format!("file={}", property(path)),
        place(finding),
        format!("title={}", property(&format!("[{}]", rule.name))),
    ];
    format!("::{} {}::{}", rule.level.word(), properties.join(","), data(&message(finding)))
}

/// The runner accepts columns only if the annotation is on one line. Its last column is inclusive.
fn place(finding: &Finding) -> String {
    let (start, end) = (finding.place.start, finding.place.end);
    if start.line != end.line {
        return format!("line={},endLine={}", start.line, end.line);
    }
    let last = end.column.saturating_sub(1).max(start.column);
    format!("line={},endLine={},col={},endColumn={last}", start.line, end.line, start.column)
}

fn message(finding: &Finding) -> String {
    let expected = finding.expected.iter().map(|signature| format!("expected: {signature}"));
    let notes = finding.notes.iter().map(|note| format!("note: {note}"));
    let lines = [finding.message.clone()].into_iter().chain(expected).chain(notes);
    lines.chain([format!("help: {}", finding.help)]).collect::<Vec<_>>().join("\n")
}

/// Escapes the text after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the text after `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_the_runner_is_escaped() {
        assert_eq!(data("100%: a,\r\nb"), "100%25: a,%0D%0Ab");
        assert_eq!(property("100%: a,\r\nb"), "100%25%3A a%2C%0D%0Ab");
    }
}
