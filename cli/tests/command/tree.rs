//! A directory of files for one test, and the command run in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

/// An endpoint in which no rule finds anything.
pub(crate) const RIGHT: &str = r#"use sockeye::{Handshake, ws_endpoint};

/// Sends back what it receives.
#[ws_endpoint("/ws/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
"#;

/// An endpoint with one error, at line 5, column 12.
pub(crate) const WRONG: &str = r#"use sockeye::{Handshake, ws_endpoint};

/// Has no use for the connection.
#[ws_endpoint("/ws/echo")]
async fn f(handshake: &Handshake) {}
"#;

/// Removed at the end of the test. Not under `target`, which the repository's `.gitignore` hides.
pub(crate) struct Tree {
    root: PathBuf,
}

/// What a run of the command left behind.
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tree {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("cargo-sockeye-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let root = env::temp_dir().join(name);
        fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    pub(crate) fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        command(&self.root, arguments)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    /// Names, lines and columns of what `check` finds, in its order.
    pub(crate) fn findings(&self, arguments: &[&str]) -> Vec<String> {
        let document = self.json(arguments);
        let one = |finding: &serde_json::Value| {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            format!("{} {}:{}:{}", text("rule"), text("file"), finding["line"], finding["column"])
        };
        document["findings"].as_array().unwrap().iter().map(one).collect()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let run = self.run(&[&["check", "--format", "json"], arguments].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr))
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

pub(crate) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-sockeye"));
    command.current_dir(directory).args(arguments).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}
