//! The command and the macro are two front ends of the same rules: what stops a build is found by the command, in the same
//! words at the same place.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::tree::command;

/// Rule, message, line and column.
type Found = (String, String, String);

#[test]
fn what_the_macro_reports_is_found() {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/ui/fail");
    let by_command = by_command(&fixtures);
    let mut compared = 0;
    for entry in fs::read_dir(&fixtures).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "stderr") {
            let file = path.with_extension("rs").file_name().unwrap().to_string_lossy().into_owned();
            for found in by_macro(&file, &fs::read_to_string(&path).unwrap()) {
                assert!(is_among(&by_command, &found), "not found by the command: {found:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "only {compared} messages were compared");
}

/// What is wrong in a helper is shown by the macro at its call, with the line of the helper, and by the command in the helper
/// itself if that is checked as well.
fn is_among(by_command: &BTreeSet<Found>, found: &Found) -> bool {
    let (rule, message, place) = found;
    let Some((helper, (_, words))) =
        message.split_once(" (line ").and_then(|(helper, rest)| Some((helper, rest.split_once("): ")?)))
    else {
        return by_command.contains(found);
    };
    let file = place.split(':').next().unwrap();
    let at_the_call = (rule.clone(), format!("{helper}: {words}"), place.clone());
    let in_the_helper =
        |(one, said, place): &Found| one == rule && said == words && place.starts_with(&format!("{file}:"));
    by_command.contains(&at_the_call) || by_command.iter().any(in_the_helper)
}

fn by_command(fixtures: &Path) -> BTreeSet<Found> {
    let output = command(fixtures, &["check", "--format", "json"]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let one = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        let place = format!("{}:{}:{}", text("file"), finding["line"], finding["column"]);
        (text("rule"), text("message"), place)
    };
    document["findings"].as_array().unwrap().iter().map(one).collect()
}

/// Reads `error: [rule] message` and the next `--> file:line:column`.
fn by_macro(file: &str, stderr: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut heading = None;
    for line in stderr.lines() {
        if let Some((rule, message)) = line.strip_prefix("error: [").and_then(|rest| rest.split_once("] ")) {
            heading = Some((rule.to_owned(), message.to_owned()));
        } else if let Some((_, place)) = line.split_once("--> ")
            && let Some((rule, message)) = heading.take()
        {
            let place = place.split_once(':').map_or("", |(_, place)| place);
            found.push((rule, message, format!("{file}:{place}")));
        }
    }
    found
}
