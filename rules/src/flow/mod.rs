//! Analyzes what a function does with its handshake and socket, as a graph that the lifecycle rules query.
//!
//! [`Flow::of_endpoint`] reads a function into a graph (`build`) whose steps are operations on the handles that are
//! followed (`graph`). A `value::Value` is what is known about a value on the way. Rules are queries on the graph: on
//! the steps, on their possible successors, and on the `states` of a connection.

mod api;
mod arguments;
pub(crate) mod blocking;
mod build;
mod code;
mod cycles;
mod deed;
mod failure;
mod graph;
mod imports;
mod macros;
mod remedy;
mod roots;
mod states;
mod value;
mod words;

pub(crate) use api::{SETTINGS, keeps_future};
pub(crate) use build::{Branch, gives_nothing};
pub(crate) use macros::Macros;

pub(crate) use code::Code;

use arguments::arguments;
use build::parse_select;
pub(crate) use deed::{Deed, Lasts, Tells};
#[cfg(test)]
pub(crate) use graph::WALKED;
pub(crate) use graph::{Act, Call, Connection, Exit, Graph, Loop, NodeId, Operation, Step, Within};
pub use imports::Imports;
pub(crate) use roots::{Alias, Root, generic as generic_handle, handle_of, is_handle_type};
pub(crate) use states::{State, States};
pub(crate) use value::{Handle, Kind, Outcomes, Site, address};
pub(crate) use words::{
    LOGS, each_word, has_word, into_stream, is_log, is_of_time, macro_name, speaks_of_time, spell,
};

use std::{cell::OnceCell, iter, ops::Range};

use quote::{ToTokens, quote};
use syn::{Block, Expr};
use typed_arena::Arena;

use crate::{
    Rule,
    surroundings::{Blocks, Neighbour, Neighbours, Place, Shapes, Surroundings, WaitedFor},
    syntax::{Function, asks_for_origin, reads_origin_header, segments},
};

#[cfg(test)]
thread_local! {
    /// How many flows this thread has built: this is most of the work, and a test limits it.
    pub(crate) static BUILT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The WebSocket API that a function uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// `sockeye::Handshake` and the types that it returns.
    Sockeye,
    /// axum's `WebSocketUpgrade` and `WebSocket`.
    Axum,
}

/// A function and the graph of its steps.
pub(crate) struct Flow<'a> {
    /// The function.
    pub(crate) function: &'a Function,
    /// The WebSocket API that it uses.
    pub(crate) flavor: Flavor,
    /// Whether it is an endpoint, with a route.
    pub(crate) is_endpoint: bool,
    /// Where each connection comes from.
    pub(crate) roots: Vec<Root>,
    pub(crate) graph: Graph,
    /// The function's body, for rules about how code is written.
    pub(crate) body: &'a Block,
    /// Whether each step is reachable, by its index.
    pub(crate) reachable: Vec<bool>,
    surroundings: &'a Surroundings,
    imports: Imports,
    /// How many of the steps before each one await something else repeatedly, once a rule has asked.
    waits: OnceCell<Vec<usize>>,
}

impl<'a> Flow<'a> {
    /// The flow of an endpoint: its first parameter is the handshake, whatever its type is called. `None` if the body
    /// cannot be parsed: then no rule may check it.
    pub(crate) fn of_endpoint(function: &'a Function, around: &'a Surroundings) -> Option<Self> {
        let roots = roots::of_endpoint(function);
        Self::new(function, Flavor::Sockeye, true, roots, around.imports(), around)
    }

    /// The flow of a function by the types of its parameters; `None` if it takes no WebSocket.
    pub(crate) fn of_function(function: &'a Function, around: &'a Surroundings) -> Option<Self> {
        let (flavor, roots) = roots::of_function(function, around)?;
        let flow = Self::new(function, flavor, false, roots, around.imports(), around)?;
        (!flow.roots.is_empty()).then_some(flow)
    }

