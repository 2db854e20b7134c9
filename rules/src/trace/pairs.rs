//! Entries that are added to the program's state, and their removal.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{BinOp, Expr, ExprBinary, ExprMethodCall};

use super::{Names, Tags, Watch, watch};
use crate::{
    flow::{self, Flavor, Flow, each_word},
    syntax::one_line,
};

/// Line and column of the token that names the operation.
pub(crate) type Place = (usize, usize);

/// An operation that adds or removes something, identified by its token.
pub(crate) type Events = HashMap<Place, Event>;

/// An operation that adds or removes something.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) at: Ident,
    pub(crate) adds: bool,
    kind: Kind,
    /// Its location: `state.clients`.
    place: String,
    /// The names in its key.
    pub(crate) key: HashSet<String>,
    /// As it stands in the source, if it is no call.
    written: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Under a key, or as a part of a list.
    Entry,
    Count,
    /// `join`, `register_client`: the verb, and the name without it.
    Named(&'static str, String),
}

impl Kind {
    /// Whether this removes what the other adds.
    fn undoes(&self, added: &Self) -> bool {
        match (self, added) {
            (Self::Named(removes, rest), Self::Named(adds, same)) => {
                rest == same && undoing(adds).contains(removes)
            }
            _ => self == added,
        }
    }
}

/// The verbs that remove what this one adds.
fn undoing(adds: &str) -> &'static [&'static str] {
    VERBS.iter().find(|(verb, _)| *verb == adds).map_or(&[], |(_, removes)| removes)
}

/// Verbs that add, and those that remove.
const VERBS: [(&str, &[&str]); 26] = [
    ("join", &["leave", "part"]),
    ("joined", &["left"]),
    ("register", &["unregister", "deregister"]),
    ("connect", &["disconnect"]),
    ("connected", &["disconnected"]),
    ("add", &["remove"]),
    ("enter", &["leave", "exit"]),
    ("subscribe", &["unsubscribe"]),
    ("attach", &["detach"]),
    ("track", &["untrack"]),
    ("login", &["logout"]),
    ("acquire", &["release"]),
    ("online", &["offline"]),
    ("opened", &["closed"]),
    // `check_in`, `sign_in`
    ("in", &["out"]),
    ("checkin", &["checkout"]),
    ("activate", &["deactivate"]),
    ("reserve", &["release", "free"]),
    ("claim", &["release"]),
    ("mount", &["unmount"]),
    ("bind", &["unbind"]),
    ("watch", &["unwatch"]),
    ("follow", &["unfollow"]),
    ("arrive", &["depart"]),
    ("arrived", &["departed", "left"]),
    ("occupy", &["vacate"]),
];

const ADDS: [&str; 5] = ["insert", "push", "push_back", "insert_async", "insert_sync"];
const REMOVES: [&str; 9] = [
    "remove",
    "retain",
    "shift_remove",
    "swap_remove",
    "remove_entry",
    "take",
    "remove_async",
    "remove_sync",
    "remove_if",
];
const COUNTS_UP: [&str; 3] = ["fetch_add", "increment", "inc"];
const COUNTS_DOWN: [&str; 3] = ["fetch_sub", "decrement", "dec"];

impl Event {
    /// Whether this removes what the other added.
    pub(crate) fn undoes(&self, added: &Self) -> bool {
        let same = !self.adds && added.adds && self.kind.undoes(&added.kind) && self.is_at_place_of(added);
        same && (self.kind != Kind::Entry || !self.key.is_disjoint(&added.key))
    }

    /// A function that removes needs fewer arguments than the one that adds.
    fn is_at_place_of(&self, added: &Self) -> bool {
        let is_function = self.place.starts_with('(') && added.place.starts_with('(');
        let has_fewer = || !self.key.is_empty() && self.key.is_subset(&added.key);
        self.place == added.place || is_function && has_fewer()
    }

    /// Whether it is a count, which cannot be refused.
    pub(crate) fn is_count(&self) -> bool {
        self.kind == Kind::Count
    }

    /// Whether it is an entry of a set, a map or a list.
    pub(crate) fn is_entry(&self) -> bool {
        self.kind == Kind::Entry
    }

    /// The call as in source code.
    pub(crate) fn shown(&self) -> String {
        if let Some(written) = &self.written {
            return written.clone();
        }
        let place = self.place.split('(').next().unwrap_or_default();
        if place.is_empty() { self.at.to_string() } else { format!("{place}.{}", self.at) }
    }

    /// Whether these names are related to it.
    pub(crate) fn concerns(&self, words: &HashSet<String>) -> bool {
        let root = self.place.split('.').next().unwrap_or_default();
        words.contains(root) || !self.key.is_disjoint(words)
    }

    /// Words in the names of functions that may remove it.
    pub(crate) fn undoing_words(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Entry => &REMOVES,
            Kind::Count => &COUNTS_DOWN,
            Kind::Named(verb, _) => undoing(verb),
        }
    }
}

/// Whether the words and operators of the function can both add something and remove it.
pub(crate) fn may_leave_something(flow: &Flow<'_>) -> bool {
    let (words, macros) = (flow.function.words(), flow.function.macros());
    let has_verb = |is_meant: &dyn Fn(&str) -> bool| words.iter().any(|word| word.split('_').any(is_meant));
    let among = |known: &[&str]| flow.function.has_word(known);
    let adds = || {
        macros.adds
            || among(&ADDS)
            || among(&COUNTS_UP)
            || has_verb(&|word| VERBS.iter().any(|(adds, _)| word == *adds))
    };
    let removes = || {
        macros.subtracts
            || among(&REMOVES)
            || among(&COUNTS_DOWN)
            || has_verb(&|word| VERBS.iter().any(|(_, removes)| removes.contains(&word)))
            // The callback of an upgrade may call a function that removes it.
            || flow.flavor == Flavor::Axum && flow.roots_of(flow::Kind::Upgrade).next().is_some()
    };
    adds() && removes()
}

