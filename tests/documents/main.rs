//! What the documents say is so: their messages are those of the fixtures, their commands are run, their tables are complete.

mod commands;
mod contributing;
mod defaults;
mod features;
mod guide_links;
mod metrics;
mod mistakes;
mod readme;
mod releasing;
mod rule_index;
mod troubleshooting;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The folder of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a member")
}

/// A file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every fixture that holds a message as a user reads it.
fn fixtures() -> Vec<String> {
    let folders =
        ["tests/ui/fail", "tests/ui/warn", "tests/ui/rustc", "tests/startup/snapshots", "tests/snapshots"];
    let files = folders.iter().flat_map(|folder| entries(folder));
    let messages = files.filter(|file| file.extension().is_some_and(|end| end == "stderr" || end == "snap"));
    messages.map(|file| fs::read_to_string(file).expect("a fixture")).collect()
}

/// What is in a folder of the repository, in the order of the names.
fn entries(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort_unstable();
    paths
}

/// The last part of a path, as text.
fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a name")
}

/// The cells of the rows of every table whose heading is this line.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let heading = format!("{heading}\n");
    let tables = page.split(&heading).skip(1);
    let lines = tables.flat_map(|table| table.lines().skip(1).take_while(|line| line.starts_with('|')));
    lines.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// The text of a block of this kind that begins with these words.
fn block<'a>(page: &'a str, kind: &str, begin: &str) -> Option<&'a str> {
    let fence = format!("```{kind}\n");
    let mut blocks = page.split(&fence).skip(1);
    blocks.find(|block| block.starts_with(begin)).and_then(|block| block.split("```").next())
}

/// Asserts that a file is what it is made of, or writes it with `UPDATE=1` in the environment.
fn generated(path: &str, expected: &str) {
    if env::var_os("UPDATE").is_some() {
        fs::write(root().join(path), expected).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let is_current = read(path) == expected;
    assert!(is_current, "{path} is out of date: run `UPDATE=1 cargo test -p sockeye-tests --test documents`");
}
