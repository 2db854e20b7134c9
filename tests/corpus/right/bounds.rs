//! Places that the client chose, of which it is made sure that they are there.

use serde::Deserialize;
use sockeye::{Handshake, Json, Message, ws_endpoint};

#[derive(Deserialize)]
struct Move {
    to: usize,
}

impl Move {
    fn checked(&self, len: usize) -> Option<usize> {
        (self.to < len).then_some(self.to)
    }

    fn wrapped(&self, len: usize) -> usize {
        self.to % len
    }
}

/// By `clamp`.
#[ws_endpoint("/bounds/clamp")]
async fn clamp(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = mv.to.clamp(0, 63);
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By `min`.
#[ws_endpoint("/bounds/min")]
async fn min(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = mv.to.min(board.len() - 1);
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By the `min` of a name.
#[ws_endpoint("/bounds/last")]
async fn last(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let last = board.len() - 1;
        let at = mv.to.min(last);
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By `cmp::min`.
#[ws_endpoint("/bounds/least")]
async fn least(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = std::cmp::min(mv.to, board.len() - 1);
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By an `if`.
#[ws_endpoint("/bounds/if")]
async fn by_if(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = if mv.to < board.len() { mv.to } else { 0 };
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By the guard of an arm.
#[ws_endpoint("/bounds/guard")]
async fn guard(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = match mv.to {
            at if at < board.len() => at,
            _ => continue,
        };
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By the pattern of an arm.
#[ws_endpoint("/bounds/pattern")]
async fn pattern(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = match mv.to {
            at @ 0..=63 => at,
            _ => continue,
        };
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By a remainder.
#[ws_endpoint("/bounds/rem")]
async fn rem(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let one = mv.to % board.len();
        let at = board[one] as usize + mv.to.rem_euclid(board.len());
        let at = at & 63;
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By `rem_euclid`.
#[ws_endpoint("/bounds/euclid")]
async fn euclid(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = mv.to.rem_euclid(board.len());
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By `filter`.
#[ws_endpoint("/bounds/filter")]
async fn filter(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let Some(at) = Some(mv.to).filter(|at| *at < board.len()) else { continue };
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By `filter`, under another name.
#[ws_endpoint("/bounds/other-name")]
async fn other_name(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let Some(at) = Some(mv.to).filter(|n| *n < 64) else { continue };
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// What it was made of is compared.
#[ws_endpoint("/bounds/source")]
async fn source(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = mv.to;
        if mv.to >= board.len() {
            continue;
        }
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// What it was made of is compared, and it is less.
#[ws_endpoint("/bounds/less")]
async fn less(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        if mv.to == 0 || mv.to > board.len() {
            continue;
        }
        let at = mv.to - 1;
        let same = mv.to.saturating_sub(1);
        let at = at.max(board[same] as usize % 2);
        let at = at % 64;
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By a method of its own.
#[ws_endpoint("/bounds/method")]
async fn method(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let Some(at) = mv.checked(board.len()) else { continue };
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By a method that wraps.
#[ws_endpoint("/bounds/wraps")]
async fn wraps(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let at = mv.wrapped(board.len());
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By `checked_rem`.
#[ws_endpoint("/bounds/question")]
async fn question(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let Some(at) = mv.to.checked_rem(board.len()) else { continue };
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// In one chain.
#[ws_endpoint("/bounds/chain")]
async fn chain(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let Some(at) = Some(mv.to).filter(|n| *n < 64).map(|n| n) else { continue };
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// By a test with a name.
#[ws_endpoint("/bounds/valid")]
async fn valid(handshake: Handshake<Json<Move, u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let board = vec![0u8; 64];
    while let Some(mv) = socket.recv().await? {
        let valid = mv.to < board.len();
        if !valid {
            continue;
        }
        let at = mv.to;
        socket.send(&board[at]).await?;
    }
    Ok(())
}

/// A table with a place for each byte.
#[ws_endpoint("/bounds/bytes")]
async fn bytes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut table = [0u32; 256];
    while let Some(message) = socket.recv().await? {
        let Message::Binary(data) = message else { continue };
        for &byte in data.as_ref() {
            let at = byte as usize;
            table[at] += 1;
        }
        for byte in &data {
            let at = *byte as usize;
            table[at] += 1;
        }
        socket.send(table[0].to_string()).await?;
    }
    Ok(())
}
