//! Functions that push to a client, and whose callers wait for their end.

mod names;
mod walk;

use std::collections::{HashMap, HashSet};

use self::walk::{Use, Walk};
use super::collect::Found;
use crate::flow::{Kind, handle_of};

/// What a pushing function is given by a caller that neither ends it nor can tell it to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WaitedFor {
    /// Nothing that ends when the client leaves, as far as its type shows it: a feed, a timer.
    Feeds,
    /// The same for any queue: it is from the state of the program, and no one who is waited for as well closes it.
    Queues,
}

/// The functions of the file, by their names.
pub(super) struct All<'f>(HashMap<String, Vec<&'f Found>>);

impl<'f> All<'f> {
    fn of(functions: &'f [Found]) -> Self {
        let mut all: HashMap<String, Vec<&'f Found>> = HashMap::new();
        for found in functions {
            all.entry(found.function.name().to_string()).or_default().push(found);
        }
        Self(all)
    }

    /// The function with this name, if there is only one: a method of this type, or none.
    fn get(&self, name: &str, of: Option<&str>) -> Option<&'f Found> {
        let mut fitting = self.named(name).iter().filter(|found| found.of.as_deref() == of);
        fitting.next().copied().filter(|_| fitting.next().is_none())
    }

    fn named(&self, name: &str) -> &[&'f Found] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Its name, preceded by the type of its `impl` block.
pub(super) fn path(name: &str, of: Option<&str>) -> String {
    of.map_or_else(|| name.to_owned(), |of| format!("{of}::{name}"))
}

/// The functions that push in a loop, and that a caller with the whole connection waits for.
pub(super) fn waited_for(functions: &[Found]) -> HashMap<String, WaitedFor> {
    if !functions.iter().any(|found| repeats(found) && !has_whole(found)) {
        return HashMap::new();
    }
    let all = All::of(functions);
    let mut todo: Vec<_> = functions.iter().filter(|found| has_whole(found)).collect();
    let mut waited: HashMap<_, _> = uncalled(functions, &all).map(|name| (name, WaitedFor::Feeds)).collect();
    let mut seen = HashSet::new();
    while let Some(found) = todo.pop() {
        for (called, given) in kept(&Walk::uses(found, &all)) {
            let name = path(&called.function.name().to_string(), called.of.as_deref());
            let known = waited.entry(name.clone()).or_insert(given);
            *known = given.max(*known);
            // Whoever waits for it waits for those that it calls.
            if seen.insert(name) && !has_whole(called) {
                todo.push(called);
            }
        }
    }
    waited
}

/// The calls that are waited for wherever their futures are used.
fn kept<'f>(uses: &[Use<'f>]) -> Vec<(&'f Found, WaitedFor)> {
    let is_kept = |one: &Use<'_>| uses.iter().filter(|other| other.at == one.at).all(|other| other.waits);
    uses.iter().filter(|one| is_kept(one)).filter_map(|one| Some((one.called, one.given?))).collect()
}

/// Private functions that nothing calls: what is wrong in them by themselves is not made right by a caller.
fn uncalled<'f>(functions: &'f [Found], all: &'f All<'f>) -> impl Iterator<Item = String> + 'f {
    let is_named = |found: &Found, name: &str| {
        let others = functions.iter().filter(|other| !std::ptr::eq(*other, found));
        others.map(|other| other.function.words()).any(|words| words.contains(name))
    };
    let names = all.0.iter().filter(move |(name, _)| {
        let only = all.get(name, None).filter(|found| found.is_private && may_push(found));
        only.is_some_and(|found| !is_named(found, name))
    });
    names.map(|(name, _)| name.clone())
}

fn repeats(found: &Found) -> bool {
    found.function.sig.asyncness.is_some() && found.function.has_word(&["loop", "while"])
}

fn may_push(found: &Found) -> bool {
    repeats(found) && found.function.has_word(&["send", "feed", "send_all"]) && !has_whole(found)
}

/// Whether the connection begins in it.
fn has_whole(found: &Found) -> bool {
    let whole = |kind| matches!(kind, Kind::Handshake | Kind::Socket | Kind::Upgrade);
    let mut kinds = found.function.parameters.iter().filter_map(|one| handle_of(one.ty(), &found.imports));
    kinds.any(|(_, kind)| whole(kind)) || found.function.has_word(&["on_upgrade"])
}
