//! Functions that push and ignore their errors, and that something else ends: their callers, or their channels.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::State;
use futures_util::future;
use sockeye::{Handshake, Hub, Receiver, Sender, Subscription, ws_endpoint};
use tokio::{
    sync::{Mutex, broadcast, broadcast::error::RecvError, mpsc, watch},
    task::JoinSet,
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;

/// The channel ends with the reader, which has its only sender.
async fn write_answers(sender: Sender, mut answers: mpsc::Receiver<String>) {
    while let Some(answer) = answers.recv().await {
        let _ = sender.send(answer).await;
    }
}

async fn read_questions(mut receiver: Receiver, answers: mpsc::Sender<String>) {
    while let Ok(Some(question)) = receiver.recv().await {
        let answer = question.as_text().unwrap_or_default().to_uppercase();
        if answers.send(answer).await.is_err() {
            break;
        }
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/quiz")]
async fn quiz(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let (tx, rx) = mpsc::channel(8);
    tokio::join!(write_answers(sender, rx), read_questions(receiver, tx));
    Ok(())
}

/// `select!` drops whichever is left.
async fn push_bids(sender: Sender, mut bids: broadcast::Receiver<String>) {
    loop {
        match bids.recv().await {
            Ok(bid) => {
                let _ = sender.send(bid).await;
            }
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        }
    }
}

async fn listen(mut receiver: Receiver) {
    while let Ok(Some(_)) = receiver.recv().await {}
}

/// An endpoint.
#[ws_endpoint("/right/pushers/auction")]
async fn auction(handshake: Handshake, State(bids): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    tokio::select! {
        () = push_bids(sender, bids.subscribe()) => {}
        () = listen(receiver) => {}
    }
    Ok(())
}

/// Aborted as soon as the reader has ended.
async fn push_prices(sender: Sender, mut price: watch::Receiver<u64>) {
    while price.changed().await.is_ok() {
        let now = *price.borrow_and_update();
        sender.send(now.to_string()).await.ok();
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/prices")]
async fn prices(handshake: Handshake, State(price): State<watch::Receiver<u64>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = tokio::spawn(push_prices(sender, price));
    while let Ok(Some(_)) = receiver.recv().await {}
    pushing.abort();
    Ok(())
}

/// The set is dropped when the first has ended.
async fn push_tracks(sender: Sender, mut tracks: broadcast::Receiver<String>) {
    loop {
        let track = match tracks.recv().await {
            Ok(track) => track,
            Err(RecvError::Lagged(lost)) => format!("{lost} tracks were missed"),
            Err(RecvError::Closed) => return,
        };
        if sender.send(track).await.is_err() {
            tracing::error!("the listener is gone");
        }
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/radio")]
async fn radio(handshake: Handshake, State(tracks): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut both = JoinSet::new();
    both.spawn(push_tracks(sender, tracks.subscribe()));
    both.spawn(listen(receiver));
    both.join_next().await;
    Ok(())
}

/// The same by hand.
#[ws_endpoint("/right/pushers/radio-shutdown")]
async fn radio_shutdown(
    handshake: Handshake,
    State(tracks): State<broadcast::Sender<String>>,
) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut both = JoinSet::new();
    both.spawn(push_tracks(sender, tracks.subscribe()));
    both.spawn(listen(receiver));
    both.join_next().await;
    both.abort_all();
    while both.join_next().await.is_some() {}
    Ok(())
}

/// A failed send is the end.
async fn push_levels(sender: Sender, mut level: watch::Receiver<f32>) {
    while level.changed().await.is_ok() {
        let text = level.borrow_and_update().to_string();
        if let Err(error) = sender.send(text).await {
            tracing::debug!(%error, "gone");
            break;
        }
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/river")]
async fn river(handshake: Handshake, State(level): State<watch::Receiver<f32>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    tokio::join!(push_levels(sender, level), listen(receiver));
    Ok(())
}

/// The reader tells it.
async fn push_until(sender: Sender, mut goals: broadcast::Receiver<String>, gone: CancellationToken) {
    loop {
        tokio::select! {
            () = gone.cancelled() => return,
            goal = goals.recv() => match goal {
                Ok(goal) => drop(sender.send(goal).await),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/goals")]
async fn goals(handshake: Handshake, State(goals): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let gone = CancellationToken::new();
    let reading = async {
        listen(receiver).await;
        gone.cancel();
    };
    tokio::join!(push_until(sender, goals.subscribe(), gone.clone()), reading);
    Ok(())
}

/// Sockeye ends it with the connection.
async fn report_heat(sender: Sender) {
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        let _ = sender.send("180").await;
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/oven")]
async fn oven(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    sender.spawn(report_heat(sender.clone()));
    listen(receiver).await;
    Ok(())
}

/// For an hour at most.
async fn push_stock(sender: Sender, mut stock: watch::Receiver<u32>) {
    while stock.changed().await.is_ok() {
        let left = *stock.borrow_and_update();
        let _ = sender.send(left.to_string()).await;
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/stock")]
async fn stock(handshake: Handshake, State(stock): State<watch::Receiver<u32>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = timeout(Duration::from_secs(3600), push_stock(sender, stock));
    let reading = async { while let Ok(Some(_)) = receiver.recv().await {} };
    let _ = tokio::join!(pushing, reading);
    Ok(())
}

/// The table closes the queue of who has left.
#[derive(Clone, Default)]
struct Tables(Arc<Mutex<HashMap<u64, mpsc::Sender<String>>>>);

impl Tables {
    async fn join(&self, seat: u64) -> mpsc::Receiver<String> {
        let (tx, rx) = mpsc::channel(16);
        self.0.lock().await.insert(seat, tx);
        rx
    }

    async fn leave(&self, seat: u64) {
        self.0.lock().await.remove(&seat);
    }
}

async fn push_moves(sender: Sender, mut moves: mpsc::Receiver<String>) {
    while let Some(one) = moves.recv().await {
        let _ = sender.send(one).await;
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/table")]
async fn table(handshake: Handshake, State(tables): State<Tables>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let seat = sender.id();
    let moves = tables.join(seat).await;
    let playing = async {
        listen(receiver).await;
        tables.leave(seat).await;
    };
    tokio::join!(push_moves(sender, moves), playing);
    Ok(())
}

/// Pinned, and polled until the client leaves.
async fn push_seats(sender: Sender, mut seats: Subscription<String>) {
    while let Ok(event) = seats.next().await {
        let _ = sender.send(event).await;
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/cinema")]
async fn cinema(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = push_seats(sender, hub.topic("seats").subscribe());
    tokio::pin!(pushing);
    loop {
        tokio::select! {
            () = &mut pushing => return Ok(()),
            message = receiver.recv() => if message?.is_none() { return Ok(()) },
        }
    }
}

/// The one that is left is dropped.
async fn push_queue(sender: Sender, mut queue: watch::Receiver<usize>) {
    while queue.changed().await.is_ok() {
        let place = *queue.borrow_and_update();
        let _ = sender.send(place.to_string()).await;
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/queue")]
async fn queue(handshake: Handshake, State(queue): State<watch::Receiver<usize>>) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    future::select(Box::pin(push_queue(sender, queue)), Box::pin(listen(receiver))).await;
    Ok(())
}

/// The method of a struct whose queue the reader feeds.
struct Writer {
    sender: Sender,
    lines: mpsc::Receiver<String>,
}

impl Writer {
    async fn run(mut self) {
        while let Some(line) = self.lines.recv().await {
            let _ = self.sender.send(line).await;
        }
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/writer")]
async fn writer(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let (tx, lines) = mpsc::channel(8);
    let writer = Writer { sender, lines };
    tokio::join!(writer.run(), read_questions(receiver, tx));
    Ok(())
}

/// The task of a loop in a block, ended like all others.
#[ws_endpoint("/right/pushers/block")]
async fn block(handshake: Handshake, State(stock): State<watch::Receiver<u32>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let pushing = tokio::spawn(async move {
        push_stock(sender, stock).await;
    });
    while let Ok(Some(_)) = receiver.recv().await {}
    pushing.abort();
    Ok(())
}

/// The reader has the kitchen, and may end the queue there.
async fn push_orders(sender: Sender, mut orders: mpsc::Receiver<String>) {
    while let Some(order) = orders.recv().await {
        _ = sender.send(order).await;
    }
}

#[derive(Clone)]
struct Kitchen;

impl Kitchen {
    async fn orders(&self, _table: u64) -> mpsc::Receiver<String> {
        todo!()
    }

    async fn say(&self, _table: u64, _text: Option<&str>) {
        todo!()
    }
}

/// An endpoint.
#[ws_endpoint("/right/pushers/kitchen")]
async fn kitchen(handshake: Handshake, State(kitchen): State<Kitchen>) -> sockeye::Result {
    let orders = kitchen.orders(4).await;
    let (sender, mut receiver) = handshake.accept().await?.split();
    let reading = async {
        while let Ok(Some(message)) = receiver.recv().await {
            kitchen.say(4, message.as_text()).await;
        }
        kitchen.say(4, None).await;
    };
    tokio::join!(push_orders(sender, orders), reading);
    Ok(())
}

/// Told by a queue of its own, under a name.
#[ws_endpoint("/right/pushers/told")]
async fn told(handshake: Handshake, State(news): State<broadcast::Sender<String>>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (stop, mut stopped) = mpsc::channel::<()>(1);
    let mut news = news.subscribe();
    let pushing = async move {
        loop {
            tokio::select! {
                told = stopped.recv() => match told {
                    Some(()) => {}
                    None => return,
                },
                one = news.recv() => match one {
                    Ok(text) => _ = sender.send(text).await,
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
            }
        }
    };
    let reading = async move {
        while let Ok(Some(_)) = receiver.recv().await {}
        drop(stop);
    };
    tokio::join!(pushing, reading);
    Ok(())
}