/// Everything that a function adds to, or removes from, values that came in from outside.
pub(crate) fn events(flow: &Flow<'_>) -> Events {
    let mut search = Search { found: Events::new() };
    watch(flow, &mut search);
    search.found
}

struct Search {
    found: Events,
}

impl Search {
    fn add(&mut self, at: &Ident, adds: bool, kind: Kind, place: String, key: HashSet<String>) {
        self.found.insert(place_of(at), Event { at: at.clone(), adds, kind, place, key, written: None });
    }

    fn method(&mut self, call: &ExprMethodCall, names: &Names<'_>) {
        let name = call.method.to_string();
        let is_known = |among: &[&str]| among.contains(&name.as_str());
        let place = || place(&call.receiver, names);
        let key = || call.args.first().map(|key| words(key.to_token_stream())).unwrap_or_default();
        if is_known(&COUNTS_UP) || is_known(&COUNTS_DOWN) {
            if let Some(place) = place() {
                self.add(&call.method, is_known(&COUNTS_UP), Kind::Count, place, HashSet::new());
            }
        } else if is_known(&ADDS) || is_known(&REMOVES) {
            if let Some(place) = place() {
                self.add(&call.method, is_known(&ADDS), Kind::Entry, place, key());
            }
        } else if let Some((adds, kind)) = named(&name)
            && let Some(place) = place()
        {
            self.add(&call.method, adds, kind, place, key());
        }
    }

    /// `*count += 1`
    fn assigned(&mut self, binary: &ExprBinary, names: &Names<'_>) {
        let adds = match binary.op {
            BinOp::AddAssign(_) => true,
            BinOp::SubAssign(_) => false,
            _ => return,
        };
        let origin = names.of(&binary.left);
        if let (true, Some(place), Some(at)) =
            (origin.is(Tags::SHARED), origin.place, first_ident(&binary.left))
        {
            self.add(&at, adds, Kind::Count, place.to_string(), HashSet::new());
            if let Some(event) = self.found.get_mut(&place_of(&at)) {
                event.written = Some(one_line(binary));
            }
        }
    }

    /// `register(&state, id)`
    fn function(&mut self, call: &syn::ExprCall) {
        let Expr::Path(path) = &*call.func else { return };
        let Some(last) = path.path.segments.last() else { return };
        if let Some((adds, kind)) = named(&last.ident.to_string()) {
            let key: HashSet<_> = call.args.iter().flat_map(|one| words(one.to_token_stream())).collect();
            let mut place: Vec<_> = key.iter().cloned().collect();
            place.sort();
            self.add(&last.ident, adds, kind, format!("({})", place.join(" ")), key);
        }
    }
}

impl Watch for Search {
    fn expression(&mut self, expression: &Expr, names: &Names<'_>) {
        match expression {
            Expr::MethodCall(call) => self.method(call, names),
            Expr::Binary(binary) => self.assigned(binary, names),
            Expr::Call(call) => self.function(call),
            _ => {}
        }
    }
}

/// The location of a receiver, if it is shared: in state, or behind a macro such as `gauge!("clients")`.
fn place(receiver: &Expr, names: &Names<'_>) -> Option<String> {
    if let Expr::Macro(call) = receiver {
        return Some(call.to_token_stream().to_string());
    }
    let origin = names.of(receiver);
    origin.is(Tags::SHARED).then(|| origin.place.map(|place| place.to_string())).flatten()
}

/// The operation of a name with one of the verbs.
fn named(name: &str) -> Option<(bool, Kind)> {
    let words: Vec<_> = name.split('_').collect();
    let known = |word: &str| {
        let mut all = VERBS.iter().flat_map(|(adds, removes)| {
            [(*adds, true)].into_iter().chain(removes.iter().map(|removes| (*removes, false)))
        });
        all.find(|(verb, _)| *verb == word)
    };
    let (at, (verb, adds)) = words.iter().enumerate().find_map(|(at, word)| Some((at, known(word)?)))?;
    let rest = words.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, word)| *word);
    Some((adds, Kind::Named(verb, rest.collect::<Vec<_>>().join("_"))))
}

/// The place of a token.
pub(crate) fn place_of(at: &Ident) -> Place {
    let start = at.span().start();
    (start.line, start.column)
}

/// The first name in an expression, to mark it.
pub(crate) fn first_ident(expression: &Expr) -> Option<Ident> {
    let mut first = None;
    each_word(expression.to_token_stream(), &mut |word| {
        first.get_or_insert_with(|| word.clone());
    });
    first
}

/// The names of variables in these tokens.
pub(crate) fn words(tokens: TokenStream) -> HashSet<String> {
    const NONE: [&str; 10] =
        ["clone", "to_owned", "to_string", "as_str", "mut", "move", "self", "into", "as_ref", "ref"];
    let mut found = HashSet::new();
    each_word(tokens, &mut |word| {
        let word = word.to_string();
        if !NONE.contains(&word.as_str())
            && word.starts_with(|first: char| first.is_lowercase() || first == '_')
        {
            found.insert(word);
        }
    });
    found
}
