//! What the fuzz targets try: each function takes any bytes and panics when a promise of Sockeye is broken.

mod attribute;
mod compressed;
mod handshake;
mod stream;

pub use attribute::attribute;
pub use compressed::compressed;
pub use handshake::handshake;
pub use stream::{frames, json};

use std::sync::{Mutex, OnceLock};

use axum::Router;
use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, Server, ws_endpoint};
use sockeye_tests::in_process;
use tokio::runtime::Runtime;

/// Echoes.
#[ws_endpoint("/echo", max_message_size = "4 KiB")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Is choosy about who asks and how.
#[ws_endpoint("/choosy/{id}", subprotocols = ["v2", "v1"], origins = ["https://app.example.com"])]
async fn choosy(handshake: Handshake, axum::extract::Path(id): axum::extract::Path<u8>) -> sockeye::Result {
    let mut socket = handshake.accept().header("x-id", u64::from(id)).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Command {
    Say { text: String, to: Option<u64> },
    Move { x: i8, y: f64 },
    Many { of: Vec<Command> },
    Stop,
}

/// Repeats commands.
#[ws_endpoint("/json")]
async fn commands(handshake: Handshake<Json<Command>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(command) = socket.recv().await? {
        socket.send(command).await?;
    }
    Ok(())
}

/// How often the tasks of a connection that is over get their turn before the next input.
const TURNS: usize = 8;

/// The one server of the process, on a clock that costs nothing.
fn with_server<T>(run: impl AsyncFnOnce(&Router) -> T) -> T {
    static SERVER: OnceLock<Mutex<(Runtime, Router)>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        sockeye_tests::logs::quiet();
        let runtime = in_process::runtime();
        let router = runtime.block_on(in_process::router(Server::new()));
        Mutex::new((runtime, router))
    });
    let server = server.lock().expect("nothing has panicked before");
    server.0.block_on(async {
        let outcome = run(&server.1).await;
        // What the request began runs only while this waits. Until it has ended it keeps its place, and there are 10,000.
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        outcome
    })
}
