//! The broker, the servers, and nginx.

use std::{
    env,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    pin::pin,
};

use crate::{
    Result,
    broker::Broker,
    nginx,
    programs::{Program, Running, free_port},
};

const SERVERS: usize = 3;

/// Runs all of it until Ctrl-C.
pub(crate) async fn run(broker: Option<&str>) -> Result {
    let broker = Broker::choose(broker)?;
    nginx::installed()?;
    let address: SocketAddr =
        env::var("SOCKEYE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned()).parse()?;
    // Otherwise somebody else would be taken for nginx.
    drop(TcpListener::bind(address).map_err(|error| format!("nginx cannot listen on {address}: {error}"))?);
    let folder = Folder::new()?;
    let mut interrupted = pin!(interrupted());
    let mut running = Vec::new();
    let all_run = tokio::select! {
        started = start(broker, address, &folder.0, &mut running) => started.map(|()| true),
        interrupted = &mut interrupted => interrupted.map(|()| false),
    };
    let ended = match all_run {
        Ok(true) => {
            tracing::info!("open http://{address} in several windows; Ctrl-C stops");
            interrupted.await
        }
        Ok(false) => Ok(()),
        Err(reason) => Err(reason),
    };
    // In the opposite order, so that the servers miss neither their clients nor their broker.
    while let Some(program) = running.pop() {
        program.stop().await;
    }
    ended
}

async fn start(broker: Broker, address: SocketAddr, folder: &Path, running: &mut Vec<Running>) -> Result {
    let port = free_port()?;
    running.push(broker.on(port, folder)?.start().await?);
    let mut servers = Vec::new();
    for number in 1..=SERVERS {
        let own = free_port()?;
        running.push(server(number, own, &broker.url(port))?.start().await?);
        servers.push(own);
    }
    running.push(nginx::before(&servers, address, folder)?.start().await?);
    Ok(())
}

/// Until somebody ends this program.
#[cfg(unix)]
async fn interrupted() -> Result {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn interrupted() -> Result {
    Ok(tokio::signal::ctrl_c().await?)
}

/// This program, as one of the servers.
fn server(number: usize, port: u16, broker: &str) -> Result<Program> {
    let (number, address) = (number.to_string(), format!("127.0.0.1:{port}"));
    let arguments = ["serve", &number, &address, broker];
    Ok(Program::new(format!("server {number}"), env::current_exe()?, &arguments, port).reads_input())
}

/// A folder for the files of nginx, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("sockeye-cluster-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}
