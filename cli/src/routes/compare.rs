//! Compares the endpoints in the sources with those in the program.

use std::{collections::BTreeSet, path::PathBuf};

use sockeye_rules::route::shape;

use super::{
    document::{Document, Endpoint, Problem},
    scan::Found,
};

/// The endpoints of the sources that are not in the program.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// They should be in the program.
    pub(super) dropped: Vec<Found>,
    /// They are under a `cfg`, so it is unknown.
    pub(super) conditional: Vec<Found>,
    /// They are in a group that the program does not serve.
    pub(super) elsewhere: Vec<Found>,
}

/// `root` is the compiler's working directory: the paths of the program's endpoints are relative to it.
pub(super) fn compare(found: Vec<Found>, documents: &[Document], root: &std::path::Path) -> Comparison {
    let registered: Vec<Registered<'_>> = documents
        .iter()
        .flat_map(|document| &document.endpoints)
        .map(|one| Registered::new(one, root))
        .collect();
    let groups = served_groups(documents, &found);
    let mut comparison = Comparison::default();
    for one in found {
        if registered.iter().any(|other| other.is(&one))
            || one.conditions.iter().any(|condition| condition == "cfg(test)")
        {
            // It is in the program, or only in tests.
        } else if !one.conditions.is_empty() {
            comparison.conditional.push(one);
        } else if !groups.contains(&one.group) {
            comparison.elsewhere.push(one);
        } else {
            comparison.dropped.push(one);
        }
    }
    comparison
}

/// An endpoint of the program, with the place of its file.
struct Registered<'a> {
    endpoint: &'a Endpoint,
    file: Option<PathBuf>,
}

impl<'a> Registered<'a> {
    fn new(endpoint: &'a Endpoint, root: &std::path::Path) -> Self {
        Self { endpoint, file: root.join(&endpoint.file).canonicalize().ok() }
    }

    /// The same name in the same file, or in the same module if the compiler hides file paths. The line distinguishes
    /// two alternatives under different `cfg`s, and both are conditional. In the program the route may have a prefix.
    fn is(&self, found: &Found) -> bool {
        let Endpoint { name, module, line, route, .. } = self.endpoint;
        let same_file = self.file.as_ref() == Some(&found.file);
        *name == found.name
            && (found.is_constant || route.ends_with(&found.route))
            && (same_file && *line == found.line || *module == found.module)
    }
}

/// A server serves the endpoints of one group. Its endpoints show which one; without any, the problem that it reports.
fn served_groups(documents: &[Document], found: &[Found]) -> BTreeSet<String> {
    let mut groups = BTreeSet::new();
    for document in documents {
        groups.extend(document.endpoints.iter().map(|endpoint| endpoint.group.clone()));
        for problem in &document.problems {
            groups.extend(group_without_endpoints(problem));
            groups.extend(groups_of_missing(problem, found));
        }
    }
    groups
}

fn group_without_endpoints(problem: &Problem) -> Option<String> {
    let of_group = |message: &str| message.split('`').nth(1).map(str::to_owned).unwrap_or_default();
    (problem.rule == "no_endpoints").then(|| of_group(&problem.message))
}

/// The groups of the expected endpoints that are missing, unless the endpoints exist and belong to another group.
fn groups_of_missing<'a>(problem: &Problem, found: &'a [Found]) -> impl Iterator<Item = String> + use<'a> {
    let in_other_group = problem.help.as_deref().is_some_and(|help| help.contains("it is in the group"));
    let announced = problem.rule == "missing_endpoint" && !in_other_group;
    let route = if announced { problem.message.split('`').nth(1).map(shape) } else { None };
    found.iter().filter(move |one| Some(shape(&one.route)) == route).map(|one| one.group.clone())
}
