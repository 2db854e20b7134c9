//! Tables that a client's choice points into, and slices of what it sent, each with the reason why they hold.

use std::{
    collections::{BTreeMap, HashMap},
    ops::{Index, IndexMut},
};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, Message, ws_endpoint};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Key {
    Up,
    Down,
    Left,
    Right,
}

#[derive(Deserialize)]
struct Press {
    key: Key,
    #[serde(default)]
    times: u8,
}

/// A map over every key, as `enum-map` makes one.
#[derive(Default)]
struct PerKey<T>([T; 4]);

impl<T> Index<Key> for PerKey<T> {
    type Output = T;
    fn index(&self, key: Key) -> &T {
        &self.0[key as usize]
    }
}

impl<T> IndexMut<Key> for PerKey<T> {
    fn index_mut(&mut self, key: Key) -> &mut T {
        &mut self.0[key as usize]
    }
}

/// A table with a place for every byte: no slice can be indexed by one.
struct PerByte<T>([T; 256]);

impl<T> Index<u8> for PerByte<T> {
    type Output = T;
    fn index(&self, byte: u8) -> &T {
        &self.0[usize::from(byte)]
    }
}

/// A number that always has a place.
#[ws_endpoint("/tables/per_byte")]
async fn per_byte(handshake: Handshake<Json<u8, u32>>) -> sockeye::Result {
    let squares = PerByte(std::array::from_fn(|n| n as u32 * n as u32));
    let mut socket = handshake.accept().await?;
    while let Some(byte) = socket.recv().await? {
        socket.send(squares[byte]).await?;
    }
    Ok(())
}

/// A map with an entry for every key.
#[ws_endpoint("/tables/per_key")]
async fn per_key(handshake: Handshake<Json<Press, u32>>) -> sockeye::Result {
    let mut counts = PerKey::<u32>::default();
    let mut socket = handshake.accept().await?;
    while let Some(press) = socket.recv().await? {
        counts[press.key] += u32::from(press.times);
        socket.send(counts[press.key]).await?;
    }
    Ok(())
}

/// The same with the key under a name.
#[ws_endpoint("/tables/per_key_named")]
async fn per_key_named(handshake: Handshake<Json<Press, u32>>) -> sockeye::Result {
    let mut counts: PerKey<u32> = PerKey::default();
    let mut socket = handshake.accept().await?;
    while let Some(Press { key, times }) = socket.recv().await? {
        counts[key] += u32::from(times);
        socket.send(counts[key]).await?;
    }
    Ok(())
}

/// An array with a place for every variant.
#[ws_endpoint("/tables/cast")]
async fn cast(handshake: Handshake<Json<Key, String>>) -> sockeye::Result {
    const NAMES: [&str; 4] = ["north", "south", "west", "east"];
    let mut pressed = [0_u64; 4];
    let mut socket = handshake.accept().await?;
    while let Some(key) = socket.recv().await? {
        pressed[key as usize] += 1;
        let place = key as usize;
        socket.send(NAMES[place].to_owned()).await?;
    }
    tracing::info!(?pressed, "gone");
    Ok(())
}

/// A `u8` cannot leave a table of 256.
#[ws_endpoint("/tables/bytes")]
async fn bytes(handshake: Handshake) -> sockeye::Result {
    let mut histogram = [0_u32; 256];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        for byte in message.as_bytes() {
            histogram[*byte as usize] += 1;
        }
        for &byte in message.as_bytes() {
            histogram[usize::from(byte)] += 1;
        }
        socket.send(histogram.iter().max().unwrap().to_string()).await?;
    }
    Ok(())
}

/// The remainder is always in the table.
#[ws_endpoint("/tables/remainder")]
async fn remainder(
    handshake: Handshake<Json<u64, String>>,
    State(shards): State<Vec<String>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(number) = socket.recv().await? {
        let shard = number as usize % shards.len();
        socket.send(shards[shard].clone()).await?;
        socket.send(shards[(number % shards.len() as u64) as usize].clone()).await?;
    }
    Ok(())
}

/// Masked to four bits.
#[ws_endpoint("/tables/masked")]
async fn masked(handshake: Handshake) -> sockeye::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut hex = String::new();
        for byte in message.as_bytes() {
            hex.push(DIGITS[(byte >> 4) as usize] as char);
            hex.push(DIGITS[(byte & 15) as usize] as char);
        }
        socket.send(hex).await?;
    }
    Ok(())
}

/// At most what there is, byte by byte.
#[ws_endpoint("/tables/head")]
async fn head(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let bytes = message.as_bytes();
        let end = bytes.len().min(16);
        let head = &bytes[..end];
        let tail = &bytes[bytes.len().saturating_sub(4)..];
        socket.send(Message::binary([head, tail].concat())).await?;
        socket.send(Message::binary(bytes[..16.min(bytes.len())].to_vec())).await?;
    }
    Ok(())
}

