//! Who is in which room, and how they hear of each other.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sockeye::{Event, Hub, SlowPolicy, Subscription, Topic};

use crate::protocol::ToClient;

/// The names in each room that somebody is in.
type Names = HashMap<String, BTreeSet<String>>;

/// The rooms, shared by all handlers. Each is a topic of the hub, which is there while somebody listens.
#[derive(Clone)]
pub(crate) struct Rooms {
    hub: Hub<ToClient>,
    names: Arc<Mutex<Names>>,
}

impl Default for Rooms {
    fn default() -> Self {
        // A browser that misses a `left` would show somebody who is gone, for as long as it is open. So nobody gets a
        // picture with gaps: who is 256 events behind is disconnected with 1013, enters again, and gets a new list.
        // `DropOldest` would be right for news that the next news replaces, such as a position or a price.
        let hub = Hub::builder().name("rooms").queue(256).slow(SlowPolicy::Disconnect).build();
        Self { hub, names: Arc::default() }
    }
}

impl Rooms {
    /// Lets somebody in, under a name that nobody else in the room has, and tells the others.
    pub(crate) fn enter(&self, room: &str, name: &str) -> Result<(Member, Vec<String>), String> {
        // Held to the end: nobody enters or leaves between the list and the first event that the newcomer hears.
        let mut names = self.names();
        let present = names.entry(room.to_owned()).or_default();
        if !present.insert(name.to_owned()) {
            return Err(format!("somebody here is called {name} already: choose another name"));
        }
        let present = present.iter().cloned().collect();
        let topic = self.hub.topic(room);
        // Told before the newcomer listens, who has the list.
        tell(&topic, &ToClient::Entered { name: name.to_owned() });
        let feed = topic.subscribe();
        Ok((Member { name: name.to_owned(), topic, feed, rooms: self.clone() }, present))
    }

    /// Nothing in here waits while it is locked, so a lock of the standard library is the right one.
    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody in a room. Dropping it is leaving.
pub(crate) struct Member {
    name: String,
    topic: Topic<ToClient>,
    feed: Subscription<ToClient>,
    rooms: Rooms,
}

impl Member {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn say(&self, text: &str) {
        tell(&self.topic, &ToClient::Said { name: self.name.clone(), text: text.to_owned() });
    }

    /// The next event in the room. Cancel safe, as `Subscription::next` is.
    pub(crate) async fn hear(&mut self) -> sockeye::Result<Event<ToClient>> {
        self.feed.next().await
    }
}

/// However the handler ends (the browser left or vanished, an error, a panic, the server stops), its member is dropped
/// with it. Code behind the handler's loop would not run on all of these ways.
impl Drop for Member {
    fn drop(&mut self) {
        let mut names = self.rooms.names();
        if let Some(present) = names.get_mut(self.topic.name()) {
            present.remove(&self.name);
            // Browsers choose the rooms and memory is finite: a room that everyone has left is forgotten.
            if present.is_empty() {
                names.remove(self.topic.name());
            }
        }
        // Told while it is locked: a namesake who comes in now is announced after this.
        tell(&self.topic, &ToClient::Left { name: self.name.clone() });
    }
}

fn tell(room: &Topic<ToClient>, event: &ToClient) {
    // It fails where an event cannot be written as JSON, and texts always can.
    if let Err(error) = room.publish(event) {
        tracing::error!(%error, "an event was not told");
    }
}
