//! What is kept for the console: counts of each endpoint, and the last refusals and ends of connections.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer};

use super::{Ending, Failure, recent::Recent};
use crate::log;

/// The time in milliseconds since 1970, as browsers count it.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) since: u64,
    /// By route. What has no endpoint is in none of them.
    counts: HashMap<&'static str, Arc<Counts>>,
    refusals: Mutex<Recent<Refused>>,
    ends: Mutex<Recent<Ended>>,
}

/// The counts of one endpoint.
#[derive(Debug, Default, Serialize)]
pub(super) struct Counts {
    #[serde(flatten)]
    pub(super) traffic: Traffic,
    accepted: Count,
    refused: Count,
    closed: Count,
    /// How many of them broke a rule.
    faults: Count,
}

/// Messages and their bytes.
#[derive(Debug, Default, Serialize)]
pub(super) struct Traffic {
    messages_in: Count,
    bytes_in: Count,
    messages_out: Count,
    bytes_out: Count,
}

#[derive(Debug, Default)]
struct Count(AtomicU64);

/// Refusals of one rule, for one endpoint and client, with one reason.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    /// The time of the last one.
    at: u64,
    times: u64,
    route: Option<&'static str>,
    rule: &'static str,
    status: Option<u16>,
    reason: String,
    remedy: String,
    client: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Ended {
    at: u64,
    route: &'static str,
    code: Option<u16>,
    rule: Option<&'static str>,
    reason: Option<String>,
    remedy: Option<&'static str>,
    client: Option<String>,
    seconds: f64,
}

impl Recorder {
    pub(super) fn new(routes: impl Iterator<Item = &'static str>) -> Self {
        Self {
            since: now(),
            counts: routes.map(|route| (route, Arc::default())).collect(),
            refusals: Mutex::default(),
            ends: Mutex::default(),
        }
    }

    pub(super) fn counts(&self, route: &str) -> Option<&Arc<Counts>> {
        self.counts.get(route)
    }

    pub(super) fn refusals(&self) -> MutexGuard<'_, Recent<Refused>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ends(&self) -> MutexGuard<'_, Recent<Ended>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn accepted(&self, route: &str) {
        if let Some(counts) = self.counts.get(route) {
            counts.accepted.add(1);
        }
    }

    pub(super) fn refused(&self, failure: &Failure<'_>) {
        let Failure { route, rule, status, remedy, peer, client, .. } = *failure;
        if let Some(counts) = route.and_then(|route| self.counts.get(route)) {
            counts.refused.add(1);
        }
        // Of a peer only the address: each try comes from another port.
        let client = client.or(peer.map(|peer| peer.ip())).map(|address| address.to_string());
        let reason = log::field(failure.reason);
        let mut refused =
            Refused { at: now(), times: 1, route, rule, status, reason, remedy: log::field(remedy), client };
        let (reason, client) = (refused.reason.clone(), refused.client.clone());
        let repeats = |one: &Refused| {
            one.rule == rule && one.route == route && one.client == client && one.reason == reason
        };
        let make = |earlier: Option<Refused>| {
            refused.times += earlier.map_or(0, |earlier| earlier.times);
            refused
        };
        self.refusals().add(make, repeats);
    }

    pub(super) fn closed(&self, ending: &Ending<'_>) {
        let Ending { route, code, fault, peer, client, open_for } = *ending;
        if let Some(counts) = self.counts.get(route) {
            counts.closed.add(1);
            counts.faults.add(fault.is_some().into());
        }
        let client = client.map(|client| client.to_string()).or(peer.map(|peer| peer.to_string()));
        let (rule, reason) = fault.unzip();
        let ended = Ended {
            at: now(),
            route,
            code,
            rule,
            reason: reason.map(log::field),
            remedy: rule.map(log::remedy),
            client,
            seconds: open_for.as_secs_f64(),
        };
        self.ends().add(|_| ended, |_| false);
    }
}

impl Traffic {
    pub(super) fn received(&self, bytes: usize) {
        self.messages_in.add(1);
        self.bytes_in.add(bytes as u64);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.messages_out.add(1);
        self.bytes_out.add(bytes as u64);
    }
}

impl Count {
    fn add(&self, number: u64) {
        self.0.fetch_add(number, Relaxed);
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0.load(Relaxed))
    }
}
