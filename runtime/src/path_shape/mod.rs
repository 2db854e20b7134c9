//! What a `Path<T>` asks of its route, found out by deserialising `T` from a recording deserializer.
//!
//! The deserializer does what axum's does for a real request (`axum/src/extract/path/de.rs`), with values made up. Only
//! mistakes of shape count: how many parameters, which names, which kinds of type. Whether a value parses is a matter
//! of each request. Where a type cannot be seen through, nothing is reported.

mod de;
mod failure;
mod guess;
mod problem;
mod value;

pub use problem::PathProblem;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

use self::{de::Recorder, failure::Failure, guess::Guesses};

/// How often a type is tried: enough for a guess for each of a dozen parameters.
const TRIES: usize = 256;

/// Compares what `T` asks for with the names of the route's parameters, in order.
pub(crate) fn check<T: DeserializeOwned>(names: &[&str]) -> Vec<PathProblem> {
    // A `Deserialize` written by hand may panic on a value that we made up.
    catch_unwind(AssertUnwindSafe(|| Search::new(names).run::<T>())).unwrap_or_default()
}

/// Tries `T` again and again: with other values where one did not parse, and with fields that were missing, so that
/// each missing field is found.
struct Search<'a> {
    names: &'a [&'a str],
    guesses: Guesses<'a>,
    problems: Vec<PathProblem>,
}

impl<'a> Search<'a> {
    fn new(names: &'a [&'a str]) -> Self {
        Self { names, guesses: Guesses::new(names), problems: Vec::new() }
    }

    fn run<T: DeserializeOwned>(mut self) -> Vec<PathProblem> {
        for _ in 0..TRIES {
            let tried = T::deserialize(Recorder::new(&self.guesses));
            let Err(failure) = tried.map(drop) else { break };
            if !self.learn(failure) {
                break;
            }
        }
        self.problems
    }

    /// Takes one failure in; says whether trying again can teach more.
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
        // The route has it, and no guess at its value would do.
        if self.guesses.has(field) || !self.guesses.is_certain(field) {
            return false;
        }
        self.problems.push(PathProblem::MissingField { field, meant: self.meant(field) });
        self.guesses.add(field);
        true
    }

    /// The parameter that no field takes; of several, the one whose name is most like the field's.
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
