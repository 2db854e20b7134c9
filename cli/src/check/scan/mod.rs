//! Finds the handlers of a file and runs the rules on each.

mod attribute;
mod closure;
mod handler;
mod macro_rules;
mod upgrades;
mod visit;

pub(super) use handler::{Handler, Kind, RouteOf};

use std::sync::Arc;

use sockeye_rules::syntax::{Elsewhere, Imports, Neighbours, Package};
use syn::visit::Visit;

use super::{finding::Finding, source::Source};

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) handlers: Vec<Handler>,
    pub(super) findings: Vec<Finding>,
    /// The routes of unconditional endpoints.
    pub(super) routes: Vec<RouteOf>,
    /// In source order.
    pub(super) unseen: Vec<Unseen>,
}

/// A function that uses an axum upgrade, which was not found in it.
#[derive(Debug)]
pub(super) struct Unseen {
    /// The enclosing function.
    pub(super) name: String,
    pub(super) line: usize,
}

/// Every function is checked: in modules, `impl` blocks, traits, the bodies of other functions and those of `macro_rules!`, as
/// far as they can be parsed; and closures that take an upgrade.
pub(super) fn scan(
    mut tree: syn::File,
    source: &Source,
    package: Arc<Package>,
    elsewhere: Option<Elsewhere>,
) -> Scanned {
    let around = Imports::of_package(package);
    let (neighbours, functions) = Neighbours::with_functions(&mut tree, &around, elsewhere);
    let mut visitor = visit::Visitor::new(source, neighbours, functions, around);
    visitor.visit_file(&tree);
    visitor.finish()
}
