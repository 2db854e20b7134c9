use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Arc,
};

use serde_json::Value;

use super::{Member, PresenceChange, changes::Changes};

/// What one machine has of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) connections: u32,
    /// Of several descriptions the one with the greatest counts, everywhere.
    pub(super) clock: u64,
    pub(super) meta: Arc<Value>,
}

pub(super) type Part = HashMap<Arc<str>, Share>;

/// The members of a topic, as the sum of what the machines have.
///
/// Whatever the order in which the parts of different machines arrive, the same parts give the same members.
#[derive(Debug, Default)]
pub(super) struct View {
    parts: HashMap<u64, Part>,
    members: BTreeMap<Arc<str>, Member>,
    /// The greatest that was seen.
    clock: u64,
    pub(super) changes: Changes,
}

impl View {
    /// A clock that is later than all others.
    pub(super) fn tick(&mut self) -> u64 {
        self.clock = self.clock.saturating_add(1);
        self.clock
    }

    pub(super) fn members(&self) -> Vec<Member> {
        self.members.values().cloned().collect()
    }

    /// What a machine has.
    pub(super) fn part(&self, machine: u64) -> Option<&Part> {
        self.parts.get(&machine)
    }

    /// A machine has this of one member now. Whether members changed.
    pub(super) fn set(&mut self, machine: u64, key: &Arc<str>, share: Share) -> bool {
        self.clock = self.clock.max(share.clock);
        if share.connections > 0 {
            self.parts.entry(machine).or_default().insert(Arc::clone(key), share);
        } else if let Entry::Occupied(mut part) = self.parts.entry(machine) {
            part.get_mut().remove(key);
            if part.get().is_empty() {
                part.remove();
            }
        }
        self.merge(key)
    }

    /// A machine has this and nothing else.
    pub(super) fn replace(&mut self, machine: u64, part: Part) -> bool {
        let before = self.parts.remove(&machine).unwrap_or_default();
        let gone: Vec<_> = before.into_keys().filter(|key| !part.contains_key(key)).collect();
        let here: Vec<_> = part.keys().cloned().collect();
        self.clock = part.values().map(|share| share.clock).fold(self.clock, u64::max);
        if !part.is_empty() {
            self.parts.insert(machine, part);
        }
        gone.iter().chain(&here).fold(false, |changed, key| self.merge(key) | changed)
    }

    /// Adds up what the machines have of a member.
    fn merge(&mut self, key: &Arc<str>) -> bool {
        let now = self.sum(key);
        let before = match &now {
            Some(member) => self.members.insert(Arc::clone(key), member.clone()),
            None => self.members.remove(key),
        };
        let change = match (before, now) {
            (None, Some(now)) => PresenceChange::Joined(now),
            (Some(before), None) => PresenceChange::Left(before.gone()),
            (Some(before), Some(now)) if before != now => PresenceChange::Updated(now),
            _ => return false,
        };
        self.changes.push(change, self.members.len());
        true
    }

    fn sum(&self, key: &Arc<str>) -> Option<Member> {
        let shares = self.parts.iter().filter_map(|(machine, part)| Some((*machine, part.get(key)?)));
        let connections = shares.clone().fold(0_u32, |sum, (_, share)| sum.saturating_add(share.connections));
        let (_, latest) = shares.max_by_key(|(machine, share)| (share.clock, *machine))?;
        Some(Member::new(Arc::clone(key), Arc::clone(&latest.meta), connections))
    }
}
