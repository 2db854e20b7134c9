//! The README says what is so: its messages are those of the fixtures, its refusal is what a client gets, its rules exist.

use std::{fs, path::Path};

use sockeye::{Handshake, Server, ws_endpoint};
use sockeye_tests::{
    raw::{HEAD, ask},
    start,
};

const README: &str = include_str!("../README.md");

/// Gives the page something to refuse.
#[ws_endpoint("/ws")]
async fn endpoint(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Every fixture that holds a message as a user reads it.
fn fixtures() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["ui/fail", "ui/rustc", "startup/snapshots", "snapshots"];
    let entries =
        folders.iter().flat_map(|folder| fs::read_dir(root.join(folder)).expect("a folder of fixtures"));
    let files = entries.map(|entry| entry.expect("an entry").path());
    let messages = files.filter(|file| file.extension().is_some_and(|end| end == "stderr" || end == "snap"));
    messages.map(|file| fs::read_to_string(file).expect("a fixture")).collect()
}

/// The rows of the table of mistakes: gate and message.
fn mistakes() -> Vec<(&'static str, &'static str)> {
    let table = README.split("| mistake | gate | message |").nth(1).expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        (cells[1], cells[2])
    })
    .collect()
}

/// Whether the parts of a message, between its dots, stand in this order on one line.
fn says(line: &str, message: &str) -> bool {
    let mut rest = line;
    message.split("...").map(str::trim).all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn every_message_of_the_table_is_in_a_fixture() {
    let fixtures = fixtures();
    let mut seen = 0;
    for (_, cell) in mistakes() {
        let message = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).unwrap_or_default();
        if message.starts_with('[') || message.starts_with("error[") {
            let found = fixtures.iter().flat_map(|fixture| fixture.lines()).any(|line| says(line, message));
            assert!(found, "no fixture says `{message}`");
            seen += 1;
        }
    }
    assert!(seen > 20, "the table has {seen} messages");
}

#[test]
fn every_rule_of_the_table_exists() {
    for (gate, cell) in mistakes() {
        assert!(["compile", "start", "run"].contains(&gate), "{gate}");
        let words = cell.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let rules: Vec<&str> = words.filter(|word| sockeye_rules::find(word).is_some()).collect();
        assert!(!rules.is_empty(), "no rule in `{cell}`");
    }
}

#[test]
fn the_report_is_a_real_one() {
    let report = README.split("```text\n").find(|block| block.starts_with("error[")).expect("a report");
    let report = report.split("```").next().expect("an end").trim_end();
    assert!(fixtures().iter().any(|fixture| fixture.contains(report)), "no fixture holds\n{report}");
}

#[tokio::test]
async fn the_refusal_is_what_a_client_gets() {
    let server = start(Server::new()).await;
    let head = HEAD.replace("Upgrade: websocket\r\nConnection: Upgrade\r\n", "");
    let answer = ask(server.addr, &format!("GET /ws HTTP/1.1\r\n{head}\r\n")).await;
    let shown = README.split("```text\n").find(|block| block.starts_with("HTTP/1.1")).expect("a refusal");
    let (shown_head, shown_body) =
        shown.split("```").next().expect("an end").split_once("\n\n").expect("two parts");
    assert_eq!(answer.body, shown_body);
    for line in shown_head.lines() {
        assert!(answer.head.contains(&line.to_lowercase()), "{line} is not in {}", answer.head);
    }
}

/// Where somebody may copy an `axum::serve` from.
const SNIPPETS: [(&str, &str); 3] = [
    ("README.md", README),
    ("runtime/src/server/checked.rs", include_str!("../runtime/src/server/checked.rs")),
    ("examples/existing-axum-app/src/main.rs", include_str!("../examples/existing-axum-app/src/main.rs")),
];

