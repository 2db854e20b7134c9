//! What a function does with its handshake and socket, as a graph that the rules of the lifecycle ask.
//!
//! [`Flow::of_endpoint`] reads a function into a graph (`build`) whose steps are operations on the handles that are
//! followed (`graph`). What is known of a value on the way is a `value::Value`. Rules are queries on the graph: on the
//! steps, on what can follow them, and on the `states` a connection can be in.

mod api;
mod build;
mod graph;
mod imports;
mod remedy;
mod roots;
mod states;
mod value;
mod words;

pub(crate) use graph::{Act, Connection, Exit, Graph, Loop, NodeId, Operation, Step};
pub use imports::Imports;
pub(crate) use roots::Root;
pub(crate) use states::{State, States};
pub(crate) use value::{Handle, Kind, Outcomes, Site};
pub(crate) use words::has_word;

use quote::ToTokens;
use syn::Block;
use typed_arena::Arena;

use crate::syntax::Function;

/// Whose WebSockets a function uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    /// `sockeye::Handshake` and what comes of it.
    Sockeye,
    /// axum's `WebSocketUpgrade` and `WebSocket`.
    Axum,
}

/// A function and the graph of its steps.
pub(crate) struct Flow<'a> {
    /// The function.
    pub(crate) function: &'a Function,
    /// Whose WebSockets it uses.
    pub(crate) flavor: Flavor,
    /// Whether it is an endpoint, with a route.
    pub(crate) is_endpoint: bool,
    /// Where each connection comes from.
    pub(crate) roots: Vec<Root>,
    pub(crate) graph: Graph,
    /// Whether any way leads to the step, by its number.
    pub(crate) reachable: Vec<bool>,
    origin_is_checked: bool,
}

impl<'a> Flow<'a> {
    /// The flow of an endpoint: its first parameter is the handshake, whatever the type is called. `None` when the body
    /// cannot be read: then no rule may judge it.
    pub(crate) fn of_endpoint(function: &'a Function) -> Option<Self> {
        let roots = roots::of_endpoint(function);
        Self::new(function, Flavor::Sockeye, true, roots, &Imports::default())
    }

    /// The flow of a function by the types of its parameters; `None` when it takes no WebSocket.
    pub(crate) fn of_function(function: &'a Function, imports: &Imports) -> Option<Self> {
        let (flavor, roots) = roots::of_function(function, imports)?;
        Self::new(function, flavor, false, roots, imports)
    }

    fn new(
        function: &'a Function,
        flavor: Flavor,
        is_endpoint: bool,
        roots: Vec<Root>,
        imports: &Imports,
    ) -> Option<Self> {
        let body: Block = syn::parse2(function.body.to_token_stream()).ok()?;
        let kept = Arena::new();
        let (graph, roots) = build::build(function, &body, flavor, roots, imports, &kept);
        let reachable = graph.reachable();
        let origin_is_checked = imports.checks_origin() || mentions_origin(function);
        Some(Self { function, flavor, is_endpoint, roots, graph, reachable, origin_is_checked })
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

    /// Whether somebody waits for the peer's messages again and again, or code that is not followed may.
    pub(crate) fn is_heard(&self, connection: Connection) -> bool {
        let root = &self.roots[connection];
        if root.is_partial() {
            return true;
        }
        self.steps().any(|(id, step)| match step {
            Step::Operation(recv) if recv.act == Act::Poll || recv.act == Act::Recv => {
                recv.handle.connection == connection && (recv.selected || self.graph.in_cycle(id))
            }
            Step::Escape(handle) => handle.connection == connection && handle.kind.hears(),
            _ => false,
        })
    }

    /// The states that each connection can be in before each step.
    pub(crate) fn states(&self, connection: Connection) -> States {
        states::states(&self.graph, &self.roots[connection], connection)
    }

    /// The connections that begin with such a handle.
    pub(crate) fn roots_of(&self, kind: Kind) -> impl Iterator<Item = (Connection, &Root)> {
        self.roots.iter().enumerate().filter(move |(_, root)| root.kind == kind)
    }

    /// The function's name.
    pub(crate) fn name(&self) -> String {
        self.function.name().to_string()
    }

    /// Whether something near looks at the origin of a request.
    pub(crate) fn origin_is_checked(&self) -> bool {
        self.origin_is_checked
    }
}

/// Whether the function itself reads the header, or asks for it by a parameter.
fn mentions_origin(function: &Function) -> bool {
    let in_text =
        |tokens: &dyn ToTokens| tokens.to_token_stream().to_string().to_lowercase().contains("origin");
    in_text(&function.sig) || in_text(&function.body)
}
