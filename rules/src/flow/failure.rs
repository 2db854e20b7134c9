//! Errors of Sockeye that a function creates and returns at once.

use super::{Call, Connection, Exit, Flow, Kind, NodeId, State, Step};

impl Flow<'_> {
    /// The calls of `Error::{constructor}` whose error the function returns, its own and those of functions that it calls (`of`), where the handshake certainly is in this state.
    pub(crate) fn failing_in(&self, constructor: &str, state: State) -> Vec<&Call> {
        let path = format!("sockeye::Error::{constructor}");
        let calls = self.steps().filter_map(|(id, step)| match step {
            Step::Call(call) if call.path == path && self.is_returned(id) => Some((id, call)),
            _ => None,
        });
        let calls: Vec<_> = calls.collect();
        let Some(handshake) = self.handshake().filter(|_| !calls.is_empty()) else { return Vec::new() };
        let states = self.states(handshake);
        calls.into_iter().filter(|(id, _)| states.before(*id).is_only(state)).map(|(_, call)| call).collect()
    }

    /// The only handshake.
    fn handshake(&self) -> Option<Connection> {
        let mut all = self.roots_of(Kind::Handshake).filter(|(_, root)| !root.borrowed);
        all.next().filter(|_| all.next().is_none()).map(|(connection, _)| connection)
    }

    /// Whether nothing happens between this step and the end of the function with an error.
    fn is_returned(&self, id: NodeId) -> bool {
        let next = |id: NodeId| match self.graph.nodes[id].next[..] {
            [next] => Some(next),
            _ => None,
        };
        std::iter::successors(next(id), |id| match self.graph.nodes[*id].step {
            Step::Pass | Step::Effect => next(*id),
            _ => None,
        })
        .any(|id| matches!(self.graph.nodes[id].step, Step::Exit { how: Exit::Error, .. }))
    }
}
