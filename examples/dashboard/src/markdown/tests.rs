use std::path::Path;

use super::{document::Document, fences, headings, links};
use crate::domain::Finding;

fn document(text: &str) -> Document {
    Document::new(Path::new(env!("CARGO_MANIFEST_DIR")), "README.md", text.to_owned())
}

fn told(findings: &[Finding]) -> Vec<(usize, &str)> {
    findings.iter().map(|finding| (finding.line, finding.message.as_str())).collect()
}

fn proposed(finding: &Finding) -> Option<&str> {
    finding.fix.as_ref().map(|fix| fix.proposed.as_str())
}

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let document = document(
        "# One & two\n[a](Cargo.toml) [b](#one--two) [c](https://sockeye.example/x) [d](crate::Hub) ![e](src/)\n\
         [bad](nowhere.md)\n[bad](#three)\n[close](cargo.toml)\n",
    );
    let findings = links::check(&document);
    assert_eq!(
        told(&findings),
        [
            (3, "the link leads to `nowhere.md`, which does not exist"),
            (4, "this file has no heading for `#three`"),
            (5, "the link leads to `cargo.toml`, which does not exist"),
        ]
    );
    assert_eq!(proposed(&findings[0]), None);
    assert_eq!(proposed(&findings[2]), Some("[close](Cargo.toml)"));
}

#[test]
fn no_level_of_headings_is_left_out() {
    let document = document("# One\n\n### Three\n\n## Two\n\n### Three\n\n#\n\n# Again\n");
    let findings = headings::check(&document);
    assert_eq!(
        told(&findings),
        [
            (9, "the heading is empty"),
            (3, "a heading of level 3 follows one of level 1"),
            (9, "`` is a second title: a file has one heading of level 1"),
            (11, "`Again` is a second title: a file has one heading of level 1"),
        ]
    );
    assert_eq!(proposed(&findings[3]), Some("## Again"));
    assert_eq!(proposed(&findings[1]), Some("## Three"));
}

#[test]
fn blocks_of_code_say_their_language_and_end() {
    let document = document(
        "```rust,ignore\n# not a heading\n```\n\n```\nls\n```\n\n> ~~~sh\n> ls\n> ~~~\n\n````text\n```\n",
    );
    let findings = fences::check(&document);
    assert_eq!(
        told(&findings),
        [
            (1, "the block of code is ignored: no test compiles it"),
            (5, "the block of code does not say its language"),
            (13, "the block of code is never closed"),
        ]
    );
    assert_eq!(proposed(&findings[1]), Some("```text"));
}
