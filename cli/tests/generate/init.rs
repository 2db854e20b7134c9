//! CI and pre-commit, set up in repositories with and without files of their own.

use super::user::{MAIN, User};

const WORKFLOW: &str = ".github/workflows/sockeye.yml";
const HOOKS: &str = ".pre-commit-config.yaml";

#[test]
fn everything_is_written_once() {
    let user = User::with_main(MAIN);
    let first = user.sockeye(&["init"]).good();
    assert!(
        first.out.starts_with("wrote .github/workflows/sockeye.yml: runs `cargo sockeye check`"),
        "{}",
        first.out
    );
    assert!(first.out.contains("\nwrote .pre-commit-config.yaml: "), "{}", first.out);
    assert!(first.out.contains("\nnext:\n  commit the files\n"), "{}", first.out);
    assert!(first.out.contains("runtime` in the workflow: it is not in this repository\n"), "{}", first.out);
    let (workflow, hooks) = (user.read(WORKFLOW), user.read(HOOKS));
    let step =
        "      - run: cargo run --package app --bin app\n        env:\n          SOCKEYE_CHECK: \"1\"\n";
    assert!(workflow.ends_with(step), "{workflow}");
    assert!(hooks.contains("\nrepos:\n  - repo: local\n"), "{hooks}");
    let again = user.sockeye(&["init"]).good();
    assert_eq!(
        again.out,
        "\
.github/workflows/sockeye.yml is unchanged: it is set up already
.pre-commit-config.yaml is unchanged: it is set up already
"
    );
    assert_eq!((user.read(WORKFLOW), user.read(HOOKS)), (workflow, hooks));
}

#[test]
fn no_file_is_overwritten() {
    let theirs = "# id: sockeye\nrepos: []\n";
    let user = User::with_main(MAIN).with(HOOKS, theirs).with(WORKFLOW, "jobs: {}\n");
    let seen = user.sockeye(&["init"]);
    assert_eq!(seen.status, Some(1), "{}", seen.err);
    assert!(seen.out.contains("Add by hand under `steps:`\n      - uses: actions/checkout"), "{}", seen.out);
    assert!(seen.out.contains("Add by hand under `repos:`\n  - repo: local\n"), "{}", seen.out);
    assert!(!seen.out.contains("next:"), "{}", seen.out);
    assert_eq!((user.read(HOOKS).as_str(), user.read(WORKFLOW).as_str()), (theirs, "jobs: {}\n"));
}

#[test]
fn a_package_in_a_folder_of_the_repository_is_run_there() {
    let manifest = super::user::manifest();
    let user = User::new().with("back end/Cargo.toml", &manifest).with("back end/src/main.rs", MAIN);
    let user = user.with(".git/HEAD", "ref: refs/heads/main\n");
    user.sockeye(&["init", "--manifest-path", "back end/Cargo.toml"]).good();
    let workflow = user.read(WORKFLOW);
    assert!(workflow.ends_with("        working-directory: \"back end\"\n"), "{workflow}");
    assert!(user.has(HOOKS) && !user.has("back end/.github"));
}

#[test]
fn without_a_program_nothing_is_written() {
    let user = User::new().with("Cargo.toml", &super::user::manifest()).with("src/lib.rs", "");
    let seen = user.sockeye(&["init"]);
    assert_eq!(seen.status, Some(2), "{}", seen.out);
    assert!(seen.err.contains("the package `app` has no program"), "{}", seen.err);
    assert!(!user.has(WORKFLOW) && !user.has(HOOKS));
    assert!(user.sockeye(&["init", "--help"]).good().out.contains("Nothing is overwritten"));
}
