use serde_json::{Value, json};
use sockeye::testing::TestSocket;

use super::{Dashboard, Result, Site, next};

/// The next record with these words; others may come between.
async fn record(socket: &mut TestSocket, words: &str) -> Result<Value> {
    loop {
        let message = next(socket).await?;
        if message["event"]["message"] == words {
            return Ok(message);
        }
    }
}

#[tokio::test]
async fn the_log_of_before_and_of_now_is_streamed() -> Result {
    let site = Site::new("log")?;
    let dashboard = Dashboard::new(&site).await?;
    tracing::info!(number = 1, "before");
    let mut socket = dashboard.client.connect("/ws/logs").await?;
    let first: Value = socket.recv_json().await?;
    assert_eq!(
        (&first["type"], &first["filter"]["level"]),
        (&"connection_established".into(), &"INFO".into())
    );
    let before = record(&mut socket, "before").await?;
    assert_eq!(before["event"]["fields"]["number"], 1);
    tracing::warn!("now");
    let now = record(&mut socket, "now").await?;

    drop(socket);
    tracing::info!("between");
    let position = now["position"].as_str().ok_or("a position")?;
    let mut socket = dashboard.client.connect(&format!("/ws/logs?position={position}")).await?;
    next(&mut socket).await?;
    assert_eq!(next(&mut socket).await?["event"]["message"], "between", "nothing comes twice");
    Ok(())
}

#[tokio::test]
async fn the_client_chooses_level_and_target() -> Result {
    let site = Site::new("filter")?;
    let dashboard = Dashboard::new(&site).await?;
    let mut socket = dashboard.client.connect("/ws/logs").await?;
    socket.send_json(&json!({ "level": "DEBUG", "target": "mine" })).await?;
    while next(&mut socket).await?["type"] != "filter_set" {}
    tracing::error!(target: "other", "not of this target");
    tracing::trace!(target: "mine", "too fine");
    tracing::debug!(target: "mine::deep", "wanted");
    assert_eq!(next(&mut socket).await?["event"]["message"], "wanted");

    socket.send_json(&json!({ "level": "LOUD" })).await?;
    let closed = socket.closed().await?;
    assert_eq!(u16::from(closed.code), 1007);
    assert!(closed.reason.contains("LOUD"), "{}", closed.reason);
    dashboard.client.assert_idle().await;
    Ok(())
}
