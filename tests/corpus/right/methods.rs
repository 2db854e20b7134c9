//! Methods, and functions, that get what the endpoint received, and can use all of it.

use std::{collections::HashMap, sync::Arc};

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
        self.seats.get(pick.seat).map_or("", String::as_str)
    }

    fn take(&mut self, seat: usize, name: String) {
        self.seats[seat] = name;
    }
}

/// Says who sits there.
#[ws_endpoint("/methods/seats")]
async fn seats(handshake: Handshake<Json<Pick, String>>, hall: State<Arc<RwLock<Hall>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(pick) = socket.recv().await? {
        let name = hall.read().await.name_at(&pick).to_owned();
        socket.send(name).await?;
    }
    Ok(())
}

/// Takes a seat that there is.
#[ws_endpoint("/methods/take")]
async fn take(handshake: Handshake<Json<Pick, ()>>, State(hall): State<Arc<Mutex<Hall>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(pick) = socket.recv().await? {
        let mut hall = hall.lock().await;
        if pick.seat < hall.seats.len() {
            hall.take(pick.seat, pick.name);
        }
    }
    Ok(())
}

struct Names(HashMap<usize, String>);

/// A map of the standard library has a `get` of its own.
#[ws_endpoint("/methods/names")]
async fn names(handshake: Handshake<Json<Pick, String>>, State(names): State<Arc<Names>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(pick) = socket.recv().await? {
        socket.send(names.0.get(&pick.seat).cloned().unwrap_or(pick.name)).await?;
    }
    Ok(())
}

struct Board([[u8; 8]; 8]);

impl Board {
    fn get(&self, seat: &usize) -> u8 {
        self.0[*seat / 8][*seat % 8]
    }
}

/// Squares.
#[ws_endpoint("/methods/board")]
async fn board(handshake: Handshake<Json<Pick, u8>>, State(board): State<Arc<Board>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(pick) = socket.recv().await? {
        let seat = pick.seat.min(63);
        socket.send(board.get(&seat)).await?;
    }
    Ok(())
}

/// Each arm takes its string apart itself, and `split` always gives a first part.
#[ws_endpoint("/methods/arms")]
async fn arms(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(line) = message.as_text() else { continue };
        let first = match line.strip_prefix('+') {
            Some(rest) => {
                let mut parts = rest.split(' ');
                parts.next().unwrap()
            }
            None => {
                let mut parts = line.split(',');
                parts.next().unwrap()
            }
        };
        let all: Vec<_> = line.split(' ').collect();
        socket.send(format!("{first} {} {}", all.first().unwrap(), all.first().unwrap())).await?;
    }
    Ok(())
}
