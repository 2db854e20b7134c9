//! Each rule of the start and of the connections is whole: a line in the table, a place that reports it, a page, and a test that
//! reads what it says. `ui.rs` does it for the rules of the compiler.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sockeye_rules::{Phase, RULES, Rule};

fn rules(phase: Phase) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().filter(move |rule| rule.phase == phase)
}

/// The texts of all files below a folder that end like this.
fn texts(folder: &str, ending: &str) -> Vec<String> {
    fn walk(folder: &Path, ending: &str, texts: &mut Vec<String>) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                walk(&path, ending, texts);
            } else if path.to_string_lossy().ends_with(ending) {
                texts.push(fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut texts = Vec::new();
    walk(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut texts);
    texts
}

fn pages(phase: Phase) -> Vec<String> {
    let folder = format!("{}/../rules/src/{}", env!("CARGO_MANIFEST_DIR"), phase.name());
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<_> = names.filter_map(|name| name.strip_suffix(".md").map(str::to_owned)).collect();
    pages.sort();
    pages
}

#[test]
fn every_page_is_of_a_rule() {
    for phase in Phase::ALL {
        let mut names: Vec<_> = rules(phase).map(|rule| rule.name).collect();
        names.sort_unstable();
        assert_eq!(pages(phase), names, "{}", phase.name());
    }
}

#[test]
fn every_page_of_an_event_shows_what_the_log_says() {
    let without = rules(Phase::Run).filter(|rule| {
        let (level, field) = (format!("{} sockeye: ", rule.level.word()), format!(" rule=\"{}\"", rule.name));
        !rule.page.lines().any(|line| line.starts_with(&level) && line.contains(&field))
    });
    assert_eq!(without.map(|rule| rule.name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_startup_rule_has_a_report_that_is_compared() {
    let compared = [texts("startup", ".snap"), texts("snapshots", ".snap"), texts(".", ".rs")].concat();
    let without = rules(Phase::Startup).map(|rule| format!("{}[{}]", rule.level.word(), rule.name));
    let without = without.filter(|heading| !compared.iter().any(|text| text.contains(heading)));
    assert_eq!(without.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_run_rule_is_reported_and_read_by_a_test() {
    let runtime = texts("../runtime/src", ".rs");
    let tests = texts(".", ".rs");
    for rule in rules(Phase::Run) {
        let constant = rule.name.to_uppercase();
        let is_used = |line: &str| line.contains(&constant) && !line.trim_start().starts_with("use ");
        assert!(runtime.iter().any(|text| text.lines().any(is_used)), "nothing reports {}", rule.name);
        let read = [format!("\"{}\"", rule.name), format!("rule={}", rule.name)];
        let is_read = |text: &String| read.iter().any(|name| text.contains(name));
        assert!(tests.iter().any(is_read), "no test reads {}", rule.name);
    }
}
