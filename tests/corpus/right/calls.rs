//! Calls that are answered, or whose sender learns that they are not.

use std::{collections::HashMap, time::Duration};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sockeye::{
    Answer, Call, CloseCode, Error, Handshake, Json, MaybeCall, Receiver, Responder, Sender, Socket,
    ws_endpoint, ws_lifecycle,
};
use tokio::{sync::mpsc, time::timeout};

#[derive(Deserialize)]
#[serde(tag = "do")]
enum Ask {
    Get { key: String },
    Stop,
}

#[derive(Serialize)]
struct Found {
    value: String,
}

type Reply = Answer<Found>;

fn lookup(key: &str) -> Option<String> {
    (!key.is_empty()).then(|| key.to_uppercase())
}

/// Each arm answers, or ends the connection.
#[ws_endpoint("/calls/arms")]
async fn arms(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        match ask {
            Ask::Get { key } => match lookup(&key) {
                Some(value) => socket.send(responder.answer(Found { value })).await?,
                None => socket.send(responder.fail("not found")).await?,
            },
            Ask::Stop => return Ok(()),
        }
    }
    Ok(())
}

/// What ends the connection is an answer.
#[ws_endpoint("/calls/ends")]
async fn ends(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, _responder) = call.into_parts();
        match ask {
            Ask::Get { .. } => return Err(Error::new("no one may ask")),
            Ask::Stop => break,
        }
    }
    socket.close(CloseCode::NORMAL, "done").await
}

/// `?` ends the connection too.
#[ws_endpoint("/calls/question_mark")]
async fn question_mark(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        let Ask::Get { key } = ask else { return Err(Error::new("stopped")) };
        let value = lookup(&key).ok_or_else(|| Error::new("not found"))?;
        socket.send(responder.answer(Found { value })).await?;
    }
    Ok(())
}

/// Refuses first, and then answers.
#[ws_endpoint("/calls/guard")]
async fn guard(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        let Ask::Get { key } = ask else {
            socket.send(responder.fail("cannot stop")).await?;
            continue;
        };
        if key.len() > 100 {
            socket.send(responder.fail("too long")).await?;
            continue;
        }
        socket.send(responder.answer(Found { value: key })).await?;
    }
    Ok(())
}

/// Answers when the work is done, in tasks of the connection.
#[ws_endpoint("/calls/tasks")]
async fn tasks(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(call) = receiver.recv().await? {
        let (ask, responder) = call.into_parts();
        let answers = sender.clone();
        sender.spawn(async move {
            let answer = match ask {
                Ask::Get { key } => responder.answer(Found { value: key }),
                Ask::Stop => responder.fail("cannot stop"),
            };
            if let Err(error) = answers.send(answer).await {
                tracing::debug!(%error);
            }
        });
    }
    Ok(())
}

/// Keeps them until there is something to say.
#[ws_endpoint("/calls/kept")]
async fn kept(
    handshake: Handshake<Json<Call<Ask>, Reply>>,
    State(values): State<tokio::sync::broadcast::Sender<String>>,
) -> sockeye::Result {
    let mut values = values.subscribe();
    let mut socket = handshake.accept().await?;
    let mut waiting = HashMap::new();
    loop {
        tokio::select! {
            call = socket.recv() => {
                let Some(call) = call? else { return Ok(()) };
                let (ask, responder) = call.into_parts();
                if let Ask::Get { key } = ask {
                    waiting.insert(key, responder);
                } else {
                    socket.send(responder.fail("cannot stop")).await?;
                }
            }
            value = values.recv() => {
                let value = value?;
                if let Some(responder) = waiting.remove(&value) {
                    let responder: Responder = responder;
                    socket.send(responder.answer(Found { value })).await?;
                }
            }
        }
    }
}

/// Some of its messages are no calls.
#[ws_endpoint("/calls/maybe")]
async fn maybe(handshake: Handshake<Json<MaybeCall<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        let Ask::Get { key } = ask else { continue };
        if let Some(responder) = responder {
            socket.send(responder.answer(Found { value: key })).await?;
        }
    }
    Ok(())
}