#[test]
fn every_axum_serve_sends_small_messages_at_once() {
    for (file, text) in SNIPPETS {
        let mut before: Vec<&str> = text.split("axum::serve(").collect();
        before.pop();
        assert!(!before.is_empty(), "{file} has no `axum::serve`");
        for (number, before) in before.iter().enumerate() {
            assert!(
                before.contains("set_nodelay(true)"),
                "`axum::serve` {number} of {file} has no TCP_NODELAY"
            );
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a member")
}

/// What stands between ticks or in a block and begins with this.
fn commands(begin: &str) -> Vec<&'static str> {
    let mut found: Vec<_> = README
        .split(['`', '\n'])
        .filter_map(|text| text.strip_prefix(begin))
        .map(|rest| rest.split_whitespace().next().unwrap_or_default())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The commands, each with the step or test that runs it: a file and what it says there.
const RUN_BY: [(&str, &str, &str); 13] = [
    ("cargo run -p example-quickstart", ".ci/quickstart", "cargo run -p example-quickstart"),
    ("cargo test --workspace", ".ci/tests", "cargo test --workspace"),
    ("cargo test -p sockeye-tests --test corpus", ".ci/tests", "cargo test --workspace"),
    ("cargo test -p example-chat", ".ci/tests", "cargo test --workspace"),
    ("cargo run -p example-chat", "tests/conftest.py", "Program(\"example-chat\")"),
    ("cargo run -p example-existing-axum-app", "tests/conftest.py", "Program(\"example-existing-axum-app\""),
    ("cargo run -p example-dashboard", "tests/conftest.py", "Program(\"example-dashboard\")"),
    ("cargo run -p example-metrics", "tests/conftest.py", "Program(\"example-metrics\")"),
    ("cargo install --path cli", ".ci/clients", "cargo install --debug --locked --path cli"),
    ("cargo sockeye check", "cli/tests/command/formats.rs", ".run(&[\"check\"])"),
    ("cargo sockeye routes", "cli/tests/routes/package.rs", "[\"sockeye\", \"routes\"]"),
    ("cargo sockeye explain", ".ci/clients", "cargo sockeye explain no_receive_loop"),
    ("cargo sockeye probe", "cli/tests/probe/probe.rs", "[\"sockeye\", \"probe\"]"),
];

#[test]
fn every_command_is_run_by_a_step_or_a_test() {
    for (_, file, says) in RUN_BY {
        let text = fs::read_to_string(root().join(file)).expect(file);
        assert!(text.contains(says), "{file} does not run `{says}`");
    }
    // In a block a command is a line, elsewhere it is between ticks.
    let candidates = README.split(['`', '\n']).map(|text| text.trim_start_matches("- run: "));
    let commands = candidates.filter(|text| text.starts_with("cargo "));
    // What every user of Rust knows by itself, and the title of a table.
    let commands: Vec<_> = commands.filter(|text| !["cargo check", "cargo sockeye"].contains(text)).collect();
    for command in &commands {
        let is_run = |known: &str| {
            command.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        assert!(RUN_BY.iter().any(|(known, ..)| is_run(known)), "nothing runs `{command}`");
    }
    for (known, ..) in RUN_BY {
        assert!(
            commands.iter().any(|command| command.starts_with(known)),
            "the README does not say `{known}`"
        );
    }
}

/// Blocks of Rust are doc tests of the crate, and the others are compared with what they show, here or by their reader.
#[test]
fn every_block_is_compiled_or_compared() {
    let fences = README.lines().filter_map(|line| line.strip_prefix("```")).filter(|kind| !kind.is_empty());
    for kind in fences {
        assert!(
            ["sh", "rust", "rust,no_run", "text", "yaml"].contains(&kind),
            "```{kind} is read by no test"
        );
    }
    let crate_root = fs::read_to_string(root().join("runtime/src/lib.rs")).expect("the crate");
    assert!(crate_root.contains("include_str!(\"../../README.md\")"), "the blocks of Rust are no doc tests");
    let hooks = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).expect("the hooks");
    let hook = README.split("hooks: [{ id: ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a hook");
    assert!(hooks.contains(&format!("id: {hook}\n")), "{hook} is no hook of ours");
}

#[test]
fn the_examples_of_the_commands_are_all_that_there_are() {
    let folders = fs::read_dir(root().join("examples")).expect("the examples");
    let folders = folders.map(|entry| entry.expect("an example").file_name().into_string().expect("a name"));
    let mut packages: Vec<_> = folders.map(|folder| format!("example-{folder}")).collect();
    packages.sort_unstable();
    assert_eq!(commands("cargo run -p "), packages);
}

#[test]
fn the_packages_and_files_that_it_names_exist() {
    let root = root();
    for package in commands("cargo test -p ").into_iter().chain(commands("cargo run -p ")) {
        let folder = match package.strip_prefix("example-") {
            Some(example) => format!("examples/{example}"),
            None => package.strip_prefix("sockeye-").expect("a package of ours").to_owned(),
        };
        let manifest = fs::read_to_string(root.join(folder).join("Cargo.toml")).expect(package);
        assert!(manifest.contains(&format!("name = \"{package}\"")), "{package}");
    }
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files: Vec<_> = links.filter(|link| !link.contains("://")).collect();
    assert!(files.len() > 3, "{files:?}");
    for file in files {
        assert!(root.join(file).exists(), "there is no {file}");
    }
}
