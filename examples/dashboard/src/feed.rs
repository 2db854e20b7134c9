//! The one place where something happens: an event gets its position, changes the state, goes to the journal, and to everyone who listens.

use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use schemars::JsonSchema;
use serde::Serialize;
use sockeye::{Hub, Subscription};

use crate::{
    domain::{Event, Position, Recorded, State},
    journal::Journal,
};

/// How many events a page gets that asks for the latest.
const LATEST: usize = 60;

/// What goes over the sockets of events.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Update {
    Established(Established),
    Recorded(Recorded),
    Gap(Gap),
}

/// The first message on each connection.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Established {
    ConnectionEstablished {
        endpoint: String,
        /// In words.
        connected_to: String,
        /// The last event until now: what comes is behind it, unless the client has asked for more.
        last: Position,
    },
}

/// Events are missing here. `sockeye-client` makes an event `gap` of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "sockeye", rename_all = "snake_case")]
pub(crate) enum Gap {
    Gap {
        #[serde(skip_serializing_if = "Option::is_none")]
        missed: Option<u64>,
        /// Where the stream goes on: what was before has to be read anew.
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<Position>,
    },
}

/// Which events.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    All,
    Workflow(u64),
}

impl Scope {
    fn topic(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Workflow(id) => format!("workflow:{id}"),
        }
    }

    fn has(self, event: &Recorded) -> bool {
        match self {
            Self::All => true,
            Self::Workflow(id) => event.workflow() == id,
        }
    }
}

/// What a subscriber begins with.
pub(crate) struct Begun {
    pub(crate) live: Subscription<Update>,
    pub(crate) last: Position,
    /// What has happened since the position that it knows.
    pub(crate) missed: Vec<Recorded>,
    /// Some of that is forgotten, so that `missed` has nothing of it.
    pub(crate) has_gap: bool,
}

#[derive(Clone)]
pub(crate) struct Feed {
    ledger: Arc<Mutex<Ledger>>,
    hub: Hub<Update>,
}

#[derive(Default)]
struct Ledger {
    state: State,
    events: VecDeque<Recorded>,
    last: Position,
    /// Of the last event that was forgotten.
    forgotten: Position,
    journal: Option<Journal>,
}

impl Feed {
    /// Without a journal: a restart forgets everything.
    pub(crate) fn in_memory(hub: Hub<Update>) -> Self {
        Self { ledger: Arc::default(), hub }
    }

    pub(crate) fn open(hub: Hub<Update>, path: &Path) -> io::Result<Self> {
        let (mut journal, events) = Journal::open(path)?;
        let mut ledger = Ledger::default();
        for event in events {
            ledger.take(event);
        }
        journal.rewrite(ledger.events.iter())?;
        ledger.journal = Some(journal);
        Ok(Self { ledger: Arc::new(Mutex::new(ledger)), hub })
    }

    /// Makes something happen that follows from the state: nothing comes between. `None`: it does not happen.
    pub(crate) fn record_with<E>(
        &self,
        decide: impl FnOnce(&State) -> Result<Option<Event>, E>,
    ) -> Result<Option<Recorded>, E> {
        let mut ledger = self.lock();
        let Some(event) = decide(&ledger.state)? else { return Ok(None) };
        let recorded = Recorded::new(Position(ledger.last.0 + 1), now(), event);
        if let Some(journal) = &mut ledger.journal {
            journal.append(&recorded);
        }
        ledger.take(recorded.clone());
        self.publish(&recorded);
        Ok(Some(recorded))
    }

    pub(crate) fn record(&self, event: Event) {
        let Ok(_) = self.record_with::<std::convert::Infallible>(|_| Ok(Some(event)));
    }

    /// Under the lock, so that everyone hears the events in their order. It never waits.
    fn publish(&self, recorded: &Recorded) {
        for scope in [Scope::All, Scope::Workflow(recorded.workflow())] {
            if let Err(error) = self.hub.topic(scope.topic()).publish(&Update::Recorded(recorded.clone())) {
                tracing::error!(%error, "an event could not be published");
            }
        }
    }

    /// What happened after a position, and everything from now on, without a gap between.
    pub(crate) fn subscribe(&self, scope: Scope, since: Option<Position>) -> Begun {
        let ledger = self.lock();
        let live = self.hub.topic(scope.topic()).subscribe();
        let since = since.unwrap_or(ledger.last);
        // A position that was never given comes from before a journal was deleted.
        let has_gap = since < ledger.forgotten || since > ledger.last;
        let after = |event: &&Recorded| !has_gap && event.position > since && scope.has(event);
        let missed = ledger.events.iter().filter(after).cloned().collect();
        Begun { live, last: ledger.last, missed, has_gap }
    }

    /// Looks at the state as of one position.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State, Position) -> T) -> T {
        let ledger = self.lock();
        look(&ledger.state, ledger.last)
    }

    pub(crate) fn latest(&self) -> Vec<Recorded> {
        let ledger = self.lock();
        ledger.events.iter().skip(ledger.events.len().saturating_sub(LATEST)).cloned().collect()
    }

    pub(crate) fn check_journal(&self) -> Result<(), String> {
        self.lock().journal.as_ref().map_or(Ok(()), Journal::check)
    }

    pub(crate) fn hub(&self) -> Hub<Update> {
        self.hub.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    fn take(&mut self, recorded: Recorded) {
        self.last = recorded.position;
        self.state.apply(&recorded);
        self.events.push_back(recorded);
        while let Some(workflow) = self.state.forget_one() {
            self.forget(workflow);
        }
    }

    fn forget(&mut self, workflow: u64) {
        let forgotten = self.events.iter().rfind(|event| event.workflow() == workflow);
        self.forgotten = forgotten.map_or(self.forgotten, |event| event.position.max(self.forgotten));
        self.events.retain(|event| event.workflow() != workflow);
    }
}

pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
