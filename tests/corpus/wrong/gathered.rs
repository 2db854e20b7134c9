//! Mistakes as they are found in programs of various people.

use std::{sync::Arc, time::Duration};

use axum::extract::{Path, State};
use futures_util::{StreamExt as _, future};
use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Hub, Json, Message, Receiver, Result, Sender, Socket, Subscription, ws_endpoint};
use tokio::{
    select, spawn,
    sync::{broadcast, mpsc, watch},
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

#[derive(Serialize, Clone)]
struct Reading {
    celsius: f32,
}

#[derive(Deserialize)]
struct Order {
    name: String,
}

type Sensor = Handshake<Json<Order, Reading>>;
type Feed = broadcast::Receiver<Reading>;

#[derive(Clone)]
struct Plant {
    readings: broadcast::Sender<Reading>,
    hub: Hub<String>,
}

impl Plant {
    fn feed(&self) -> Feed {
        self.readings.subscribe()
    }
}

/// A generic function over the codec.
async fn stream_readings(out: Sender<Json<Order, Reading>>, mut feed: Feed) {
    loop {
        let reading = match feed.recv().await {
            Ok(reading) => reading,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if let Err(e) = out.send(reading).await { //~ swallowed_error
            tracing::warn!("{e}");
        }
    }
}

async fn take_orders(mut orders: Receiver<Json<Order, Reading>>) -> Result {
    while let Some(order) = orders.recv().await? {
        tracing::info!(name = order.name, "ordered");
    }
    Ok(())
}

/// Waits for both.
#[ws_endpoint("/gathered/sensor")]
async fn sensor(handshake: Sensor, State(plant): State<Plant>) -> Result {
    let (out, orders) = handshake.accept().await?.split();
    let (_, ended) = tokio::join!(stream_readings(out, plant.feed()), take_orders(orders));
    ended
}

/// The feed comes from a method.
#[ws_endpoint("/gathered/feed")]
async fn feed(handshake: Sensor, State(plant): State<Plant>) -> Result {
    let mut socket = handshake.accept().await?;
    let mut feed = plant.feed();
    loop {
        select! {
            biased;
            order = socket.recv() => if order?.is_none() { return Ok(()) },
            reading = feed.recv() => {
                let Ok(reading) = reading else { return Ok(()) }; //~ lagged_feed
                socket.send(reading).await?;
            }
        }
    }
}

/// Borrowed by a function that never tells.
async fn beat(out: &Sender) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let _ = out.send("beat").await; //~ swallowed_error
    }
}

/// In a tuple of futures.
#[ws_endpoint("/gathered/beat")]
async fn beating(handshake: Handshake) -> Result {
    let (out, mut heard) = handshake.accept().await?.split();
    let (beating, hearing) = (beat(&out), async { while let Ok(Some(_)) = heard.recv().await {} });
    future::join(beating, hearing).await;
    Ok(())
}

/// A subscription of the hub, in a task that is awaited at the end.
#[ws_endpoint("/gathered/hub/{name}")]
async fn hub(handshake: Handshake, Path(name): Path<String>, State(plant): State<Plant>) -> Result {
    let mut events = plant.hub.topic(name).subscribe();
    let (out, mut heard) = handshake.accept().await?.split();
    let pushing = spawn(async move {
        while let Ok(event) = events.next().await {
            out.send(event).await.ok(); //~ swallowed_error
        }
    });
    while heard.recv().await?.is_some() {}
    pushing.await?;
    Ok(())
}

/// A set in a scope of its own.
#[ws_endpoint("/gathered/set")]
async fn set(handshake: Sensor, State(plant): State<Plant>) -> Result {
    let (out, orders) = handshake.accept().await?.split();
    let mut tasks = JoinSet::new();
    tasks.spawn(stream_more(out, plant.feed()));
    tasks.spawn(async move { drop(take_orders(orders).await) });
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

async fn stream_more(out: Sender<Json<Order, Reading>>, mut feed: Feed) {
    loop {
        match feed.recv().await {
            Ok(reading) => _ = out.send(reading).await, //~ swallowed_error
            Err(broadcast::error::RecvError::Lagged(lost)) => tracing::warn!(lost),
            Err(broadcast::error::RecvError::Closed) => break,
        }
    }
}

/// The greeting is all.
#[ws_endpoint("/gathered/greeting")]
async fn greeting(handshake: Handshake) -> Result {
    let (out, mut heard) = handshake.accept().await?.split(); //~ no_receive_loop
    let greet = async |name: &str| out.send(format!("hello {name}")).await;
    let name = heard.recv().await?.and_then(|message| message.as_text().map(str::to_owned));
    greet(name.as_deref().unwrap_or("you")).await?;
    Ok(())
}

/// Sends to nobody in an `if`.
#[ws_endpoint("/gathered/if")]
async fn forgets(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.is_empty() {
            socket.send("empty"); //~ missing_await
        } else {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// A `watch` that nobody who listens can hear.
#[ws_endpoint("/gathered/watch")]
async fn watches(handshake: Handshake, State(level): State<watch::Receiver<u8>>) -> Result {
    let mut level = level;
    let socket = handshake.accept().await?;
    let result: Result = loop {
        if level.changed().await.is_err() {
            break Ok(());
        }
        let now = *level.borrow_and_update();
        if let Err(error) = socket.send(now.to_string()).await { //~ deaf_loop
            break Err(error);
        }
    };
    result
}

/// Blocks where a default is made.
#[ws_endpoint("/gathered/default")]
async fn default(handshake: Handshake) -> Result {
    let mut socket = handshake.accept().await?;
    let mut cache: Option<String> = None;
    while socket.recv().await?.is_some() {
        let text = cache.get_or_insert_with(|| std::fs::read_to_string("motd").unwrap_or_default()); //~ blocking_call
        socket.send(text.as_str()).await?;
    }
    Ok(())
}