    /// The flow of a function that borrows a handle; `None` if it borrows none.
    pub(crate) fn of_borrower(function: &'a Function, around: &'a Surroundings) -> Option<Self> {
        let (flavor, roots) = roots::of_function(function, around)?;
        let borrows = roots.iter().any(|root| root.borrowed) && !owns_self(function);
        borrows.then(|| Self::new(function, flavor, false, roots, around.imports(), around)).flatten()
    }

    /// The flow of a function that is given handles, borrowed or not; `None` if there are none.
    pub(crate) fn of_taker(function: &'a Function, around: &'a Surroundings) -> Option<Self> {
        let (flavor, roots) = roots::of_function(function, around)?;
        let takes = !roots.is_empty();
        takes.then(|| Self::new(function, flavor, false, roots, around.imports(), around)).flatten()
    }

    /// Where the function gets the handle from; `None` if it creates it.
    pub(crate) fn place(&self, connection: Connection) -> Option<Place> {
        let root = &self.roots[connection];
        if root.is_of_self() {
            return root.name.clone().map(Place::Field);
        }
        self.function.parameters.iter().position(|one| root.is_at(one)).map(Place::Parameter)
    }

    /// Whether an axum upgrade begins in it, or is passed to it.
    pub(crate) fn has_upgrade(&self) -> bool {
        self.roots_of(Kind::Upgrade).next().is_some()
    }

    /// Whether the upgrade is answered here, or may be answered by the code that it is passed to: not if it is only
    /// extracted.
    pub(crate) fn may_upgrade(&self, connection: Connection) -> bool {
        let root = &self.roots[connection];
        let answers =
            |(_, one): (_, &Operation)| one.act == Act::Accept && one.handle.connection == connection;
        (root.is_parameter && root.used && !self.only_holds(root)) || self.operations().any(answers)
    }

    /// Whether the upgrade stays with others: it is lent, in a field of `self`, or returned.
    fn only_holds(&self, root: &Root) -> bool {
        let is_returned = || {
            let output = self.function.output().map(ToTokens::to_token_stream);
            output.is_some_and(|output| has_word(&output, &["WebSocketUpgrade", "Self"]))
        };
        root.borrowed || root.is_of_self() || is_returned()
    }

    /// The flow of a function that takes no WebSocket, for its callers.
    pub(crate) fn of_helper(
        function: &'a Function,
        imports: &Imports,
        around: &'a Surroundings,
    ) -> Option<Self> {
        Self::new(function, Flavor::Sockeye, false, Vec::new(), imports, around)
    }

    fn new(
        function: &'a Function,
        flavor: Flavor,
        is_endpoint: bool,
        roots: Vec<Root>,
        imports: &Imports,
        surroundings: &'a Surroundings,
    ) -> Option<Self> {
        #[cfg(test)]
        BUILT.set(BUILT.get() + 1);
        let body = function.block()?;
        let kept = Arena::new();
        let (graph, roots) = build::build(function, body, flavor, roots, imports, surroundings, &kept);
        let reachable = graph.reachable();
        let imports = imports.with(body);
        Some(Self {
            function,
            flavor,
            is_endpoint,
            roots,
            graph,
            body,
            reachable,
            surroundings,
            imports,
            waits: OnceCell::new(),
        })
    }

