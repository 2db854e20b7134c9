//! The possible states of a connection before each step.

use super::{
    graph::{Act, Connection, Graph, NodeId, Step},
    roots::Root,
    value::Kind,
};

/// A set of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u8);

impl State {
    const NONE: Self = Self(0);
    /// The handshake is not answered.
    pub(crate) const FRESH: Self = Self(1);
    /// The socket is open.
    pub(crate) const OPEN: Self = Self(2);
    pub(crate) const REJECTED: Self = Self(4);
    pub(crate) const CLOSED: Self = Self(8);
    /// Code that is not followed has it.
    pub(crate) const UNKNOWN: Self = Self(16);

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it can be in one of these states.
    pub(crate) fn may_be(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it can only be in these states.
    pub(crate) fn is_only(self, other: Self) -> bool {
        self != Self::NONE && self.0 & !other.0 == 0
    }
}

/// The states before each step.
#[derive(Debug)]
pub(crate) struct States(Vec<State>);

impl States {
    /// The states before this step; empty if it is unreachable.
    pub(crate) fn before(&self, id: NodeId) -> State {
        self.0[id]
    }
}

/// Follows every path until nothing changes.
pub(crate) fn states(graph: &Graph, root: &Root, connection: Connection) -> States {
    let mut before = vec![State::NONE; graph.nodes.len()];
    before[0] = match root.kind {
        Kind::Handshake | Kind::Upgrade => State::FRESH,
        _ => State::OPEN,
    };
    let mut todo = vec![0];
    while let Some(id) = todo.pop() {
        let after = after(&graph.nodes[id].step, before[id], connection);
        for &next in &graph.nodes[id].next {
            let joined = before[next].or(after);
            if joined != before[next] {
                before[next] = joined;
                todo.push(next);
            }
        }
    }
    States(before)
}

fn after(step: &Step, before: State, connection: Connection) -> State {
    match step {
        Step::Operation(operation) if operation.handle.connection == connection => match operation.act {
            Act::Accept => State::OPEN,
            Act::Reject => State::REJECTED,
            Act::Close if operation.handle.kind == Kind::Socket => State::CLOSED,
            // rustc refuses what follows, in words about a value that has moved.
            Act::Forward => State::UNKNOWN,
            _ => before,
        },
        // A handle that only sends cannot accept or close.
        Step::Escape(handle) if handle.connection == connection && handle.kind.hears() => State::UNKNOWN,
        Step::Spawn { takes, .. }
            if takes.iter().any(|one| one.connection == connection && one.kind.hears()) =>
        {
            State::UNKNOWN
        }
        _ => before,
    }
}