/// A cut that respects characters.
#[ws_endpoint("/tables/cut")]
async fn cut(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = message.as_text() else { continue };
        let mut end = text.len().min(80);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        socket.send(&text[..end]).await?;
    }
    Ok(())
}

/// The bound is one that `find` gave.
#[ws_endpoint("/tables/found")]
async fn found(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = message.as_text() else { continue };
        if let Some(colon) = text.find(':') {
            socket.send(format!("{}={}", &text[..colon], &text[colon + 1..])).await?;
        } else if text.starts_with('/') {
            socket.send(&text[1..]).await?;
        } else if let Some(rest) = text.strip_prefix("say ") {
            socket.send(&rest[rest.rfind('!').map_or(0, |at| at + 1)..]).await?;
        }
    }
    Ok(())
}

/// A prefix whose length is that of the command.
#[ws_endpoint("/tables/prefix")]
async fn prefix(handshake: Handshake) -> sockeye::Result {
    const SAY: &str = "say ";
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        match message.as_text() {
            Some(text) if text.starts_with(SAY) => socket.send(&text[SAY.len()..]).await?,
            Some(text) if text.len() > 3 && text.is_ascii() => socket.send(&text[3..]).await?,
            _ => {}
        }
    }
    Ok(())
}

/// A header of eight bytes, then the rest.
#[ws_endpoint("/tables/frames")]
async fn frames(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let bytes = message.as_bytes();
        if bytes.len() < 8 {
            socket.send("too short").await?;
            continue;
        }
        let (head, body) = bytes.split_at(8);
        let id = u32::from_be_bytes(head[..4].try_into().unwrap());
        let kind = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        socket.send(format!("{id} {kind} {}", body.len())).await?;
    }
    Ok(())
}

/// Chunks of exactly four.
#[ws_endpoint("/tables/samples")]
async fn samples(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut sum = 0.0_f32;
        for four in message.as_bytes().chunks_exact(4) {
            sum += f32::from_le_bytes(four.try_into().unwrap());
        }
        for pair in message.as_bytes().chunks_exact(2) {
            sum += f32::from(i16::from_le_bytes([pair[0], pair[1]]));
        }
        for window in message.as_bytes().windows(2) {
            sum += f32::from(window[1].wrapping_sub(window[0]));
        }
        socket.send(sum.to_string()).await?;
    }
    Ok(())
}

/// Arrays of a length that serde has checked.
#[derive(Deserialize)]
struct Point {
    at: [f64; 3],
    grid: [[u8; 3]; 3],
}

/// The type says how many there are.
#[ws_endpoint("/tables/arrays")]
async fn arrays(handshake: Handshake<Json<Point, f64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(point) = socket.recv().await? {
        let middle = f64::from(point.grid[1][1]);
        socket.send(point.at[0] + point.at[1] * point.at[2] + middle).await?;
        let Point { at, .. } = point;
        socket.send(at[2]).await?;
    }
    Ok(())
}

/// A tuple has its length, too.
#[ws_endpoint("/tables/pairs")]
async fn pairs(handshake: Handshake<Json<([i32; 2], [i32; 2]), i32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some((left, right)) = socket.recv().await? {
        socket.send(left[0] * right[0] + left[1] * right[1]).await?;
    }
    Ok(())
}

/// `first_chunk` gives an array.
#[ws_endpoint("/tables/chunk")]
async fn chunk(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(head) = message.as_bytes().first_chunk::<4>() else { continue };
        socket.send(format!("{}.{}.{}.{}", head[0], head[1], head[2], head[3])).await?;
        let Some((mark, rest)) = message.as_bytes().split_first_chunk::<2>() else { continue };
        socket.send(format!("{} {} {}", mark[0], mark[1], rest.len())).await?;
    }
    Ok(())
}

/// An array of the function's own size, filled from the message.
fn block<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut block = [0; N];
    let n = bytes.len().min(N);
    block[..n].copy_from_slice(&bytes[..n]);
    block
}

/// The first sixteen bytes, padded.
#[ws_endpoint("/tables/block")]
async fn padded(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let block: [u8; 16] = block(message.as_bytes());
        socket.send(format!("{} {}", block[0], block[15])).await?;
    }
    Ok(())
}

/// A chain of `get` over a JSON value; `Value` gives null for what is not there.
#[ws_endpoint("/tables/value")]
async fn value(handshake: Handshake<Json<serde_json::Value>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(value) = socket.recv().await? {
        let name = value["user"]["name"].as_str().unwrap_or("nobody");
        let first =
            value.get("items").and_then(|items| items.get(0)).and_then(|item| item.as_u64()).unwrap_or(0);
        let third = value["items"][2].as_u64();
        socket.send(serde_json::json!({ "name": name, "first": first, "third": third })).await?;
    }
    Ok(())
}

