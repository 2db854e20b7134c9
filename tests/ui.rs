//! What a user reads when an endpoint is wrong, and that right endpoints compile.
//!
//! `ui/fail` holds our own diagnostics, `ui/rustc` those whose words are the compiler's, which change with its version. The
//! warnings in `ui/warn` are compared by `ui_warnings.rs`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sockeye_rules::{Level, Phase, RULES};
use sockeye_tests::examples;

#[test]
fn diagnostics() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.compile_fail("ui/rustc/*.rs");
}

/// All at once, which trybuild does not: with one right program among its cases it links what each of them needs, too.
#[test]
fn right_endpoints_compile() {
    let sources = examples::sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/pass"));
    let answers = examples::check(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("right"), &sources);
    for (name, said) in answers {
        let errors: Vec<_> =
            said.iter().filter(|one| one.level == "error").map(|one| &*one.rendered).collect();
        assert!(errors.is_empty(), "ui/pass/{name}.rs does not compile:\n{}", errors.concat());
    }
}

/// After an error of ours nothing else may follow: no error of rustc's, no warning, and every error names its rule.
#[test]
fn our_diagnostics_come_alone() {
    for path in files("ui/fail", "stderr") {
        let text = fs::read_to_string(&path).unwrap();
        let headings = text.lines().filter(|line| line.starts_with("error") || line.starts_with("warning"));
        for heading in headings {
            let rule = heading.strip_prefix("error: [").and_then(|rest| rest.split(']').next());
            let known = rule.and_then(sockeye_rules::find).is_some();
            assert!(known, "{}: `{heading}` is not one of our own", path.display());
        }
    }
}

#[test]
fn every_rule_has_its_fixtures() {
    let compiled = [Phase::Signature, Phase::Lifecycle];
    for rule in RULES.iter().filter(|rule| compiled.contains(&rule.phase)) {
        let named = |folder: &str| files(folder, "rs").iter().any(|path| stem(path).starts_with(rule.name));
        // `ui_warnings.rs` compares those of rules that warn.
        let reported =
            if rule.level == Level::Warn { ["ui/warn", "ui/rustc"] } else { ["ui/fail", "ui/rustc"] };
        assert!(reported.into_iter().any(named), "{} has no fixture that it reports", rule.name);
        assert!(named("ui/pass"), "{} has no fixture that passes", rule.name);
    }
}

/// The table, the page and the check are three files of one rule.
#[test]
fn table_pages_and_checks_agree() {
    // rustc itself finds the one, the other is judged when all have spoken; see the table.
    let without_check = ["duplicate_route", "unneeded_allow"];
    for phase in [Phase::Signature, Phase::Lifecycle, Phase::Axum] {
        let mut expected: Vec<String> = Vec::new();
        for rule in RULES.iter().filter(|rule| rule.phase == phase) {
            expected.push(format!("{}.md", rule.name));
            if !without_check.contains(&rule.name) {
                expected.push(format!("{}.rs", rule.name));
            }
        }
        expected.sort();
        assert_eq!(pages_and_checks(phase), expected);
    }
}

fn pages_and_checks(phase: Phase) -> Vec<String> {
    let folder = format!("../rules/src/{}", phase.name());
    let all = ["md", "rs"].into_iter().flat_map(|extension| files(&folder, extension));
    let mut names: Vec<String> = all.map(|path| name(&path)).collect();
    names.sort();
    names
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let all = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

fn stem(path: &std::path::Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn name(path: &std::path::Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
