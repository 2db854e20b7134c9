//! Which files are checked, and how the command ends.

use std::{io::Read, process::Stdio};

use crate::tree::{RIGHT, Tree, WRONG};

#[test]
fn nothing_found_is_one_line_and_status_0() {
    let run = Tree::new().with("src/main.rs", RIGHT).run(&["check"]);
    assert_eq!(run.status, Some(0));
    assert_eq!(run.stdout, "no problem found in 1 handler (1 file)\n");
    assert_eq!(run.stderr, "");
}

#[test]
fn something_found_is_status_1() {
    let run = Tree::new().with("src/main.rs", WRONG).run(&["check"]);
    assert_eq!(run.status, Some(1));
    assert_eq!(run.last_line(), "1 error, 0 warnings in 1 handler (1 file)");
}

#[test]
fn a_warning_is_found_too() {
    let undocumented = RIGHT.replace("/// Sends back what it receives.\n", "");
    let run = Tree::new().with("a.rs", undocumented).run(&["check"]);
    assert_eq!(run.status, Some(1));
    assert_eq!(run.last_line(), "0 errors, 1 warning in 1 handler (1 file)");
}

#[test]
fn a_path_that_is_not_there_is_status_2_and_one_line() {
    let tree = Tree::new().with("a.rs", WRONG);
    let run = tree.run(&["check", "a.rs", "b.rs"]);
    assert_eq!(run.status, Some(2));
    assert_eq!(run.stdout, "");
    assert_eq!(run.stderr, "error: no such file or directory: `b.rs`\n");
}

#[test]
fn path_checks_a_directory_alone_or_together_with_other_paths() {
    let tree = Tree::new()
        .with("a/src/main.rs", WRONG)
        .with("b/ws.rs", WRONG)
        .with("c/lib.rs", WRONG)
        .with("d.rs", WRONG);
    for (arguments, files) in [
        (&["--path", "a"][..], &["a/src/main.rs"][..]),
        (&["--path=a", "--path", "b"], &["a/src/main.rs", "b/ws.rs"]),
        (&["d.rs", "--path", "c"], &["c/lib.rs", "d.rs"]),
        (&["a", "--path", "a/src"], &["a/src/main.rs"]),
        (&["--path", "."], &["a/src/main.rs", "b/ws.rs", "c/lib.rs", "d.rs"]),
    ] {
        let found = tree.findings(arguments);
        let expected: Vec<_> = files.iter().map(|file| format!("borrowed_parameter {file}:5:23")).collect();
        assert_eq!(found, expected, "{arguments:?}");
    }
}

#[test]
fn path_takes_a_directory_that_exists() {
    let tree = Tree::new().with("a.rs", WRONG);
    for (arguments, said) in [
        (
            &["check", "--path", "a.rs"][..],
            "error: `--path a.rs` is not a directory\nhelp: to check a file, write `cargo sockeye check a.rs`\n",
        ),
        (&["check", "a.rs", "--path", "b"], "error: no such file or directory: `b`\n"),
    ] {
        let run = tree.run(arguments);
        assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (Some(2), "", said));
    }
}

#[test]
fn an_empty_directory_has_no_problem() {
    let run = Tree::new().run(&["check"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), "no problem found in 0 handlers (0 files)\n"));
}

#[test]
fn cargo_gives_the_name_of_the_command_and_people_do_not() {
    let tree = Tree::new().with("a.rs", WRONG);
    let (by_cargo, by_hand) = (tree.run(&["sockeye", "check"]), tree.run(&["check"]));
    assert_eq!((by_cargo.status, by_cargo.stdout), (by_hand.status, by_hand.stdout));
}

