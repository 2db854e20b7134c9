//! Handlers that any client can make panic by what it sends.

use serde::Deserialize;
use sockeye::{Handshake, Json, Message, Socket, ws_endpoint, ws_lifecycle};

/// JSON that is none.
#[ws_endpoint("/panics/json")]
async fn json(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let value: serde_json::Value = serde_json::from_str(text).unwrap(); //~ panics_on_input
        socket.send(value.to_string()).await?;
    }
    Ok(())
}

/// A number that is none.
#[ws_endpoint("/panics/number")]
async fn number(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(text) = message.as_text() else { continue };
        let number = text.trim().parse::<u32>().expect("a number"); //~ panics_on_input
        socket.send((number + 1).to_string()).await?;
    }
    Ok(())
}

/// A binary message.
#[ws_endpoint("/panics/binary")]
async fn binary(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap(); //~ panics_on_input
        socket.send(text).await?;
    }
    Ok(())
}

/// A second word that is not there.
#[ws_endpoint("/panics/parts")]
async fn parts(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let parts: Vec<&str> = text.split(' ').collect();
        match parts[0] {
            "say" => socket.send(parts[1]).await?, //~ panics_on_input
            _ => socket.send("?").await?,
        }
    }
    Ok(())
}

/// The second `next`.
#[ws_endpoint("/panics/next")]
async fn next(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let mut words = text.split(' ');
        let verb = words.next().unwrap();
        let rest = words.next().unwrap(); //~ panics_on_input
        socket.send(format!("{verb} {rest}")).await?;
    }
    Ok(())
}

/// An empty string has no first character.
#[ws_endpoint("/panics/char")]
async fn first_char(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let first = text.chars().next().unwrap(); //~ panics_on_input
        socket.send(first.to_string()).await?;
    }
    Ok(())
}

/// The length counts bytes.
#[ws_endpoint("/panics/short")]
async fn short(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let short = if text.len() > 20 { &text[..20] } else { text }; //~ panics_on_input
        socket.send(short).await?;
    }
    Ok(())
}

/// `min` of the length counts bytes as well.
#[ws_endpoint("/panics/min")]
async fn least(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        socket.send(&text[..text.len().min(20)]).await?; //~ panics_on_input
    }
    Ok(())
}

/// An empty message.
#[ws_endpoint("/panics/bytes")]
async fn bytes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let data = message.as_bytes();
        match data[0] { //~ panics_on_input
            0 => socket.send("ping").await?,
            _ => socket.send(data.to_vec()).await?,
        }
    }
    Ok(())
}

/// In a `select!`.
#[ws_endpoint("/panics/select")]
async fn selected(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = ticks.tick() => socket.send("tick").await?,
            message = socket.recv() => {
                let Some(message) = message? else { return Ok(()) };
                let (name, value) = message.as_text().unwrap_or("").split_once('=').unwrap(); //~ panics_on_input
                socket.send(format!("{name}: {value}")).await?;
            }
        }
    }
}

/// In a closure over the parts.
#[ws_endpoint("/panics/closure")]
async fn closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let sum: i64 = text.split(',').map(|part| part.parse::<i64>().unwrap()).sum(); //~ panics_on_input
        socket.send(sum.to_string()).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Order {
    item: String,
    count: Option<u32>,
}

/// What the client may leave out.
#[ws_endpoint("/panics/option")]
async fn option(handshake: Handshake<Json<Order, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(order) = socket.recv().await? {
        let count = order.count.unwrap(); //~ panics_on_input
        socket.send(format!("{count} {}", order.item)).await?;
    }
    Ok(())
}

/// `null` is no string.
#[ws_endpoint("/panics/value")]
async fn value(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(message.as_text().unwrap_or("")) else { continue };
        let name = value["name"].as_str().unwrap(); //~ panics_on_input
        socket.send(name).await?;
    }
    Ok(())
}

/// In a helper.
#[ws_lifecycle]
async fn converse(socket: &mut Socket) -> sockeye::Result {
    while let Some(Message::Binary(data)) = socket.recv().await? { //~ kind_ends_loop
        let text = String::from_utf8(data.to_vec()).unwrap(); //~ panics_on_input
        socket.send(text).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Move {
    to: u32,
}

/// A place that the client chose, under another name.
#[ws_endpoint("/panics/place")]
async fn place(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = [0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = mv.to as usize;
        socket.send(&board[at]).await?; //~ panics_on_input
    }
    Ok(())
}

/// A lower bound is no upper one.
#[ws_endpoint("/panics/max")]
async fn greatest(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = [0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = mv.to.max(1) as usize;
        socket.send(&board[at]).await?; //~ panics_on_input
    }
    Ok(())
}
