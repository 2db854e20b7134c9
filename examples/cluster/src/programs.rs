//! Programs that run beside this one, and end with it.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    net::TcpStream,
    process::{Child, ChildStdin, Command},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::Result;

/// How long a program may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(15);

/// What to start, and the port at which it listens then.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    name: String,
    path: PathBuf,
    arguments: Vec<String>,
    port: u16,
    /// It ends when its input does.
    reads_input: bool,
}

/// A program that is started again when it ends.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Program {
    pub(crate) fn new(
        name: impl Into<String>,
        path: impl Into<PathBuf>,
        arguments: &[&str],
        port: u16,
    ) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { name: name.into(), path: path.into(), arguments, port, reads_input: false }
    }

    /// It is this program, which ends when its input does.
    pub(crate) fn reads_input(mut self) -> Self {
        self.reads_input = true;
        self
    }

    /// Starts it, and waits until it listens.
    pub(crate) async fn start(self) -> Result<Running> {
        let mut child = self.spawn()?;
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if let Some(status) = child.try_wait()? {
                return Err(format!("{} has ended: {status}", self.name).into());
            }
            sleep(Duration::from_millis(20)).await;
        }
        tracing::info!("{}: process {}, port {}", self.name, child.id().unwrap_or_default(), self.port);
        let stop = CancellationToken::new();
        let task = tokio::spawn(self.keep_running(child, stop.clone()));
        Ok(Running { stop, task })
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let input = if self.reads_input { Stdio::piped() } else { Stdio::null() };
        let mut command = Command::new(&self.path);
        // Ctrl-C is for this program, which ends the others in their order.
        #[cfg(unix)]
        command.process_group(0);
        command.args(&self.arguments).stdin(input).stdout(Stdio::null()).kill_on_drop(true).spawn()
    }

    async fn keep_running(self, mut child: Child, stop: CancellationToken) {
        loop {
            // Waiting for a program would close its input.
            let input = child.stdin.take();
            tokio::select! {
                status = child.wait() => match status {
                    Ok(status) => tracing::warn!("{} has ended ({status}) and starts again", self.name),
                    Err(error) => tracing::error!("{}: {error}", self.name),
                },
                () = stop.cancelled() => return self.end(child, input).await,
            }
            tokio::select! {
                () = sleep(Duration::from_secs(1)) => {}
                () = stop.cancelled() => return,
            }
            match self.spawn() {
                Ok(again) => child = again,
                Err(error) => tracing::error!("{} does not start: {error}", self.name),
            }
        }
    }

    async fn end(&self, mut child: Child, input: Option<ChildStdin>) {
        if input.is_some() {
            drop(input);
            if timeout(PATIENCE, child.wait()).await.is_ok() {
                return;
            }
            tracing::warn!("{} does not end, and is killed", self.name);
        }
        _ = child.kill().await;
    }
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // It only fails if the task has panicked; then the program was killed with it.
        _ = self.task.await;
    }
}

/// Where a program is installed. The folders of administrators are not in everybody's `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    let folders = env::split_paths(&paths).flat_map(|folder| {
        let of_administrators = folder.ends_with("bin").then(|| folder.with_file_name("sbin"));
        std::iter::once(folder).chain(of_administrators)
    });
    folders.map(|folder| folder.join(program)).find(|path| Path::is_file(path))
}

/// A port that nobody has.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
