//! Two endpoints of one file with the same route.
//!
//! rustc finds them in a whole crate, and the server at startup in a whole program. Only Cargo and rustc know which files
//! belong to one crate, and under which conditions; but unconditional endpoints in one file are always in the same crate.

use std::collections::{HashMap, hash_map::Entry};

use sockeye_rules::DUPLICATE_ROUTE;

use super::{finding::Finding, scan::RouteOf, source::Source};

/// One finding for each endpoint whose route another one above it has.
pub(super) fn among(routes: &[RouteOf], source: &Source) -> Vec<Finding> {
    let mut taken: HashMap<_, &RouteOf> = HashMap::new();
    let again = routes.iter().filter_map(|route| match taken.entry((&route.group, &route.shape)) {
        Entry::Occupied(first) => Some(finding(first.get(), route, source)),
        Entry::Vacant(free) => {
            free.insert(route);
            None
        }
    });
    again.collect()
}

/// The same message as in the server's report.
const HELP: &str =
    "change one of the routes, or put the endpoints into different groups with `group = \"..\"`";

fn finding(first: &RouteOf, again: &RouteOf, source: &Source) -> Finding {
    Finding {
        rule: &DUPLICATE_ROUTE,
        message: format!("endpoints `{}` and `{}` have the same route", first.endpoint, again.endpoint),
        expected: None,
        notes: Vec::new(),
        help: HELP.to_owned(),
        in_helper: false,
        place: source.place(again.bytes.clone()).labelled("this route"),
        related: vec![source.place(first.bytes.clone()).labelled("is already the route of this endpoint")],
    }
}
