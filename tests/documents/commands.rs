//! Every command that a document tells a reader to run is run by a step of `.ci` or by a test.

use crate::{entries, name, read, root};

/// The documents whose commands are checked, with the pages of the guide.
const DOCUMENTS: [&str; 3] = ["README.md", "cli/README.md", "examples/README.md"];
const GUIDE: &str = "runtime/docs";

/// The commands, each with the step or test that runs it: a file and what it says there.
const RUN_BY: [(&str, &str, &str); 20] = [
    ("cargo run -p example-quickstart", ".ci/quickstart", "cargo run -p example-quickstart"),
    ("cargo test --workspace", ".ci/tests", "cargo test --workspace"),
    ("cargo test -p sockeye-tests --test corpus", ".ci/tests", "cargo test --workspace"),
    ("cargo test -p example-chat", ".ci/tests", "cargo test --workspace"),
    ("cargo doc -p sockeye --all-features", ".ci/documentation", "--workspace --all-features"),
    ("cargo run -p example-chat", "tests/conftest.py", "Program(\"example-chat\")"),
    ("cargo run -p example-cluster", "examples/cluster/tests/cluster.rs", "CARGO_BIN_EXE_example-cluster"),
    ("cargo run -p example-existing-axum-app", "tests/conftest.py", "Program(\"example-existing-axum-app\""),
    ("cargo run -p example-dashboard", "tests/conftest.py", "Program(\"example-dashboard\""),
    ("cargo run -p example-metrics", "tests/conftest.py", "Program(\"example-metrics\")"),
    ("cargo install --path cli", ".ci/clients", "cargo install --debug --locked --path cli"),
    (
        "cargo run -p example-listeners --bin unix_socket",
        "examples/listeners/tests/listeners.rs",
        "CARGO_BIN_EXE_unix_socket",
    ),
    ("cargo sockeye new", "cli/tests/generate/new.rs", ".sockeye(&[\"new\", \"prices\"])"),
    ("cargo sockeye init", "cli/tests/generate/init.rs", ".sockeye(&[\"init\"])"),
    ("cargo sockeye check", "cli/tests/command/formats.rs", ".run(&[\"check\"])"),
    ("cargo sockeye routes", "cli/tests/routes/package.rs", "command_in(directory, \"routes\""),
    ("cargo sockeye asyncapi", "cli/tests/routes/documents.rs", "command(\"asyncapi\""),
    ("cargo sockeye types", "cli/tests/routes/documents.rs", "command(\"types\""),
    ("cargo sockeye explain", ".ci/clients", "cargo sockeye explain no_receive_loop"),
    ("cargo sockeye probe", "cli/tests/probe/probe.rs", "[\"sockeye\", \"probe\"]"),
];

/// What no step can run: the name of a tool, what cargo itself documents, and a clone in a folder of the user's.
const NOT_RUN: [&str; 3] = ["cargo check", "cargo sockeye", "cargo install --locked --path .sockeye/cli"];

/// What is between ticks, or a line of a block, and begins with `cargo `; without a comment behind it.
fn commands(document: &str) -> Vec<String> {
    let page = read(document);
    let candidates = page.split(['`', '\n']).map(|text| text.trim().trim_start_matches("- run: "));
    let commands = candidates.filter(|text| text.starts_with("cargo "));
    let commands = commands.map(|text| text.split(" #").next().unwrap_or(text).trim().to_owned());
    commands.filter(|command| !NOT_RUN.contains(&command.as_str())).collect()
}

fn all_commands() -> Vec<String> {
    let guide = entries(GUIDE).into_iter().map(|page| format!("{GUIDE}/{}", name(&page)));
    DOCUMENTS.map(String::from).into_iter().chain(guide).flat_map(|document| commands(&document)).collect()
}

fn is(command: &str, known: &str) -> bool {
    command.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

#[test]
fn every_command_is_run_by_a_step_or_a_test() {
    for (_, file, says) in RUN_BY {
        assert!(read(file).contains(says), "{file} does not run `{says}`");
    }
    let commands = all_commands();
    for command in &commands {
        assert!(RUN_BY.iter().any(|(known, ..)| is(command, known)), "nothing runs `{command}`");
    }
    for (known, ..) in RUN_BY {
        assert!(commands.iter().any(|command| is(command, known)), "no document says `{known}`");
    }
}

#[test]
fn the_readme_begins_with_its_two_commands() {
    let commands = commands("README.md");
    assert_eq!(commands[..2], ["cargo run -p example-quickstart", "cargo test --workspace"]);
}

/// The packages behind `-p` of commands that begin like this.
fn packages(begin: &str) -> Vec<String> {
    let mut packages: Vec<_> = all_commands()
        .iter()
        .filter_map(|command| command.strip_prefix(begin))
        .map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned())
        .collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

#[test]
fn the_examples_of_the_commands_are_all_that_there_are() {
    let folders = entries("examples").into_iter().filter(|path| path.is_dir());
    let examples: Vec<_> = folders.map(|folder| format!("example-{}", name(&folder))).collect();
    assert_eq!(packages("cargo run -p "), examples);
}

#[test]
fn the_packages_that_are_named_exist() {
    for package in packages("cargo test -p ").into_iter().chain(packages("cargo run -p ")) {
        let folder = match package.strip_prefix("example-") {
            Some(example) => format!("examples/{example}"),
            None => package.strip_prefix("sockeye-").expect("a package of ours").to_owned(),
        };
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert!(manifest.contains(&format!("name = \"{package}\"")), "{package}");
    }
}

#[test]
fn the_hooks_that_are_named_exist() {
    let hooks = read(".pre-commit-hooks.yaml");
    let page = read("cli/README.md");
    let mut named: Vec<_> = page.lines().filter_map(|line| line.trim().strip_prefix("- id: ")).collect();
    named.dedup();
    assert!(!named.is_empty(), "cli/README.md names no hook");
    for hook in named {
        assert!(hooks.contains(&format!("- id: {hook}\n")), "{hook} is not one of our hooks");
    }
    assert!(root().join("cli/pre-commit").exists(), "the hook has no script");
}
