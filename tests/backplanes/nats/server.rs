//! A NATS server that is started for the test, and a client of it that knows nothing of Sockeye.

use std::{
    fmt::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use sockeye_tests::{free_port, within};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// A server of its own; killed when it is dropped. It keeps nothing.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    config: PathBuf,
}

impl Server {
    /// With this configuration, on a free port. `None` where it is not installed, which is a failure on CI only.
    pub(crate) async fn start(config: &str) -> Option<Self> {
        Self::start_on(free_port(), config).await
    }

    /// On the port of one that was there before.
    #[expect(clippy::print_stderr, reason = "whoever runs the tests has to know what was not tested")]
    pub(crate) async fn start_on(port: u16, config: &str) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sockeye-nats-{}-{number}.conf", std::process::id()));
        std::fs::write(&path, config).expect("written");
        let mut command = Command::new("nats-server");
        command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-c"]).arg(&path);
        match command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(process) => {
                let server = Self { process, port, config: path };
                within(async {
                    while server.tcp().await.is_err() {
                        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    }
                })
                .await;
                Some(server)
            }
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "nats-server: {error}");
                eprintln!("skipped, for there is no nats-server: {error}");
                _ = std::fs::remove_file(path);
                None
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Such as `STOP`, which has it stand still.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill runs");
        assert!(status.success(), "kill -{name}");
    }

    async fn tcp(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(("127.0.0.1", self.port)).await
    }

    /// Publishes as another program does.
    pub(crate) async fn publish(&self, subject: &str, payloads: &[&str]) {
        let mut tcp = BufReader::new(self.tcp().await.expect("connects"));
        let mut lines = "CONNECT {\"verbose\":false}\r\n".to_owned();
        for payload in payloads {
            _ = write!(lines, "PUB {subject} {}\r\n{payload}\r\n", payload.len());
        }
        tcp.get_mut().write_all(format!("{lines}PING\r\n").as_bytes()).await.expect("sent");
        let mut line = String::new();
        while line != "PONG\r\n" {
            line.clear();
            let read = within(tcp.read_line(&mut line)).await.expect("an answer");
            assert!(read > 0 && !line.starts_with("-ERR"), "{line}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGKILL, also if it stands still.
        self.process.kill().expect("runs");
        self.process.wait().expect("ends");
        _ = std::fs::remove_file(&self.config);
    }
}
