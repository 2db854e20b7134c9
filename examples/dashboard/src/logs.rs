//! The endpoint.

use axum::extract::State;
use sockeye::{Handshake, Hub, LogRecord, LogStream, ws_endpoint};

/// Shows the log, from now on. What a browser sends is read, so that its leaving is seen, and means nothing.
// A log tells more than strangers should know. Here only this machine reads it: `main` listens on 127.0.0.1, and pages of
// other origins are refused. On a public server write `guarded`, and put a login in front: see `existing-axum-app`.
#[ws_endpoint("/ws/logs", max_message_size = "1 KiB")]
async fn logs(handshake: Handshake, State(hub): State<Hub<LogRecord>>) -> sockeye::Result {
    // Before it accepts: who has been told that the connection is open gets everything from then on.
    let mut feed = hub.topic(LogStream::TOPIC).subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            record = feed.next() => {
                let record = record?;
                // A browser that does not keep up loses the oldest records, and is told: a gap that nobody sees is the
                // worst thing a log can have.
                if record.missed() > 0 {
                    socket.send(format!(r#"{{"missed":{}}}"#, record.missed())).await?;
                }
                socket.send(record).await?;
            }
        }
    }
}
