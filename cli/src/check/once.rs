//! One cause, one finding: rules with the same message for every handler of a package, and calls of the same helper.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use sockeye_rules::{NO_DEADLINE, Rule};

use super::{
    file::{FileReport, Outcome},
    package,
    walk::SourceFile,
};

/// Only the first finding in each package is reported.
const ONCE: [&Rule; 1] = [&NO_DEADLINE];

/// Keeps the first finding of each cause. A file outside of any package counts as one.
pub(super) fn settle(files: &[SourceFile], outcomes: &mut [Outcome]) {
    let mut said = HashSet::new();
    for (file, outcome) in files.iter().zip(outcomes) {
        let Outcome::Checked(report) = outcome else { continue };
        if report.findings.iter().any(|finding| ONCE.contains(&finding.rule)) {
            let package = package_or_file(&file.path);
            report.findings.retain(|finding| {
                !ONCE.contains(&finding.rule) || said.insert((package.clone(), finding.rule.name.to_owned()))
            });
        }
        join_calls(report);
    }
}

/// Reports the calls of a helper that blocks once, with the lines of the others: the helper is what has to change.
fn join_calls(report: &mut FileReport) {
    let mut others: HashMap<String, Vec<usize>> = HashMap::new();
    report.findings.retain(|finding| {
        if !finding.in_helper {
            return true;
        }
        match others.get_mut(&finding.message) {
            Some(lines) => {
                lines.push(finding.place.start.line);
                false
            }
            None => others.insert(finding.message.clone(), Vec::new()).is_none(),
        }
    });
    for finding in report.findings.iter_mut().filter(|finding| finding.in_helper) {
        let lines = others.get(&finding.message).filter(|lines| !lines.is_empty());
        finding.notes.extend(lines.map(|lines| also_called(lines)));
    }
}

fn also_called(lines: &[usize]) -> String {
    let shown: Vec<_> = lines.iter().map(ToString::to_string).collect();
    match shown.as_slice() {
        [line] => format!("it is also called in line {line}"),
        [before @ .., last] => format!("it is also called in lines {} and {last}", before.join(", ")),
        [] => String::new(),
    }
}

fn package_or_file(file: &Path) -> PathBuf {
    package::of(file).unwrap_or_else(|| file.to_path_buf())
}
