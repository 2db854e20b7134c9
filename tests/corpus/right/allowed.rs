//! Exceptions with a reason, every level of documentation, and every option.

/* The handlers here would be wrong without their `allow`. */

use std::time::Duration;

use axum::extract::State;
use sockeye::{Handshake, ws_endpoint};
use tokio::{sync::broadcast, time::sleep};

/// Clients only listen, and sends notice when they are gone.
#[ws_endpoint("/allowed/deaf", allow(deaf_loop, reason = "a send fails when the client is gone"))]
async fn deaf(handshake: Handshake, State(events): State<broadcast::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut events = events.subscribe();
    loop {
        socket.send(events.recv().await?).await?;
    }
}

/// A banner; the end by drop is meant.
#[ws_endpoint("/allowed/no-loop", allow(no_receive_loop, reason = "the banner is all there is"))]
async fn no_loop(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("banner").await?;
    Ok(())
}

/// A short nap on a thread of its own runtime.
#[ws_endpoint(
    "/allowed/blocking",
    allow(blocking_call, reason = "this server has a runtime for this endpoint alone")
)]
async fn blocking(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        std::thread::sleep(Duration::from_millis(1));
        socket.send(message).await?;
    }
    Ok(())
}

/// Panics on purpose.
#[ws_endpoint("/allowed/panicking", allow(panicking_io, reason = "a panic is how this test ends"))]
async fn panicking(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await.unwrap();
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A task that outlives the connection by a second.
#[ws_endpoint("/allowed/detached", allow(detached_task, reason = "it ends by itself within a second"))]
async fn detached(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    tokio::spawn(async move {
        while sender.send("a second later").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// Two rules with one reason.
#[ws_endpoint(
    "/allowed/two",
    allow(swallowed_error, deaf_loop, reason = "the process lives for ten seconds")
)]
async fn two(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    loop {
        sleep(Duration::from_secs(1)).await;
        let _ = socket.send("tick").await;
    }
}

/// Two `allow`s.
#[ws_endpoint(
    "/allowed/twice",
    allow(no_receive_loop, reason = "the banner is all there is"),
    allow(panicking_io, reason = "a panic is how this test ends")
)]
async fn twice(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.send("banner").await.unwrap();
    Ok(())
}

#[ws_endpoint("/allowed/undocumented", allow(undocumented_endpoint, reason = "its name says it"))]
async fn undocumented(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/allowed/doc-attribute")]
#[doc = "Documented by an attribute."]
async fn doc_attribute(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/allowed/doc-macro")]
#[doc = concat!("Documented ", "by a macro.")]
async fn doc_macro(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/** Documented by a block. */
#[ws_endpoint("/allowed/doc-block")]
async fn doc_block(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/allowed/missing-docs")]
#[allow(missing_docs)]
async fn missing_docs(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[ws_endpoint("/allowed/doc-hidden")]
#[doc(hidden)]
async fn doc_hidden(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Every option at once.
#[ws_endpoint(
    "/allowed/options/{id}",
    state = (),
    origins = ["https://app.example.com"],
    subprotocols = ["v2", "v1"],
    max_message_size = "1 MiB",
    heartbeat = "15s",
    group = "admin",
    guarded
)]
pub(crate) async fn options(
    handshake: Handshake,
    axum::extract::Path(id): axum::extract::Path<u64>,
) -> Result<(), sockeye::Error> {
    let mut socket = handshake.accept().await?;
    socket.send(id.to_string()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// What is allowed may be in the other function, which gets the socket.
#[ws_endpoint("/allowed/elsewhere", allow(panicking_io, reason = "the other function panics to be tested"))]
async fn elsewhere(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    super::fresh::drain(socket.split().1).await
}

/// Nobody here knows whether the function of the state blocks.
#[ws_endpoint("/allowed/lookup", allow(blocking_call, reason = "the table is in memory"))]
async fn lookup(handshake: Handshake, State(find): State<fn(&str) -> String>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let found = find(message.as_text().unwrap_or_default());
        socket.send(found).await?;
    }
    Ok(())
}

/// The task is kept where the rule cannot follow.
#[ws_endpoint("/allowed/kept", allow(detached_task, reason = "the registry ends it"))]
async fn kept(
    handshake: Handshake,
    State(tasks): State<std::sync::Arc<tokio::sync::Mutex<Vec<tokio::task::JoinHandle<()>>>>>,
) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let task = tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(60)).await;
            if sender.send("tick").await.is_err() {
                break;
            }
        }
    });
    tasks.lock().await.push(task);
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// The queue comes from a helper, and is bounded by what fills it.
#[ws_endpoint("/allowed/cleanup", allow(skipped_cleanup, reason = "the guest list is cleared every night"))]
async fn cleanup(
    handshake: Handshake,
    State(guests): State<std::sync::Arc<std::sync::Mutex<Vec<String>>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let name = format!("{:?}", socket.peer());
    guests.lock().unwrap().insert(0, name);
    while socket.recv().await?.is_some() {}
    Ok(())
}
