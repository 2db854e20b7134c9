//! The brokers, each started for one turn.

use std::{
    env, fs, io,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    process::{self, Child, Command, Stdio},
    thread,
    time::Duration,
};

use sockeye::{Hub, HubBuilder};

/// How many events a topic keeps, where it has a history.
pub(crate) const KEPT: usize = 1000;

/// What is between the publisher and the subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: both are in one process.
    Alone,
    Redis,
    RedisHistory,
    Nats,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Alone, Self::Redis, Self::RedisHistory, Self::Nats];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alone => "one-process",
            Self::Redis => "redis",
            Self::RedisHistory => "redis-history",
            Self::Nats => "nats",
        }
    }

    pub(crate) fn of(name: &str) -> io::Result<Self> {
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| io::Error::other(format!("no kind {name}")))
    }

    /// Those whose brokers are installed; says which are not.
    pub(crate) fn installed() -> Vec<Self> {
        let (there, missing): (Vec<_>, Vec<_>) = Self::ALL.into_iter().partition(|kind| kind.is_installed());
        for kind in missing {
            println!("skipped, since its server is not installed: {}", kind.name());
        }
        there
    }

    fn is_installed(self) -> bool {
        self.program().is_none_or(|program| {
            Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok()
        })
    }

    fn program(self) -> Option<&'static str> {
        match self {
            Self::Alone => None,
            Self::Redis | Self::RedisHistory => Some("redis-server"),
            Self::Nats => Some("nats-server"),
        }
    }
}

/// A broker; one that was started here ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    started: Option<Started>,
}

#[derive(Debug)]
struct Started {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Broker {
    /// One that runs already.
    pub(crate) fn at(kind: Kind, url: &str) -> Self {
        Self { kind, url: url.to_owned(), started: None }
    }

    /// A new process on a free port, which writes nothing to the disk.
    pub(crate) fn start(kind: Kind) -> io::Result<Self> {
        let Some(program) = kind.program() else { return Ok(Self::at(kind, "-")) };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let folder = env::temp_dir().join(format!("sockeye-bench-{}-{port}", process::id()));
        fs::create_dir_all(&folder)?;
        let number = port.to_string();
        let arguments: &[&str] = match kind {
            Kind::Nats => &["-a", "127.0.0.1", "-p", &number],
            _ => &["--port", &number, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&folder).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let scheme = if kind == Kind::Nats { "nats" } else { "redis" };
        let started = Started { child, port, folder };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
        Ok(Self { kind, url: format!("{scheme}://127.0.0.1:{port}"), started: Some(started) })
    }

    /// A hub that reaches others through it.
    pub(crate) fn hub(&self) -> Hub<String> {
        self.builder().build()
    }

    fn builder(&self) -> HubBuilder<String> {
        let builder = Hub::builder();
        match self.kind {
            Kind::Alone => builder,
            Kind::Redis => builder.backplane(sockeye_redis::connect(&*self.url)),
            Kind::RedisHistory => builder.history(KEPT).backplane(sockeye_redis::connect(&*self.url)),
            Kind::Nats => builder.backplane(sockeye_nats::connect(&*self.url)),
        }
    }

    /// The process, if it was started here.
    pub(crate) fn process(&self) -> Option<u32> {
        self.started.as_ref().map(|started| started.child.id())
    }

    /// What `redis-cli` answers.
    pub(crate) fn ask(&self, words: &[&str]) -> io::Result<String> {
        let port = self.started.as_ref().map(|started| started.port).unwrap_or_default();
        let output = Command::new("redis-cli").arg("-p").arg(port.to_string()).args(words).output()?;
        String::from_utf8(output.stdout).map_err(io::Error::other)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        _ = self.child.kill();
        _ = self.child.wait();
        _ = fs::remove_dir_all(&self.folder);
    }
}
