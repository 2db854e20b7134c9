//! A server with a handler that blocks its thread for as many milliseconds as it is told to. The first argument says how it is served.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use sockeye::{Handshake, Limits, Server, StartupError, Watchdog, ws_endpoint};
use tokio::runtime::Builder;

/// For how many milliseconds the next health check is to block; 0 once it does.
static TIME: AtomicU64 = AtomicU64::new(0);

async fn disk() -> Result<(), Infallible> {
    let time = Duration::from_millis(TIME.swap(0, Ordering::SeqCst));
    sockeye_tests::block_until(|| false, time);
    Ok(())
}

/// Blocks, then answers.
#[ws_endpoint("/report")]
async fn report(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let time = message.as_text().unwrap_or_default().parse().unwrap_or_default();
        let how = std::env::args().nth(1).unwrap_or_default();
        if how == "health" {
            TIME.store(time, Ordering::SeqCst);
            // A woken task might have to wait for the thread that blocks.
            while TIME.load(Ordering::SeqCst) != 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        socket.send("it begins").await?;
        socket.flush().await?;
        let block = move || sockeye_tests::block_until(|| false, Duration::from_millis(time));
        match how.as_str() {
            "health" => {}
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
    let how = std::env::args().nth(1).unwrap_or_default();
    let runtime = match how.as_str() {
        "one" | "task" => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread().worker_threads(3).enable_all().build(),
    };
    let watchdog = Watchdog::default().end_process(how != "patient");
    let limits = Limits::new().shutdown_timeout(Duration::from_secs(1));
    runtime.expect("a runtime").block_on(async {
        let server =
            Server::new().limits(limits).watchdog(watchdog).health_check("disk", disk).health("/health");
        server.serve("127.0.0.1:0").await?;
        // Longer than the server had to stop: a program that cleans up is not disturbed.
        tokio::time::sleep(Duration::from_secs(4)).await;
        println!("cleaned up");
        Ok(())
    })
}
