//! Places and keys that the client names, and that are looked at first.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use sockeye::{Handshake, Json, Message, ws_endpoint};
use tokio::sync::Mutex;

#[derive(Deserialize)]
struct Bid {
    lot: usize,
    amount: u64,
}

/// Both in one condition, and the place first.
#[ws_endpoint("/places/auction")]
async fn auction(handshake: Handshake<Json<Bid, u64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut highest = vec![0u64; 12];
    while let Some(bid) = socket.recv().await? {
        if bid.lot < highest.len() && bid.amount > highest[bid.lot] {
            highest[bid.lot] = bid.amount;
            socket.send(&bid.amount).await?;
        }
        if bid.lot >= highest.len() || highest[bid.lot] == 0 {
            continue;
        }
        let lot = bid.lot;
        highest[lot] += 1;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Step {
    row: u32,
    col: u32,
}

/// Each of the two.
#[ws_endpoint("/places/grid")]
async fn grid(handshake: Handshake<Json<Step, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let cells = vec![0u8; 64];
    const WIDTH: usize = 8;
    while let Some(step) = socket.recv().await? {
        let (row, col) = (step.row as usize, step.col as usize);
        if row >= WIDTH || col >= WIDTH {
            continue;
        }
        socket.send(&cells[row * WIDTH + col]).await?;
        let at = step.row as usize * 8 + step.col as usize;
        if at < cells.len() {
            socket.send(&cells[at]).await?;
        }
        let (0..=7, 0..=7) = (step.row, step.col) else { continue };
        socket.send(&cells[step.row as usize * 8 + step.col as usize]).await?;
    }
    Ok(())
}

/// From one to the last.
#[ws_endpoint("/places/page")]
async fn page(handshake: Handshake) -> sockeye::Result {
    let chapters = ["intro", "middle", "end"];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Ok(number) = message.as_text().unwrap_or_default().parse::<usize>() else { continue };
        if number == 0 || number > chapters.len() {
            socket.send("no such page").await?;
            continue;
        }
        socket.send(chapters[number - 1]).await?;
        if !(1..=chapters.len()).contains(&number) {
            continue;
        }
        let index = number - 1;
        socket.send(chapters[index]).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(tag = "op")]
enum Seat {
    Take { seat: u16 },
    Free { seat: u16 },
    Look { seat: u16 },
}

fn in_hall(seat: u16) -> bool {
    seat < 30
}

/// In the guard of an arm, by a function, and by `get`.
#[ws_endpoint("/places/seats")]
async fn seats(handshake: Handshake<Json<Seat, bool>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut taken = vec![false; 30];
    while let Some(order) = socket.recv().await? {
        match order {
            Seat::Take { seat } if usize::from(seat) < taken.len() => taken[usize::from(seat)] = true,
            Seat::Free { seat } if in_hall(seat) => taken[seat as usize] = false,
            Seat::Look { seat } => {
                if taken.get(seat as usize).is_none() {
                    continue;
                }
                let is_taken = taken[seat as usize];
                socket.send(&is_taken).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Ask {
    city: String,
    text: String,
}

/// The key is asked for, or put there.
#[ws_endpoint("/places/weather")]
async fn weather(handshake: Handshake<Json<Ask, f32>>) -> sockeye::Result {
    let mut degrees: HashMap<String, f32> = HashMap::new();
    let mut socket = handshake.accept().await?;
    while let Some(ask) = socket.recv().await? {
        if ask.text == "new" {
            degrees.insert(ask.city.clone(), 20.0);
            socket.send(&degrees[&ask.city]).await?;
            continue;
        }
        if !degrees.contains_key(&ask.city) {
            continue;
        }
        socket.send(&degrees[&ask.city]).await?;
        socket.send(degrees.get(&ask.city).unwrap()).await?;
        let city = ask.city.as_str();
        degrees.entry(city.to_owned()).or_insert(0.0);
        *degrees.get_mut(city).unwrap() += 1.0;
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

/// Opened for the first one who comes, and then it is the game of the connection.
#[ws_endpoint("/places/games")]
async fn games(handshake: Handshake<Json<Join, usize>>, State(games): State<Games>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut current: Option<u64> = None;
    while let Some(join) = socket.recv().await? {
        let players = {
            let mut games = games.games.lock().await;
            if let Some(game) = &current {
                games.get_mut(game).unwrap().retain(|name| *name != join.name);
            }
            games.entry(join.game).or_default().push(join.name);
            current = Some(join.game);
            games[&join.game].len()
        };
        socket.send(&players).await?;
    }
    Ok(())
}

/// The size is compared with what is there.
#[ws_endpoint("/places/frame")]
async fn frame(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Message::Binary(data) = message else { continue };
        if data.len() < 2 {
            continue;
        }
        let size = u16::from_be_bytes([data[0], data[1]]) as usize;
        if data.len() < 2 + size {
            continue;
        }
        socket.send(data[2..2 + size].to_vec()).await?;
        let rest = &data[2..];
        if rest.len() == size {
            socket.send(rest[..size].to_vec()).await?;
        }
        let first = usize::from(data[0]);
        let cut = first.min(rest.len());
        socket.send(rest[..cut].to_vec()).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Cut {
    text: String,
    at: usize,
}

/// Where there is a boundary of characters.
#[ws_endpoint("/places/cut")]
async fn cut(handshake: Handshake<Json<Cut, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(cut) = socket.recv().await? {
        if !cut.text.is_char_boundary(cut.at) {
            continue;
        }
        let head = &cut.text[..cut.at];
        let (same, _) = cut.text.split_at(cut.at);
        socket.send(&format!("{head}{same}")).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Share {
    total: u32,
    people: u32,
    weight: f64,
}

/// For someone, at least; a float is divided by anything.
#[ws_endpoint("/places/bill")]
async fn bill(handshake: Handshake<Json<Share, u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(share) = socket.recv().await? {
        let ratio = f64::from(share.total) / share.weight;
        let rounded = share.total / share.people.max(1);
        if share.people == 0 {
            continue;
        }
        let each = share.total / share.people;
        let rest = share.total % share.people;
        socket.send(&(each + rest + rounded + ratio as u32)).await?;
    }
    Ok(())
}

/// The first part of `split`, and those after it.
#[ws_endpoint("/places/words")]
async fn words(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let parts: Vec<&str> = text.split(' ').collect();
        let (verb, arguments) = (parts[0], &parts[1..]);
        let trimmed: Vec<_> = text.split(',').map(|part| part.trim()).collect();
        let lower: Vec<String> = text.split(',').map(str::to_lowercase).collect();
        socket.send(format!("{verb} {arguments:?} {} {}", trimmed[0], lower[0])).await?;
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        match words[0] {
            "say" => socket.send(words[1..].join(" ")).await?,
            _ => socket.send("?").await?,
        }
    }
    Ok(())
}

/// A set of the ones that are there.
#[ws_endpoint("/places/known")]
async fn known(handshake: Handshake<Json<Bid, u64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let open = HashSet::from([0, 1, 2]);
    let prices = [10u64, 20, 30];
    while let Some(bid) = socket.recv().await? {
        if !open.contains(&bid.lot) {
            continue;
        }
        let price = prices[bid.lot];
        let in_range = bid.lot < 3 && bid.amount > 0;
        if in_range {
            socket.send(&prices[bid.lot]).await?;
        }
        match bid.lot.cmp(&prices.len()) {
            std::cmp::Ordering::Less => socket.send(&prices[bid.lot]).await?,
            _ => socket.send(&price).await?,
        }
    }
    Ok(())
}

/// What the request says, with what to do without it.
#[ws_endpoint("/places/head/{id}")]
async fn head(
    handshake: Handshake,
    Path(id): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
) -> sockeye::Result {
    let agent = handshake.headers().get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or("?");
    let agent = agent.to_owned();
    let key = handshake.headers().get("sec-websocket-key").is_some();
    let name = if query.contains_key("name") { query["name"].clone() } else { String::new() };
    let room = query.get("room").cloned().unwrap_or_default();
    let mut socket = handshake.accept().await?;
    socket.send(format!("{agent} {id} {key} {name} {room}")).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Looked up once, with a reply for what is not there.
#[ws_endpoint("/places/find")]
async fn find(handshake: Handshake) -> sockeye::Result {
    let stations = vec![("north", 1), ("south", 2)];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let name = message.as_text().unwrap_or_default();
        if !stations.iter().any(|(station, _)| *station == name) {
            continue;
        }
        let (_, number) = stations.iter().find(|(station, _)| *station == name).unwrap();
        let first = stations.iter().find(|(_, number)| *number == 1).unwrap();
        socket.send(format!("{number} {}", first.0)).await?;
    }
    Ok(())
}
