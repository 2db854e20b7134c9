//! Sockets as values: in options, tuples, structs, collections, boxes; reassigned, shadowed, returned.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap, VecDeque},
    mem,
    pin::Pin,
    sync::Arc,
};

use axum::extract::State;
use sockeye::{CloseCode, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::sync::{Mutex, oneshot};

/// In an option from the beginning.
#[ws_endpoint("/values/option")]
async fn option(handshake: Handshake) -> sockeye::Result {
    let mut socket: Option<Socket> = None;
    if handshake.peer().is_some() {
        socket = Some(handshake.accept().await?);
    } else {
        drop(handshake.reject(axum::http::StatusCode::FORBIDDEN, "who are you"));
    }
    let Some(mut socket) = socket else { return Ok(()) };
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Declared without a value.
#[ws_endpoint("/values/declared")]
async fn declared(handshake: Handshake) -> sockeye::Result {
    let mut socket;
    if handshake.origin().is_some() {
        socket = handshake.accept().header("x-browser", "1").await?;
    } else {
        socket = handshake.accept().await?;
    }
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// With its type, in parentheses and braces.
#[ws_endpoint("/values/typed")]
async fn typed(handshake: Handshake) -> sockeye::Result {
    let mut socket: Socket = ({ handshake.accept().await })?;
    while let Some(message) = (socket.recv().await)? {
        ({ socket.send(message).await })?;
    }
    Ok(())
}

/// In a tuple with its name.
#[ws_endpoint("/values/tuple")]
async fn tuple(handshake: Handshake) -> sockeye::Result {
    let (mut socket, name) = (handshake.accept().await?, "guest");
    while let Some(message) = socket.recv().await? {
        socket.send(format!("{name}: {message:?}")).await?;
    }
    Ok(())
}

/// A tuple is used by its fields.
#[ws_endpoint("/values/fields")]
async fn tuple_fields(handshake: Handshake) -> sockeye::Result {
    let mut pair = (handshake.accept().await?, 0_usize);
    while let Some(message) = pair.0.recv().await? {
        pair.1 += message.len();
        pair.0.send(pair.1.to_string()).await?;
    }
    Ok(())
}

/// The halves are used by fields.
#[ws_endpoint("/values/halves")]
async fn halves(handshake: Handshake) -> sockeye::Result {
    let mut halves = handshake.accept().await?.split();
    while let Some(message) = halves.1.recv().await? {
        halves.0.send(message).await?;
    }
    Ok(())
}

/// A tuple from a block that also receives.
#[ws_endpoint("/values/block")]
async fn from_block(handshake: Handshake) -> sockeye::Result {
    let (mut socket, first) = {
        let mut socket = handshake.accept().await?;
        let first = socket.recv().await?;
        (socket, first)
    };
    let Some(first) = first else { return Ok(()) };
    socket.send(first).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A struct of the function's own.
#[ws_endpoint("/values/struct")]
async fn in_struct(handshake: Handshake) -> sockeye::Result {
    struct Player {
        socket: Socket,
        score: u32,
    }
    let mut player = Player { socket: handshake.accept().await?, score: 0 };
    while let Some(message) = player.socket.recv().await? {
        player.score += u32::from(message.as_bytes().first().copied().unwrap_or_default());
        player.socket.send(player.score.to_string()).await?;
    }
    Ok(())
}

/// Taken out of a struct by a pattern.
#[ws_endpoint("/values/destructured")]
async fn destructured(handshake: Handshake) -> sockeye::Result {
    struct Parts {
        sender: Sender,
        receiver: Receiver,
    }
    let (sender, receiver) = handshake.accept().await?.split();
    let parts = Parts { sender, receiver };
    let Parts { sender: tx, receiver: mut rx } = parts;
    while let Some(message) = rx.recv().await? {
        tx.send(message).await?;
    }
    Ok(())
}

/// In a vector.
#[ws_endpoint("/values/vector")]
async fn vector(handshake: Handshake) -> sockeye::Result {
    let mut sockets = vec![handshake.accept().await?];
    while let Some(message) = sockets[0].recv().await? {
        for socket in &sockets {
            socket.send(message.clone()).await?;
        }
    }
    Ok(())
}

/// In maps and queues.
#[ws_endpoint("/values/maps")]
async fn maps(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut senders = HashMap::new();
    senders.insert("a", sender.clone());
    let mut ordered = BTreeMap::from([(1, sender.clone())]);
    let mut queue = VecDeque::from([sender]);
    while let Some(message) = receiver.recv().await? {
        if let Some(sender) = senders.get("a") {
            sender.send("from the map").await?;
        }
        if let Some(mut entry) = ordered.first_entry() {
            entry.get_mut().send("from the tree").await?;
        }
        if let Some(sender) = queue.pop_front() {
            sender.send(message).await?;
            queue.push_back(sender);
        }
    }
    Ok(())
}

/// In a box.
#[ws_endpoint("/values/box")]
async fn boxed(handshake: Handshake) -> sockeye::Result {
    let mut socket = Box::new(handshake.accept().await?);
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    let socket = *socket;
    socket.close(CloseCode::NORMAL, "").await
}

/// Behind a reference.
#[ws_endpoint("/values/reference")]
async fn reference(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let socket = &mut socket;
    loop {
        let Some(message) = (*socket).recv().await? else { break };
        let by_ref = &*socket;
        by_ref.send(message).await?;
    }
    Ok(())
}

/// Reborrowed under other names.
#[ws_endpoint("/values/reborrow")]
async fn reborrow(handshake: Handshake) -> sockeye::Result {
    let mut owned = handshake.accept().await?;
    {
        let first = &mut owned;
        first.send("hello").await?;
        let again = &mut *first;
        let _ = again.recv().await?;
    }
    while let Some(message) = owned.recv().await? {
        owned.send(message).await?;
    }
    Ok(())
}

/// Pinned futures of it.
#[ws_endpoint("/values/pinned")]
async fn pinned(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = {
            let mut next: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(socket.recv());
            next.as_mut().await?
        };
        let Some(message) = message else { return Ok(()) };
        let sending = socket.send(message);
        let mut sending = std::pin::pin!(sending);
        sending.as_mut().await?;
    }
}

/// A future is kept in a variable and awaited below.
#[ws_endpoint("/values/kept")]
async fn kept(handshake: Handshake) -> sockeye::Result {
    let accepting = handshake.accept();
    let mut socket = accepting.await?;
    loop {
        let receiving = socket.recv();
        let received = receiving.await;
        let Some(message) = received? else { break };
        let sending = socket.send(message);
        tracing::debug!("sending");
        sending.await?;
    }
    Ok(())
}

/// The future is chosen by `if` and by `match`, and awaited once.
#[ws_endpoint("/values/chosen")]
async fn chosen(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let sending = if message.is_empty() { socket.send("empty") } else { socket.feed(message.clone()) };
        sending.await?;
        (match message {
            Message::Text(text) => socket.send(text),
            Message::Binary(bytes) => socket.send(bytes),
        })
        .await?;
        { socket.send("again") }.await?;
    }
    Ok(())
}

/// Swapped and replaced.
#[ws_endpoint("/values/swap")]
async fn swap(handshake: Handshake) -> sockeye::Result {
    let mut current = Some(handshake.accept().await?);
    let mut other: Option<Socket> = None;
    mem::swap(&mut current, &mut other);
    let mut socket = mem::take(&mut other).expect("swapped");
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    let _old = other.replace(socket);
    Ok(())
}

/// Reassigned by a helper, as in the typestate style.
#[ws_endpoint("/values/reassigned")]
async fn reassigned(handshake: Handshake) -> sockeye::Result {
    async fn step(mut socket: Socket) -> sockeye::Result<Option<Socket>> {
        match socket.recv().await? {
            Some(message) => {
                socket.send(message).await?;
                Ok(Some(socket))
            }
            None => Ok(None),
        }
    }
    let mut socket = handshake.accept().await?;
    loop {
        socket = match step(socket).await? {
            Some(socket) => socket,
            None => return Ok(()),
        };
    }
}

/// Given to the state: the handler returns, and the socket lives on there.
#[ws_endpoint("/values/handed-over")]
async fn handed_over(handshake: Handshake, State(lobby): State<Lobby>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    lobby.0.lock().await.push(socket);
    Ok(())
}

#[derive(Clone, Default)]
struct Lobby(Arc<Mutex<Vec<Socket>>>);

/// Given through a channel.
#[ws_endpoint("/values/sent-away")]
async fn sent_away(handshake: Handshake, State(lobby): State<Lobby>) -> sockeye::Result {
    let (give, take) = oneshot::channel();
    let waiting = async move {
        if let Ok(socket) = take.await {
            lobby.0.lock().await.push(socket);
        }
    };
    let socket = handshake.accept().await?;
    let (given, ()) = tokio::join!(async { give.send(socket) }, waiting);
    given.map_err(|_| sockeye::Error::new("nobody takes it"))
}

/// Shadowed in an arm by what was received.
#[ws_endpoint("/values/shadowed-arm")]
async fn shadowed_arm(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(handshake) => socket.send(handshake).await?,
            None => break,
        }
    }
    Ok(())
}

