//! A server with a handler that blocks its thread for as many milliseconds as it is told to. The first argument says how it is served.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use sockeye::{Handshake, Limits, Server, StartupError, Watchdog, ws_endpoint};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, runtime::Builder};

/// For how many milliseconds the health check, the route or the layer is to block; 0 once it does.
static TIME: AtomicU64 = AtomicU64::new(0);

static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();

fn block_if_told() {
    let time = Duration::from_millis(TIME.swap(0, Ordering::SeqCst));
    sockeye_tests::block_until(|| false, time);
}

async fn disk() -> Result<(), Infallible> {
    if how() == "health" {
        block_if_told();
    }
    Ok(())
}

async fn page() {
    if how() == "route" {
        block_if_told();
    }
}

async fn layer(request: Request, next: Next) -> Response {
    if how() == "layer" {
        block_if_told();
    }
    next.run(request).await
}

/// Asks this server for its page, without waiting for the answer.
async fn ask_for_page() {
    let address = ADDRESS.get().expect("it listens");
    let mut stream = TcpStream::connect(address).await.expect("it serves");
    stream.write_all(b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("it serves");
    // The connection is to stay.
    std::mem::forget(stream);
}

/// What blocks.
fn how() -> String {
    std::env::args().nth(1).unwrap_or_default()
}

/// Blocks, then answers.
#[ws_endpoint("/report")]
async fn report(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let time = message.as_text().unwrap_or_default().parse().unwrap_or_default();
        let how = how();
        if ["health", "route", "layer"].contains(&how.as_str()) {
            TIME.store(time, Ordering::SeqCst);
            ask_for_page().await;
            // A woken task might have to wait for the thread that blocks.
            while TIME.load(Ordering::SeqCst) != 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        socket.send("it begins").await?;
        socket.flush().await?;
        let block = move || sockeye_tests::block_until(|| false, Duration::from_millis(time));
        match how.as_str() {
            "health" | "route" | "layer" => {}
            // The runtime has one thread, so it never gets further than this.
            "task" => tokio::spawn(async move { block() }).await?,
            // Nothing that Sockeye knows of.
            "aside" => drop(tokio::spawn(async move { block() })),
            _ => block(),
        }
        socket.send("done").await?;
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the test reads it")]
fn main() -> Result<(), StartupError> {
    let how = how();
    let runtime = match how.as_str() {
        "one" | "task" => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread().worker_threads(3).enable_all().build(),
    };
    let watchdog = Watchdog::default().end_process(how != "patient");
    let limits = Limits::new().shutdown_timeout(Duration::from_secs(1));
    runtime.expect("a runtime").block_on(async {
        let server = Server::new()
            .limits(limits)
            .watchdog(watchdog)
            .health_check("disk", disk)
            .health("/health")
            .router(Router::new().route("/page", get(page)))
            .layer(from_fn(layer))
            .on_listen(|address| ADDRESS.set(address).expect("it listens once"));
        server.serve("127.0.0.1:0").await?;
        // Longer than the server had to stop: a program that cleans up is not disturbed.
        tokio::time::sleep(Duration::from_secs(4)).await;
        println!("cleaned up");
        Ok(())
    })
}
