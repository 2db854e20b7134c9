//! The generator of rules writes where the tables and folders are.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const FOLDERS: [&str; 10] = [
    "rules/src/signature",
    "rules/src/lifecycle",
    "rules/src/axum",
    "rules/src/startup",
    "rules/src/run",
    "runtime/src/startup",
    "tests/startup",
    "tests/ui/fail",
    "tests/ui/warn",
    "tests/ui/pass",
];
const TABLES: [&str; 3] = ["rules/src/catalogue.rs", "runtime/src/startup/mod.rs", "tests/startup/main.rs"];

/// The tables of this workspace, and empty folders.
fn copied(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root);
    for folder in FOLDERS {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for table in TABLES {
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(table), root.join(table)).unwrap();
    }
    root
}

fn new_rule(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--package", "sockeye-rules", "--example", "new_rule", "--"])
        .args(arguments)
        .output()
        .unwrap()
}

fn line_after(text: &str, block: &str, line: &str) -> bool {
    let (_, rest) = text.split_once(block).unwrap();
    rest.lines().take_while(|one| *one != "        }").any(|one| one.trim() == line)
}

#[test]
fn a_rule_of_each_phase_is_begun() {
    let root = copied("new-rule");
    for (phase, block, line, files) in [
        (
            "signature",
            "Signature in mod",
            "mod my_signature: MY_SIGNATURE Forbid,",
            ["rules/src/signature/my_signature.rs", "tests/ui/fail/my_signature.rs"],
        ),
        (
            "lifecycle",
            "Lifecycle in mod",
            "mod my_lifecycle: MY_LIFECYCLE Warn,",
            ["rules/src/lifecycle/my_lifecycle.rs", "tests/ui/warn/my_lifecycle.rs"],
        ),
        (
            "axum",
            "Axum in mod",
            "mod my_axum: MY_AXUM Warn,",
            ["rules/src/axum/my_axum.rs", "rules/src/axum/my_axum.md"],
        ),
        (
            "startup",
            "Startup in \"startup\"",
            "MY_STARTUP \"my_startup\" Forbid,",
            ["runtime/src/startup/my_startup.rs", "tests/startup/my_startup.rs"],
        ),
        (
            "run",
            "Run in \"run\"",
            "MY_RUN \"my_run\" Event(Warn),",
            ["rules/src/run/my_run.md", "rules/src/run/my_run.md"],
        ),
    ] {
        let rule = format!("my_{phase}");
        let output = new_rule(&[phase, &rule, root.to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
        assert!(line_after(&fs::read_to_string(root.join(TABLES[0])).unwrap(), block, line), "{line}");
        let page = fs::read_to_string(root.join(format!("rules/src/{phase}/{rule}.md"))).unwrap();
        assert!(page.starts_with(&format!("# {rule}\n")), "{page}");
        for file in files {
            assert!(root.join(file).exists(), "{file}");
        }
    }
    let checks = fs::read_to_string(root.join(TABLES[1])).unwrap();
    assert!(checks.contains("        mod my_startup: MY_STARTUP,\n    }\n}\n"), "{checks}");
    let tests = fs::read_to_string(root.join(TABLES[2])).unwrap();
    assert!(tests.contains("mod my_startup;\n\nuse sockeye::Server;"), "{tests}");
}

#[test]
fn what_cannot_be_a_rule_is_refused() {
    let root = copied("no-rule");
    for (phase, rule, said) in [
        ("startup", "missing_state", "there is a rule `missing_state` already"),
        ("startup", "MissingState", "in snake_case"),
        ("start", "my_rule", "there is no phase `start`"),
    ] {
        let output = new_rule(&[phase, rule, root.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{output:?}");
    }
}
