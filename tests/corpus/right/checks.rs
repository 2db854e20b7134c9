//! Checks before what they are for, and children that are waited for elsewhere.

use std::process::{Command, Stdio};

use sockeye::{Handshake, ws_endpoint};

/// Returned early, in each of the usual forms.
#[ws_endpoint("/checks/early")]
async fn early(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.is_empty() {
            socket.send("?").await?;
            continue;
        }
        match words[0] {
            "set" if words.len() < 3 => socket.send("set name value").await?,
            "set" => socket.send(format!("{}={}", words[1], words[2])).await?,
            "dim" if words.len() == 2 => socket.send(words[1].to_owned()).await?,
            _ => socket.send("?").await?,
        }
    }
    Ok(())
}

/// In the same condition.
#[ws_endpoint("/checks/and")]
async fn and(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_long = words.len() > 3;
        if is_long {
            tracing::debug!("{}", words[3]);
        }
        if words.len() > 1 && words[0] == "say" {
            socket.send(words[1].to_owned()).await?;
        } else if words.len() > 2 && (words[0] == "shout" || words[1] == "loud") {
            socket.send(words[2].to_uppercase()).await?;
        }
        let count = words.len();
        match count {
            0 => {}
            1 => socket.send(words[0].to_owned()).await?,
            _ => socket.send(words[1].to_owned()).await?,
        }
    }
    Ok(())
}

/// A buffer that is looked at before it is read again.
#[ws_endpoint("/checks/buffer")]
async fn buffer(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let data = message.into_bytes();
        let mut rest = &data[..];
        while rest.len() >= 2 {
            let size = usize::from(rest[1]);
            socket.send(vec![rest[0]]).await?;
            let Some(next) = rest.get(2 + size..) else { break };
            rest = next;
        }
        let mut at = 0;
        while at < data.len() {
            socket.send(vec![data[at]]).await?;
            at += 1;
        }
    }
    Ok(())
}

/// Everything that is there is one pattern.
#[ws_endpoint("/checks/slices")]
async fn slices(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        let words: Vec<&str> = text.split(' ').collect();
        let reply = match words.as_slice() {
            [one] => (*one).to_owned(),
            ["say", rest @ ..] if !rest.is_empty() => rest[0].to_owned(),
            _ => "?".to_owned(),
        };
        let [first, ..] = words[..] else { continue };
        socket.send(format!("{reply} {first} {}", words[0])).await?;
        if !words.get(1).is_some_and(|word| word.len() > 1) {
            continue;
        }
        socket.send(words[1].to_owned()).await?;
    }
    Ok(())
}

fn level(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A helper that fails in words.
#[ws_endpoint("/checks/level")]
async fn heads(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let text = message.as_text().unwrap_or_default();
        match level(text) {
            Some(0.0) => socket.send("off").await?,
            Some(_) => socket.send("on").await?,
            None => socket.send("a number, please").await?,
        }
        if text.bytes().all(|one| one.is_ascii_digit()) && !text.is_empty() && digits(text) > 3 {
            socket.send("large").await?;
        }
    }
    Ok(())
}

fn digits(text: &str) -> u64 {
    text.parse().unwrap()
}

/// A child that is only started, and one that another thread waits for.
#[ws_endpoint("/checks/child")]
async fn child(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let Ok(child) = Command::new("true").stdout(Stdio::null()).spawn() else { continue };
        socket.send(child.id().to_string()).await?;
        let Ok(output) = tokio::task::spawn_blocking(move || child.wait_with_output()).await? else {
            continue;
        };
        socket.send(output.stdout).await?;
        let Ok(mut child) = tokio::process::Command::new("true").spawn() else { continue };
        let Ok(status) = child.wait().await else { continue };
        socket.send(status.to_string()).await?;
        if let Ok(mut child) = Command::new("true").spawn()
            && let Ok(Some(status)) = child.try_wait()
        {
            socket.send(status.to_string()).await?;
        }
    }
    Ok(())
}