/// Nobody needs their answer.
#[ws_endpoint("/calls/ignored")]
async fn ignored(handshake: Handshake<Json<Call<Ask, Option<Responder>>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, _) = call.into_parts();
        if let Ask::Stop = ask {
            return Ok(());
        }
    }
    Ok(())
}

/// Passes it on.
#[ws_endpoint("/calls/passed")]
async fn passed(
    handshake: Handshake<Json<Call<Ask>, Reply>>,
    State(work): State<mpsc::Sender<(Ask, Responder)>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        work.send(call.into_parts()).await?;
    }
    Ok(())
}

/// Answers what takes too long.
#[ws_endpoint("/calls/timed")]
async fn timed(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        let found = timeout(Duration::from_secs(1), async {
            match ask {
                Ask::Get { key } => lookup(&key),
                Ask::Stop => None,
            }
        });
        let answer = match found.await {
            Ok(Some(value)) => responder.answer(Found { value }),
            Ok(None) => responder.fail("not found"),
            Err(_) => responder.fail("timed out"),
        };
        socket.send(answer).await?;
    }
    Ok(())
}

/// A helper takes it.
#[ws_endpoint("/calls/helper")]
async fn helper(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        reply(&socket, call).await?;
    }
    Ok(())
}

#[ws_lifecycle]
async fn reply(socket: &Socket<Json<Call<Ask>, Reply>>, call: Call<Ask>) -> sockeye::Result {
    match call.into_parts() {
        (Ask::Get { key }, responder) => socket.send(responder.answer(Found { value: key })).await,
        (Ask::Stop, responder) => socket.send(responder.fail("cannot stop")).await,
    }
}

#[ws_lifecycle]
async fn halves(
    sender: Sender<Json<Call<Ask>, Reply>>,
    mut receiver: Receiver<Json<Call<Ask>, Reply>>,
) -> sockeye::Result {
    let mut count = 0;
    while let Some(call) = receiver.recv().await? {
        let (_ask, responder) = call.into_parts();
        count += 1;
        let answer = if count > 3 {
            responder.fail("enough")
        } else {
            responder.answer(Found { value: count.to_string() })
        };
        sender.send(answer).await?;
    }
    Ok(())
}

/// Another type with such a method: its body is of no use here.
#[ws_endpoint("/calls/request")]
async fn request(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let request = axum::http::Request::new(());
    let (head, _) = request.into_parts();
    tracing::debug!(?head);
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (_, responder) = call.into_parts();
        socket.send(responder.fail("no")).await?;
    }
    Ok(())
}

/// Keeps the calls for later.
#[ws_endpoint("/calls/kept_whole")]
async fn kept_whole(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut waiting = Vec::new();
    while let Some(call) = socket.recv().await? {
        tracing::debug!("one more");
        waiting.push(call);
        if waiting.len() == 10 {
            for call in waiting.drain(..) {
                let (_, responder) = call.into_parts();
                socket.send(responder.fail("later")).await?;
            }
        }
    }
    Ok(())
}

/// One question, and the end: its client learns of that.
#[ws_endpoint("/calls/one")]
async fn one(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    if let Some(call) = socket.recv().await? {
        tracing::info!(is_stop = matches!(call.message(), Ask::Stop));
        return socket.close(CloseCode::NORMAL, "closed today").await;
    }
    Ok(())
}

/// The loop ends with the call.
#[ws_endpoint("/calls/until_stop")]
async fn until_stop(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(call) if matches!(call.message(), Ask::Stop) => {
                return socket.close(CloseCode::NORMAL, "as you wish").await;
            }
            Some(call) => {
                let answer = found(call);
                socket.send(answer).await?;
            }
            None => return Ok(()),
        }
    }
}

fn found(call: Call<Ask>) -> Reply {
    let (_, responder) = call.into_parts();
    let reply = responder.answer(Found { value: "found".to_owned() });
    tracing::debug!("made");
    reply
}

