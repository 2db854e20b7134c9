//! Functions that push, and ignore that they cannot: their callers wait for them although the client has left.

use std::time::Duration;

use axum::extract::State;
use futures_util::future;
use sockeye::{Handshake, Hub, Receiver, Sender, Subscription, ws_endpoint};
use tokio::{
    sync::{broadcast, broadcast::error::RecvError, mpsc, watch},
    task::JoinSet,
    time::interval,
};

/// Every bid of the auction, also to those who have gone home.
async fn push_bids(sender: Sender, mut bids: broadcast::Receiver<String>) {
    loop {
        match bids.recv().await {
            Ok(bid) => {
                let _ = sender.send(bid).await; //~ swallowed_error
            }
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        }
    }
}

async fn read_bids(mut receiver: Receiver) {
    while let Ok(Some(bid)) = receiver.recv().await {
        tracing::info!(?bid);
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/auction")]
async fn auction(handshake: Handshake, State(bids): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    tokio::join!(push_bids(sender, bids.subscribe()), read_bids(receiver));
    Ok(())
}

/// The temperature of an oven, every second, to nobody.
async fn report_heat(sender: Sender) {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        sender.send("180").await.ok(); //~ swallowed_error
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/oven")]
async fn oven(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let listening = async { while let Ok(Some(_)) = receiver.recv().await {} };
    future::join(report_heat(sender), listening).await;
    Ok(())
}

/// What a shop shows: a method that owns its half.
struct Display {
    sender: Sender,
    prices: watch::Receiver<u64>,
}

impl Display {
    async fn run(mut self) {
        while self.prices.changed().await.is_ok() {
            let price = *self.prices.borrow_and_update();
            if let Err(error) = self.sender.send(price.to_string()).await { //~ swallowed_error
                tracing::warn!(%error, "price not shown");
            }
        }
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/display")]
async fn display(handshake: Handshake, State(prices): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let display = Display { sender, prices };
    let keys = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(display.run(), keys);
    Ok(())
}

/// A borrowed sender, awaited in one of two blocks.
async fn relay(sender: &Sender, goals: &mut broadcast::Receiver<String>) {
    loop {
        let goal = match goals.recv().await {
            Ok(goal) => goal,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        match sender.send(goal).await { //~ swallowed_error
            Ok(()) => tracing::trace!("sent"),
            Err(error) => tracing::debug!(%error),
        }
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/goals")]
async fn goals(handshake: Handshake, State(goals): State<broadcast::Sender<String>>) -> sockeye::Result {
    let mut goals = goals.subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = async { relay(&sender, &mut goals).await };
    let reading = async { while let Ok(Some(_)) = receiver.recv().await {} };
    tokio::join!(pushing, reading);
    Ok(())
}

/// Both are tasks, and both are waited for.
async fn push_levels(sender: Sender, mut level: watch::Receiver<f32>) {
    while let Ok(()) = level.changed().await {
        let text = level.borrow_and_update().to_string();
        sender.send(text).await.unwrap_or_default(); //~ swallowed_error
    }
}

async fn listen(mut receiver: Receiver) {
    while let Ok(Some(_)) = receiver.recv().await {}
}

/// An endpoint.
#[ws_endpoint("/pushers/river")]
async fn river(handshake: Handshake, State(level): State<watch::Receiver<f32>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let pushing = tokio::spawn(push_levels(sender, level));
    let reading = tokio::spawn(listen(receiver));
    let _ = tokio::join!(pushing, reading);
    Ok(())
}

/// A set whose tasks are all waited for.
async fn push_tracks(sender: Sender, mut tracks: broadcast::Receiver<String>) {
    loop {
        let track = match tracks.recv().await {
            Ok(track) => track,
            Err(RecvError::Lagged(lost)) => format!("{lost} tracks were missed"),
            Err(RecvError::Closed) => return,
        };
        if sender.send(track).await.is_err() { //~ swallowed_error
            tracing::error!("the listener is gone");
        }
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/radio")]
async fn radio(handshake: Handshake, State(tracks): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut both = JoinSet::new();
    both.spawn(push_tracks(sender, tracks.subscribe()));
    both.spawn(listen(receiver));
    while both.join_next().await.is_some() {}
    Ok(())
}

/// The futures have names.
async fn push_seats(sender: Sender, mut seats: Subscription<String>) {
    while let Ok(event) = seats.next().await {
        drop(sender.send(event).await); //~ swallowed_error
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/cinema")]
async fn cinema(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let pushing = push_seats(sender, hub.topic("seats").subscribe());
    let reading = listen(receiver);
    tokio::join!(pushing, reading);
    Ok(())
}

/// Several lines for each event, in a loop of their own.
async fn push_board(sender: Sender, mut board: broadcast::Receiver<Vec<String>>) {
    'board: loop {
        let lines = match board.recv().await {
            Ok(lines) => lines,
            Err(RecvError::Lagged(_)) => continue 'board,
            Err(RecvError::Closed) => break 'board,
        };
        for line in lines {
            let _ = sender.feed(line).await.map_err(|error| tracing::warn!(%error)); //~ swallowed_error
        }
        let _ = sender.flush().await;
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/board")]
async fn board(handshake: Handshake, State(board): State<broadcast::Sender<Vec<String>>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    tokio::join!(push_board(sender, board.subscribe()), async move { listen(receiver).await });
    Ok(())
}

/// The queue is that of the kitchen, and lasts as long as the kitchen.
async fn push_orders(sender: Sender, mut orders: mpsc::Receiver<String>) {
    while let Some(order) = orders.recv().await {
        _ = sender.send(order).await; //~ swallowed_error
    }
}

#[derive(Clone)]
struct Kitchen;

impl Kitchen {
    async fn orders(&self) -> mpsc::Receiver<String> {
        todo!()
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/kitchen")]
async fn kitchen(handshake: Handshake, State(kitchen): State<Kitchen>) -> sockeye::Result {
    let orders = kitchen.orders().await;
    let (sender, receiver) = handshake.accept().await?.split();
    tokio::join!(push_orders(sender, orders), listen(receiver));
    Ok(())
}

/// In a task that runs both.
async fn push_scores(sender: Sender, mut scores: watch::Receiver<u32>) {
    loop {
        if scores.changed().await.is_err() {
            break;
        }
        let text = scores.borrow_and_update().to_string();
        let Ok(()) = sender.send(text).await else { continue }; //~ swallowed_error
        tracing::trace!("score sent");
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/scores")]
async fn scores(handshake: Handshake, State(scores): State<watch::Receiver<u32>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let both = tokio::spawn(async move {
        tokio::join!(push_scores(sender, scores), listen(receiver));
    });
    both.await?;
    Ok(())
}

/// A feed and a clock in one loop.
async fn push_both(sender: Sender, mut news: broadcast::Receiver<String>) {
    let mut beats = interval(Duration::from_secs(30));
    loop {
        tokio::select! {
            one = news.recv() => match one {
                Ok(text) => {
                    let _ = sender.send(text).await; //~ swallowed_error
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            _ = beats.tick() => {
                let _ = sender.send("beat").await; //~ swallowed_error
            }
        }
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/both")]
async fn both(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    tokio::join!(push_both(sender, news.subscribe()), listen(receiver));
    Ok(())
}

/// What was received has a name.
async fn push_named(sender: Sender, mut news: broadcast::Receiver<String>) {
    loop {
        let received = news.recv().await;
        let text = match received {
            Ok(text) => text,
            Err(RecvError::Lagged(lost)) => format!("{lost} lines are missing"),
            Err(RecvError::Closed) => break,
        };
        sender.send(text).await.ok(); //~ swallowed_error
    }
}

/// An endpoint.
#[ws_endpoint("/pushers/named")]
async fn named(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    future::join(push_named(sender, news.subscribe()), listen(receiver)).await;
    Ok(())
}
