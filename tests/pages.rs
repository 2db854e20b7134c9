//! The pages of the signature rules tell the truth: what they call bad is refused by that rule, what they call good compiles.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;
use sockeye_rules::{Phase, RULES, Rule};

/// Errors by the name of the example that has them.
type Errors = BTreeMap<String, Vec<String>>;

#[test]
fn bad_blocks_are_refused_by_their_rule_and_good_ones_compile() {
    let crate_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    write_crate(&crate_dir);
    let errors = check(&crate_dir);
    let wrong: Vec<_> = pages().filter_map(|rule| lie(rule, &errors)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a page says that is not so. A duplicate route has rustc's words, which name the rule in their own way.
fn lie(rule: &Rule, errors: &Errors) -> Option<String> {
    let name = rule.name;
    let bad = errors.get(&format!("bad_{name}")).map(Vec::as_slice).unwrap_or_default();
    let marks = [format!("[{name}]"), format!("`{name}_")];
    if !bad.iter().any(|error| marks.iter().any(|mark| error.contains(mark))) {
        return Some(format!("the bad block of {name} is not refused by it: {bad:?}"));
    }
    let good = errors.get(&format!("good_{name}"))?;
    Some(format!("the good block of {name} does not compile: {good:?}"))
}

#[test]
fn every_page_has_its_parts_in_order() {
    for rule in pages() {
        let headings: Vec<_> =
            rule.page.lines().filter(|line| line.starts_with("# ") || line.starts_with("## ")).collect();
        let name = format!("# {}", rule.name);
        assert_eq!(headings, [&name, "## Why", "## Bad", "## Good", "## How to allow"], "{}", rule.name);
        assert!(
            rule.summary().ends_with('.') && !rule.summary().contains('\n'),
            "{}: {:?}",
            rule.name,
            rule.summary()
        );
    }
}

fn pages() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().filter(|rule| rule.phase == Phase::Signature)
}

/// One package with an example for each block, so that one run of cargo compiles them all.
fn write_crate(crate_dir: &Path) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let examples = crate_dir.join("examples");
    let _ = fs::remove_dir_all(crate_dir);
    fs::create_dir_all(&examples).unwrap();
    fs::create_dir_all(crate_dir.join("src")).unwrap();
    fs::write(crate_dir.join("src/lib.rs"), "").unwrap();
    fs::write(crate_dir.join("Cargo.toml"), manifest(workspace)).unwrap();
    // The versions of the workspace, so that nothing is fetched.
    fs::copy(workspace.join("Cargo.lock"), crate_dir.join("Cargo.lock")).unwrap();
    for rule in pages() {
        for (kind, heading) in [("bad", "## Bad"), ("good", "## Good")] {
            let code = block(rule, heading) + "\nfn main() {}\n";
            fs::write(examples.join(format!("{kind}_{}.rs", rule.name)), code).unwrap();
        }
    }
}

fn manifest(workspace: &Path) -> String {
    format!(
        "[package]\nname = \"pages\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         axum = {{ version = \"0.8\", features = [\"ws\"] }}\nsockeye = {{ path = \"{}\" }}\n",
        workspace.join("runtime").display()
    )
}

/// The code under a heading.
fn block(rule: &Rule, heading: &str) -> String {
    let (_, after) =
        rule.page.split_once(heading).unwrap_or_else(|| panic!("{} has no {heading}", rule.name));
    let (_, code) = after.split_once("```rust,ignore\n").unwrap();
    code.split_once("```").unwrap().0.to_owned()
}

fn check(crate_dir: &Path) -> Errors {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages-target");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--examples", "--keep-going", "--offline", "--message-format=json"])
        .env("CARGO_TARGET_DIR", target)
        .current_dir(crate_dir)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let checked = text.lines().filter(|line| line.contains("\"target\":{\"kind\":[\"example\"]")).count();
    assert!(checked > 0, "cargo checked nothing: {}", String::from_utf8_lossy(&output.stderr));
    text.lines().fold(Errors::new(), |mut errors, line| {
        let message: Value = serde_json::from_str(line).unwrap();
        if message["message"]["level"] == "error" {
            let example = message["target"]["name"].as_str().unwrap().to_owned();
            errors
                .entry(example)
                .or_default()
                .push(message["message"]["message"].as_str().unwrap().to_owned());
        }
        errors
    })
}
