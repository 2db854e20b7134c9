//! Every outage that can be built in: the program says what is wrong, ends with 1, and does not bind the port. The page of the guide shows
//! what it says; `UPDATE=1` writes it anew.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_example-dashboard");

/// The rule that finds each.
const RULES: [(&str, &str); 8] = [
    ("missing-state", "missing_state"),
    ("ws-origin", "origin_syntax"),
    ("layer-403", "unreachable_endpoint"),
    ("log-stream", "component_not_ready"),
    ("wildcard-with-credentials", "origin_wildcard_with_credentials"),
    ("shadowed-route", "conflicting_route"),
    ("dropped-crate", "missing_endpoint"),
    ("component-down", "component_not_ready"),
];

fn run(arguments: &[&str], address: &str) -> Output {
    let mut program = Command::new(PROGRAM);
    program.args(arguments).env("SOCKEYE_ADDR", address).env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    program.output().expect("the program runs")
}

/// The lines of the report, without those of the log before it.
fn report(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.find("Error: ").map(|at| text[at..].to_owned()).unwrap_or(text)
}

/// Names and words, as `--help` lists them.
fn outages() -> Vec<(String, String)> {
    let help = String::from_utf8(run(&["--help"], "").stdout).expect("UTF-8");
    let lines = help.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once(':'));
    lines.map(|(name, about)| (name.to_owned(), about.trim().to_owned())).collect()
}

#[test]
fn each_is_reported_before_the_port_is_bound() {
    let names: Vec<_> = outages().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, RULES.map(|(name, _)| name));
    // Whoever tries to listen here reports `bind_failed`.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for (name, rule) in RULES {
        let output = run(&["--break", name], &address);
        let report = report(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {report}");
        assert!(report.contains(&format!("error[{rule}]")), "{name}: {report}");
        assert!(report.contains("nothing was bound") && !report.contains("bind_failed"), "{name}: {report}");
    }
}

#[test]
fn the_guide_shows_what_each_says() {
    let sections = outages().into_iter().map(|(name, about)| {
        let report = report(&run(&["--break", &name], "127.0.0.1:0"));
        format!("\n## `--break {name}`\n\n{about}.\n\n```text\n{report}```\n")
    });
    let begin = "# Outages at startup\n\nStart the dashboard of the examples with an outage that has happened: `cargo run -p example-dashboard -- --break NAME`. Each was once\n\
        a page that said \"disconnected\", and no one could say why. With Sockeye the program ends with status 1 before it binds the port, and says:\n";
    let page = begin.to_owned() + &sections.collect::<String>();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/docs/outages.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).expect("the page is there");
    assert_eq!(written, page, "run `UPDATE=1 cargo test -p example-dashboard --test breaks`");
}
