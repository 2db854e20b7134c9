//! The pages of the guide are read on docs.rs and as files in the repository, and their links lead somewhere in both.
//!
//! A page has its links as references, and defines each at its end as the path of a file. `runtime/src/guide_links.md` defines the same
//! references as items, and comes first in rustdoc, which also checks that they exist. `UPDATE=1 cargo test -p sockeye-tests --test documents`
//! writes it anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use sockeye_rules::{RULES, Rule};

use crate::{entries, generated, name, root};

/// Where rustdoc finds what a label names: a rule, a page of the guide, or an item of the crate.
fn item(label: &str) -> String {
    let label = label.trim_matches('`');
    if RULES.iter().any(|rule| rule.name == label) {
        format!("sockeye_rules::{}", label.to_uppercase())
    } else if root().join(format!("runtime/docs/{label}.md")).exists() {
        format!("crate::guide::{label}")
    } else {
        format!("crate::{label}")
    }
}

/// The definitions at the end of a generated page: each rule once, with the file of its page.
pub(crate) fn definitions_of<'a>(rules: impl Iterator<Item = &'a Rule>) -> String {
    let lines = rules
        .map(|rule| format!("[`{}`]: ../../rules/src/{}/{}.md\n", rule.name, rule.phase.name(), rule.name));
    lines.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The definitions at the end of a page: label and file.
fn definitions(page: &str) -> BTreeMap<&str, &str> {
    page.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).collect()
}

/// The text outside of code blocks and without the definitions.
fn prose(page: &str) -> String {
    let outside = page.split("```").step_by(2).collect::<String>();
    outside.lines().filter(|line| !(line.starts_with('[') && line.contains("]: "))).fold(
        String::new(),
        |mut prose, line| {
            prose.push_str(line);
            prose.push('\n');
            prose
        },
    )
}

fn pages() -> Vec<(String, String)> {
    let files = entries("runtime/docs");
    files
        .iter()
        .map(|path| (name(path).to_owned(), fs::read_to_string(path).expect("a page of the guide")))
        .collect()
}

#[test]
fn every_link_leads_to_a_file_of_the_repository() {
    let mut links = 0;
    for (page, text) in pages() {
        let prose = prose(&text);
        for item in ["](crate::", "](sockeye_rules::"] {
            assert!(!prose.contains(item), "{page} has a link `{item}..)`, which leads nowhere on GitHub");
        }
        for (label, file) in definitions(&text) {
            let path = root().join("runtime/docs").join(file);
            assert!(path.is_file(), "{page}: [{label}] leads to {file}, which is not there");
            let source = fs::read_to_string(&path).expect("a file");
            // `Server::hosts` leads to the file of `Server`, where there is a `hosts`.
            let item = label.trim_matches('`').rsplit("::").next().expect("a name");
            let is_about =
                file.ends_with(&format!("{item}.md")) || source.contains(item) || item == "metrics";
            assert!(is_about, "{page}: [{label}] leads to {file}, which does not mention it");
            assert!(prose.contains(&format!("[{label}]")), "{page} defines [{label}] and does not use it");
            links += 1;
        }
    }
    assert!(links > 100, "only {links} links were found");
}

/// rustdoc fails where a link of this file is broken, but takes a label without a definition for text.
#[test]
fn rustdoc_knows_every_link() {
    let mut labels = BTreeMap::new();
    for (page, text) in pages() {
        let defined = definitions(&text);
        labels.extend(defined.keys().map(|label| ((*label).to_owned(), item(label))));
        for label in prose(&text).split("][").skip(1).filter_map(|rest| rest.split_once(']')) {
            assert!(defined.contains_key(label.0), "{page} uses [{}] and does not define it", label.0);
        }
    }
    // The comment ends the paragraph before it, which a definition cannot; rustdoc takes an empty line away.
    let mut file = "<!-- Made by tests/documents/guide_links.rs. -->\n".to_owned();
    for (label, item) in labels {
        writeln!(file, "[{label}]: {item}").expect("a string");
    }
    generated("runtime/src/guide_links.md", &file);
}
