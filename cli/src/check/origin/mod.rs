//! Whether a package looks at the `Origin` of its requests.
//!
//! A handler of axum's has no origin check of its own, and rarely has it in its own function: a layer or an extractor may
//! have it. So `unchecked_origin` is settled when all is known: a package with any code about origins is believed to check
//! them, but for what cannot cover a handler of axum's (`code`): tests, endpoints of Sockeye's, and their settings.

mod code;
mod modules;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use sockeye_rules::UNCHECKED_ORIGIN;

use self::code::Code;
use super::{file::Outcome, finding::Finding, package, source::Source, walk, walk::SourceFile};

/// Takes back what was said about origins of packages that look at them, and of tests, which no browser meets.
pub(super) fn settle(files: &[SourceFile], outcomes: &mut [Outcome]) -> Result<(), String> {
    let mut known = HashMap::new();
    for (file, outcome) in files.iter().zip(outcomes) {
        let Outcome::Checked(report) = outcome else { continue };
        if !report.findings.iter().any(is_about_origin) {
            continue;
        }
        if is_looked_at(file, &mut known)? {
            report.findings.retain(|finding| !is_about_origin(finding));
        } else {
            let code = Code::read(&text(&file.path), false);
            report.findings.retain(|one| !is_about_origin(one) || !code.is_test(one.place.start.line));
        }
    }
    Ok(())
}

fn is_about_origin(finding: &Finding) -> bool {
    finding.rule == &UNCHECKED_ORIGIN
}

/// Judges a package once. A file outside of any is judged by itself.
fn is_looked_at(file: &SourceFile, known: &mut HashMap<PathBuf, bool>) -> Result<bool, String> {
    let Some(package) = package::of(&file.path) else {
        return Ok(looks(&[text(&file.path)]));
    };
    if is_for_tests(&package, &file.path) {
        return Ok(true);
    }
    if let Some(&is_looked_at) = known.get(&package) {
        return Ok(is_looked_at);
    }
    let files = walk::files(std::slice::from_ref(&package))?;
    let own = |file: &&SourceFile| package::of(&file.path).as_ref() == Some(&package);
    let texts: Vec<_> = files
        .iter()
        .filter(own)
        .filter(|file| !is_for_tests(&package, &file.path))
        .map(|file| text(&file.path))
        .filter(|text| code::may_matter(text))
        .collect();
    let is_looked_at = looks(&texts);
    known.insert(package, is_looked_at);
    Ok(is_looked_at)
}

/// Whether any of the files of one package looks at origins.
fn looks(texts: &[String]) -> bool {
    let with_sockeye = texts.iter().any(|text| text.contains("sockeye"));
    texts.iter().any(|text| Code::read(text, with_sockeye).looks_at_origins)
}

/// Tests, benchmarks and examples are not what the visitors of a page meet.
fn is_for_tests(package: &Path, file: &Path) -> bool {
    let Ok(file) = std::path::absolute(file) else { return false };
    let within = file.strip_prefix(package).ok().and_then(|path| path.components().next());
    let aside = ["tests", "benches", "examples"];
    within.is_some_and(|first| aside.iter().any(|aside| first.as_os_str() == *aside))
        || modules::is_test(package, &file)
}

/// What cannot be read says nothing.
fn text(path: &Path) -> String {
    Source::read(path).map(|source| source.text().to_owned()).unwrap_or_default()
}
