//! What the grammar calls right is right for rustc too.

use std::{env, fs, path::Path, process::Command};

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};

use super::{print, strategy};

const HANDLERS: usize = 60;

/// A crate of generated handlers, checked by cargo. `SOCKEYE_RUNTIME` names another copy of the runtime: one without the
/// rules of the lifecycle, say, for a grammar that is ahead of them.
#[test]
#[ignore = "it builds every dependency once more, which takes minutes"]
fn generated_handlers_compile() {
    let crate_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    write_crate(&crate_dir);
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--message-format=short"])
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated-target"))
        .current_dir(&crate_dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn write_crate(crate_dir: &Path) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::create_dir_all(crate_dir.join("src")).unwrap();
    fs::write(crate_dir.join("Cargo.toml"), manifest(workspace)).unwrap();
    // The versions of the workspace, so that nothing is fetched.
    fs::copy(workspace.join("Cargo.lock"), crate_dir.join("Cargo.lock")).unwrap();
    fs::write(crate_dir.join("src/lib.rs"), handlers()).unwrap();
}

fn handlers() -> String {
    let mut runner = TestRunner::new(Config::default());
    let mut text = format!("#![allow(warnings)]\n{}", print::PRELUDE);
    for number in 0..HANDLERS {
        let handler = strategy::handler().new_tree(&mut runner).unwrap().current();
        text.push('\n');
        text.push_str(&print::print(&handler, number));
    }
    text
}

fn manifest(workspace: &Path) -> String {
    let runtime =
        env::var("SOCKEYE_RUNTIME").unwrap_or_else(|_| workspace.join("runtime").display().to_string());
    format!(
        "[package]\nname = \"generated\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         axum = \"0.8\"\nsockeye = {{ path = \"{runtime}\" }}\n\
         tokio = {{ version = \"1\", features = [\"full\"] }}\ntracing = \"0.1\"\n"
    )
}
