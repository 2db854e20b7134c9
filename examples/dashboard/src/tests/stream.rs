use super::{Dashboard, Result, Site, next, until};

fn types(events: &[serde_json::Value]) -> Vec<&str> {
    let types = events.iter().filter_map(|event| event["event"]["type"].as_str());
    types.filter(|name| *name != "workflow_progress").collect()
}

#[tokio::test]
async fn a_batch_is_streamed_from_its_beginning_to_its_end() -> Result {
    let site = Site::new("batch")?;
    let dashboard = Dashboard::new(&site).await?;
    let mut socket = dashboard.client.connect("/ws/validation_updates").await?;
    let first: serde_json::Value = socket.recv_json().await?;
    assert_eq!(first["type"], "connection_established");
    assert_eq!((&first["endpoint"], &first["last"]), (&"/ws/validation_updates".into(), &"0".into()));
    let heartbeat: serde_json::Value = socket.recv_json().await?;
    assert_eq!((&heartbeat["sockeye"], &heartbeat["every"]), (&"heartbeat".into(), &30_000.into()));

    let (status, workflow) = dashboard.post("/api/validate/batch", "").await?;
    assert_eq!((status, &workflow["status"], &workflow["steps"]), (202, &"pending".into(), &4.into()));
    let events = until(&mut socket, "workflow_completed").await?;
    assert_eq!(
        types(&events),
        [
            "workflow_created",
            "workflow_started",
            "validation_created",
            "validation_created",
            "recommendation_created",
            "validation_enhanced",
            "recommendation_created",
            "workflow_completed",
        ]
    );
    let positions: Vec<_> = events.iter().map(|event| event["position"].as_str()).collect();
    let expected: Vec<_> = (1..=events.len()).map(|position| position.to_string()).collect();
    assert_eq!(positions, expected.iter().map(|text| Some(text.as_str())).collect::<Vec<_>>());
    let steps: Vec<_> = events.iter().filter_map(|event| event["event"]["step"].as_u64()).collect();
    assert!(steps.is_sorted(), "{steps:?}");
    assert_eq!(steps.last(), Some(&4));
    Ok(())
}

#[tokio::test]
async fn a_workflow_has_a_stream_of_its_own_and_an_unknown_one_is_refused() -> Result {
    let site = Site::new("one")?;
    let dashboard = Dashboard::new(&site).await?;
    let refusal = dashboard.client.request("/ws/workflows/1").refused().await?;
    assert_eq!(refusal.status().as_u16(), 404);
    assert!(refusal.reason().contains("there is no workflow 1"), "{}", refusal.reason());

    dashboard.post("/api/validate/batch", "").await?;
    dashboard.post("/api/validate/batch", r#"{"directory":"docs"}"#).await?;
    let mut socket = dashboard.client.connect("/ws/workflows/2?position=0").await?;
    let first = next(&mut socket).await?;
    assert_eq!(first["connected_to"], "workflow 2, which checks `docs`");
    let events = until(&mut socket, "workflow_completed").await?;
    assert_eq!(types(&events)[..2], ["workflow_created", "workflow_started"]);
    assert!(events.iter().all(|event| event["event"]["workflow_id"] != 1));
    Ok(())
}

#[tokio::test]
async fn who_comes_back_gets_what_was_missed_and_nothing_twice() -> Result {
    let site = Site::new("resume")?;
    let dashboard = Dashboard::new(&site).await?;
    let mut socket = dashboard.client.connect("/ws/validation_updates").await?;
    dashboard.post("/api/validate/batch", "").await?;
    let seen = until(&mut socket, "validation_created").await?.len();
    drop(socket);
    let mut socket = dashboard.client.connect(&format!("/ws/validation_updates?position={seen}")).await?;
    next(&mut socket).await?;
    let rest = until(&mut socket, "workflow_completed").await?;
    assert_eq!(rest[0]["position"], (seen + 1).to_string());
    Ok(())
}

#[tokio::test]
async fn a_position_that_no_one_has_given_is_a_gap() -> Result {
    let site = Site::new("gap")?;
    let dashboard = Dashboard::new(&site).await?;
    let mut socket = dashboard.client.connect("/ws/validation_updates?position=99").await?;
    next(&mut socket).await?;
    let mut message: serde_json::Value = socket.recv_json().await?;
    if message["sockeye"] == "heartbeat" {
        message = socket.recv_json().await?;
    }
    assert_eq!((&message["sockeye"], &message["position"]), (&"gap".into(), &"0".into()));
    drop(socket);
    dashboard.client.assert_idle().await;
    Ok(())
}
