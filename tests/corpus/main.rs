//! Judges the rules of the lifecycle by handlers of which it is known whether they are right.
//!
//! `right/` and `right_axum/` compile (see `compiles.rs`) and must stay without any diagnostic. In `wrong/` and
//! `wrong_axum/` a comment `//~ rule` stands on each line where that rule must report, and `//~? rule` where it is known
//! that it does not.
//!
//! ```text
//! cargo test -p sockeye-tests --test corpus -- --nocapture
//! ```

mod figures;
mod grammar;
mod source;

use std::{collections::BTreeSet, fs, path::Path};

use figures::Figures;

fn figures() -> Figures {
    let mut figures = Figures::default();
    for folder in ["right", "right_axum"] {
        for source in source::read(folder) {
            figures.right(&source);
        }
    }
    for folder in ["wrong", "wrong_axum"] {
        for source in source::read(folder) {
            figures.wrong(&source);
        }
    }
    figures
}

#[test]
#[allow(clippy::print_stdout, reason = "the figures are what one runs it for")]
fn the_rules_tell_right_from_wrong() {
    let figures = figures();
    println!("{figures}");
    let faults = figures.faults();
    assert!(faults.is_empty(), "{} faults:\n\n{}", faults.len(), faults.join("\n\n"));
}

#[test]
fn the_guide_has_the_figures() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/docs/mistakes.md");
    let line = figures().line();
    let found = fs::read_to_string(page).unwrap().lines().any(|read| read == line);
    assert!(found, "the line of the corpus in runtime/docs/mistakes.md is out of date, write there:\n{line}");
}

/// What is not a module of the crate is not compiled, and then nobody knows whether it is right.
#[test]
fn every_right_file_is_compiled() {
    for folder in ["right", "right_axum"] {
        let text = fs::read_to_string(source::root().join(folder).join("mod.rs")).unwrap();
        let modules: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("mod ")).collect();
        let files = source::read(folder);
        let files: BTreeSet<_> = files.iter().map(|file| module(&file.name)).collect();
        assert_eq!(modules, files.iter().map(String::as_str).collect(), "{folder}/mod.rs");
    }
}

/// `loops;` of `right/loops.rs`.
fn module(name: &str) -> String {
    let stem = Path::new(name).file_stem().unwrap().to_string_lossy();
    format!("{stem};")
}
