//! Files that cannot be read are findings, and nothing that stands in a file ends the command.

use crate::tree::{RIGHT, Tree, WRONG};

fn findings(content: impl AsRef<[u8]>) -> Vec<String> {
    Tree::new().with("a.rs", content).findings(&[])
}

fn message(content: impl AsRef<[u8]>) -> String {
    let document = Tree::new().with("a.rs", content).json(&[]);
    let message = document["findings"][0]["message"].as_str().unwrap();
    message.strip_prefix("the file cannot be read, so its handlers were not checked: ").unwrap().to_owned()
}

#[test]
fn what_is_not_rust_is_found_at_its_place() {
    for (text, place, why) in [
        ("use sockeye::Socket;\nfn f( {}\n", "2:5", "this bracket is never closed"),
        ("use sockeye::Socket;\nfn f() {}}\n", "2:10", "this closing bracket has no opening bracket"),
        ("use sockeye::Socket;\nfn f() { \"x }\n", "2:10", "this literal or comment is never closed"),
        ("use sockeye::Socket;\nfn é() { let = 1; }\n", "2:14", "expected one of"),
        ("use sockeye::Socket;\nfn f()", "2:7", "unexpected end of input, expected curly braces"),
        ("<<<<<<< HEAD\nuse sockeye::Socket;\n", "1:1", "expected"),
    ] {
        assert_eq!(findings(text), [format!("unreadable_source a.rs:{place}")], "{text}");
        assert!(message(text).starts_with(why), "{text}: {}", message(text));
    }
}

#[test]
fn what_is_not_utf8_is_found_at_its_place() {
    let mut bytes = b"use sockeye::Socket;\n// caf".to_vec();
    bytes.extend(b"\xe9\n");
    assert_eq!(findings(&bytes), ["unreadable_source a.rs:2:7"]);
    assert_eq!(message(&bytes), "this is not valid UTF-8");
}

#[test]
fn a_file_of_no_end_is_not_read() {
    let text = format!("{RIGHT}{}", " ".repeat(16 * 1024 * 1024));
    assert_eq!(findings(text), ["unreadable_source a.rs:1:1"]);
}

#[test]
fn other_files_are_still_checked() {
    let tree = Tree::new().with("a.rs", "WebSocket (").with("b.rs", WRONG);
    assert_eq!(tree.findings(&[]), ["unreadable_source a.rs:1:11", "borrowed_parameter b.rs:5:23"]);
}

#[test]
fn files_about_something_else_are_no_concern() {
    assert!(findings("fn (").is_empty());
    assert!(findings(b"\xff\xfe").is_empty());
    assert!(findings(" ".repeat(17 * 1024 * 1024)).is_empty());
}

#[test]
fn marks_and_line_ends_of_other_systems_move_nothing() {
    for text in [
        format!("\u{feff}{WRONG}"),
        WRONG.replace('\n', "\r\n"),
        WRONG.replacen(
            "use sockeye::{Handshake, ws_endpoint};",
            "#!/usr/bin/env -S cargo +nightly -Zscript",
            1,
        ),
        WRONG.replacen("use sockeye::{Handshake, ws_endpoint};", "#![allow(unused)]", 1),
        WRONG.replacen("use sockeye::{Handshake, ws_endpoint};", "//! Über sockets.", 1),
    ] {
        assert_eq!(findings(&text), ["borrowed_parameter a.rs:5:23"], "{text}");
    }
}

/// An endpoint that works with the socket before and after an expression.
fn endpoint(expression: &str) -> String {
    let before = "let mut socket = handshake.accept().await?;";
    let after = "while let Some(message) = socket.recv().await? { socket.send(message).await?; } Ok(())";
    format!(
        "/// Docs.\n#[ws_endpoint(\"/ws\")]\nasync fn f(handshake: Handshake) -> sockeye::Result {{ {before} let x = {expression}; {after} }}\n"
    )
}

/// Each of these would end a parser that calls itself, in one way or another.
#[test]
fn nothing_is_nested_too_deep() {
    const TIMES: usize = 20_000;
    for (open, core, close) in [
        ("(", "", ")"),
        ("{", "", "}"),
        ("[", "", "]"),
        ("!", "x", ""),
        ("- ", "1", ""),
        ("& ", "x", ""),
        ("|| ", "1", ""),
        ("1 + ", "1", ""),
        ("a = ", "1", ""),
        ("f(", "", ")"),
        ("async move { ", "", " }"),
        ("if a {} else ", "{}", ""),
        ("match x { _ => ", "1", " }"),
        ("x(!!!!!!!!!!!!!!!!", "1", ")"),
        ("Vec::<", "u8", ">::new()"),
        ("1 as Vec<u8, ", "u8", ">"),
        ("return ", "1", ""),
        ("", "a", ".b()"),
        ("", "a", "?"),
        ("", "a", "[0]"),
        ("", "a", ".await"),
        ("", "1", " as u8"),
        ("", "1", " + 1"),
    ] {
        let nested = endpoint(&format!("{}{core}{}", open.repeat(TIMES), close.repeat(TIMES)));
        assert!(message(nested).starts_with("this is nested too deeply"), "{open}{core}{close}");
    }
}

/// Some of the deepest that is still read: the stack has to hold it, in a build with large frames as well.
#[test]
fn what_is_read_fits_the_stack() {
    let deep = |open: &str, core: &str, close: &str, times| {
        format!("{}{core}{}", open.repeat(times), close.repeat(times))
    };
    for expression in [
        deep("(", "1", ")", 240),
        deep("{ ", "1", " }", 240),
        deep("async move { ", "1", " }", 240),
        deep("match x { _ => ", "1", " }", 120),
        deep("x(!!!!!!!!!!!!", "1", ")", 240),
        deep("if socket.recv().await.is_ok() { ", "1", " }", 240),
        deep("loop { tokio::select! { _ = socket.recv() => ", "{}", "} }", 80),
        deep("!", "x", "", 3900),
        deep("|| ", "1", "", 1900),
        deep("1 + ", "1", "", 1900),
        deep("if a {} else ", "{}", "", 900),
        deep("", "a", ".b()", 1200),
        format!("1 as {}u8", "&".repeat(3900)),
        format!("1 as {}", deep("Vec<", "u8", ">", 1900)),
    ] {
        let run = Tree::new().with("a.rs", endpoint(&expression)).run(&["check", "--format", "json"]);
        assert!(matches!(run.status, Some(0 | 1)), "{expression}: {:?} {}", run.status, run.stderr);
        assert!(!run.stdout.contains("unreadable_source"), "{expression}: {}", run.stdout);
    }
}

/// The page of the rule says what is so.
#[test]
fn the_page_is_true() {
    let page = sockeye_rules::UNREADABLE_SOURCE.page;
    let block = |heading| {
        let after = page.split_once(heading).unwrap().1.split_once("```").unwrap().1;
        after.split_once('\n').unwrap().1.split_once("```").unwrap().0
    };
    assert_eq!(findings(block("## Bad")), ["unreadable_source a.rs:2:56"]);
    assert!(findings(block("## Good")).is_empty());
}
