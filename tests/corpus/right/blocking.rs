//! Work that would block, done where it may, and names that only look like it.

use std::{path::PathBuf, sync::OnceLock, thread, time::Duration};

use sockeye::{CloseCode, Handshake, ws_endpoint};
use tokio::{
    fs,
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::TcpStream,
    process::Command,
    task,
    time::sleep,
};

/// Reads a file on another thread.
#[ws_endpoint("/blocking/spawn-blocking")]
async fn spawn_blocking(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let name = message.as_text().unwrap_or_default().to_owned();
        let text =
            task::spawn_blocking(move || std::fs::read_to_string(PathBuf::from("/tmp").join(name))).await?;
        socket.send(text.unwrap_or_else(|error| error.to_string())).await?;
    }
    Ok(())
}

/// Blocks with a statement and a body inside.
#[ws_endpoint("/blocking/body")]
async fn body(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let hash = tokio::task::spawn_blocking(|| {
        std::thread::sleep(Duration::from_millis(5));
        let mut total = 0_u64;
        for entry in std::fs::read_dir("/tmp").into_iter().flatten().flatten() {
            total += std::fs::metadata(entry.path()).map_or(0, |found| found.len());
        }
        total
    })
    .await?;
    socket.send(hash.to_string()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Blocks in place.
#[ws_endpoint("/blocking/in-place")]
async fn in_place(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let length = tokio::task::block_in_place(|| {
            std::thread::sleep(Duration::from_millis(1));
            message.len()
        });
        socket.send(length.to_string()).await?;
    }
    Ok(())
}

/// A thread of its own, with a channel.
#[ws_endpoint("/blocking/thread")]
async fn own_thread(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (tx, mut rx) = tokio::sync::mpsc::channel(4);
    thread::spawn(move || {
        for number in 0..10 {
            thread::sleep(Duration::from_millis(10));
            if tx.blocking_send(number).is_err() {
                break;
            }
        }
    });
    loop {
        tokio::select! {
            number = rx.recv() => match number {
                Some(number) => socket.send(number.to_string()).await?,
                None => return socket.close(CloseCode::NORMAL, "ten").await,
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// `fs` of tokio, by its short name.
#[ws_endpoint("/blocking/tokio-fs")]
async fn tokio_fs(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let text = fs::read_to_string("/etc/hostname").await?;
    socket.send(text).await?;
    let mut file = fs::File::open("/etc/hostname").await?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).await?;
    fs::write("/tmp/corpus", &bytes).await?;
    let exists = fs::metadata("/tmp/corpus").await.is_ok();
    socket.send(exists.to_string()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// `Command` and `TcpStream` of tokio.
#[ws_endpoint("/blocking/tokio-process")]
async fn tokio_process(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let output = Command::new("uptime").arg("-p").output().await?;
    socket.send(output.stdout).await?;
    let status = Command::new("true").status().await?;
    socket.send(status.to_string()).await?;
    if let Ok(mut upstream) = TcpStream::connect("127.0.0.1:9").await {
        let mut bytes = [0; 16];
        let count = upstream.read(&mut bytes).await?;
        socket.send(bytes[..count].to_vec()).await?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Lines of a child process; both ends are waited for.
#[ws_endpoint("/blocking/child")]
async fn child(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut child = Command::new("dmesg").stdout(std::process::Stdio::piped()).kill_on_drop(true).spawn()?;
    let Some(stdout) = child.stdout.take() else { return Err(sockeye::Error::new("no output")) };
    let mut lines = BufReader::new(stdout).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(line) => socket.send(line).await?,
                None => break,
            },
            message = socket.recv() => if message?.is_none() { return Ok(()) },
        }
    }
    let status = child.wait().await?;
    socket.close(CloseCode::NORMAL, status.to_string()).await
}

/// The closure that blocks has a name.
#[ws_endpoint("/blocking/named")]
async fn named_closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let read = || std::fs::read("/etc/hostname");
    let bytes = task::spawn_blocking(read).await??;
    socket.send(bytes).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Once per process, in a closure.
#[ws_endpoint("/blocking/once")]
async fn once(handshake: Handshake) -> sockeye::Result {
    static BANNER: OnceLock<String> = OnceLock::new();
    let mut socket = handshake.accept().await?;
    let banner = BANNER.get_or_init(|| std::fs::read_to_string("/etc/motd").unwrap_or_default());
    socket.send(banner.as_str()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Names of the standard library that do not block.
#[ws_endpoint("/blocking/harmless")]
async fn harmless(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let here: std::net::SocketAddr = std::net::SocketAddr::from(([127, 0, 0, 1], 80));
    let id = std::process::id();
    let open = std::fs::OpenOptions::new().read(true).clone();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let name = std::thread::current().name().map(str::to_owned);
    let limit: fn(Duration) = std::thread::sleep;
    socket.send(format!("{here} {id} {open:?} {cores} {name:?} {limit:?}")).await?;
    sleep(Duration::from_millis(1)).await;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A module of the user's own has such names too.
mod disk {
    pub(super) mod fs {
        pub(crate) async fn read(_path: &str) -> Vec<u8> {
            Vec::new()
        }
    }
    pub(super) mod thread {
        pub(crate) async fn sleep() {}
    }
}

/// Uses them.
#[ws_endpoint("/blocking/own-names")]
async fn own_names(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let bytes = disk::fs::read("x").await;
    disk::thread::sleep().await;
    socket.send(bytes).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Futures of `fs` that are joined, timed, and kept.
#[ws_endpoint("/blocking/futures")]
async fn futures_of_fs(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (one, two) = tokio::join!(fs::read("/etc/hostname"), fs::read("/etc/hosts"));
    socket.send(format!("{} {}", one?.len(), two?.len())).await?;
    let text = tokio::time::timeout(Duration::from_secs(1), fs::read_to_string("/etc/hosts")).await??;
    socket.send(text).await?;
    let reading = fs::read("/etc/hosts");
    let bytes = reading.await?;
    socket.send(bytes).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
