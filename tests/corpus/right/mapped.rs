//! Messages that are mapped, and ends that are not lost with them.

use sockeye::{Handshake, Message, Receiver, Socket, ws_endpoint};

/// Anything but a number is the end.
#[ws_endpoint("/mapped/number")]
async fn number(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(number) = socket.recv().await?.and_then(|message| message.as_text()?.parse::<i64>().ok())
        else {
            break;
        };
        socket.send(number.to_string()).await?;
    }
    Ok(())
}

/// The end leaves it.
#[ws_endpoint("/mapped/length")]
async fn length(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await?.map(|message| message.len()) {
            Some(length) => socket.send(length.to_string()).await?,
            None => return Ok(()),
        }
    }
}

/// Nothing is in place of the end.
#[ws_endpoint("/mapped/default")]
async fn default(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let length = socket.recv().await?.map(|message| message.len()).unwrap_or_default();
        if length == 0 {
            return Ok(());
        }
        socket.send(length.to_string()).await?;
    }
}

/// The message itself is looked at first.
#[ws_endpoint("/mapped/first")]
async fn first(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let received = socket.recv().await?;
        if received.is_none() {
            return Ok(());
        }
        let Some(length) = received.map(|message| message.len()).filter(|length| *length > 0) else {
            continue;
        };
        socket.send(length.to_string()).await?;
    }
}

/// The end is in another variant.
#[ws_endpoint("/mapped/result")]
async fn result(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await?.ok_or("gone") {
            Ok(message) => socket.send(message).await?,
            Err(_) => return Ok(()),
        }
    }
}

/// Texts that come before an empty one.
#[ws_endpoint("/mapped/until")]
async fn until(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await?.filter(|message| !message.is_empty()) {
        socket.send(message).await?;
    }
    Ok(())
}

async fn next_command(socket: &mut Socket) -> sockeye::Result<Option<String>> {
    match socket.recv().await? {
        Some(message) => Ok(Some(message.as_text().unwrap_or_default().trim().to_owned())),
        None => Ok(None),
    }
}

/// The end of the helper is the end.
#[ws_endpoint("/mapped/helper")]
async fn helper(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(command) = next_command(&mut socket).await? else { return Ok(()) };
        socket.send(command).await?;
    }
}

/// It counts how often nothing came.
#[ws_endpoint("/mapped/patient")]
async fn patient(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut nothing = 0;
    while nothing < 3 {
        match next_command(&mut socket).await? {
            Some(command) => socket.send(command).await?,
            None => nothing += 1,
        }
    }
    Ok(())
}

/// Nothing for other kinds, an error at the end.
async fn next_text(receiver: &mut Receiver) -> sockeye::Result<Option<String>> {
    match receiver.recv().await? {
        Some(Message::Text(text)) => Ok(Some(text.to_string())),
        Some(_) => Ok(None),
        None => Err("the client is gone")?,
    }
}

/// The error leaves the loop.
#[ws_endpoint("/mapped/error")]
async fn error(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        if let Some(text) = next_text(&mut receiver).await? {
            sender.send(text).await?;
        }
    }
}

struct Client {
    socket: Socket,
    is_over: bool,
}

impl Client {
    async fn next(&mut self) -> sockeye::Result<Option<Message>> {
        let message = self.socket.recv().await?;
        self.is_over = message.is_none();
        Ok(message)
    }
}

/// The method notes the end.
#[ws_endpoint("/mapped/noted")]
async fn noted(handshake: Handshake) -> sockeye::Result {
    let mut client = Client { socket: handshake.accept().await?, is_over: false };
    while !client.is_over {
        if let Some(message) = client.next().await? {
            client.socket.send(message).await?;
        }
    }
    Ok(())
}
