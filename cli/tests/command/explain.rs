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
fn an_unknown_name_is_status_2_and_the_name_that_was_meant() {
    let run = explain(&["no_receive_lop"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        run.stderr,
        "error: `no_receive_lop` is not a rule, status, close code, or symptom; did you mean `no_receive_loop`?\n"
    );
    let run = explain(&["zzz"]);
    let run_all = "run `cargo sockeye explain` to list all rules and symptoms";
    assert_eq!(
        run.stderr,
        format!("error: `zzz` is not a rule, status, close code, or symptom; {run_all}\n")
    );
    let run = explain(&["my socket dies"]);
    assert_eq!(
        run.stderr,
        format!("error: `my socket dies` is not a rule, status, close code, or symptom; {run_all}\n")
    );
}

#[test]
fn a_status_a_close_code_and_words_find_a_symptom() {
    for (arguments, title, rule) in [
        (&["403"][..], "403 Forbidden", "origin_refused"),
        (&["101"], "101 Switching Protocols", "no_receive_loop"),
        (&["1006"], "1006 in the browser", "upgrade_stripped"),
        (&["1013"], "Close code 1013", "slow_consumer"),
        (&["closes at once"], "Connects and closes at once", "no_receive_loop"),
        (&["closes", "at", "once"], "Connects and closes at once", "no_receive_loop"),
        (&["Unexpected response code: 426"], "426 Upgrade Required", "upgrade_stripped"),
    ] {
        let run = explain(arguments);
        assert_eq!((run.status, run.stdout.lines().next()), (Some(0), Some(title)), "{arguments:?}");
        let names = run.stdout.lines().filter_map(|line| line.split_whitespace().next());
        assert!(names.into_iter().any(|name| name == rule), "{}", run.stdout);
    }
}

#[test]
fn the_page_of_a_symptom_is_text_in_a_pipe() {
    insta::assert_snapshot!(explain(&["1013"]).stdout);
    assert_eq!(explain(&["1013", "--markdown"]).stdout, sockeye_rules::symptoms("1013")[0].page());
}

#[test]
fn words_that_fit_several_pages_list_them() {
    let run = explain(&["consumer"]);
    assert!(run.stdout.starts_with("slow_consumer\n"), "{}", run.stdout);
    let run = explain(&["origin"]);
    assert_eq!(run.status, Some(0));
    for name in ["origin_refused", "unchecked_origin", "403"] {
        let listed = run.stdout.lines().any(|line| line.split_whitespace().next() == Some(name));
        assert!(listed, "{name} is not in\n{}", run.stdout);
    }
}

#[test]
fn an_unknown_name_suggests_near_ones() {
    let run = explain(&["orgin"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("`origin_refused`"), "{}", run.stderr);
    let run = explain(&["forbiden"]);
    assert!(run.stderr.contains("did you mean `forbidden`?"), "{}", run.stderr);
    assert_eq!(explain(&["forbidden"]).stdout.lines().next(), Some("403 Forbidden"));
    for (code, says) in [("418", "`handler_refused`"), ("4001", "applications"), ("1014", "a proxy")] {
        let run = explain(&[code]);
        assert_eq!(run.status, Some(2));
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}