#[test]
fn files_that_nobody_wrote_are_skipped() {
    let tree = Tree::new()
        .with(".gitignore", "generated/\n")
        .with(".ignore", "/fixtures/\n")
        .with("Cargo.toml", "[package]\n")
        .with("generated/a.rs", WRONG)
        .with("fixtures/a.rs", WRONG)
        .with(".hidden/a.rs", WRONG)
        .with("target/debug/build/a.rs", WRONG)
        .with("build/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55")
        .with("build/a.rs", WRONG)
        .with("src/notes.txt", WRONG)
        .with("src/target/a.rs", WRONG);
    assert_eq!(tree.findings(&[]), ["borrowed_parameter src/target/a.rs:5:23"]);
}

#[test]
fn what_is_named_is_checked_whatever_it_is() {
    let tree = Tree::new().with(".gitignore", "*.rs\n").with("a.rs", WRONG).with("handler.txt", WRONG);
    assert_eq!(
        tree.findings(&["handler.txt", "a.rs"]),
        ["borrowed_parameter a.rs:5:23", "borrowed_parameter handler.txt:5:23"]
    );
}

#[test]
fn a_file_is_checked_once() {
    let tree = Tree::new().with("src/a.rs", WRONG);
    let whole = tree.path("src/a.rs");
    assert_eq!(tree.findings(&[".", "src", "./src/a.rs", whole.to_str().unwrap()]).len(), 1);
}

#[test]
fn a_workspace_is_checked_as_a_whole_in_the_order_of_paths() {
    let tree = Tree::new()
        .with("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n")
        .with("crates/b/src/lib.rs", WRONG)
        .with("crates/b/tests/it.rs", WRONG)
        .with("crates/a/src/ws/mod.rs", format!("{WRONG}{WRONG}").replace("f(", "g("))
        .with("examples/c.rs", WRONG);
    let files: Vec<_> =
        tree.findings(&[]).iter().map(|one| one.split([' ', ':']).nth(1).unwrap().to_owned()).collect();
    assert_eq!(
        files,
        [
            "crates/a/src/ws/mod.rs",
            // The second of them has the same route as the first.
            "crates/a/src/ws/mod.rs",
            "crates/a/src/ws/mod.rs",
            "crates/b/src/lib.rs",
            "crates/b/tests/it.rs",
            "examples/c.rs"
        ]
    );
}

#[test]
fn paths_are_shown_as_they_were_given() {
    let tree = Tree::new().with("a/src/x.rs", WRONG).with("b/y.rs", RIGHT);
    let file = |arguments: &[&str]| tree.json(arguments)["findings"][0]["file"].as_str().unwrap().to_owned();
    assert_eq!(file(&["a"]), "a/src/x.rs");
    assert_eq!(file(&["./a"]), "a/src/x.rs");
    assert_eq!(file(&["b/../a"]), "b/../a/src/x.rs");
    let whole = tree.path("a").to_str().unwrap().to_owned();
    assert_eq!(file(&[&whole]), format!("{whole}/src/x.rs"));
}

#[test]
fn verbose_says_what_was_looked_at() {
    let tree = Tree::new()
        .with("a.rs", RIGHT)
        .with("b.rs", "fn main() {}")
        .with("c.rs", "use sockeye::Handshake; fn (")
        .with("d.rs", "use sockeye::Socket;\n\nasync fn help(socket: &mut Socket) {}\n");
    let run = tree.run(&["check", "--verbose"]);
    assert_eq!(
        run.stderr,
        "a.rs: 1 handler\n  \
           5: echo (endpoint `/ws/echo`)\n\
         b.rs: does not mention WebSockets\n\
         c.rs: the file cannot be read, so its handlers were not checked: this bracket is never closed\n\
         d.rs: 1 handler\n  \
           3: help (helper)\n"
    );
}

/// The reader is gone before anything is written.
#[test]
fn a_closed_pipe_is_no_mistake() {
    for format in ["human", "json", "sarif", "github"] {
        let tree = Tree::new().with("a.rs", WRONG.repeat(200));
        let mut child = tree
            .command(&["check", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(1), ""), "{format}");
    }
}
