//! What a user reads in the warnings of a program that compiles: trybuild compares only the errors of one that does not.
//!
//! `UPDATE=1 cargo test -p sockeye-tests --test ui_warnings` writes the messages anew.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use sockeye_rules::{Level, Phase, RULES};
use sockeye_tests::examples::{self, Said, Sources};

#[test]
fn warnings() {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("warnings");
    let mut answers = examples::check(&package, &sources());
    for name in sources().keys() {
        compare(name, &answers.remove(name).unwrap_or_default());
    }
}

/// Every fixture is about a rule that warns, and every such rule has one.
#[test]
fn every_rule_that_warns_has_its_fixture() {
    let warns = RULES.iter().filter(|rule| rule.phase == Phase::Lifecycle && rule.level == Level::Warn);
    let expected: BTreeSet<String> = warns.map(|rule| rule.name.to_owned()).collect();
    assert_eq!(sources().into_keys().collect::<BTreeSet<_>>(), expected);
}

/// Nothing is deprecated, so what a crate says about that lint does not count; what it says about all warnings does.
#[test]
fn a_warning_has_the_level_of_warnings_not_of_deprecation() {
    let handler = sources().remove("login_deadline").unwrap();
    let levels = [
        ("allow_deprecated", "warning"),
        ("deny_deprecated", "warning"),
        ("allow_unused", "warning"),
        ("deny_warnings", "error"),
    ];
    let with = |level: &str| handler.replacen("\n\n", &format!("\n#![{})]\n\n", level.replace('_', "(")), 1);
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("levels");
    let sources = levels.iter().map(|(level, _)| ((*level).to_owned(), with(level))).collect();
    let answers = examples::check(&package, &sources);
    for (level, expected) in levels {
        assert!(!answers[level].is_empty(), "{level}");
        for said in &answers[level] {
            assert_eq!(said.level, expected, "{level}: {}", said.rendered);
            assert!(said.text.contains("[login_deadline] "), "{level}: {}", said.rendered);
            let is_explained = said.rendered.contains("note: nothing is deprecated");
            assert!(is_explained || expected == "error", "{level}: {}", said.rendered);
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/warn")
}

fn sources() -> Sources {
    examples::sources(&folder())
}

/// Compares what the compiler said about a fixture with the file beside it; every word of it must be ours.
fn compare(name: &str, said: &[Said]) {
    for one in said {
        let ours = one.level == "warning"
            && RULES.iter().any(|rule| one.text.contains(&format!("[{}] ", rule.name)));
        assert!(ours, "ui/warn/{name}.rs: this is not one of our own warnings:\n{}", one.rendered);
    }
    assert!(
        said.iter().any(|one| one.text.contains(&format!("[{name}] "))),
        "ui/warn/{name}.rs: no warning of `{name}`"
    );
    let found: Vec<_> = said.iter().map(|one| one.rendered.replace("examples/", "ui/warn/")).collect();
    let (found, file) = (found.concat(), folder().join(name).with_extension("stderr"));
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, &found).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "ui/warn/{name}.stderr, expected:\n{expected}\nfound:\n{found}");
}
