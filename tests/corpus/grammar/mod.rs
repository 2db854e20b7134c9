//! Handlers that nobody wrote: right by construction, and the same ones broken in one place.

mod compile;
mod mutate;
mod print;
mod strategy;
mod tree;

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree as _,
    test_runner::{FileFailurePersistence, TestCaseError, TestRunner},
};

use self::tree::{Handler, Wrong};
use crate::source::{self, Found};

/// Cases are random; those that failed once are tried first from then on.
fn config() -> ProptestConfig {
    let failed = FileFailurePersistence::Direct("corpus/proptest-regressions/grammar.txt");
    ProptestConfig { failure_persistence: Some(Box::new(failed)), ..ProptestConfig::with_cases(256) }
}

/// The text of a file with this handler, and what is found in it.
fn judged(handler: &Handler) -> (String, Vec<Found>) {
    let text = format!("{}\n{}", print::PRELUDE, print::print(handler, 0));
    let functions = source::judge(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let found = functions.into_iter().flat_map(|function| function.found).collect();
    (text, found)
}

fn shown(text: &str, found: &[Found]) -> String {
    let found: Vec<_> = found.iter().map(|found| format!("line {}: {}", found.line, found.text)).collect();
    format!("{}\n{}", text.replace(print::PRELUDE, ""), found.join("\n"))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_generated_right_handler_gets_no_diagnostic(handler in strategy::handler()) {
        let (text, found) = judged(&handler);
        prop_assert!(found.is_empty(), "{}", shown(&text, &found));
    }

    #[test]
    fn a_broken_handler_is_reported(
        handler in strategy::handler(),
        wrong in select(Wrong::ALL.to_vec()),
        place in any::<usize>(),
    ) {
        let (text, found) = judged(&mutate::with(wrong, handler, place));
        if !found.iter().any(|found| found.rule == wrong.rule()) {
            let message = format!("{} does not report this:\n{}", wrong.rule(), shown(&text, &found));
            return Err(TestCaseError::fail(message));
        }
    }
}

/// For whoever writes rules: of many handlers, the shortest that each rule reports.
#[test]
#[ignore = "it looks for what is wrong, and passes"]
#[allow(clippy::print_stdout, reason = "what it finds is what one runs it for")]
fn survey() {
    let mut runner = TestRunner::default();
    let mut shortest = BTreeMap::<&str, (usize, String)>::new();
    for _ in 0..2000 {
        let handler = strategy::handler().new_tree(&mut runner).unwrap().current();
        let (text, found) = judged(&handler);
        for one in &found {
            let shown = shown(&text, std::slice::from_ref(one));
            let (count, kept) = shortest.entry(one.rule).or_insert_with(|| (0, shown.clone()));
            *count += 1;
            if shown.len() < kept.len() {
                *kept = shown;
            }
        }
    }
    for (rule, (count, text)) in shortest {
        println!("{count} times {rule}, as in:\n{text}\n");
    }
}
