//! A server in a process of its own.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Clock ticks a second in `/proc`, on every Linux that Rust runs on.
const TICKS: u64 = 100;

/// Runs until it is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// This program again, as the server of that name.
    ///
    /// # Errors
    /// When it cannot be started, or says no address.
    pub fn start(name: &str) -> io::Result<Self> {
        Self::run(Command::new(env::current_exe()?).arg(name))
    }

    /// Any program that says its address in its first line.
    ///
    /// # Errors
    /// When it cannot be started, or says no address.
    pub fn run(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        if let Some(output) = &mut child.stdout {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { child, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time that the process has had a CPU so far.
    ///
    /// # Errors
    /// When there is no `/proc`.
    pub fn cpu_time(&self) -> io::Result<Duration> {
        cpu_time_of(self.child.id())
    }

    /// The memory that is the process's own and in use, in bytes.
    ///
    /// # Errors
    /// When there is no `/proc`.
    pub fn memory(&self) -> io::Result<u64> {
        memory_of(self.child.id())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The time that this process has had a CPU so far.
///
/// # Errors
/// When there is no `/proc`.
pub fn own_cpu_time() -> io::Result<Duration> {
    cpu_time("self")
}

/// The time that a process has had a CPU so far.
///
/// # Errors
/// When there is no `/proc`, or no such process.
pub fn cpu_time_of(process: u32) -> io::Result<Duration> {
    cpu_time(&process.to_string())
}

/// The memory that is a process's own and in use, in bytes.
///
/// # Errors
/// When there is no `/proc`, or no such process.
pub fn memory_of(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    number.parse::<u64>().map(|kilobytes| kilobytes * 1024).map_err(io::Error::other)
}

fn cpu_time(process: &str) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name may have spaces in it; what comes after it does not. User and system time are fields 14 and 15.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}
