//! CONTRIBUTING's table of tests is complete, and names nothing that is not there.

use std::{collections::BTreeSet, fs};

use crate::{entries, name, read, root, rows};

/// The names between ticks in the first column.
fn named() -> BTreeSet<String> {
    let page = read("CONTRIBUTING.md");
    let rows = rows(&page, "| test | what it checks |");
    let cells = rows.iter().filter(|row| !row[0].starts_with("**"));
    cells.flat_map(|row| row[0].split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The test binaries of this package.
fn of_this_package() -> Vec<String> {
    let manifest = read("tests/Cargo.toml");
    let sections = manifest.split("[[test]]\n").skip(1);
    let names =
        sections.filter_map(|section| section.lines().next()?.strip_prefix("name = \"")?.strip_suffix('"'));
    names.map(str::to_owned).collect()
}

/// The folders whose `test_*.py` pytest runs.
fn of_python() -> Vec<String> {
    let holds_tests = |folder: &&str| entries(folder).iter().any(|path| name(path).starts_with("test_"));
    let folders: Vec<_> = entries("tests").into_iter().filter(|path| path.is_dir()).collect();
    let below = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let below = below.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let all = folders.iter().cloned().chain(below);
    let all: Vec<_> =
        all.map(|path| path.strip_prefix(root()).expect("below").display().to_string()).collect();
    all.iter().map(String::as_str).filter(holds_tests).map(str::to_owned).collect()
}

/// The test files and folders of another package.
fn of(folder: &str) -> Vec<String> {
    entries(folder).iter().map(|path| format!("{folder}/{}", name(path))).collect()
}

#[test]
fn every_test_has_a_row() {
    let mut there: BTreeSet<_> = of_this_package().into_iter().chain(of_python()).collect();
    assert!(there.len() > 30, "{there:?}");
    there.extend(of("rules/tests").into_iter().chain(of("cli/tests")));
    there.insert("examples/*/src/tests.rs".to_owned());
    let named = named();
    let missing: Vec<_> = there.difference(&named).collect();
    assert!(missing.is_empty(), "CONTRIBUTING.md has no row for {missing:?}");
    let gone: Vec<_> = named.difference(&there).collect();
    assert!(gone.is_empty(), "CONTRIBUTING.md has a row for {gone:?}, which is not there");
}

/// A page for those who come new to the code, and not a second place for what the code says.
#[test]
fn the_architecture_is_short_and_names_what_is_there() {
    let page = read("ARCHITECTURE.md");
    let words = page.split_whitespace().count();
    assert!(
        words <= 1_500,
        "ARCHITECTURE.md has {words} words; details belong at the lines that they explain"
    );
    let quoted = page.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2));
    let paths: Vec<_> =
        quoted.filter(|text| text.contains('/') && !text.contains(['<', '*', ' ', ':'])).collect();
    assert!(paths.len() > 25, "{paths:?}");
    // A path is as long as it has to be below the folder that its section is about.
    let folders = ["", "runtime/src", "runtime/src/hub", "rules/src/flow", "cli/src/check"];
    for path in paths {
        let is_there = folders.iter().any(|folder| root().join(folder).join(path).exists());
        assert!(is_there, "ARCHITECTURE.md names {path}, which is not there");
    }
}
