//! A room: whoever is in it hears what the others say.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Error, Handshake, Json, ws_endpoint};
use tokio::sync::broadcast::{self, error::RecvError};

/// What a browser may send. Anything else closes the connection with 1007 and says what was wrong.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
enum Command {
    Say { text: String },
}

/// What everyone in the room gets.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    Joined { who: String },
    Said { who: String, text: String },
    Left { who: String },
}

/// Lets a browser into a room, and out again when it leaves.
#[ws_endpoint("/ws/rooms/{name}")]
async fn room(
    handshake: Handshake<Json<Command, Event>>,
    Path(name): Path<String>,
    State(rooms): State<Rooms>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut guest = rooms.enter(name);
    loop {
        tokio::select! {
            command = socket.recv() => match command? {
                Some(Command::Say { text }) => guest.say(text),
                None => return Ok(()),
            },
            event = guest.hear() => socket.send(event?).await?,
        }
    }
}

/// The rooms that somebody is in.
#[derive(Clone, Default)]
pub(crate) struct Rooms(Arc<Inner>);

#[derive(Default)]
struct Inner {
    open: Mutex<HashMap<String, broadcast::Sender<Event>>>,
    guests: AtomicU64,
}

impl Rooms {
    /// How many events may wait for a guest who does not keep up.
    const BACKLOG: usize = 256;

    fn enter(&self, room: String) -> Guest {
        let who = format!("guest {}", self.0.guests.fetch_add(1, Ordering::Relaxed) + 1);
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Browsers choose the names and memory is finite: a room that everyone has left is forgotten.
        open.retain(|_, events| events.receiver_count() > 0);
        let events = open.entry(room).or_insert_with(|| broadcast::Sender::new(Self::BACKLOG)).clone();
        let heard = events.subscribe();
        let guest = Guest { who, events, heard };
        guest.tell(Event::Joined { who: guest.who.clone() });
        guest
    }
}

/// Somebody in a room; dropping it is leaving.
struct Guest {
    who: String,
    events: broadcast::Sender<Event>,
    heard: broadcast::Receiver<Event>,
}

impl Guest {
    fn say(&self, text: String) {
        self.tell(Event::Said { who: self.who.clone(), text });
    }

    /// The next event. A guest who is too slow is told so, not left with a gap that nobody knows of.
    async fn hear(&mut self) -> sockeye::Result<Event> {
        self.heard.recv().await.map_err(|error| match error {
            RecvError::Lagged(missed) => {
                Error::close(CloseCode::TRY_AGAIN_LATER, format!("too slow: {missed} events missed"))
            }
            RecvError::Closed => Error::close(CloseCode::GOING_AWAY, "the room is closed"),
        })
    }

    fn tell(&self, event: Event) {
        // An error means that the room is empty, and then there is nobody to tell.
        _ = self.events.send(event);
    }
}

/// However the handler ends (the browser left, an error, a panic, the server stops), its guest is dropped with it.
impl Drop for Guest {
    fn drop(&mut self) {
        self.tell(Event::Left { who: self.who.clone() });
    }
}