/// The map is asked first.
#[ws_endpoint("/tables/map")]
async fn map(handshake: Handshake<Json<String, u32>>) -> sockeye::Result {
    let prices = HashMap::from([("tea".to_owned(), 3), ("cake".to_owned(), 5)]);
    let mut socket = handshake.accept().await?;
    while let Some(name) = socket.recv().await? {
        if prices.contains_key(&name) {
            socket.send(prices[&name]).await?;
        }
        if let Some(price) = prices.get(name.as_str()) {
            socket.send(*price).await?;
        }
    }
    Ok(())
}

/// Entries are there because they were just made.
#[ws_endpoint("/tables/entries")]
async fn entries(handshake: Handshake<Json<String, u32>>) -> sockeye::Result {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut socket = handshake.accept().await?;
    while let Some(name) = socket.recv().await? {
        *seen.entry(name.clone()).or_default() += 1;
        socket.send(seen[&name]).await?;
    }
    Ok(())
}

/// A place that was compared with the length.
#[ws_endpoint("/tables/compared")]
async fn compared(
    handshake: Handshake<Json<usize, String>>,
    State(lines): State<Vec<String>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(line) = socket.recv().await? {
        if line >= lines.len() {
            socket.send("no such line".to_owned()).await?;
            continue;
        }
        socket.send(lines[line].clone()).await?;
    }
    Ok(())
}

/// A range of places that are all there.
#[ws_endpoint("/tables/page")]
async fn page(
    handshake: Handshake<Json<usize, Vec<String>>>,
    State(lines): State<Vec<String>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(page) = socket.recv().await? {
        let start = page.saturating_mul(20).min(lines.len());
        let end = (start + 20).min(lines.len());
        socket.send(lines[start..end].to_vec()).await?;
    }
    Ok(())
}

/// A number of its own choosing, parsed where it fits.
#[ws_endpoint("/tables/seat")]
async fn seat(handshake: Handshake) -> sockeye::Result {
    let mut taken = [false; 10];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let seat = message.as_text().and_then(|text| text.parse::<usize>().ok()).filter(|seat| *seat < 10);
        let Some(seat) = seat else { continue };
        taken[seat] = true;
        socket.send(format!("{taken:?}")).await?;
    }
    Ok(())
}

/// `unwrap` on what the line before has made sure of.
#[ws_endpoint("/tables/sure")]
async fn sure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if message.as_text().is_none() {
            continue;
        }
        let text = message.as_text().unwrap().trim();
        if text.is_empty() {
            continue;
        }
        let first = text.chars().next().unwrap();
        socket.send(first.to_uppercase().to_string()).await?;
    }
    Ok(())
}

/// Words, with the number of words known.
#[ws_endpoint("/tables/words")]
async fn words(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let words: Vec<&str> = message.as_text().unwrap_or("").split_whitespace().collect();
        let answer = match words.len() {
            0 => "nothing".to_owned(),
            1 => words[0].to_owned(),
            2 => format!("{} {}", words[1], words[0]),
            _ => words[1..].join(" "),
        };
        socket.send(answer).await?;
    }
    Ok(())
}

/// Sorted, with the middle of what is not empty.
#[ws_endpoint("/tables/median")]
async fn median(handshake: Handshake<Json<Vec<f64>, f64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(mut numbers) = socket.recv().await? {
        if numbers.is_empty() {
            continue;
        }
        numbers.sort_by(f64::total_cmp);
        socket.send(numbers[numbers.len() / 2]).await?;
        for place in 0..numbers.len() {
            numbers[place] *= 2.0;
        }
        socket.send(*numbers.last().unwrap()).await?;
    }
    Ok(())
}

/// Nothing of the client's: a constant pattern, a constant number.
#[ws_endpoint("/tables/constant")]
async fn constant(handshake: Handshake) -> sockeye::Result {
    let origin: std::net::SocketAddr = "127.0.0.1:80".parse().unwrap();
    let table = [1, 2, 3];
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let length = message.len();
        socket.send(format!("{origin} {} {length}", table[2])).await?;
    }
    Ok(())
}

/// What another file of the program defines: an enum, and a table with a place for each of its variants.
mod elsewhere {
    pub(super) use super::{Key as Button, PerKey as Table, Press as Order};
}

use elsewhere::{Button, Order, Table};

/// Nothing here says what `key` is.
#[ws_endpoint("/tables/elsewhere")]
async fn unknown_key(handshake: Handshake<Json<Order, u32>>) -> sockeye::Result {
    let mut counts = Table::<u32>::default();
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        counts[order.key] += 1;
        let Order { key, .. } = order;
        socket.send(counts[key]).await?;
    }
    Ok(())
}

/// The keys are those of the map that the client sent.
#[ws_endpoint("/tables/own_keys")]
async fn own_keys(handshake: Handshake<Json<HashMap<String, Vec<u32>>, usize>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(all) = socket.recv().await? {
        let mut names: Vec<_> = all.keys().collect();
        names.sort();
        for name in names {
            socket.send(all[name].len()).await?;
        }
    }
    Ok(())
}
