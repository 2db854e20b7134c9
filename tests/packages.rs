//! Packages that have Sockeye, or their own modules, in an unusual way; each is checked by a real cargo.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// What cargo said about a package, and whether it was content.
fn check(package: &str) -> (bool, String) {
    let output = cargo(&["check", "--package", package]).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .arg(arguments[0])
        .args(["--offline", "--quiet", "--color", "never"])
        .args(&arguments[1..])
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages-target"))
        .env("CARGO_INCREMENTAL", "0")
        .env("SOCKEYE_CHECK", "1")
        .current_dir(copied());
    cargo
}

/// `tests/packages` where it can be built, with the versions of Sockeye's own workspace.
fn copied() -> &'static Path {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    COPY.get_or_init(|| {
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
        let _ = fs::remove_dir_all(&to);
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("packages"), &to);
        fs::copy(workspace().join("Cargo.lock"), to.join("Cargo.lock")).unwrap();
        to
    })
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            let text = fs::read_to_string(&from).unwrap();
            fs::write(to, text.replace("WORKSPACE", workspace().to_str().unwrap())).unwrap();
        }
    }
}

fn errors(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.starts_with("error") && !line.contains("could not compile")).collect()
}

#[test]
fn a_renamed_or_reexported_sockeye_is_found() {
    for package in ["renamed", "inherited", "reexported"] {
        let (is_right, said) = check(package);
        assert!(is_right && errors(&said).is_empty(), "{package}: {said}");
    }
}

#[test]
fn an_attribute_that_cannot_find_sockeye_says_what_to_write() {
    let (is_right, said) = check("forgotten");
    assert!(!is_right);
    let expected = "error: [invalid_option] this package does not depend on `sockeye`, which `#[ws_endpoint]` expands to";
    assert_eq!(errors(&said), [expected], "{said}");
    assert!(
        said.contains(
            "help: run `cargo add sockeye`, or write the path of the crate that re-exports it, as in `crate = company::sockeye`"
        ),
        "{said}"
    );
}

#[test]
fn a_profile_that_aborts_on_panics_is_warned_of_once() {
    let run = |arguments: &[&str]| {
        let output = cargo(&[&["run", "--package", "aborting"], arguments].concat()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let warning = "warning[panic_aborts]: the program is compiled with `panic = \"abort\"`: a panic in one handler ends";
    assert_eq!(run(&["--profile", "aborting"]).matches(warning).count(), 1);
    assert!(!run(&["--profile", "aborting", "--", "a supervisor restarts it"]).contains("panic_aborts"));
    assert!(!run(&[]).contains("panic_aborts"));
}

#[test]
fn a_module_of_both_library_and_binary_is_told_as_what_it_is() {
    for binary in ["both", "server"] {
        let output = cargo(&["run", "--package", "both", "--bin", binary]).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        for part in [
            "error[duplicate_route]: endpoint `ws::echo` is compiled twice: its module is part of both the library and the \
             binary of this package",
            "registered by the library and by the binary",
            "help: write `use both::ws;` instead of `mod ws;` in the binary",
        ] {
            assert_eq!(said.matches(part).count(), 1, "{binary}: {part} in {said}");
        }
    }
}

#[test]
fn a_server_without_http2_tells_clients_of_http2_so() {
    let output = cargo(&["run", "--package", "http1"]).env_remove("SOCKEYE_CHECK").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!said.contains("warning: "), "what only HTTP/2 needs is left out with it: {said}");
    let told = said.lines().filter(|line| line.contains("rule=malformed_request")).collect::<Vec<_>>();
    assert_eq!(told.len(), 1, "{said}");
    for part in [
        "the client uses HTTP/2, but this server is built without it",
        "build `sockeye` with the feature `http2`",
        // SETTINGS, and GOAWAY with HTTP_1_1_REQUIRED.
        r"answered: \0\0\0\u{4}\0\0\0\0\0\0\09\u{7}\0\0\0\0\0\0\0\0\0\0\0\0\rthis server does not support HTTP/2; use HTTP/1.1",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}
