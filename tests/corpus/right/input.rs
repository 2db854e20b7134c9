//! What the client sent, taken apart without a panic.

use std::collections::HashMap;

use serde::Deserialize;
use sockeye::{CloseCode, Handshake, Json, Message, ws_endpoint};

/// `name value`, with `get` and `let else`.
#[ws_endpoint("/input/get")]
async fn get(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = message.as_text() else { continue };
        let parts: Vec<&str> = text.split(' ').collect();
        let (Some(name), Some(value)) = (parts.first(), parts.get(1)) else { continue };
        let Ok(value) = value.parse::<i32>() else { continue };
        socket.send(format!("{name} {value}")).await?;
    }
    Ok(())
}

/// The length is known before the parts are.
#[ws_endpoint("/input/length")]
async fn length(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() != 3 {
            socket.send("three parts").await?;
            continue;
        }
        socket.send(format!("{} {} {}", parts[0], parts[1], parts[2])).await?;
    }
    Ok(())
}

/// A match on the parts.
#[ws_endpoint("/input/slice")]
async fn slice(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let parts: Vec<_> =
            message.as_text().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        match parts.as_slice() {
            [verb, rest @ ..] => socket.send(format!("{verb} {}", rest.len())).await?,
            [] => socket.send("nothing").await?,
        }
    }
    Ok(())
}

/// `split` gives a first part of every string.
#[ws_endpoint("/input/first")]
async fn first(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let verb = text.split(' ').next().unwrap();
        let parts: Vec<&str> = text.split(' ').collect();
        let mut words = text.splitn(2, ' ');
        let same = words.next().unwrap();
        let rest = words.next().unwrap_or("");
        socket.send(format!("{verb} {} {same} {rest}", parts[0])).await?;
    }
    Ok(())
}

/// The bound comes from the string itself.
#[ws_endpoint("/input/found")]
async fn found(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        if text.starts_with("say ") {
            socket.send(&text[4..]).await?;
        }
        if let Some(colon) = text.find(':') {
            socket.send(&text[..colon]).await?;
        }
    }
    Ok(())
}

/// The first characters, however long they are.
#[ws_endpoint("/input/short")]
async fn short(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let short: String = text.chars().take(20).collect();
        let first = text.chars().next().map_or_else(String::new, String::from);
        socket.send(format!("{first} {short}")).await?;
    }
    Ok(())
}

/// Bytes with a head of two.
#[ws_endpoint("/input/bytes")]
async fn bytes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Message::Binary(data) = message else { continue };
        if data.len() < 2 {
            return socket.close(CloseCode::UNSUPPORTED_DATA, "two bytes").await;
        }
        let kind = data[0];
        socket.send(format!("{kind} {}", data[1])).await?;
    }
    Ok(())
}

/// What the server itself parses cannot fail.
#[ws_endpoint("/input/own")]
async fn own(handshake: Handshake) -> sockeye::Result {
    let limit: usize = "64".parse().unwrap();
    let names: Vec<&str> = "one two three".split(' ').collect();
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let size = message.len().min(limit);
        socket.send(format!("{size} {} {}", names[1], serde_json::to_string(&size).unwrap())).await?;
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Order {
    item: String,
    count: Option<u32>,
}

/// An option that may be missing has a default.
#[ws_endpoint("/input/json")]
async fn json(handshake: Handshake<Json<Order, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        let count = order.count.unwrap_or(1);
        socket.send(format!("{count} {}", order.item)).await?;
    }
    Ok(())
}

/// A value of JSON that is not there is `null`.
#[ws_endpoint("/input/value")]
async fn value(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut seen: HashMap<String, u64> = HashMap::new();
    while let Some(message) = socket.recv().await? {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(message.as_text().unwrap_or("")) else {
            continue;
        };
        let name = value["name"].as_str().unwrap_or("nobody").to_owned();
        *seen.entry(name.clone()).or_default() += 1;
        socket.send(seen[&name].to_string()).await?;
    }
    Ok(())
}

/// Asked first, unwrapped then.
#[ws_endpoint("/input/asked")]
async fn asked(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        if matches!(message, Message::Text(_)) {
            socket.send(message.as_text().unwrap()).await?;
        }
        let text = message.as_text().unwrap_or_default();
        let number = text.parse::<u32>();
        if number.is_err() {
            continue;
        }
        socket.send((number.unwrap() + 1).to_string()).await?;
    }
    Ok(())
}
