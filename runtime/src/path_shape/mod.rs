//! Determines what a `Path<T>` requires of its route, by deserializing `T` with a recording deserializer.
//!
//! The deserializer behaves like axum's for a real request (`axum/src/extract/path/de.rs`), with made-up values. Only
//! mistakes of shape count: the number of parameters, their names, and the kinds of types. Whether a value parses
//! depends on each request. If a type cannot be analyzed, nothing is reported.

mod de;
mod failure;
mod guess;
mod kind;
mod problem;
mod value;

pub use kind::Kind;
pub use problem::PathProblem;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

use self::{de::Recorder, failure::Failure, guess::Guesses};

/// The number of attempts for a type: enough for a guess for each of a dozen parameters.
const TRIES: usize = 256;

/// The requirements of a type that is read from a path.
#[doc(hidden)]
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Shape {
    /// Requirements that the route does not meet.
    pub problems: Vec<PathProblem>,
    /// The kind of each parameter that is read.
    pub kinds: Vec<(String, Kind)>,
}

/// Compares the requirements of `T` with the names of the route's parameters, in order.
pub(crate) fn shape<T: DeserializeOwned>(names: &[&str]) -> Shape {
    // A handwritten `Deserialize` may panic on a made-up value.
    catch_unwind(AssertUnwindSafe(|| Search::new(names).run::<T>())).unwrap_or_default()
}

/// Tries `T` repeatedly: with other values if one did not parse, and with fields that were missing, so that each
/// missing field is found.
struct Search<'a> {
    names: &'a [&'a str],
    guesses: Guesses<'a>,
    problems: Vec<PathProblem>,
}

impl<'a> Search<'a> {
    fn new(names: &'a [&'a str]) -> Self {
        Self { names, guesses: Guesses::new(names), problems: Vec::new() }
    }

    fn run<T: DeserializeOwned>(mut self) -> Shape {
        for _ in 0..TRIES {
            let tried = T::deserialize(Recorder::new(&self.guesses));
            let Err(failure) = tried.map(drop) else { break };
            if !self.learn(failure) {
                break;
            }
        }
        Shape { kinds: self.guesses.kinds(), problems: self.problems }
    }

    /// Processes one failure; returns whether another attempt can reveal more.
    fn learn(&mut self, failure: Failure) -> bool {
        match failure {
            Failure::Value => self.guesses.next(),
            Failure::Missing(field) => self.missing(field),
            Failure::Unknown(name) => self.unknown(name),
            Failure::Shape(problem) => {
                self.problems.push(problem);
                false
            }
        }
    }

    fn missing(&mut self, field: &'static str) -> bool {
        // The route has it, but none of the guesses for its value parses.
        if self.guesses.has(field) || !self.guesses.is_certain(field) {
            return false;
        }
        self.problems.push(PathProblem::MissingField { field, meant: self.meant(field) });
        self.guesses.add(field);
        true
    }

    /// The parameter that no field uses; if there are several, the one whose name is most similar to the field's.
    fn meant(&self, field: &str) -> Option<String> {
        let spare: Vec<&str> =
            self.names.iter().copied().filter(|name| !self.guesses.is_field(name)).collect();
        let likeness = |name: &str| strsim::normalized_damerau_levenshtein(name, field);
        let closest = spare.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        closest.filter(|name| spare.len() == 1 || likeness(name) > 0.4).map(str::to_owned)
    }

    fn unknown(&mut self, name: String) -> bool {
        let known = self.names.contains(&name.as_str());
        if known && self.guesses.leave_out(&name) {
            self.problems.push(PathProblem::UnknownParameter(name));
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests;
