//! A package of a user, for one test.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A program without endpoints.
pub(crate) const MAIN: &str = "\
//! A program.

use sockeye::{Server, StartupError};

#[tokio::main]
async fn main() -> Result<(), StartupError> {
    Server::new().serve(\"127.0.0.1:3000\").await
}
";

/// Removed at the end of the test.
pub(crate) struct User {
    root: PathBuf,
}

/// What a command left behind.
pub(crate) struct Seen {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl User {
    /// An empty directory, outside of the workspace.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("cargo-sockeye-user-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let root = env::temp_dir().canonicalize().unwrap().join(name);
        fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    /// A package with this `main`, and with everything that an endpoint needs.
    pub(crate) fn with_main(main: &str) -> Self {
        Self::new().with("Cargo.toml", &manifest()).with("src/main.rs", main)
    }

    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// `cargo sockeye` with these arguments.
    pub(crate) fn sockeye(&self, arguments: &[&str]) -> Seen {
        self.run(Command::new(env!("CARGO_BIN_EXE_cargo-sockeye")).arg("sockeye").args(arguments))
    }

    /// `cargo` with these arguments, with one target directory for all packages.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Seen {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("routes-target");
        // The versions of the workspace, so that nothing is fetched.
        fs::copy(workspace().join("Cargo.lock"), self.root.join("Cargo.lock")).unwrap();
        self.run(Command::new(env!("CARGO")).args(arguments).env("CARGO_TARGET_DIR", target))
    }

    fn run(&self, command: &mut Command) -> Seen {
        let command = command.current_dir(&self.root).env("CARGO", env!("CARGO")).stdin(Stdio::null());
        let output = command.env("CARGO_NET_OFFLINE", "true").env_remove("NO_COLOR").output().unwrap();
        Seen::of(output, &self.root)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Seen {
    fn of(output: Output, root: &Path) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(root.to_str().unwrap(), "ROOT");
        Self { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Fails the test if the command did not succeed.
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.status, Some(0), "{}{}", self.out, self.err);
        self
    }
}

/// Warnings are errors.
pub(crate) fn manifest() -> String {
    let runtime = workspace().join("runtime");
    let runtime = runtime.display();
    format!(
        "[package]\nname = \"app\"\nedition = \"2024\"\n\n[lints.rust]\nwarnings = \"deny\"\n\n\
         [dependencies]\naxum = \"0.8\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
         sockeye = {{ path = \"{runtime}\" }}\ntokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n\
         [dev-dependencies]\nsockeye = {{ path = \"{runtime}\", features = [\"testing\"] }}\n\n\
         [workspace]\n\n[profile.dev]\ndebug = false\n"
    )
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
