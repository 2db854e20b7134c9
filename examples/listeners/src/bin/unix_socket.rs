//! Listens on a Unix socket, behind a reverse proxy on the same machine.
//!
//! ```text
//! cargo run -p example-listeners --bin unix_socket -- /tmp/sockeye.sock
//! websocat --origin http://localhost "ws-c:unix:/tmp/sockeye.sock" --ws-c-uri ws://localhost/ws
//! ```

#[cfg(unix)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs, os::unix::net::UnixStream, path::PathBuf};

    use sockeye::Limits;
    use tokio::net::UnixListener;

    let path = env::args_os().nth(1).map_or_else(|| PathBuf::from("/tmp/sockeye.sock"), PathBuf::from);
    // The clients of the socket are the proxy, which says in `X-Forwarded-For` whose connection it is.
    let server = example_listeners::server().limits(Limits::new().trusted_proxies(1));
    let checked = server.check().await?;
    // With `SOCKEYE_CHECK`, nothing is to be bound: the service may be running.
    if checked.check_only() {
        return Ok(());
    }
    // An earlier process that was killed has left its file; one that is running answers.
    if path.exists() && UnixStream::connect(&path).is_err() {
        fs::remove_file(&path)?;
    }
    checked.serve_on(UnixListener::bind(&path)?).await?;
    fs::remove_file(&path)?;
    Ok(())
}

#[cfg(not(unix))]
fn main() {}
