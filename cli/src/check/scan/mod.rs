//! Finds the handlers of a file and asks the rules about each.

mod attribute;
mod handler;
mod visit;

pub(super) use handler::{Handler, Kind, RouteOf};

use sockeye_rules::syntax::Neighbours;
use syn::visit::Visit;

use super::{finding::Finding, source::Source};

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) handlers: Vec<Handler>,
    pub(super) findings: Vec<Finding>,
    /// The routes that are there whatever is configured.
    pub(super) routes: Vec<RouteOf>,
}

/// Every function is looked at, wherever it stands: in modules, `impl` blocks, traits and the bodies of other functions.
/// What stands in macros is not: only rustc knows what becomes of it.
pub(super) fn scan(tree: &syn::File, source: &Source) -> Scanned {
    let mut visitor = visit::Visitor::new(source, Neighbours::of(tree));
    visitor.visit_file(tree);
    visitor.finish()
}
