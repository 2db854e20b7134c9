//! Presence on its way to clients, of two servers that share a broker.

use axum::extract::{Path, State};
use serde_json::{Value, json};
use sockeye::{Handshake, Hub, Json, PresenceChange, Ready as _, Server, ws_endpoint};
use sockeye_tests::{Client, Running, hear, start, within};

use crate::broker::Broker;

/// Joins a room, and shows who else is there.
#[ws_endpoint("/rooms/{room}/{user}", group = "presence")]
async fn visit(
    handshake: Handshake<Json<Value, PresenceChange>>,
    Path((room, user)): Path<(String, String)>,
    State(hub): State<Hub<u32>>,
) -> sockeye::Result {
    let room = hub.topic(room);
    let mut presence = room.presence();
    let mut socket = handshake.accept().await?;
    let membership = room.join(user, &json!({ "status": "here" }))?;
    loop {
        tokio::select! {
            status = socket.recv() => match status? {
                Some(status) => membership.update(&json!({ "status": status }))?,
                None => return Ok(()),
            },
            change = presence.next() => socket.send(&change?).await?,
        }
    }
}

/// Only shows who is there.
#[ws_endpoint("/watch/{room}", group = "presence")]
async fn watch(
    handshake: Handshake<Json<(), PresenceChange>>,
    Path(room): Path<String>,
    State(hub): State<Hub<u32>>,
) -> sockeye::Result {
    let presence = hub.topic(room).presence();
    handshake.accept().await?.forward(presence).await
}

async fn server(broker: &Broker) -> Running {
    let hub = broker.hub();
    within(hub.clone().ready()).await.expect("connected");
    start(Server::new().group("presence").state(hub)).await
}

/// Reads until the client was told this of this member. Everyone who is there is told as if they had joined.
async fn until(client: &mut Client, presence: &str, key: &str) -> Value {
    loop {
        let message = hear(client).await;
        let change: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
        let found = match change["presence"].as_str() {
            Some("members") if presence == "joined" => change["members"]
                .as_array()
                .expect("a list")
                .iter()
                .find(|member| member["key"] == key)
                .cloned(),
            Some(kind) if kind == presence && change["member"]["key"] == key => {
                Some(change["member"].clone())
            }
            _ => None,
        };
        if let Some(member) = found {
            return member;
        }
    }
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_on_every_server() {
    let broker = Broker::default();
    let (here, there) = (server(&broker).await, server(&broker).await);
    let mut alice = here.connect("/rooms/blue/alice").await;
    let mut bob = there.connect("/rooms/blue/bob").await;
    let mut watcher = there.connect("/watch/blue").await;
    until(&mut bob, "joined", "alice").await;
    until(&mut alice, "joined", "bob").await;
    let found = until(&mut watcher, "joined", "alice").await;
    assert_eq!(found, json!({ "key": "alice", "meta": { "status": "here" }, "connections": 1 }));
    sockeye_tests::say(&mut alice, r#""away""#).await;
    assert_eq!(until(&mut bob, "updated", "alice").await["meta"], json!({ "status": "away" }));
    // Without a closing handshake.
    drop(alice);
    assert_eq!(until(&mut bob, "left", "alice").await["connections"], 0);
    until(&mut watcher, "left", "alice").await;
}
