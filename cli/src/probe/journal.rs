//! Prints findings immediately, so that the progress is visible.

use std::{fmt::Write as _, io};

use serde_json::{Value, json};
use sockeye_rules::render::{Look, count};

use super::{
    clean::clean,
    finding::{Finding, Outcome},
    options::Format,
    secrets::Secrets,
};
use crate::output::show;

/// Version of the format: incremented when a field is removed or changes its meaning.
const VERSION: u32 = 1;

/// The longest name of a check.
const NAME: usize = 8;

/// All findings. Everything is printed through it, so nothing is printed unescaped or with a secret in it.
pub(super) struct Journal {
    format: Format,
    secrets: Secrets,
    look: Look,
    findings: Vec<Finding>,
}

impl Journal {
    pub(super) fn new(format: Format, secrets: Secrets) -> Self {
        Self { format, secrets, look: Look::of(&io::stdout()), findings: Vec::new() }
    }

    pub(super) fn add(&mut self, finding: Finding) {
        let finding = self.fit_to_print(finding);
        if self.format == Format::Human {
            show(&self.lines(&finding));
        }
        self.findings.push(finding);
    }

    pub(super) fn add_all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// Prints the result; returns whether there were no problems.
    pub(super) fn finish(&self, url: &str) -> bool {
        let good = self.count(Outcome::Warn) + self.count(Outcome::Fail) == 0;
        match self.format {
            Format::Human => show(&format!("{}\n", self.summary())),
            Format::Json => show(&format!("{:#}\n", self.document(url, good))),
        }
        good
    }

    /// Secrets first: a server may have escaped them, but we have not.
    fn fit_to_print(&self, mut finding: Finding) -> Finding {
        let fit = |text: &str| clean(&self.secrets.hide(text));
        finding.words = fit(&finding.words);
        for (_, text) in &mut finding.details {
            *text = fit(text);
        }
        for text in &mut finding.help {
            *text = self.secrets.hide(text).lines().map(clean).collect::<Vec<_>>().join("\n");
        }
        finding
    }

    fn lines(&self, finding: &Finding) -> String {
        let (before, after) = match self.look {
            Look::Colours => (colour(finding.outcome), "\x1b[0m"),
            Look::Plain => ("", ""),
        };
        let mut text = format!(
            "  {before}{:<4}{after}  {:<NAME$}  {}\n",
            finding.outcome.name(),
            finding.name,
            finding.words
        );
        let details = finding.details.iter().map(|(label, text)| (*label, text));
        for (label, lines) in details.chain(finding.help.iter().map(|help| ("help", help))) {
            for (at, line) in lines.lines().enumerate() {
                let label = if at == 0 { format!("{label}: ") } else { " ".repeat(label.len() + 2) };
                let _ = writeln!(text, "        {label}{line}");
            }
        }
        text
    }

    fn summary(&self) -> String {
        match (self.count(Outcome::Fail), self.count(Outcome::Warn)) {
            (0, 0) => "a client can connect; no problem found".to_owned(),
            (0, warnings) => format!("a client can connect; {}", count(warnings, "warning")),
            (failures, 0) => count(failures, "failure"),
            (failures, warnings) => format!("{}, {}", count(failures, "failure"), count(warnings, "warning")),
        }
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == outcome).count()
    }

    fn document(&self, url: &str, good: bool) -> Value {
        json!({
            "version": VERSION,
            "url": url,
            "ok": good,
            "checks": self.findings.iter().map(check).collect::<Vec<_>>(),
        })
    }
}

fn check(finding: &Finding) -> Value {
    let details = finding.details.iter().map(|(label, text)| json!({ "label": label, "text": text }));
    json!({
        "name": finding.name,
        "outcome": finding.outcome.name(),
        "message": finding.words,
        "details": details.collect::<Vec<_>>(),
        "help": finding.help,
    })
}

fn colour(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "\x1b[32m",
        Outcome::Warn => "\x1b[33m",
        Outcome::Fail => "\x1b[31m",
    }
}