/// Shadowed by itself with another codec's half.
#[ws_endpoint("/values/shadowed-half")]
async fn shadowed_half(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let (socket, mut incoming) = socket.split();
    while let Some(message) = incoming.recv().await? {
        let socket = socket.clone();
        socket.send(message).await?;
    }
    Ok(())
}

/// A closure's parameter has the name of the socket.
#[ws_endpoint("/values/closure-name")]
async fn closure_name(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let total = Cell::new(0);
    let ports: Vec<u16> = vec!["127.0.0.1:1".parse::<std::net::SocketAddr>()?]
        .into_iter()
        .map(|socket| socket.port())
        .inspect(|socket| total.set(total.get() + socket))
        .collect();
    let total = total.into_inner();
    socket.send(format!("{ports:?} {total}")).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Bound by `@`, `ref` and nested patterns.
#[ws_endpoint("/values/patterns")]
async fn patterns(handshake: Handshake) -> sockeye::Result {
    let accepted @ Ok(_) = handshake.accept().await else { return Err(sockeye::Error::new("not accepted")) };
    let (Ok(mut socket), ..) = (accepted, 1, 2) else { unreachable!() };
    let ref mut socket = socket;
    while let Some(ref message @ Message::Text(_)) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// An array of names, a slice of sockets, and `as_deref_mut`.
#[ws_endpoint("/values/slices")]
async fn slices(handshake: Handshake) -> sockeye::Result {
    let mut sockets = [Some(Box::new(handshake.accept().await?))];
    let [first] = &mut sockets;
    while let Some(socket) = first.as_deref_mut() {
        match socket.recv().await? {
            Some(message) => socket.send(message).await?,
            None => *first = None,
        }
    }
    Ok(())
}
