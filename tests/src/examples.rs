//! Code that is compiled as a user's would be, to read what the compiler says about it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Source text by the name of its example.
pub type Sources = BTreeMap<String, String>;

/// What the compiler said, by the name of the example that it is about.
pub type Answers = BTreeMap<String, Vec<Said>>;

/// An error or a warning.
#[derive(Debug, Clone)]
pub struct Said {
    /// `error` or `warning`.
    pub level: String,
    /// The message alone.
    pub text: String,
    /// The message as it is printed, with the lines of the source that it is about.
    pub rendered: String,
}

/// Compiles all sources in one run of cargo: one package, with an example for each of them.
///
/// # Panics
/// When the package cannot be written, or cargo checks nothing of it.
pub fn check(folder: &Path, sources: &Sources) -> Answers {
    write_package(folder, sources);
    // The packages of all tests share what they depend on.
    let target = folder.with_file_name("examples-target");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--examples", "--keep-going", "--offline", "--message-format=json"])
        .env("CARGO_TARGET_DIR", target)
        .current_dir(folder)
        .output()
        .expect("cargo runs");
    let text = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let checked = text.lines().filter(|line| line.contains("\"target\":{\"kind\":[\"example\"]")).count();
    assert!(checked > 0, "cargo checked nothing: {}", String::from_utf8_lossy(&output.stderr));
    answers(&text)
}

/// The sources in a folder.
///
/// # Panics
/// When they cannot be read.
pub fn sources(folder: &Path) -> Sources {
    let files =
        fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path());
    let sources = files.filter(|file| file.extension().is_some_and(|end| end == "rs"));
    sources
        .map(|file| {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&file).expect("text"))
        })
        .collect()
}

fn write_package(folder: &Path, sources: &Sources) {
    let _ = fs::remove_dir_all(folder);
    write(&folder.join("Cargo.toml"), &manifest(folder));
    write(&folder.join("src/lib.rs"), "");
    // The versions of the workspace, so that nothing is fetched.
    let lock = workspace().join("Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).expect("the workspace has a lock file");
    for (name, source) in sources {
        write(&folder.join(format!("examples/{name}.rs")), source);
    }
}

fn manifest(folder: &Path) -> String {
    let name = folder.file_name().expect("a folder with a name").display();
    let sockeye = workspace().join("runtime");
    format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         axum = {{ version = \"0.8\", features = [\"ws\"] }}\n\
         futures-util = {{ version = \"0.3\", features = [\"sink\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         sockeye = {{ path = \"{}\" }}\n\
         tokio = {{ version = \"1\", features = [\"full\"] }}\n\
         tracing = \"0.1\"\n",
        sockeye.display()
    )
}

fn answers(text: &str) -> Answers {
    let mut answers = Answers::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("cargo writes JSON");
        let Some(said) = said(&line["message"]) else { continue };
        let example = line["target"]["name"].as_str().unwrap_or_default();
        answers.entry(example.to_owned()).or_default().push(said);
    }
    answers
}

/// An error or a warning about some place; the closing `2 warnings emitted` is about none.
fn said(message: &Value) -> Option<Said> {
    let [level, text, rendered] =
        ["level", "message", "rendered"].map(|key| message[key].as_str().map(str::to_owned));
    let about_a_place = message["spans"].as_array().is_some_and(|spans| !spans.is_empty());
    let said = Said { level: level?, text: text?, rendered: rendered? };
    about_a_place.then_some(said)
}

fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests are a member").to_owned()
}

fn write(file: &Path, text: &str) {
    let folder = file.parent().expect("a file in a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .expect("the folder of tests can be written");
}