    /// The reachable operations, with their steps.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (NodeId, &Operation)> {
        self.graph.operations().filter(|(id, _)| self.reachable[*id])
    }

    /// The reachable steps.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (NodeId, &Step)> {
        let steps = self.graph.nodes.iter().enumerate();
        steps.filter(|(id, _)| self.reachable[*id]).map(|(id, node)| (id, &node.step))
    }

    /// Whether messages of the peer are received repeatedly, or may be by code that is not followed.
    pub(crate) fn is_heard(&self, connection: Connection) -> bool {
        self.roots[connection].is_partial() || self.is_heard_here(connection)
    }

    /// The same, for this function alone.
    pub(crate) fn is_heard_here(&self, connection: Connection) -> bool {
        self.steps().any(|(id, step)| match step {
            Step::Operation(recv) if recv.act == Act::Poll || recv.act == Act::Recv => {
                let again = self.graph.in_cycle(id) || recv.selected && !self.answers_once(id);
                recv.handle.connection == connection && again
            }
            Step::Operation(one) if one.act == Act::Forward => one.handle.connection == connection,
            // Where its `await` is missing, that is what is wrong.
            Step::Unawaited { act: Act::Forward, .. } => true,
            Step::Escape(handle) => handle.connection == connection && handle.kind.hears(),
            _ => false,
        })
    }

    /// Whether it answers one message, in a `select!` that is not in a loop.
    pub(crate) fn answers_in_select(&self, connection: Connection) -> bool {
        let mut polls = self.operations().filter(|(id, one)| {
            one.act == Act::Poll
                && one.selected
                && one.handle.connection == connection
                && !self.graph.in_cycle(*id)
        });
        polls.any(|(id, _)| self.answers_once(id))
    }

    /// Whether a `select!` that is not in a loop receives a message there, and a send to the same connection follows.
    fn answers_once(&self, id: NodeId) -> bool {
        let Some(polled) = self.graph.operation(id) else { return false };
        let is_it = |one: &Operation| one.act == Act::Recv && one.site.number == polled.site.number;
        let Some((recv, _)) = self.operations().find(|(_, one)| is_it(one)) else { return false };
        let after = self.graph.walk_outcome(recv, Outcomes::DONE, |_, _| false);
        let sends =
            |one: &Operation| one.act == Act::Send && one.handle.connection == polled.handle.connection;
        after.iter().any(|next| self.graph.operation(*next).is_some_and(sends))
    }

    /// Whether one of these steps awaits something else, in a cycle.
    pub(crate) fn waits_within(&self, steps: &Range<NodeId>) -> bool {
        let waits = self.waits.get_or_init(|| {
            let is_wait = |id: NodeId| {
                self.reachable[id]
                    && matches!(self.graph.nodes[id].step, Step::Wait)
                    && self.graph.in_cycle(id)
            };
            let mut count = 0;
            let until = |id| {
                count += usize::from(is_wait(id));
                count
            };
            iter::once(0).chain((0..self.graph.nodes.len()).map(until)).collect()
        });
        waits[steps.end] > waits[steps.start]
    }

    /// The states that each connection can be in before each step.
    pub(crate) fn states(&self, connection: Connection) -> States {
        states::states(&self.graph, &self.roots[connection], connection)
    }

    /// The connections that begin with such a handle.
    pub(crate) fn roots_of(&self, kind: Kind) -> impl Iterator<Item = (Connection, &Root)> {
        self.roots.iter().enumerate().filter(move |(_, root)| root.kind == kind)
    }

    /// The function of this file that a call calls, if it is known.
    pub(crate) fn called(&self, call: &Call) -> Option<&Neighbour> {
        called_among(call, self.surroundings.neighbours(), self.surroundings.of())
    }

    /// The function of this file with this name, if there is only one.
    pub(crate) fn neighbour(&self, name: &str) -> Option<&Neighbour> {
        self.surroundings.neighbours().called(name, None)
    }

    /// Whether any function of this file has one of these words, and one of the others after a dot.
    pub(crate) fn file_has_both(&self, words: &[&str], others: &[&str]) -> bool {
        self.surroundings.neighbours().have_both(words, others)
    }

    /// Whether a function of this file calls this one within a `timeout`.
    pub(crate) fn is_timed(&self) -> bool {
        self.surroundings.neighbours().time(&self.name())
    }

    /// What the function is given, if a function of this file waits for its end.
    pub(crate) fn waited_for(&self) -> Option<WaitedFor> {
        self.surroundings.neighbours().waits_for(&self.name(), self.of())
    }

    /// The function of this file with the path of a call, if it is known.
    pub(crate) fn helper(&self, path: &str) -> Option<&Neighbour> {
        self.surroundings.neighbours().called(path, self.surroundings.of())
    }

    /// Whether the connection is in a field of a `self` that the method owns.
    pub(crate) fn owns(&self, connection: Connection) -> bool {
        self.roots[connection].is_of_self() && owns_self(self.function)
    }

    /// The helper that does an operation.
    pub(crate) fn doer(&self, site: &Site) -> Option<&Neighbour> {
        self.surroundings.neighbours().called(site.doer.as_deref()?, None)
    }

    /// The function of this file that this expression names, if it is known and has no `self`.
    pub(crate) fn helper_of(&self, function: &Expr) -> Option<&Neighbour> {
        let Expr::Path(path) = function else { return None };
        self.helper(&self.imports.resolve_path(&path.path)).filter(|helper| !helper.takes_self)
    }

    /// The method of the type with this path, if it is known.
    pub(crate) fn method_of(&self, of: &str, name: &str) -> Option<&Neighbour> {
        self.surroundings.neighbours().method_of(of, name).filter(|helper| helper.takes_self)
    }

    /// Whether a function with this name breaks this rule when it gets certain values.
    pub(crate) fn has_hazard(&self, name: &str, rule: &Rule) -> bool {
        self.surroundings.neighbours().named(name).iter().any(|one| one.has_hazard(rule))
    }

    /// Whether it calls a function that breaks this rule when it gets certain values.
    pub(crate) fn calls_hazard(&self, rule: &Rule) -> bool {
        // The graph has no calls in closures and most macros.
        let names_one = || self.function.words().iter().any(|word| self.has_hazard(word, rule));
        names_one()
            || self.steps().any(|(_, step)| match step {
                Step::Call(call) => self.called(call).is_some_and(|helper| helper.has_hazard(rule)),
                _ => false,
            })
    }

    /// The meaning of the names in the function.
    pub(crate) fn imports(&self) -> &Imports {
        &self.imports
    }

    /// Whether the file around the function was read: a file that uses Sockeye has imports.
    pub(crate) fn file_is_known(&self) -> bool {
        self.surroundings.imports().all().next().is_some()
    }

    /// What is around the function.
    pub(crate) fn neighbours(&self) -> &Neighbours {
        self.surroundings.neighbours()
    }

    /// The contents of the types in the file.
    pub(crate) fn shapes(&self) -> &Shapes {
        self.surroundings.neighbours().shapes()
    }

    /// The function of `axum::routing` to which the endpoint is passed.
    pub(crate) fn routed(&self) -> Option<&str> {
        self.surroundings.routed(&self.name()).filter(|_| self.is_endpoint)
    }

    /// The type of the `impl` block around the function.
    pub(crate) fn of(&self) -> Option<&str> {
        self.surroundings.of()
    }

    /// The first call that blocks the thread, here or in one of these functions.
    pub(crate) fn first_blocking(&self, neighbours: &Neighbours, of: Option<&str>) -> Option<Blocks> {
        self.steps().find_map(|(_, step)| {
            let Step::Call(call) = step else { return None };
            if blocking::instead(call, &self.imports).is_some() {
                let at = call.at.clone().into_iter().next()?.span();
                return Some(Blocks { call: blocking::shown(call), line: neighbours.line_of(at) });
            }
            called_among(call, neighbours, of)?.blocks.clone()
        })
    }

    /// Whether a fault in a helper is reported where the helper is written.
    pub(crate) fn helpers_are_judged(&self) -> bool {
        self.surroundings.helpers_are_judged()
    }

    /// Whether it calls a function of the file that starts a task.
    pub(crate) fn starts_tasks(&self) -> bool {
        self.steps().any(|(_, step)| matches!(step, Step::Spawn { lasts: Some(_), .. }))
    }

    /// Whether it calls a function of the file that sends into a queue without looking at the result.
    pub(crate) fn calls_unheard(&self) -> bool {
        let named = |word: &&str| self.surroundings.neighbours().named(word);
        let mut words = self.function.words().iter().map(AsRef::as_ref);
        words.any(|word: &str| named(&word).iter().any(|one| !one.unheard().is_empty()))
    }

    /// Whether fields of `self` hold handles.
    pub(crate) fn has_handles_in_self(&self) -> bool {
        self.surroundings.fields().next().is_some()
    }

    /// The only method of the file with this name, and so many arguments.
    pub(crate) fn only_method(&self, name: &str, arguments: usize) -> Option<&Neighbour> {
        let [only] = self.surroundings.neighbours().named(name) else { return None };
        Some(only).filter(|one| one.takes_self && one.takes() == arguments)
    }

    /// Whether a function with this name returns a receiver of a `broadcast` channel, as such or in something else, or
    /// a struct with this name has one.
    pub(crate) fn gives_feeds(&self, name: &str) -> bool {
        let neighbours = self.surroundings.neighbours();
        neighbours.has_feed(name)
            || neighbours.named(name).iter().any(|one| neighbours.gives_feed(&one.gives))
    }

    /// Whether the function is only spawned, and nobody looks at its result.
    pub(crate) fn is_unseen(&self) -> bool {
        self.surroundings.neighbours().is_unseen(&self.name())
    }

    /// The path of the type of that field of a struct of the file.
    pub(crate) fn type_of_field_in(&self, of: &str, field: &str) -> Option<&str> {
        self.surroundings.neighbours().type_of_field(of, field)
    }

    /// The path of the type of that field of `self`.
    pub(crate) fn type_of_own_field(&self, field: &str) -> Option<&str> {
        self.surroundings.type_of_field(field)
    }

    /// Whether a field of `self` has a type with this last name, inside wrappers.
    pub(crate) fn has_field_of(&self, name: &str) -> bool {
        self.surroundings.types_of_fields().any(|path| segments::last(path) == name)
    }

    /// The function's name.
    pub(crate) fn name(&self) -> String {
        self.function.name().to_string()
    }

    /// The function as messages name it. What the command line passes on as a function may be a closure.
    pub(crate) fn shown(&self) -> String {
        let name = self.function.name();
        if name == "closure" { "this closure".to_owned() } else { format!("`{name}`") }
    }

    /// Whether code around it checks the origin of a request.
    pub(crate) fn origin_is_checked(&self) -> bool {
        self.imports.checks_origin() || looks_at_origin(self.function)
    }
}

