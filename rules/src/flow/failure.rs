//! Errors of Sockeye that a function creates and returns at once.

use crate::surroundings::Neighbour;

use super::{Call, Connection, Exit, Flow, Kind, NodeId, State, Step};

impl Flow<'_> {
    /// The calls of `Error::{constructor}` whose error the function returns, its own and those of functions that it calls (`of`), where the handshake certainly is in this state.
    pub(crate) fn failing_in(&self, constructor: &str, state: State) -> Vec<&Call> {
        let path = format!("sockeye::Error::{constructor}");
        let calls = self.steps().filter_map(|(id, step)| match step {
            Step::Call(call) if self.makes(call, &path, constructor) && self.is_returned(id) => {
                Some((id, call))
            }
            _ => None,
        });
        let calls: Vec<_> = calls.collect();
        let Some(handshake) = self.handshake().filter(|_| !calls.is_empty()) else { return Vec::new() };
        let states = self.states(handshake);
        calls.into_iter().filter(|(id, _)| states.before(*id).is_only(state)).map(|(_, call)| call).collect()
    }

    /// Whether a call makes such an error, itself or in a function of the file that does nothing else.
    fn makes(&self, call: &Call, path: &str, constructor: &str) -> bool {
        call.path == path || self.called(call).is_some_and(|one| one.makes_error == Some(constructor))
    }

    /// `` by `helper` `` if a function of the file makes the error of this call, as part of a sentence.
    pub(crate) fn by_helper(&self, call: &Call) -> String {
        let is_own = call.path.starts_with("sockeye::Error::");
        let helper = if is_own { call.of.clone() } else { self.called(call).map(Neighbour::path) };
        helper.map(|helper| format!(" by `{helper}`")).unwrap_or_default()
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
