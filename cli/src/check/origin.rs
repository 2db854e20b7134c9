//! Whether a package looks at the `Origin` of its requests.
//!
//! A handler of axum's has no origin check of its own, and rarely has it in its own function: a layer or an extractor may
//! have it. So `unchecked_origin` is settled when all is known: a package with any code about origins is believed to check
//! them.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use sockeye_rules::UNCHECKED_ORIGIN;

use super::{file::Outcome, finding::Finding, package, walk, walk::SourceFile};

/// Takes back what was said about origins of packages that look at them.
pub(super) fn settle(files: &[SourceFile], outcomes: &mut [Outcome]) -> Result<(), String> {
    let mut known = HashMap::new();
    for (file, outcome) in files.iter().zip(outcomes) {
        let Outcome::Checked(report) = outcome else { continue };
        if report.findings.iter().any(is_about_origin) && is_looked_at(file, &mut known)? {
            report.findings.retain(|finding| !is_about_origin(finding));
        }
    }
    Ok(())
}

fn is_about_origin(finding: &Finding) -> bool {
    finding.rule == &UNCHECKED_ORIGIN
}

/// Judges a package once. A file outside of any is judged by itself.
fn is_looked_at(file: &SourceFile, known: &mut HashMap<PathBuf, bool>) -> Result<bool, String> {
    let Some(package) = package::of(&file.path) else { return Ok(mentions_origin(&file.path)) };
    if stands_aside(&package, &file.path) {
        return Ok(true);
    }
    if let Some(&is_looked_at) = known.get(&package) {
        return Ok(is_looked_at);
    }
    let files = walk::files(std::slice::from_ref(&package))?;
    let own = |file: &&SourceFile| package::of(&file.path).as_ref() == Some(&package);
    let is_looked_at = files.iter().filter(own).any(|file| mentions_origin(&file.path));
    known.insert(package, is_looked_at);
    Ok(is_looked_at)
}

/// Tests, benchmarks and examples are not what the visitors of a page meet.
fn stands_aside(package: &Path, file: &Path) -> bool {
    let Ok(file) = std::path::absolute(file) else { return false };
    let within = file.strip_prefix(package).ok().and_then(|path| path.components().next());
    within
        .is_some_and(|first| ["tests", "benches", "examples"].iter().any(|aside| first.as_os_str() == *aside))
}

fn mentions_origin(path: &Path) -> bool {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).any(is_about_origins)
}

/// Whether a line has a word about origins in it. Settings of a `CorsLayer` are none: it leaves WebSockets alone.
fn is_about_origins(line: &str) -> bool {
    let is_part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let words = line.split(|c| !is_part_of_word(c));
    let cors = line.contains(".allow_origin(");
    words.map(str::to_ascii_lowercase).any(|word| match word.as_str() {
        "alloworigin" | "access_control_allow_origin" => false,
        "allow_origin" => !cors,
        word => word.contains("origin") && !word.contains("original") && !word.contains("originat"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_about_origins_are_told_from_others() {
        for line in [
            "headers.get(header::ORIGIN)",
            "request.headers().get(\"Origin\")",
            "fn check_origin(headers: &HeaderMap) -> bool {",
            "if !allow_origin(&headers) {",
            "TypedHeader(origin): TypedHeader<Origin>",
        ] {
            assert!(is_about_origins(line), "{line}");
        }
        for line in [
            "CorsLayer::new().allow_origin(Any)",
            "use tower_http::cors::{AllowOrigin, CorsLayer};",
            "OriginalUri(uri): OriginalUri",
            "let x = original;",
            "header::ACCESS_CONTROL_ALLOW_ORIGIN",
        ] {
            assert!(!is_about_origins(line), "{line}");
        }
    }
}
