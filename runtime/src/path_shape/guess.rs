use std::{cell::Cell, collections::HashSet};

use super::Kind;

/// Values for types that parse a string: numbers, identifiers, addresses, times.
const TEXTS: [&str; 16] = [
    "1",
    "00000000-0000-4000-8000-000000000000",
    "a",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "12:00:00",
    "http://localhost/",
    "a@example.com",
    "true",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "507f1f77bcf86cd799439011",
    "1.0.0",
    "en-US",
];

/// The parameters, with a guessed value for each.
#[derive(Debug)]
pub(super) struct Guesses<'a> {
    all: Vec<Guess<'a>>,
    /// The parameter that was last read: if a value does not parse, it is this one's.
    last: Cell<Option<usize>>,
    /// The fields of the struct that the whole path is read into.
    fields: Cell<&'static [&'static str]>,
}

#[derive(Debug)]
pub(super) struct Guess<'a> {
    pub(super) name: &'a str,
    text: usize,
    left_out: bool,
    /// What it was last read as.
    kind: Cell<Option<Kind>>,
}

impl<'a> Guess<'a> {
    fn new(name: &'a str) -> Self {
        Self { name, text: 0, left_out: false, kind: Cell::default() }
    }
}

impl<'a> Guesses<'a> {
    pub(super) fn new(names: &[&'a str]) -> Self {
        Self {
            all: names.iter().copied().map(Guess::new).collect(),
            last: Cell::new(None),
            fields: Cell::new(&[]),
        }
    }

    /// The number of parameters, without those that are left out.
    pub(super) fn len(&self) -> usize {
        self.all.iter().filter(|guess| !guess.left_out).count()
    }

    /// Names and values, in the order of the route.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Guess<'a>)> {
        self.all.iter().enumerate().filter(|(_, guess)| !guess.left_out)
    }

    /// The value of a parameter; records that it was read.
    pub(super) fn text(&self, index: usize) -> &'static str {
        self.last.set(Some(index));
        self.all.get(index).and_then(|guess| TEXTS.get(guess.text)).copied().unwrap_or(TEXTS[0])
    }

    pub(super) fn note_kind(&self, index: usize, kind: Kind) {
        if let Some(guess) = self.all.get(index) {
            guess.kind.set(Some(kind));
        }
    }

    /// The kind of each parameter that is read.
    pub(super) fn kinds(&self) -> Vec<(String, Kind)> {
        self.all.iter().filter_map(|guess| Some((guess.name.to_owned(), guess.kind.get()?))).collect()
    }

    /// Whether these are exactly the parameters of the route: only then is their number meaningful.
    pub(super) fn is_whole_route(&self) -> bool {
        !self.all.iter().any(|guess| guess.left_out)
    }

    pub(super) fn note_fields(&self, fields: &'static [&'static str]) {
        self.fields.set(fields);
    }

    /// Whether a missing field may be reported. While a parameter is left out, only for a struct that lists the field:
    /// such a field is missing regardless of the others.
    pub(super) fn is_certain(&self, field: &str) -> bool {
        self.is_whole_route() || self.is_field(field)
    }

    /// Whether the struct for the whole path lists this field.
    pub(super) fn is_field(&self, name: &str) -> bool {
        self.fields.get().contains(&name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|guess| guess.name == name)
    }

    /// A name that two parameters have.
    pub(super) fn twice(&self) -> Option<&'a str> {
        let mut names = HashSet::new();
        self.all.iter().map(|guess| guess.name).find(|name| !names.insert(*name))
    }

    pub(super) fn add(&mut self, name: &'a str) {
        self.all.push(Guess::new(name));
    }

    /// Leaves a parameter out from now on; returns whether it was there.
    pub(super) fn leave_out(&mut self, name: &str) -> bool {
        let found = self.all.iter_mut().find(|guess| guess.name == name && !guess.left_out);
        found.map(|guess| guess.left_out = true).is_some()
    }

    /// Tries another value for the parameter that did not parse. If none is left, the parameter is left out: missing
    /// fields can still be detected.
    pub(super) fn next(&mut self) -> bool {
        let Some(guess) = self.last.take().and_then(|index| self.all.get_mut(index)) else { return false };
        guess.text += 1;
        if guess.text == TEXTS.len() {
            guess.left_out = true;
        }
        true
    }
}
