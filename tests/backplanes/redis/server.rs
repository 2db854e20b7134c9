//! A Redis server that is started for a test, and ends with it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

pub(crate) use sockeye_tests::free_port;
use sockeye_tests::within;
use tokio::net::{TcpStream, UnixStream};

/// A server with a folder of its own, which is removed with it. It is killed when it is dropped.
pub(crate) struct Redis {
    process: Child,
    pub(crate) port: u16,
    arguments: Vec<String>,
    folder: Folder,
}

/// A folder for what a server needs, removed when it is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static FOLDERS: AtomicUsize = AtomicUsize::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sockeye-redis-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether `redis-server` is there. Where it is not, that is a failure on CI only.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
pub(crate) fn is_installed() -> bool {
    let version = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
    if let Err(error) = &version {
        assert!(std::env::var_os("CI").is_none(), "redis-server: {error}");
        eprintln!("skipped: redis-server is not installed");
    }
    version.is_ok()
}

impl Redis {
    /// A server on a port of its own, with further arguments.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let port = free_port();
        let mut all = vec!["--port".to_owned(), port.to_string()];
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        Self::run(port, all, Folder::new()).await
    }

    /// A sentinel that watches this master alone, under the name `main`.
    pub(crate) async fn sentinel(master: u16) -> Self {
        let (port, folder) = (free_port(), Folder::new());
        let file = folder.0.join("sentinel.conf");
        let lines = [
            format!("port {port}"),
            format!("sentinel monitor main 127.0.0.1 {master} 1"),
            "sentinel down-after-milliseconds main 500".to_owned(),
            "sentinel failover-timeout main 2000".to_owned(),
        ];
        std::fs::write(&file, lines.join("\n")).expect("written");
        Self::run(port, vec![file.display().to_string(), "--sentinel".to_owned()], folder).await
    }

    /// A server with these arguments, which listens on this port, in this folder.
    pub(crate) async fn run(port: u16, arguments: Vec<String>, folder: Folder) -> Self {
        let process = spawn(&arguments, &folder.0);
        let redis = Self { process, port, arguments, folder };
        redis.listens().await;
        redis
    }

    async fn listens(&self) {
        within(async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A server with TLS alone, which has this certificate. It takes clients with the same one, or all.
    pub(crate) async fn secure(folder: Folder, asks_for_certificates: bool) -> Self {
        let port = free_port();
        let clients = if asks_for_certificates { "yes" } else { "no" };
        let file = |name: &str| folder.0.join(name).display().to_string();
        let mut arguments: Vec<_> =
            ["--port", "0", "--tls-port", &port.to_string()].map(str::to_owned).into();
        for (option, value) in [
            ("--tls-cert-file", file("certificate.pem")),
            ("--tls-key-file", file("key.pem")),
            ("--tls-ca-cert-file", file("certificate.pem")),
            ("--tls-auth-clients", clients.to_owned()),
        ] {
            arguments.extend([option.to_owned(), value]);
        }
        Self::run(port, arguments, folder).await
    }

    /// The socket that `--unixsocket redis.sock` makes.
    pub(crate) async fn socket(&self) -> PathBuf {
        let path = self.folder.0.join("redis.sock");
        within(async {
            while UnixStream::connect(&path).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        path
    }

    /// What `redis-cli` says, a program that knows nothing of Sockeye.
    pub(crate) async fn cli(&self, words: &[&str]) -> String {
        let mut command = tokio::process::Command::new("redis-cli");
        let output = within(command.arg("-p").arg(self.port.to_string()).args(words).output()).await;
        String::from_utf8(output.expect("redis-cli").stdout).expect("text").trim().to_owned()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("runs");
        self.process.wait().expect("ends");
    }

    /// Starts it again, at the same port.
    pub(crate) async fn restart(&mut self) {
        self.process = spawn(&self.arguments, &self.folder.0);
        self.listens().await;
    }

    /// It stands still, and its connections stay.
    pub(crate) fn freeze(&self) {
        signal("-STOP", self.process.id());
    }

    pub(crate) fn thaw(&self) {
        signal("-CONT", self.process.id());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn spawn(arguments: &[String], folder: &Path) -> Child {
    let mut command = Command::new("redis-server");
    if !arguments.iter().any(|argument| argument == "--sentinel") {
        command.args(["--save", "", "--appendonly", "no"]);
    }
    // Later ones win.
    command.args(arguments).arg("--dir").arg(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it is installed")
}

fn signal(name: &str, process: u32) {
    let status = Command::new("kill").arg(name).arg(process.to_string()).status().expect("kill");
    assert!(status.success());
}
