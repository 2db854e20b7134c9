//! The crate's front page has a row for each cargo feature, and says which are on.

use crate::{read, rows};

/// The lines of `[features]`, each with its name and what it turns on.
fn features(manifest: &str) -> Vec<(&str, &str)> {
    let section =
        manifest.split("[features]\n").nth(1).and_then(|rest| rest.split("\n[").next()).expect("features");
    section
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .filter(|(name, _)| !name.starts_with('#'))
        .collect()
}

#[test]
fn every_feature_has_a_row() {
    let (manifest, page) = (read("runtime/Cargo.toml"), read("runtime/src/lib.rs").replace("//! ", ""));
    let features = features(&manifest);
    let (_, on) = features.iter().find(|(name, _)| *name == "default").expect("a default");
    let mut expected: Vec<_> = features
        .iter()
        .filter(|(name, _)| *name != "default")
        .map(|(name, _)| {
            (format!("`{name}`"), if on.contains(&format!("\"{name}\"")) { "yes" } else { "no" })
        })
        .collect();
    let rows = rows(&page, "| feature | default | what it adds |");
    let mut written: Vec<_> = rows.iter().map(|row| (row[0].to_owned(), row[1])).collect();
    expected.sort_unstable();
    written.sort_unstable();
    assert_eq!(written, expected);
}
