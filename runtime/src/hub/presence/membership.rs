use std::{fmt, sync::Arc};

use serde::Serialize;

use super::{
    member,
    registry::{Registry, User},
    roster::Roster,
};
use crate::Result;

/// While it lives, its key is present on the topic; see [`Topic::join`](crate::Topic::join). Dropping it leaves.
#[must_use = "the member leaves when this is dropped"]
pub struct Membership {
    registry: Arc<Registry>,
    roster: Arc<Roster>,
    key: Arc<str>,
    id: u64,
}

impl Membership {
    pub(in crate::hub) fn new(
        registry: &Arc<Registry>,
        topic: &Arc<str>,
        key: String,
        meta: &impl Serialize,
    ) -> Result<Self> {
        // The value is foreign code, so it is written first.
        let (key, meta) = (member::key(key)?, member::meta(meta)?);
        let roster = registry.acquire(topic, User::Member);
        let id = roster.join(&key, meta);
        Ok(Self { registry: Arc::clone(registry), roster, key, id })
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Describes the member anew. All readers get a [`PresenceChange::Updated`](crate::PresenceChange::Updated).
    ///
    /// ```
    /// let room = sockeye::Hub::<String>::new().topic("room");
    /// let alice = room.join("alice", &"here")?;
    /// alice.update(&"away")?;
    /// assert_eq!(room.presence().members()[0].meta::<String>()?, "away");
    /// # Ok::<_, sockeye::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Topic::join`](crate::Topic::join); the member keeps its description.
    pub fn update(&self, meta: &impl Serialize) -> Result<()> {
        let meta = member::meta(meta)?;
        self.registry.start();
        self.roster.update(&self.key, self.id, meta);
        Ok(())
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.roster.leave(&self.key, self.id);
        self.registry.release(&self.roster, User::Member);
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("topic", &self.roster.topic())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
