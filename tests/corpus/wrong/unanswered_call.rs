//! Calls that no one answers.

use serde::{Deserialize, Serialize};
use sockeye::{Answer, Call, Handshake, Json, Responder, Sender, Socket, ws_endpoint, ws_lifecycle};

#[derive(Deserialize)]
struct Ask {
    key: String,
}

#[derive(Serialize)]
struct Found {
    value: usize,
}

/// In a `select!`.
#[ws_endpoint("/calls/select")]
async fn select(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut ticks = tokio::time::interval(std::time::Duration::from_secs(9));
    loop {
        tokio::select! {
            call = socket.recv() => match call? {
                Some(call) => {
                    let (ask, _) = call.into_parts(); //~ unanswered_call
                    tracing::info!(ask.key);
                }
                None => return Ok(()),
            },
            _ = ticks.tick() => tracing::debug!("alive"),
        }
    }
}

/// Both parts are dropped.
#[ws_endpoint("/calls/both")]
async fn both(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        tracing::info!(key = call.message().key);
        let _ = call.into_parts(); //~ unanswered_call
    }
    Ok(())
}

/// One branch forgets it.
#[ws_endpoint("/calls/branch")]
async fn branch(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        if ask.key.is_empty() {
            tracing::info!("empty"); //~ unanswered_call
        } else if ask.key.len() > 9 {
            socket.send(responder.fail("too long")).await?;
        } else {
            socket.send(responder.answer(Found { value: ask.key.len() })).await?;
        }
    }
    Ok(())
}

/// Without `else`.
#[ws_endpoint("/calls/no_else")]
async fn no_else(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        if !ask.key.is_empty() { //~ unanswered_call
            socket.send(responder.answer(Found { value: ask.key.len() })).await?;
        }
    }
    Ok(())
}

/// A helper with a call.
#[ws_lifecycle]
async fn log(_socket: &Socket<Json<Call<Ask>, Answer<Found>>>, call: Call<Ask>) {
    let (ask, _responder) = call.into_parts(); //~ unanswered_call
    tracing::info!(ask.key);
}

/// A helper with a responder.
#[ws_lifecycle]
async fn give_up(_socket: &Socket<Json<Call<Ask>, Answer<Found>>>, responder: Responder) {
    drop(responder); //~ unanswered_call
}

/// The written default.
#[ws_endpoint("/calls/written")]
async fn written(handshake: Handshake<Json<Call<Ask, Responder>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        if ask.key.is_empty() {
            continue; //~ unanswered_call
        }
        socket.send(responder.answer(Found { value: 1 })).await?;
    }
    Ok(())
}

/// Looks at each call, and answers none.
#[ws_endpoint("/calls/looks")]
async fn looks(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut total = 0;
    while let Some(call) = socket.recv().await? { //~ unanswered_call
        total += call.message().key.len();
    }
    tracing::info!(total);
    Ok(())
}

/// Counts them.
#[ws_endpoint("/calls/counts")]
async fn counts(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut calls = 0;
    loop {
        match socket.recv().await? {
            Some(_call) => { //~ unanswered_call
                calls += 1;
            }
            None => break,
        }
    }
    tracing::info!(calls);
    Ok(())
}

/// Makes the answer, and drops it.
#[ws_endpoint("/calls/made")]
async fn made(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        let _answer = responder.answer(Found { value: ask.key.len() }); //~ unanswered_call
        socket.flush().await?;
    }
    Ok(())
}

/// Makes the failure, and drops it.
#[ws_endpoint("/calls/failed")]
async fn failed(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        if ask.key.is_empty() {
            let _: Answer<Found> = responder.fail("empty"); //~ unanswered_call
        } else {
            socket.send(responder.answer(Found { value: ask.key.len() })).await?;
        }
    }
    Ok(())
}

/// A helper makes the answer, and drops it.
#[ws_endpoint("/calls/finished")]
async fn finished(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        finish(responder, ask.key.len());
    }
    Ok(())
}

fn finish(responder: Responder, value: usize) {
    let _ = responder.answer(Found { value }); //~ unanswered_call
}

/// A helper with the whole call drops what answers it.
#[ws_endpoint("/calls/counted")]
async fn counted(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut total = 0;
    while let Some(call) = socket.recv().await? {
        total += length(call);
    }
    tracing::info!(total);
    Ok(())
}

fn length(call: Call<Ask>) -> usize {
    call.into_parts().0.key.len() //~ unanswered_call
}

struct Store;

