use serde::{Deserialize, Serialize};
use sockeye::{Answer, Call, Handshake, Json, ws_endpoint};

#[derive(Deserialize)]
struct Question {
    left: i64,
    right: i64,
}

#[derive(Serialize)]
struct Sum {
    sum: i64,
}

/// Listens, and says nothing.
#[ws_endpoint("/ws/silent")]
async fn silent(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (question, _) = call.into_parts();
        println!("{} + {}", question.left, question.right);
    }
    Ok(())
}

/// Keeps it, and forgets it.
#[ws_endpoint("/ws/kept")]
async fn kept(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (question, _responder) = call.into_parts();
        println!("{} + {}", question.left, question.right);
    }
    Ok(())
}

/// Goes on with the next call.
#[ws_endpoint("/ws/skips")]
async fn skips(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (question, responder) = call.into_parts();
        let Some(sum) = question.left.checked_add(question.right) else { continue };
        socket.send(responder.answer(Sum { sum })).await?;
    }
    Ok(())
}

/// Answers some.
#[ws_endpoint("/ws/some")]
async fn some(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let Some(call) = socket.recv().await? else { return Ok(()) };
        let (question, responder) = call.into_parts();
        match question.left.checked_add(question.right) {
            Some(sum) => socket.send(responder.answer(Sum { sum })).await?,
            None => println!("too large"),
        }
    }
}

/// Drops it in words.
#[ws_endpoint("/ws/dropped")]
async fn dropped(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let (question, responder) = call.into_parts();
        if question.left == 0 {
            drop(responder);
        } else {
            socket.send(responder.answer(Sum { sum: question.right })).await?;
        }
    }
    Ok(())
}

/// Takes the message only.
#[ws_endpoint("/ws/first")]
async fn first(handshake: Handshake<Json<Call<Question>, Answer<Sum>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(call) = socket.recv().await? {
        let question = call.into_parts().0;
        println!("{} + {}", question.left, question.right);
    }
    Ok(())
}

fn main() {}
