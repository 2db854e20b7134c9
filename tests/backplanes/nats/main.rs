//! `sockeye-nats` with a real server, which is started for the test, killed, stopped, and started again.
#![cfg(unix)]

mod limits;
mod login;
mod outages;
mod server;
mod topics;

use std::time::Duration;

use sockeye::{Hub, Ready as _, Subscription};
use sockeye_nats::Nats;
use sockeye_tests::within;

use self::server::Server;

fn hub(nats: Nats) -> Hub<String> {
    Hub::builder().backplane(nats).build()
}

/// A hub that is connected.
async fn connected(server: &Server) -> Hub<String> {
    let hub = hub(sockeye_nats::connect(server.url()));
    within(hub.clone().ready()).await.expect("it connects");
    hub
}

/// A topic that is subscribed to at the server.
async fn subscribed(hub: &Hub<String>, topic: &str) -> Subscription<String> {
    let mut feed = hub.topic(topic).subscribe();
    within(feed.confirmed()).await;
    feed
}

/// The next event as it was encoded, and whether something may be missing before it.
async fn next(feed: &mut Subscription<String>) -> (String, bool) {
    let event = within(feed.next()).await.expect("an event");
    (event.message().as_text().expect("text").to_owned(), event.after_outage())
}

/// Waits until it is connected, and to everything.
async fn ready(hub: &Hub<String>) {
    within(async {
        while hub.clone().ready().await.is_err() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// Waits until it is not, and returns the reason.
async fn unready(hub: &Hub<String>) -> String {
    within(async {
        loop {
            match hub.clone().ready().await {
                Ok(()) => tokio::time::sleep(Duration::from_millis(2)).await,
                Err(error) => return error.to_string(),
            }
        }
    })
    .await
}

fn publish(hub: &Hub<String>, topic: &str, event: &str) {
    hub.topic(topic).publish(&event.to_owned()).expect("it is encoded");
}
