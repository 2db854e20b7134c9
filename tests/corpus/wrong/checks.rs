//! Checks that come too late, heads that panic, and children that are waited for.

use std::process::{Command, Stdio};

use sockeye::{Handshake, ws_endpoint};

/// The guard of an arm is no check of the head.
#[ws_endpoint("/checks/arm")]
async fn arm(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[0] { //~ panics_on_input
            "dim" if words.len() == 3 => socket.send(words[2].to_owned()).await?,
            _ => socket.send("?").await?,
        }
    }
    Ok(())
}

/// The guard of another arm is none, either.
#[ws_endpoint("/checks/other_arm")]
async fn other_arm(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split(' ').collect();
        match words[0] {
            "dim" if words.len() == 3 => socket.send(words[2].to_owned()).await?,
            "say" => socket.send(words[1].to_owned()).await?, //~ panics_on_input
            _ => socket.send("?").await?,
        }
    }
    Ok(())
}

/// A look at the length afterwards.
#[ws_endpoint("/checks/later")]
async fn later(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let data = message.into_bytes();
        let kind = data[0]; //~ panics_on_input
        if data.len() > 5 {
            tracing::debug!("long");
        }
        let size = data[1]; //~ panics_on_input
        socket.send(vec![kind, size]).await?;
    }
    Ok(())
}

/// The check is on the right of what it is for.
#[ws_endpoint("/checks/right")]
async fn right(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        if words[0] == "say" && words.len() > 1 { //~ panics_on_input
            socket.send(words[1].to_owned()).await?;
        }
    }
    Ok(())
}

/// A warning is no return.
#[ws_endpoint("/checks/warned")]
async fn warned(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split(' ').collect();
        if words.len() < 2 {
            tracing::warn!("short");
            socket.send("two words, please").await?;
        }
        socket.send(words[1].to_owned()).await?; //~ panics_on_input
    }
    Ok(())
}

fn level(text: &str) -> f64 {
    text.parse().unwrap()
}

fn is_on(text: &str) -> bool {
    text.parse::<u8>().unwrap() > 0
}

/// Called in heads.
#[ws_endpoint("/checks/match")]
async fn head(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        match level(text) { //~ panics_on_input
            0.0 => socket.send("off").await?,
            _ => socket.send("on").await?,
        }
    }
    Ok(())
}

/// Another form.
#[ws_endpoint("/checks/if")]
async fn condition(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        if level(text) > 1.0 { //~ panics_on_input
            socket.send("loud").await?;
        }
    }
    Ok(())
}

/// Another form.
#[ws_endpoint("/checks/not")]
async fn not(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        if !is_on(text) { //~ panics_on_input
            socket.send("off").await?;
        }
    }
    Ok(())
}

/// Another form.
#[ws_endpoint("/checks/operand")]
async fn operand(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut sum = 0.0;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        sum += level(text) * 2.0; //~ panics_on_input
        socket.send(format!("{sum}")).await?;
    }
    Ok(())
}

/// Another form.
#[ws_endpoint("/checks/macro")]
async fn in_macro(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        socket.send(format!("{}", level(text))).await?; //~ panics_on_input
    }
    Ok(())
}

/// Another form.
#[ws_endpoint("/checks/closure")]
async fn closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let level = message.as_text().map(|text| level(text)).unwrap_or_default(); //~ panics_on_input
        socket.send(level.to_string()).await?;
    }
    Ok(())
}

/// Bound by `let else`.
#[ws_endpoint("/checks/child")]
async fn child(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let Ok(child) = Command::new("true").stdout(Stdio::piped()).spawn() else { continue };
        let Ok(output) = child.wait_with_output() else { continue }; //~ blocking_call
        socket.send(output.stdout).await?;
    }
    Ok(())
}

/// Bound by `match` and by `if let`.
#[ws_endpoint("/checks/matched")]
async fn matched(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let status = match Command::new("true").spawn() {
            Ok(mut first) => first.wait()?.to_string(), //~ blocking_call
            Err(error) => error.to_string(),
        };
        socket.send(status).await?;
        if let Ok(mut second) = Command::new("true").spawn() {
            let status = second.wait()?; //~ blocking_call
            socket.send(status.to_string()).await?;
        }
    }
    Ok(())
}

fn thumbnail(path: &str) -> Option<Vec<u8>> {
    let child = Command::new("convert").arg(path).stdout(Stdio::piped()).spawn().ok()?;
    Some(child.wait_with_output().ok()?.stdout)
}

/// In a function of the file.
#[ws_endpoint("/checks/thumbnail")]
async fn thumbnails(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let Some(png) = thumbnail(message.as_text().unwrap_or_default()) else { continue }; //~ blocking_call
        socket.send(png).await?;
    }
    Ok(())
}
