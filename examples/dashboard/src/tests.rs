//! The program without its port.

use std::error::Error;

use serde_json::Value;
use sockeye::{
    LogStream, Problem,
    testing::{TestClient, TestSocket},
};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{server, work::Search};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// A stream that hears what this thread logs: a test's server runs on the test's own thread.
fn connected() -> (LogStream, DefaultGuard) {
    let stream = LogStream::new();
    let guard = set_default(tracing_subscriber::registry().with(stream.clone()));
    (stream, guard)
}

/// The next record with these words; others may come between.
async fn record(socket: &mut TestSocket, words: &str) -> Result<Value> {
    loop {
        let record: Value = socket.recv_json().await?;
        if record["message"] == words {
            return Ok(record);
        }
    }
}

#[tokio::test]
async fn every_startup_check_passes() -> Result {
    let (stream, _guard) = connected();
    let checked = server(stream).check().await?;
    let routes: Vec<_> = checked.endpoints().map(|endpoint| endpoint.route()).collect();
    assert_eq!(routes, ["/ws/logs"]);
    Ok(())
}

#[tokio::test]
async fn a_stream_that_is_not_connected_is_an_error_at_the_start() {
    let (_other, _guard) = connected();
    let error = server(LogStream::new()).check().await.expect_err("nothing can arrive");
    let rules: Vec<_> = error.problems().iter().map(Problem::rule).collect();
    assert_eq!(rules, ["component_not_ready"]);
    assert!(error.to_string().contains("log stream"), "{error}");
}

#[tokio::test]
async fn the_work_is_on_the_page() -> Result {
    let (stream, _guard) = connected();
    let client = TestClient::new(server(stream)).await?;
    let mut socket = client.connect("/ws/logs").await?;
    let mut search = Search::default();
    search.step();
    let gap = record(&mut socket, "the widest gap between primes so far").await?;
    assert_eq!((&gap["level"], &gap["fields"]["gap"]), (&"WARN".into(), &1.into()));
    let done = record(&mut socket, "looked at 1000 numbers").await?;
    assert_eq!((&done["level"], &done["fields"]["primes"]), (&"INFO".into(), &168.into()));
    assert_eq!(done["spans"][0]["name"], "search");
    Ok(())
}

#[tokio::test]
async fn a_browser_that_does_not_keep_up_is_told_how_much_it_missed() -> Result {
    let (stream, _guard) = connected();
    let client = TestClient::new(server(stream)).await?;
    let mut socket = client.connect("/ws/logs").await?;
    tracing::info!("ready");
    record(&mut socket, "ready").await?;
    // Nothing is awaited between these, so none of them can be sent before the last one has come.
    for number in 0..1500 {
        tracing::info!(number, "one of many");
    }
    let told: Value = socket.recv_json().await?;
    assert_eq!(told["missed"], 500, "{told}");
    let first = record(&mut socket, "one of many").await?;
    assert_eq!(first["fields"]["number"], 500);
    Ok(())
}

#[tokio::test]
async fn who_leaves_is_seen_to_leave() -> Result {
    let (stream, _guard) = connected();
    let client = TestClient::new(server(stream)).await?;
    drop(client.connect("/ws/logs").await?);
    client.assert_idle().await;
    Ok(())
}
