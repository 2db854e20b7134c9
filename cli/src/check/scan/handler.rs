//! A handler, and its findings.

use std::ops::Range;

use proc_macro2::Span;
use sockeye_rules::{
    AXUM_API, RAW_UPGRADE, ROUTE_SYNTAX, check,
    syntax::{self, Constants, Diagnostic, Endpoint, Function, Imports, Item, Surroundings},
};
use syn::{LitStr, TypePath, visit::Visit};

use super::{super::finding::Finding, super::source::Source, attribute::Ours};

/// A function that the rules were run on.
#[derive(Debug)]
pub(in super::super) struct Handler {
    pub(in super::super) name: String,
    pub(in super::super) line: usize,
    pub(in super::super) kind: Kind,
    /// The note of a rule that did not report it.
    pub(in super::super) note: Option<String>,
}

/// What makes a function a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// `#[ws_endpoint(..)]`, with the route if it has one.
    Endpoint(Option<String>),
    /// `#[ws_lifecycle]`, or it takes a handshake or socket of Sockeye.
    Helper,
    /// It takes an upgrade or a socket of axum.
    Axum,
}

/// The route of an endpoint, for comparison with others.
#[derive(Debug)]
pub(in super::super) struct RouteOf {
    pub(in super::super) endpoint: String,
    pub(in super::super) group: Option<String>,
    /// The route without the names of its parameters.
    pub(in super::super) shape: String,
    /// The literal.
    pub(in super::super) bytes: Range<usize>,
}

/// An endpoint and its findings.
pub(super) struct Judged {
    pub(super) kind: Kind,
    pub(super) findings: Vec<Finding>,
    pub(super) route: Option<RouteOf>,
    /// Whether an axum upgrade was found in it.
    pub(super) has_upgrade: bool,
}

impl Judged {
    /// Whether what it uses of axum is reported, so that nothing in it is left unchecked.
    pub(super) fn is_of_axum(&self) -> bool {
        self.findings.iter().any(|one| one.rule == &RAW_UPGRADE || one.rule == &AXUM_API)
    }
}

/// Runs the rules on the item below `#[ws_endpoint(..)]`.
pub(super) fn endpoint(
    ours: &Ours,
    item: Item,
    around: &Surroundings,
    constants: &Constants,
    source: &Source,
) -> Judged {
    let mut endpoint = syntax::parse_arguments(ours.arguments.clone(), item);
    if let Some(arguments) = constants.put_in(&endpoint, &ours.arguments) {
        endpoint = endpoint.with_arguments(arguments);
    }
    let findings = findings(check::endpoint(&endpoint, around), source, &ours.bytes());
    let is_fit = !findings.iter().any(|finding| finding.rule == &ROUTE_SYNTAX);
    let kind = Kind::Endpoint(endpoint.route().map(|route| route.text.clone()));
    Judged { kind, findings, route: route(&endpoint).filter(|_| is_fit), has_upgrade: false }
}

fn route(endpoint: &Endpoint) -> Option<RouteOf> {
    let route = endpoint.route()?;
    Some(RouteOf {
        endpoint: endpoint.function()?.name().to_string(),
        group: endpoint.options.group.as_ref().map(LitStr::value),
        shape: route.shape(),
        bytes: route.literal.span().byte_range(),
    })
}

/// Runs the rules on the item below `#[ws_lifecycle(..)]`.
pub(super) fn helper(ours: &Ours, item: Item, around: &Surroundings, source: &Source) -> Judged {
    let helper = syntax::parse_arguments(ours.arguments.clone(), item);
    let findings = findings(check::lifecycle(&helper, around), source, &ours.bytes());
    let kind = helper.function().map_or(Kind::Helper, |function| kind(function, around.imports()));
    let has_upgrade = kind == Kind::Axum;
    Judged { kind, findings, route: None, has_upgrade }
}

/// Runs the rules on any other function; `None` if it does not use WebSockets.
pub(super) fn function(function: &Function, around: &Surroundings, source: &Source) -> Option<Judged> {
    let judged = check::judge_function(function, around)?;
    let findings = findings(judged.found, source, &function.name().span().byte_range());
    let kind = if judged.is_axum { Kind::Axum } else { Kind::Helper };
    Some(Judged { kind, findings, route: None, has_upgrade: judged.has_upgrade })
}

fn kind(function: &Function, imports: &Imports) -> Kind {
    if takes_axum(function, imports) { Kind::Axum } else { Kind::Helper }
}

fn takes_axum(function: &Function, imports: &Imports) -> bool {
    let mut search = AxumTypes { imports, found: false };
    function.parameters.iter().for_each(|parameter| search.visit_type(parameter.ty()));
    search.found
}

struct AxumTypes<'a> {
    imports: &'a Imports,
    found: bool,
}

impl<'ast> Visit<'ast> for AxumTypes<'_> {
    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        let names: Vec<_> = ty.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let full = self.imports.resolve(&names.join("::"));
        let name = full.rsplit("::").next().unwrap_or_default();
        self.found |= full.starts_with("axum") && name.starts_with("WebSocket");
        syn::visit::visit_type_path(self, ty);
    }
}

fn findings(found: Vec<Diagnostic>, source: &Source, whole: &Range<usize>) -> Vec<Finding> {
    found.into_iter().map(|found| finding(found, source, whole)).collect()
}

/// A diagnostic of the macro, at its place in the file. One without tokens of its own, such as a missing parameter of the
/// attribute, is about the whole item.
fn finding(found: Diagnostic, source: &Source, whole: &Range<usize>) -> Finding {
    let place = source.place(bytes(found.start, found.end).unwrap_or_else(|| whole.clone()));
    Finding {
        rule: found.rule,
        message: found.message,
        expected: found.expected,
        notes: found.notes,
        help: found.help,
        in_helper: found.in_helper,
        place,
        related: Vec::new(),
    }
}

fn bytes(start: Span, end: Span) -> Option<Range<usize>> {
    let (start, end) = (start.byte_range(), end.byte_range());
    (!start.is_empty()).then(|| start.start..end.end.max(start.end))
}
