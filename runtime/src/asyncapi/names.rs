//! Names of channels: those of the handlers, with as much of the module as tells two of one name apart.

use crate::endpoint::Registered;

/// A name for each endpoint, in their order.
pub(super) fn unique(endpoints: &[&'static Registered]) -> Vec<String> {
    let paths: Vec<Vec<&str>> = endpoints.iter().map(|one| path(one)).collect();
    paths.iter().map(|path| shortest(path, &paths)).collect()
}

/// The modules and the name, the name first.
fn path(endpoint: &'static Registered) -> Vec<&'static str> {
    let mut path: Vec<&str> = endpoint.module.split("::").collect();
    path.push(endpoint.name);
    path.reverse();
    path
}

fn shortest(path: &[&str], all: &[Vec<&str>]) -> String {
    let is_unique = |length: &usize| {
        let end = &path[..*length];
        all.iter().filter(|other| other.starts_with(end)).count() == 1
    };
    let length = (1..=path.len()).find(is_unique).unwrap_or(path.len());
    let words: Vec<&str> = path[..length].iter().rev().map(|word| word.trim_start_matches("r#")).collect();
    words.join("_")
}
