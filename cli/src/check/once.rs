//! Rules with the same message for every handler of a package: only the first finding is reported.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use sockeye_rules::{NO_DEADLINE, Rule};

use super::{file::Outcome, package, walk::SourceFile};

const ONCE: [&Rule; 1] = [&NO_DEADLINE];

/// Keeps the first finding of each such rule in each package; a file outside of any package counts as one.
pub(super) fn settle(files: &[SourceFile], outcomes: &mut [Outcome]) {
    let mut said = HashSet::new();
    for (file, outcome) in files.iter().zip(outcomes) {
        let Outcome::Checked(report) = outcome else { continue };
        if !report.findings.iter().any(|finding| ONCE.contains(&finding.rule)) {
            continue;
        }
        let package = package_or_file(&file.path);
        report.findings.retain(|finding| {
            !ONCE.contains(&finding.rule) || said.insert((package.clone(), finding.rule.name))
        });
    }
}

fn package_or_file(file: &Path) -> PathBuf {
    package::of(file).unwrap_or_else(|| file.to_path_buf())
}
