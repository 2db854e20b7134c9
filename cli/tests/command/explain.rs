//! `cargo sockeye explain`.

use crate::tree::Tree;

fn explain(arguments: &[&str]) -> crate::tree::Run {
    Tree::new().run(&[&["explain"], arguments].concat())
}

#[test]
fn a_page_is_text_in_a_pipe() {
    let run = explain(&["not_async"]);
    assert_eq!(run.status, Some(0));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn a_rule_is_found_as_people_copy_it() {
    for name in ["[not_async]", "not-async", "NOT_ASYNC"] {
        assert!(explain(&[name]).stdout.starts_with("not_async\n"), "{name}");
    }
}

#[test]
fn the_page_itself_is_to_be_had() {
    assert_eq!(explain(&["not_async", "--markdown"]).stdout, sockeye_rules::NOT_ASYNC.page);
}

#[test]
fn without_a_rule_each_is_on_one_line() {
    let run = explain(&[]);
    for rule in sockeye_rules::RULES {
        let line = run.stdout.lines().find(|line| line.split_whitespace().next() == Some(rule.name));
        let summary = rule.summary().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.is_some_and(|line| line.ends_with(&summary)), "{}", rule.name);
    }
}

#[test]
fn an_unknown_rule_is_status_2_and_the_name_that_was_meant() {
    let run = explain(&["no_receive_lop"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    assert_eq!(run.stderr, "error: there is no rule `no_receive_lop`; did you mean `no_receive_loop`?\n");
    let run = explain(&["zzz"]);
    assert_eq!(run.stderr, "error: there is no rule `zzz`; `cargo sockeye explain` lists all\n");
}
