//! `cargo sockeye routes` on real programs: some are right, some forget their endpoints, some never come to serve.

mod documents;
mod other_platform;
mod package;

use std::{path::Path, process::Command};

use package::{routes, routes_in, routes_with};
use serde_json::Value;

#[test]
fn the_quickstart_has_all_its_endpoints() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let seen = routes_in(workspace, &["--package", "example-quickstart"], &[]);
    assert_eq!(
        seen.out,
        "route             handler  source                              origins\n\
         /ws/echo          echo     examples/quickstart/src/echo.rs:4   same origin\n\
         /ws/rooms/{name}  room     examples/quickstart/src/room.rs:29  same origin\n\
         \n2 endpoints in the program, no problem found\n"
    );
    assert_eq!(seen.status, 0, "{}", seen.err);
}

#[test]
fn endpoints_are_found_where_the_compiler_finds_them() {
    let seen = routes(&["--bin", "all"]);
    assert_eq!(seen.status, 0, "{}\n{}", seen.out, seen.err);
    insta::assert_snapshot!(seen.out);
}

#[test]
fn a_feature_brings_its_endpoint() {
    let seen = routes(&["--bin", "all", "--features", "extra"]);
    assert_eq!(seen.status, 0, "{}\n{}", seen.out, seen.err);
    let line = |text: &str| seen.out.lines().any(|line| line.starts_with(text));
    assert!(line("/extra ") && line("/extra/attribute "), "{}", seen.out);
    assert!(!line("not checked: `extra`") && line("not checked: `without`"), "{}", seen.out);
}

#[test]
fn an_example_is_a_program_too() {
    let seen = routes(&["--example", "shown"]);
    assert!(seen.out.contains("/shown"), "{}\n{}", seen.out, seen.err);
    assert!(seen.out.contains("write `use app as _;` in `examples/shown.rs`"), "{}", seen.out);
    assert_eq!(seen.status, 1);
}

#[test]
fn a_crate_that_nothing_names_is_dropped() {
    let seen = routes(&["--bin", "forgetful"]);
    assert_eq!(seen.status, 1, "{}\n{}", seen.out, seen.err);
    insta::assert_snapshot!(seen.out);
}

#[test]
fn a_dropped_endpoint_can_be_read_by_programs() {
    let seen = routes(&["--bin", "forgetful", "--format", "json"]);
    let document: Value = serde_json::from_str(&seen.out).unwrap();
    assert_eq!((seen.status, &document["ok"], &document["version"]), (1, &false.into(), &1.into()));
    assert_eq!(document["endpoints"][0]["route"], "/here");
    let dropped: Vec<_> = document["dropped"].as_array().unwrap().iter().map(|one| &one["route"]).collect();
    assert_eq!(dropped, ["/near", "/library"]);
    assert_eq!(document["dropped"][0]["file"], "near/src/lib.rs");
    assert_eq!(document["not_judged"]["other_groups"][2]["group"], "far");
}

#[test]
fn a_group_without_endpoints_is_compared_too() {
    let seen = routes(&["--bin", "grouped", "--", "library"]);
    assert_eq!(seen.status, 1, "{}\n{}", seen.out, seen.err);
    let said =
        "endpoint `feed` is in the sources but not in the program: requests for `/library/feed` get a 404";
    assert!(seen.out.contains(said), "{}", seen.out);
    assert!(seen.out.contains("error[no_endpoints]"), "{}", seen.out);
    assert!(
        seen.out.contains("write `use sockeye_fixture_library as _;` in `grouped/main.rs`"),
        "{}",
        seen.out
    );
}

#[test]
fn an_expected_route_is_compared_too() {
    let seen = routes(&["--bin", "grouped", "--", "library", "/library/feed"]);
    assert!(
        seen.out.contains("error[missing_endpoint]: the program has no endpoint with the expected route"),
        "{}",
        seen.out
    );
    assert!(seen.out.contains("requests for `/library/feed` get a 404"), "{}", seen.out);
    assert_eq!(seen.status, 1);
}

#[test]
fn a_crate_of_a_crate_has_to_become_a_dependency() {
    let seen = routes(&["--bin", "grouped", "--", "far"]);
    let help = "add it to the dependencies of `app`, and write `use far as _;` in `grouped/main.rs`";
    let words = seen.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(help), "{}", seen.out);
}