fn owns_self(function: &Function) -> bool {
    function.receiver.as_ref().is_some_and(|one| !matches!(one.kind, syn::ReceiverKind::Reference(..)))
}

/// The function among these that a call calls; `of` is the type of the `impl` block around the call.
fn called_among<'n>(call: &Call, neighbours: &'n Neighbours, of: Option<&str>) -> Option<&'n Neighbour> {
    let Some((_, method)) = call.path.rsplit_once('.') else { return neighbours.called(&call.path, of) };
    if call.path.starts_with("self.") && call.is_direct {
        return neighbours.method(of?, method);
    }
    neighbours.method_of(call.of.as_deref()?.rsplit_once('.')?.0, method)
}

/// The last type in a path: `Store` of `crate::Store`, and of `Store::open`, which creates one.
pub(crate) fn type_of(path: &str) -> Option<&str> {
    let names = [Some(segments::last(path)), segments::before_last(path)];
    names.into_iter().flatten().find(|name| name.starts_with(|first: char| first.is_uppercase()))
}

/// Whether the function itself reads the header, or takes it as a parameter.
fn looks_at_origin(function: &Function) -> bool {
    let asks = function.parameters.iter().any(|one| asks_for_origin(one.ty().to_token_stream()));
    let whole = || {
        let (signature, body) = (&function.sig, function.body());
        quote!(#signature #body)
    };
    asks || function.names_origins() && reads_origin_header(whole())
}
