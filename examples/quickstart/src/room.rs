//! A room: whoever is in it hears what the others say.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Hub, Json, Topic, ws_endpoint};

/// What a browser may send. Anything else closes the connection with 1007 and says what was wrong.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
enum Command {
    Say { text: String },
}

/// What everyone in the room gets.
#[derive(Debug, Serialize)]
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
    let room = rooms.hub.topic(name);
    // Before it accepts: whoever sees the connection open misses nothing from then on.
    let mut events = room.subscribe();
    let mut socket = handshake.accept().await?;
    let guest = rooms.enter(room)?;
    loop {
        tokio::select! {
            command = socket.recv() => match command? {
                Some(Command::Say { text }) => guest.say(text)?,
                None => return Ok(()),
            },
            event = events.next() => socket.send(event?).await?,
        }
    }
}

/// The rooms: each is a topic of the hub, which is there while somebody listens.
#[derive(Clone, Default)]
pub(crate) struct Rooms {
    hub: Hub<Event>,
    guests: Arc<AtomicU64>,
}

impl Rooms {
    fn enter(&self, room: Topic<Event>) -> sockeye::Result<Guest> {
        let who = format!("guest {}", self.guests.fetch_add(1, Ordering::Relaxed) + 1);
        room.publish(&Event::Joined { who: who.clone() })?;
        Ok(Guest { who, room })
    }
}

/// Somebody in a room; dropping it is leaving.
struct Guest {
    who: String,
    room: Topic<Event>,
}

impl Guest {
    fn say(&self, text: String) -> sockeye::Result {
        self.room.publish(&Event::Said { who: self.who.clone(), text })?;
        Ok(())
    }
}

/// However the handler ends (the browser left, an error, a panic, the server stops), its guest is dropped with it.
impl Drop for Guest {
    fn drop(&mut self) {
        // It fails where an event cannot be written as JSON, and texts always can.
        _ = self.room.publish(&Event::Left { who: self.who.clone() });
    }
}
