//! The mistake is in a method, or a function, that gets what the endpoint received.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use sockeye::{Handshake, Json, ws_endpoint};
use tokio::sync::{Mutex, RwLock};

#[derive(Deserialize)]
struct Pick {
    seat: usize,
    name: String,
}

struct Hall {
    seats: Vec<String>,
}

impl Hall {
    fn name_at(&self, pick: &Pick) -> &str {
        &self.seats[pick.seat]
    }

    fn take(&mut self, seat: usize, name: String) {
        self.seats[seat] = name;
    }
}

/// Says who sits there.
#[ws_endpoint("/seats")]
async fn seats(handshake: Handshake<Json<Pick, String>>, State(hall): State<Arc<RwLock<Hall>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(pick) = socket.recv().await? {
        let name = hall.read().await.name_at(&pick).to_owned(); //~ panics_on_input
        socket.send(name).await?;
    }
    Ok(())
}

/// Takes a seat.
#[ws_endpoint("/take")]
async fn take(handshake: Handshake<Json<Pick, ()>>, State(hall): State<Arc<Mutex<Hall>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(pick) = socket.recv().await? {
        hall.lock().await.take(pick.seat, pick.name); //~ panics_on_input
    }
    Ok(())
}

fn key_and_value(line: &str) -> (&str, &str) {
    let mut fields = line.split('=');
    let key = fields.next().unwrap_or_default();
    (key, fields.next().expect("a value"))
}

/// Sets a variable.
#[ws_endpoint("/set")]
async fn set(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(line) = message.as_text() else { continue };
        let (key, value) = key_and_value(line); //~ panics_on_input
        socket.send(format!("{key} is {value}")).await?;
    }
    Ok(())
}

/// Reads two words.
#[ws_endpoint("/two/words")]
async fn two_words(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(line) = message.as_text() else { continue };
        let mut words = line.split(' ');
        let Some(verb) = words.next() else { continue };
        let object = words.next().unwrap(); //~ panics_on_input
        socket.send(format!("{verb}: {object}")).await?;
    }
    Ok(())
}

fn kind_of(order: &serde_json::Value) -> &str {
    order["kind"].as_str().unwrap()
}

/// Takes orders.
#[ws_endpoint("/orders")]
async fn orders(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Ok(order) = serde_json::from_slice::<serde_json::Value>(message.as_bytes()) else { continue };
        let kind = kind_of(&order); //~ panics_on_input
        socket.send(kind).await?;
    }
    Ok(())
}
