use serde::{Deserialize, Serialize};
use sockeye::{Answer, Call, Handshake, Json, MaybeCall, ws_endpoint};

#[derive(Deserialize)]
struct Question {
    left: i64,
    right: i64,
}

#[derive(Serialize)]
struct Sum {
    sum: i64,
}

/// Adds numbers.
#[ws_endpoint("/ws/add")]
async fn add(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (Question { left, right }, responder) = call.into_parts();
        let answer = match left.checked_add(right) {
            Some(sum) => responder.answer(Sum { sum }),
            None => responder.fail("the sum is too large"),
        };
        socket.send(answer).await?;
    }
    Ok(())
}

/// Messages without an `id` need no answer.
#[ws_endpoint("/ws/either")]
async fn either(handshake: Handshake<Json<MaybeCall<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (Question { left, right }, responder) = call.into_parts();
        if let Some(responder) = responder {
            socket.send(responder.answer(Sum { sum: left + right })).await?;
        }
    }
    Ok(())
}

fn main() {}
