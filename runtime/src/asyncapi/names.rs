//! Names of channels: those of the handlers, with as much of the module as tells two of one name apart.

use std::collections::BTreeSet;

use crate::endpoint::Registered;

/// A name for each endpoint, in their order. No two are the same.
pub(super) fn unique(endpoints: &[&'static Registered]) -> Vec<String> {
    let paths: Vec<Vec<&str>> = endpoints.iter().map(|one| path(one)).collect();
    let mut names: Vec<String> = paths.iter().map(|path| shortest(path, &paths)).collect();
    add_routes(&mut names, endpoints);
    names
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

/// Adds the route to names that are still the same: two functions can contain a handler of one name each, and `user::feed` is joined
/// to the name of a function `user_feed`.
fn add_routes(names: &mut [String], endpoints: &[&'static Registered]) {
    let is_shared = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    let (mut shared, alone): (Vec<usize>, Vec<usize>) =
        (0..names.len()).partition(|&index| is_shared(&names[index]));
    let mut taken: BTreeSet<String> = alone.into_iter().map(|index| names[index].clone()).collect();
    // The order of the endpoints is that of the linker.
    shared.sort_by_key(|&index| endpoints[index].route);
    for index in shared {
        let name = with_route(&names[index], endpoints[index].route);
        let numbers = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbers).find(|name| !taken.contains(name));
        names[index] = free.unwrap_or(name);
        taken.insert(names[index].clone());
    }
}

/// `echo_rooms_id` of `echo` and `/rooms/{id}`.
fn with_route(name: &str, route: &str) -> String {
    let words = route.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = name.to_owned();
    for word in words {
        name.push('_');
        name.push_str(word);
    }
    name
}