/// Helpers that pass the answer on, or give it themselves in each case.
#[ws_endpoint("/calls/helped")]
async fn helped(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(call) = receiver.recv().await? {
        let (ask, responder) = call.into_parts();
        match ask {
            Ask::Get { key } if key.is_empty() => refuse(&sender, responder, "empty").await,
            Ask::Get { key } if key.len() > 99 => expel(&sender, responder, &key).await,
            Ask::Get { key } => sender.send(finish(responder, lookup(&key))).await?,
            Ask::Stop => return leave(&sender, responder).await,
        }
    }
    Ok(())
}

fn finish(responder: Responder, value: Option<String>) -> Reply {
    let Some(value) = value else { return responder.fail("not found") };
    responder.answer(Found { value })
}

async fn refuse(sender: &Sender<Json<Call<Ask>, Reply>>, responder: Responder, why: &str) {
    let reply = if why.is_empty() { responder.fail("refused") } else { responder.fail(why) };
    if sender.send(reply).await.is_err() {
        tracing::debug!("gone");
    }
}

/// Its client learns of the end of the connection.
async fn expel(sender: &Sender<Json<Call<Ask>, Reply>>, responder: Responder, key: &str) {
    if key.len() > 999 {
        let _ = sender.close(CloseCode::POLICY_VIOLATION, "too long").await;
    } else {
        let _ = sender.send(responder.fail("too long")).await;
    }
}

async fn leave(sender: &Sender<Json<Call<Ask>, Reply>>, responder: Responder) -> sockeye::Result {
    if lookup("answer").is_some() { sender.send(responder.fail("no")).await } else { Err(Error::new("bye")) }
}

/// A case goes on with the next call once it has answered, or kept what answers it.
#[ws_endpoint("/calls/rounds")]
async fn rounds(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut waiting: Vec<Responder> = Vec::new();
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        match ask {
            Ask::Get { key } if key.is_empty() => {
                socket.send(responder.fail("empty")).await?;
                continue;
            }
            Ask::Get { key } => {
                waiting.push(responder);
                if key.len() < 9 {
                    continue;
                }
            }
            Ask::Stop => socket.send(responder.answer(Found { value: "stopped".to_owned() })).await?,
        }
        for responder in waiting.drain(..) {
            if lookup("late").is_none() {
                socket.send(responder.fail("late")).await?;
                continue;
            }
            socket.send(responder.answer(Found { value: "late".to_owned() })).await?;
        }
    }
    Ok(())
}

/// Tasks and helpers that answer in each case, or stop with the connection.
#[ws_endpoint("/calls/later")]
async fn later(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let slots = std::sync::Arc::new(tokio::sync::Semaphore::new(8));
    while let Some(call) = receiver.recv().await? {
        if matches!(call.message(), Ask::Stop) {
            break;
        }
        let (ask, responder) = call.into_parts();
        let (out, slots) = (sender.clone(), slots.clone());
        tokio::spawn(async move {
            let Ok(_slot) = slots.acquire().await else { return };
            let Ask::Get { key } = ask else {
                let _ = out.send(responder.fail("stopped")).await;
                return;
            };
            let Some(value) = lookup(&key) else {
                let _ = out.send(responder.fail("not found")).await;
                return;
            };
            let _ = out.send(responder.answer(Found { value })).await;
        });
    }
    Ok(())
}

/// Its client has left.
async fn warn_first(sender: &Sender<Json<Call<Ask>, Reply>>, responder: Responder) {
    if sender.ping().await.is_err() {
        return;
    }
    let _ = sender.send(responder.fail("late")).await;
}

/// Each call is looked at first, and answered.
#[ws_endpoint("/calls/looked_at")]
async fn looked_at(handshake: Handshake<Json<Call<Ask>, Reply>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(call) = receiver.recv().await? {
        if matches!(call.message(), Ask::Stop) {
            let (_, responder) = call.into_parts();
            warn_first(&sender, responder).await;
            continue;
        }
        let (_, responder) = call.into_parts();
        sender.send(responder.answer(Found { value: "seen".to_owned() })).await?;
    }
    Ok(())
}
