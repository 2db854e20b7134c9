//! The memory of a connection that does nothing.

use std::{io, time::Duration};

use sockeye_benches::handshake;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use crate::{client, sides::Side};

pub(crate) const CONNECTIONS: u16 = 2_000;

/// The payloads that each connection echoes, one after the other, before its memory is measured again.
pub(crate) const ECHOED: [usize; 3] = [0, 64, 16 * 1024];

/// Bytes of the server for each connection, after each of these echoes; `None` if the server is not installed.
///
/// It is a new process: memory that an allocator has kept would not be counted a second time.
pub(crate) async fn measure(side: Side) -> io::Result<Option<[u64; ECHOED.len()]>> {
    let Some(server) = side.start()? else { return Ok(None) };
    // What the first of all costs is the server's, not the connection's.
    echo(&mut handshake::open(server.address()).await?, 64).await?;
    let before = server.memory()?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(handshake::open(server.address()).await?);
    }
    let mut costs = [0; ECHOED.len()];
    for (size, cost) in ECHOED.into_iter().zip(&mut costs) {
        for client in clients.iter_mut().filter(|_| size > 0) {
            echo(client, size).await?;
        }
        // Until the server has nothing left to do.
        sleep(Duration::from_millis(500)).await;
        *cost = server.memory()?.saturating_sub(before) / u64::from(CONNECTIONS);
    }
    Ok(Some(costs))
}

async fn echo(client: &mut TcpStream, size: usize) -> io::Result<()> {
    client.write_all(&client::binary(size, true)).await?;
    let expected = client::binary(size, false);
    let mut answer = vec![0; expected.len()];
    client.read_exact(&mut answer).await?;
    if answer == expected { Ok(()) } else { Err(io::Error::other("the echo is not what was sent")) }
}