impl Store {
    /// It only answers in one case.
    async fn reply(&self, sender: &Sender<Json<Call<Ask>, Answer<Found>>>, responder: Responder, key: &str) {
        if key.len() < 9 {
            let _ = sender.send(responder.answer(Found { value: key.len() })).await;
        } else {
            tracing::warn!("too long"); //~ unanswered_call
        }
    }
}

/// Has the method answer.
#[ws_endpoint("/calls/replied")]
async fn replied(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(call) = receiver.recv().await? {
        let (ask, responder) = call.into_parts();
        Store.reply(&sender, responder, &ask.key).await;
    }
    Ok(())
}

/// A case goes on with the next call, while another one fails, and the rest is answered below.
#[ws_endpoint("/calls/skipped")]
async fn skipped(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut keys = Vec::new();
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        match ask.key.as_str() {
            "" => {
                socket.send(responder.fail("empty")).await?;
                continue;
            }
            "clear" => {
                keys.clear();
                continue; //~ unanswered_call
            }
            _ => keys.push(ask.key),
        }
        socket.send(responder.answer(Found { value: keys.len() })).await?;
    }
    Ok(())
}

/// The same in the value of a `let`.
#[ws_endpoint("/calls/chosen")]
async fn chosen(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        let answer = match ask.key.len() {
            0 => {
                tracing::debug!("empty");
                continue; //~ unanswered_call
            }
            1..=9 => responder.answer(Found { value: ask.key.len() }),
            _ => responder.fail("too long"),
        };
        socket.send(answer).await?;
    }
    Ok(())
}

fn lookup(key: &str) -> Option<usize> {
    key.parse().ok()
}

type Out = Sender<Json<Call<Ask>, Answer<Found>>>;

async fn respond(out: &Out, responder: Responder, key: &str) {
    let Some(value) = lookup(key) else { return }; //~ unanswered_call
    let _ = out.send(responder.answer(Found { value })).await;
}

async fn respond_to_some(out: &Out, responder: Responder, key: &str) {
    if key.is_empty() {
        tracing::warn!("empty");
        return; //~ unanswered_call
    }
    if out.send(responder.answer(Found { value: key.len() })).await.is_err() {
        return;
    }
    tracing::debug!("answered");
}

/// Helpers and a task return before they answer, and the connection goes on.
#[ws_endpoint("/calls/returned")]
async fn returned(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let (out, mut receiver) = handshake.accept().await?.split();
    while let Some(call) = receiver.recv().await? {
        let (ask, responder) = call.into_parts();
        match ask.key.len() {
            0..9 => respond(&out, responder, &ask.key).await,
            9..99 => respond_to_some(&out, responder, &ask.key).await,
            _ => {
                tracing::info!("long");
                answer_later(&out, ask, responder);
            }
        }
    }
    Ok(())
}

fn answer_later(out: &Out, ask: Ask, responder: Responder) {
    let out = out.clone();
    tokio::spawn(async move {
        let _ = out.send(responder.answer(Found { value: ask.key.len() })).await;
    });
}

/// The same in a task of the handler.
#[ws_endpoint("/calls/in_a_task")]
async fn in_a_task(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let (out, mut receiver) = handshake.accept().await?.split();
    while let Some(call) = receiver.recv().await? {
        let (ask, responder) = call.into_parts();
        let out = out.clone();
        tokio::spawn(async move {
            let Some(value) = lookup(&ask.key) else { return }; //~ unanswered_call
            let _ = out.send(responder.answer(Found { value })).await;
        });
    }
    Ok(())
}

/// The call is skipped before it is taken apart.
#[ws_endpoint("/calls/passed_over")]
async fn passed_over(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        if call.message().key.is_empty() {
            continue; //~ unanswered_call
        }
        let (ask, responder) = call.into_parts();
        socket.send(responder.answer(Found { value: ask.key.len() })).await?;
    }
    Ok(())
}

/// The failure is made and dropped, in two forms.
#[ws_endpoint("/calls/dropped_failure")]
async fn dropped_failure(handshake: Handshake<Json<Call<Ask>, Answer<Found>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (ask, responder) = call.into_parts();
        if ask.key.is_empty() {
            drop(responder.fail::<Found>("empty")); //~ unanswered_call
        } else if ask.key.len() > 80 {
            _ = responder.fail::<Found>("too long"); //~ unanswered_call
        } else {
            socket.send(responder.answer(Found { value: ask.key.len() })).await?;
        }
    }
    Ok(())
}
