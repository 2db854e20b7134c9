//! Lists of clients under many names, in loops and helpers. A layer compares the origin.
use std::{collections::{BTreeMap, HashMap, VecDeque}, sync::Arc};
use axum::extract::{State, ws::{Message, WebSocket}};
use futures_util::{SinkExt, StreamExt, stream::{self, SplitSink}};
use sockeye::{Handshake, Sender, ws_endpoint};
use tokio::sync::{Mutex, RwLock, mpsc};

type Out = SplitSink<WebSocket, Message>;
struct Hall { seats: Mutex<HashMap<u32, mpsc::Sender<Message>>>, screens: RwLock<Vec<Arc<Mutex<Out>>>>, boats: Mutex<BTreeMap<String, Boat>>, drivers: RwLock<HashMap<u64, Sender>> }
#[derive(Clone)]
struct Boat { tx: mpsc::Sender<Message>, name: String }

/// Unusual names.
async fn f1(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let seats: Vec<_> = hall.seats.lock().await.values().cloned().collect();
        for seat in seats {
            let _ = seat.send(message.clone()).await; //~ fan_out_in_turn
        }
    }
}
/// Pop.
async fn f2(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let mut left: Vec<_> = hall.screens.read().await.clone();
        while let Some(screen) = left.pop() {
            let _ = screen.lock().await.send(message.clone()).await; //~ fan_out_in_turn
        }
    }
}
/// Struct with tx.
async fn f3(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let boats: Vec<Boat> = hall.boats.lock().await.values().cloned().collect();
        for boat in &boats {
            if boat.tx.send(message.clone()).await.is_err() { //~ fan_out_in_turn
                tracing::debug!(boat.name, "gone");
            }
        }
    }
}
/// For_each.
async fn f4(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let seats: Vec<_> = hall.seats.lock().await.values().cloned().collect();
        stream::iter(seats).for_each(|seat| {
            let message = message.clone();
            async move { let _ = seat.send(message).await; } //~ fan_out_in_turn
        }).await;
    }
}
/// Helper with list.
async fn tell(seats: &[mpsc::Sender<Message>], message: &Message) {
    for seat in seats {
        let _ = seat.send(message.clone()).await; //~ fan_out_in_turn
    }
}
async fn f5(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let seats: Vec<_> = hall.seats.lock().await.values().cloned().collect();
        tell(&seats, &message).await;
    }
}
/// Generic iterator.
async fn tell_all<'a>(seats: impl Iterator<Item = &'a mpsc::Sender<Message>>, message: Message) {
    for seat in seats {
        seat.send(message.clone()).await.ok(); //~ fan_out_in_turn
    }
}
async fn f6(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let seats = hall.seats.lock().await.clone();
        tell_all(seats.values(), message).await;
    }
}
/// Sockeye senders.
/// Doc.
#[ws_endpoint("/f7")]
async fn f7(handshake: Handshake, State(hall): State<Arc<Hall>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let drivers: Vec<Sender> = hall.drivers.read().await.values().cloned().collect();
        for driver in drivers {
            driver.send(message.clone()).await.ok(); //~ fan_out_in_turn
        }
    }
    Ok(())
}
/// Method, queue.
impl Hall {
    async fn announce(&self, text: String) {
        let seats = self.seats.lock().await.clone();
        for (_, seat) in seats {
            seat.send(Message::text(text.clone())).await.ok(); //~ fan_out_in_turn
        }
    }
}
async fn f8(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = message { hall.announce(text.to_string()).await; }
    }
}
/// Pop_front deque.
/// Doc.
#[ws_endpoint("/f9")]
async fn f9(handshake: Handshake, State(hall): State<Arc<Hall>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut queue: VecDeque<Sender> = hall.drivers.read().await.values().cloned().collect();
        while let Some(driver) = queue.pop_front() {
            if driver.send(message.clone()).await.is_err() { continue } //~ fan_out_in_turn
        }
    }
    Ok(())
}
/// Index loop.
async fn f10(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let screens = hall.screens.read().await.clone();
        for i in 0..screens.len() {
            let _ = screens[i].lock().await.send(message.clone()).await; //~ fan_out_in_turn
        }
    }
}
/// Generic fn.
async fn deliver<I>(targets: I, message: Message) where I: IntoIterator<Item = mpsc::Sender<Message>> {
    for target in targets {
        let _ = target.send(message.clone()).await; //~ fan_out_in_turn
    }
}
/// Local map owned by a hub task.
enum Cmd { Join(u64, mpsc::Sender<Message>), Say(Message) }
async fn hub(mut commands: mpsc::Receiver<Cmd>) {
    let mut boats: HashMap<u64, mpsc::Sender<Message>> = HashMap::new();
    while let Some(cmd) = commands.recv().await {
        match cmd {
            Cmd::Join(id, tx) => { boats.insert(id, tx); }
            Cmd::Say(message) => for tx in boats.values() {
                let _ = tx.send(message.clone()).await; //~ fan_out_in_turn
            },
        }
    }
}
/// Helper for one.
async fn push(boat: &Boat, message: &Message) -> bool {
    boat.tx.send(message.clone()).await.is_ok()
}
async fn f13(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let boats: Vec<Boat> = hall.boats.lock().await.values().cloned().collect();
        for boat in &boats {
            push(boat, &message).await; //~ fan_out_in_turn
        }
    }
}
/// Method of one.
impl Boat {
    async fn hail(&self, message: Message) { let _ = self.tx.send(message).await; }
}
async fn f14(mut socket: WebSocket, State(hall): State<Arc<Hall>>) {
    while let Some(Ok(message)) = socket.recv().await {
        let boats: Vec<Boat> = hall.boats.lock().await.values().cloned().collect();
        for boat in boats.into_iter() {
            boat.hail(message.clone()).await; //~ fan_out_in_turn
        }
    }
}