#[test]
fn problems_of_the_startup_are_shown() {
    let seen = routes(&["--bin", "broken"]);
    assert_eq!(seen.status, 1, "{}\n{}", seen.out, seen.err);
    insta::assert_snapshot!(seen.out);
}

#[test]
fn several_servers_and_other_output_are_no_hindrance() {
    let seen = routes(&["--bin", "several"]);
    let routes: Vec<_> =
        seen.out.lines().filter_map(|line| line.strip_prefix('/')?.split(' ').next()).collect();
    assert_eq!(routes, ["one", "two"], "{}\n{}", seen.out, seen.err);
}

#[test]
fn routes_with_a_prefix_are_those_of_the_sources() {
    let seen = routes(&["--bin", "mounted"]);
    let routes: Vec<_> = seen.out.lines().filter(|line| line.starts_with('/')).collect();
    assert!(
        matches!(routes[..], [one, two] if one.starts_with("/api/admin/one ") && two.starts_with("/api/{tenant}/two ")),
        "{}",
        seen.out
    );
    assert_eq!(seen.status, 0, "{}\n{}", seen.out, seen.err);
    assert!(seen.out.contains("2 endpoints in the program, no problem found"), "{}", seen.out);
}

#[test]
fn a_program_that_listens_itself_is_asked_before_it_does() {
    let seen = routes(&["--bin", "own_listener"]);
    assert_eq!(seen.status, 0, "{}\n{}", seen.out, seen.err);
    assert!(seen.out.contains("3 endpoints in the program, no problem found"), "{}", seen.out);
}

#[test]
fn a_program_that_does_not_serve_is_explained() {
    let seen = routes(&["--bin", "silent"]);
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    let said = "error: the program exited successfully but printed no check: it never called `Server::serve`; its last lines on standard error:\n  | starting\n  | nothing to do\u{5c}u{1b}[0m\nhelp: call `Server::serve`";
    assert!(seen.err.contains(said), "{}", seen.err);
}

#[test]
fn a_package_without_sockeye_is_no_server() {
    let seen = routes(&["--package", "other"]);
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    let said = "error: the program printed no check: its package does not depend on `sockeye`\nhelp: choose the package of the server with `--package`";
    assert!(seen.err.contains(said), "{}", seen.err);
}

#[test]
fn a_program_that_asks_for_a_variable_is_explained() {
    let seen = routes_with(&["--bin", "asking"], &[("RUST_BACKTRACE", "1")]);
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    for part in [
        "error: the program exited with exit status: 101 before it called `Server::serve`; its last lines on standard error:\n",
        "panicked at asking/main.rs:2:",
        "APP_DATABASE_URL: NotPresent",
        "help: set the environment variable `APP_DATABASE_URL`, which the program asks for\n",
    ] {
        assert!(seen.err.contains(part), "{part} not in {}", seen.err);
    }
    assert!(!seen.err.contains("backtrace") && !seen.err.contains("BACKTRACE"), "{}", seen.err);
}

#[test]
fn a_program_that_never_ends_is_stopped() {
    let seen = routes(&["--bin", "endless", "--timeout", "2"]);
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    assert!(
        seen.err.contains("error: the program printed no check within 2s and was stopped"),
        "{}",
        seen.err
    );
    assert!(seen.err.contains("  | listening in its own way\n"), "{}", seen.err);
}

#[test]
fn what_cargo_says_is_passed_on() {
    for (arguments, said) in [
        (&[][..], "could not determine which binary to run"),
        (&["--bin", "nothing"], "no bin target named `nothing`"),
        (&["--bin", "wrong"], "there_is_no_such_function"),
        (&["--package", "nobody"], "nobody"),
    ] {
        let seen = routes(arguments);
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{}", seen.err);
        assert!(seen.err.contains(said), "{said} not in {}", seen.err);
        assert!(
            seen.err.contains("error: the program could not be built; see the errors of cargo above"),
            "{}",
            seen.err
        );
    }
}

#[test]
fn options_are_explained() {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-sockeye"))
        .args(["sockeye", "routes", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for option in [
        "--package",
        "--bin",
        "--example",
        "--features",
        "--release",
        "--target",
        "--offline",
        "--locked",
        "--timeout",
        "--format",
        "[ARGUMENTS]",
    ] {
        assert!(help.contains(option), "{option} not in {help}");
    }
}
