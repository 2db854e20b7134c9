//! Handlers that look at what the client sent, but not at whether it fits.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use sockeye::{Handshake, Json, Message, ws_endpoint};
use tokio::sync::Mutex;

#[derive(Deserialize)]
struct Bid {
    lot: usize,
    amount: u64,
    deposit: u64,
}

/// Another field is compared, not the lot.
#[ws_endpoint("/places/auction")]
async fn auction(handshake: Handshake<Json<Bid, u64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut highest = vec![0u64; 12];
    while let Some(bid) = socket.recv().await? {
        if bid.amount <= bid.deposit {
            continue;
        }
        if bid.amount > highest[bid.lot] { //~ panics_on_input
            highest[bid.lot] = bid.amount; //~ panics_on_input
        }
        socket.send(&bid.amount).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Step {
    row: u32,
    col: u32,
}

/// Only a lower bound, and only one of the two.
#[ws_endpoint("/places/grid")]
async fn grid(handshake: Handshake<Json<Step, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let cells = vec![0u8; 64];
    while let Some(step) = socket.recv().await? {
        if step.row >= 8 {
            continue;
        }
        let cell = cells[step.row as usize * 8 + step.col as usize]; //~ panics_on_input
        socket.send(&cell).await?;
    }
    Ok(())
}

/// That it is not zero does not make it small.
#[ws_endpoint("/places/page")]
async fn page(handshake: Handshake) -> sockeye::Result {
    let chapters = ["intro", "middle", "end"];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Ok(number) = message.as_text().unwrap_or_default().parse::<usize>() else { continue };
        if number == 0 {
            continue;
        }
        socket.send(chapters[number - 1]).await?; //~ panics_on_input
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(tag = "op")]
enum Seat {
    Take { seat: u16 },
    Swap { from: u16, to: u16 },
}

/// Each is compared with the other.
#[ws_endpoint("/places/seats")]
async fn seats(handshake: Handshake<Json<Seat, bool>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut taken = vec![false; 30];
    while let Some(order) = socket.recv().await? {
        match order {
            Seat::Take { seat } => taken[usize::from(seat)] = true, //~ panics_on_input
            Seat::Swap { from, to } => {
                if from == to {
                    continue;
                }
                taken.swap(from as usize, to as usize); //~ panics_on_input
            }
        }
        socket.send(&true).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Ask {
    city: String,
    text: String,
}

/// The key is compared with nothing that is in the map.
#[ws_endpoint("/places/weather")]
async fn weather(handshake: Handshake<Json<Ask, f32>>) -> sockeye::Result {
    let mut degrees: HashMap<String, f32> = HashMap::new();
    degrees.insert("Oslo".to_owned(), 4.5);
    let mut socket = handshake.accept().await?;
    while let Some(ask) = socket.recv().await? {
        if ask.text.len() > 200 || ask.city == ask.text {
            continue;
        }
        socket.send(&degrees[&ask.city]).await?; //~ panics_on_input
        let same = degrees.get(&ask.city).unwrap(); //~ panics_on_input
        socket.send(same).await?;
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Games {
    games: Arc<Mutex<BTreeMap<u64, Vec<String>>>>,
}

#[derive(Deserialize)]
struct Join {
    game: u64,
    name: String,
}

/// A game that no one has opened.
#[ws_endpoint("/places/games")]
async fn games(handshake: Handshake<Json<Join, usize>>, State(games): State<Games>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(join) = socket.recv().await? {
        let players = {
            let mut games = games.games.lock().await;
            let players = games.get_mut(&join.game).expect("the game"); //~ panics_on_input
            players.push(join.name);
            players.len()
        };
        socket.send(&players).await?;
    }
    Ok(())
}

/// The size that the client writes is not the size of what it sends.
#[ws_endpoint("/places/frame")]
async fn frame(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Message::Binary(data) = message else { continue };
        if data.len() < 2 {
            continue;
        }
        let size = u16::from_be_bytes([data[0], data[1]]) as usize;
        socket.send(data[2..2 + size].to_vec()).await?; //~ panics_on_input
    }
    Ok(())
}

/// A byte is not more than 255, which the message may not have.
#[ws_endpoint("/places/short-frame")]
async fn short_frame(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Message::Binary(data) = message else { continue };
        if data.is_empty() {
            continue;
        }
        let size = data[0] as usize;
        let (name, _) = data[1..].split_at(size); //~ panics_on_input
        socket.send(name.to_vec()).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Cut {
    text: String,
    at: usize,
}

/// Where the client says to cut.
#[ws_endpoint("/places/cut")]
async fn cut(handshake: Handshake<Json<Cut, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(cut) = socket.recv().await? {
        let head = &cut.text[..cut.at]; //~ panics_on_input
        socket.send(&head.to_owned()).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Share {
    total: u32,
    people: u32,
}

/// A bill for no one.
#[ws_endpoint("/places/bill")]
async fn bill(handshake: Handshake<Json<Share, u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(share) = socket.recv().await? {
        if share.total == 0 {
            continue;
        }
        let each = share.total / share.people; //~ panics_on_input
        let rest = share.total % share.people; //~ panics_on_input
        socket.send(&(each + rest)).await?;
    }
    Ok(())
}

/// A bucket that may be none.
#[ws_endpoint("/places/bucket")]
async fn bucket(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut seen = 0u64;
    while let Some(message) = socket.recv().await? {
        seen += 1;
        let Ok(buckets) = message.as_text().unwrap_or_default().trim().parse::<u64>() else { continue };
        socket.send((seen % buckets).to_string()).await?; //~ panics_on_input
    }
    Ok(())
}

/// The one of that name.
#[ws_endpoint("/places/find")]
async fn find(handshake: Handshake) -> sockeye::Result {
    let stations = vec![("north", 1), ("south", 2)];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let name = message.as_text().unwrap_or_default();
        let (_, number) = stations.iter().find(|(station, _)| *station == name).unwrap(); //~ panics_on_input
        let place = stations.iter().position(|station| station.0 == name).unwrap(); //~ panics_on_input
        socket.send(format!("{number} {place}")).await?;
    }
    Ok(())
}

/// The others of a room that the client says it is in.
#[ws_endpoint("/places/taken")]
async fn taken(handshake: Handshake<Json<Bid, u64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut sold: Vec<usize> = Vec::new();
    let prices = [10u64, 20, 30];
    while let Some(bid) = socket.recv().await? {
        if sold.contains(&bid.lot) {
            continue;
        }
        sold.push(bid.lot);
        let price = prices[bid.lot]; //~ panics_on_input
        socket.send(&price).await?;
    }
    Ok(())
}

/// After the reply, it goes on.
#[ws_endpoint("/places/goes-on")]
async fn goes_on(handshake: Handshake<Json<Bid, u64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let prices = [10u64, 20, 30];
    while let Some(bid) = socket.recv().await? {
        if bid.lot >= prices.len() {
            socket.send(&0).await?;
        }
        socket.send(&prices[bid.lot]).await?; //~ panics_on_input
    }
    Ok(())
}

/// What the request says.
#[ws_endpoint("/places/query")]
async fn query(handshake: Handshake, Query(query): Query<HashMap<String, String>>) -> sockeye::Result {
    let name = query.get("name").unwrap().clone(); //~ panics_on_input
    let room = &query["room"]; //~ panics_on_input
    let mut socket = handshake.accept().await?;
    socket.send(format!("{name} in {room}")).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A header that need not be there, and a path that need not be a number.
#[ws_endpoint("/places/head/{id}")]
async fn head(handshake: Handshake, Path(id): Path<String>) -> sockeye::Result {
    let agent = handshake.headers().get("user-agent").unwrap().to_str().unwrap().to_owned(); //~ panics_on_input
    let id: u64 = id.parse().expect("a number"); //~ panics_on_input
    let mut socket = handshake.accept().await?;
    socket.send(format!("{agent} {id}")).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
