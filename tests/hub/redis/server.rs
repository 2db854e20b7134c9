//! A Redis server that is started for the test, and a connection to it.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use sockeye_tests::within;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// A server of its own, without a port and without files; killed when it is dropped.
pub(super) struct Redis {
    process: Child,
    socket: PathBuf,
}

impl Redis {
    /// `None` where it is not installed, which is a failure on CI only.
    pub(super) async fn start(socket: &Path) -> Option<Self> {
        let arguments = ["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"];
        let mut command = Command::new("redis-server");
        command.args(arguments).arg(socket).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(process) => {
                within(async {
                    while UnixStream::connect(socket).await.is_err() {
                        tokio::task::yield_now().await;
                    }
                })
                .await;
                Some(Self { process, socket: socket.to_owned() })
            }
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "redis-server: {error}");
                None
            }
        }
    }

    /// A connection of a program that knows nothing of Sockeye.
    pub(super) async fn client(&self) -> Connection {
        Connection::open(&self.socket).await.expect("connects")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().expect("runs");
        self.process.wait().expect("ends");
    }
}

/// A connection that speaks Redis' protocol, as much of it as is needed here.
pub(super) struct Connection {
    pub(super) read: BufReader<OwnedReadHalf>,
    pub(super) write: OwnedWriteHalf,
}

impl Connection {
    pub(super) async fn open(socket: &PathBuf) -> io::Result<Self> {
        let (read, write) = UnixStream::connect(socket).await?.into_split();
        Ok(Self { read: BufReader::new(read), write })
    }

    async fn send(&mut self, words: &[&[u8]]) -> io::Result<()> {
        send(&mut self.write, words).await
    }

    async fn reply(&mut self) -> io::Result<Vec<Vec<u8>>> {
        reply(&mut self.read).await
    }

    pub(super) async fn ask(&mut self, words: &[&str]) -> Vec<Vec<u8>> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        self.send(&words).await.expect("sent");
        self.reply().await.expect("a reply")
    }
}

fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut command = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        command.extend_from_slice(word);
        command.extend_from_slice(b"\r\n");
    }
    command
}

/// The parts of a reply: one, unless it is a list.
pub(super) async fn reply(from: &mut BufReader<OwnedReadHalf>) -> io::Result<Vec<Vec<u8>>> {
    let mut left = 1;
    let mut parts = Vec::new();
    while left > 0 {
        left -= 1;
        let mut line = String::new();
        if from.read_line(&mut line).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "redis has gone away"));
        }
        let (kind, rest) = line.trim_end().split_at(1);
        match kind {
            "*" => left += rest.parse::<usize>().expect("a number"),
            "$" => {
                let mut part = vec![0; rest.parse::<usize>().expect("a length") + 2];
                from.read_exact(&mut part).await?;
                part.truncate(part.len() - 2);
                parts.push(part);
            }
            _ => parts.push(rest.as_bytes().to_vec()),
        }
    }
    Ok(parts)
}

pub(super) async fn send(write: &mut OwnedWriteHalf, words: &[&[u8]]) -> io::Result<()> {
    write.write_all(&command(words)).await
}
