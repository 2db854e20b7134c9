//! Shares its port with other processes (`SO_REUSEPORT`): start it twice. The kernel distributes new connections among them, so that
//! the next version can start before this one ends.
//!
//! ```text
//! cargo run -p example-listeners --bin reuse_port -- 127.0.0.1:3000
//! ```

#[cfg(unix)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, net::SocketAddr};

    use socket2::{Domain, Protocol, Socket, Type};
    use tokio::net::TcpListener;

    let address: SocketAddr = env::args().nth(1).as_deref().unwrap_or("127.0.0.1:3000").parse()?;
    let checked = example_listeners::server().check().await?;
    // With `SOCKEYE_CHECK`, nothing is to be bound.
    if checked.check_only() {
        return Ok(());
    }
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Every process that shares the port has to set it, before it binds, and run as the same user.
    socket.set_reuse_port(true)?;
    // Otherwise the closed connections of an earlier process keep the port for a minute.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    checked.serve_on(TcpListener::from_std(socket.into())?).await?;
    Ok(())
}

#[cfg(not(unix))]
fn main() {}
