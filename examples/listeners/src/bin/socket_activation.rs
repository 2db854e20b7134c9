//! Takes its socket from systemd (socket activation), which listens before the program runs and while it restarts. Without systemd
//! it listens itself.
//!
//! ```text
//! systemd-socket-activate -l 127.0.0.1:3000 target/debug/socket_activation
//! ```

#[cfg(unix)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use listenfd::ListenFd;
    use tokio::net::TcpListener;

    let checked = example_listeners::server().check().await?;
    // With `SOCKEYE_CHECK`, nothing is to be bound.
    if checked.check_only() {
        return Ok(());
    }
    // The first socket of the unit: `ListenStream=` in the `.socket` file.
    let listener = match ListenFd::from_env().take_tcp_listener(0)? {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)?
        }
        None => TcpListener::bind("127.0.0.1:3000").await?,
    };
    checked.serve_on(listener).await?;
    Ok(())
}

#[cfg(not(unix))]
fn main() {}
