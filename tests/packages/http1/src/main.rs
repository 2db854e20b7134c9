//! A server without the feature `http2`. It is asked over HTTP/2, and ends when it has hung up.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use sockeye::{Handshake, Server, StartupError, ws_endpoint};
use tokio::sync::oneshot;

/// Says nothing.
#[ws_endpoint("/ws")]
async fn quiet(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn ask_over_http2(address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

fn tell(answer: std::io::Result<Vec<u8>>) {
    println!("answered: {}", String::from_utf8_lossy(&answer.unwrap()).escape_debug());
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let (asked, ended) = oneshot::channel();
    Server::new()
        .on_listen(|address| {
            std::thread::spawn(move || asked.send(tell(ask_over_http2(address))));
        })
        .shutdown(async { _ = ended.await })
        .serve("127.0.0.1:0")
        .await
}
