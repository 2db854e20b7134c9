//! A server with a handler that blocks its thread for as many milliseconds as it is told to. The first argument says how it is served.

use std::time::Duration;

use sockeye::{Handshake, Limits, Server, StartupError, Watchdog, ws_endpoint};
use tokio::runtime::Builder;

/// Blocks, then answers.
#[ws_endpoint("/report")]
async fn report(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let time = message.as_text().unwrap_or_default().parse().unwrap_or_default();
        socket.send("it begins").await?;
        socket.flush().await?;
        let block = move || sockeye_tests::block_until(|| false, Duration::from_millis(time));
        if std::env::args().nth(1).as_deref() == Some("task") {
            // The runtime has one thread, so it never gets further than this.
            tokio::spawn(async move { block() }).await?;
        } else {
            block();
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
        Server::new().limits(limits).watchdog(watchdog).serve("127.0.0.1:0").await?;
        // Longer than the server had to stop: a program that cleans up is not disturbed.
        tokio::time::sleep(Duration::from_secs(4)).await;
        println!("cleaned up");
        Ok(())
    })
}
