//! The pages of the rules on code tell the truth: what they call bad is reported by that rule, what they call good is not
//! reported by any.

use std::path::Path;

use quote::{ToTokens as _, quote};
use sockeye_rules::{
    Level, Phase, RULES, Rule, check,
    syntax::{self, Diagnostic, Imports, Surroundings},
};
use sockeye_tests::examples::{self, Answers, Said, Sources};

#[test]
fn bad_blocks_are_reported_by_their_rule_and_good_ones_compile() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let answers = examples::check(&folder, &sources());
    let wrong: Vec<_> = pages().filter_map(|rule| lie(rule, &answers)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
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

/// A reader who wants to allow a rule finds the line to write; a reader who cannot finds no such line.
#[test]
fn every_page_shows_how_to_allow_what_can_be_allowed() {
    for rule in pages() {
        let (_, how) = rule.page.split_once("## How to allow").unwrap();
        let parts = ["allow(", rule.name, "reason = \""];
        let shown = how.lines().any(|line| parts.iter().all(|part| line.contains(part)));
        assert_eq!(shown, rule.level.can_be_allowed(), "{}", rule.name);
    }
}

/// The rules that judge a user's code.
fn pages() -> impl Iterator<Item = &'static Rule> {
    let on_code = [Phase::Signature, Phase::Lifecycle, Phase::Axum];
    RULES.iter().copied().filter(move |rule| on_code.contains(&rule.phase))
}

fn sources() -> Sources {
    let blocks = pages().flat_map(|rule| [("bad", rule), ("good", rule)]);
    blocks.map(|(kind, rule)| (example(kind, rule), block(kind, rule) + "\nfn main() {}\n")).collect()
}

fn example(kind: &str, rule: &Rule) -> String {
    format!("{kind}_{}", rule.name)
}

/// The code under the heading `Bad` or `Good`.
fn block(kind: &str, rule: &Rule) -> String {
    let heading = if kind == "bad" { "## Bad" } else { "## Good" };
    let (_, after) =
        rule.page.split_once(heading).unwrap_or_else(|| panic!("{} has no {heading}", rule.name));
    let (_, code) = after.split_once("```rust,ignore\n").unwrap();
    code.split_once("```").unwrap().0.to_owned()
}

/// What a page says that is not so.
fn lie(rule: &Rule, answers: &Answers) -> Option<String> {
    let name = rule.name;
    let said = |kind| answers.get(&example(kind, rule)).map(Vec::as_slice).unwrap_or_default();
    let (bad, good) = (said("bad"), said("good"));
    let reported = if rule.phase == Phase::Axum { reported_in_axum(rule, bad) } else { reported(rule, bad) };
    if let Err(why) = reported {
        return Some(format!("the bad block of {name} {why}"));
    }
    if good.iter().any(is_of_ours_or_error) {
        return Some(format!("the good block of {name} is not good: {:#?}", brief(good)));
    }
    None
}

/// Whether the compiler reports the block by this rule, at the rule's level, and for no other reason.
fn reported(rule: &Rule, bad: &[Said]) -> Result<(), String> {
    let level = if rule.level == Level::Warn { "warning" } else { "error" };
    // A duplicate route has rustc's words, which name the rule in their own way.
    let marks = [format!("[{}]", rule.name), format!("`{}_", rule.name)];
    let by_rule = |said: &&Said| said.level == level && marks.iter().any(|mark| said.text.contains(mark));
    if !bad.iter().any(|said| by_rule(&said)) {
        return Err(format!("gives no {level} of it: {:#?}", brief(bad)));
    }
    let others = bad.iter().filter(|said| !by_rule(said) && is_of_ours_or_error(said));
    let others: Vec<_> = others.cloned().collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(format!("is reported for other reasons as well: {:#?}", brief(&others)))
}

/// The first line of each message.
fn brief(said: &[Said]) -> Vec<&str> {
    said.iter().map(|said| said.text.lines().next().unwrap_or_default()).collect()
}

fn is_of_ours_or_error(said: &Said) -> bool {
    said.level == "error" || RULES.iter().any(|rule| said.text.contains(&format!("[{}]", rule.name)))
}

/// Whether the block compiles, and the command line would report it by this rule, and the good block not at all: axum's
/// handlers have no attribute that the compiler could ask.
fn reported_in_axum(rule: &Rule, said: &[Said]) -> Result<(), String> {
    if said.iter().any(is_of_ours_or_error) {
        return Err(format!("does not compile: {:#?}", brief(said)));
    }
    let [bad, good] = ["bad", "good"].map(|kind| found_in(&block(kind, rule)));
    if !good.is_empty() {
        return Err(format!("is mended by a good one that is reported: {good:#?}"));
    }
    if !bad.is_empty() && bad.iter().all(|found| found.rule.name == rule.name) {
        return Ok(());
    }
    Err(format!("is reported as {bad:#?}"))
}

fn found_in(code: &str) -> Vec<Diagnostic> {
    let file = syn::parse_file(code).unwrap();
    let around = Surroundings::of_imports(Imports::of(&file));
    let items = file.items.iter().map(|item| syntax::parse(quote!(), item.to_token_stream()));
    let functions: Vec<_> = items.collect();
    let functions = functions.iter().filter_map(syntax::Endpoint::function);
    functions.filter_map(|function| check::function(function, &around)).flatten().collect()
}
