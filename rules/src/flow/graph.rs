//! The graph of a function: its steps, and the order in which they can run.

use std::{cell::OnceCell, collections::HashSet, ops::Range};

use proc_macro2::{Ident, TokenStream};

use super::{
    Lasts,
    cycles::cycles,
    value::{Handle, Kind, Outcomes, Site},
};
use crate::syntax::segments;

#[cfg(test)]
thread_local! {
    /// How many steps this thread has walked over, in all graphs: a test limits how it grows with a function.
    pub(crate) static WALKED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The index of a step.
pub(crate) type NodeId = usize;

/// One connection, from its handshake or socket to its end.
pub(crate) type Connection = usize;

/// Every step of a function; the first one is the entry.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) loops: Vec<Loop>,
    /// Connections that tasks are tied to, with `spawn` of one of their handles.
    pub(crate) with_tasks: Vec<Connection>,
    /// Calls of methods that a handle of Sockeye's has only through a trait of the user's.
    pub(crate) foreign: Vec<(Kind, Site)>,
    /// Whether each step can be reached from itself, once a rule has asked.
    cycles: OnceCell<Vec<bool>>,
    /// The numbers of the calls that certainly close, where `send` may do so as well: `send(Message::Close(None))`, `sink.close()`.
    pub(crate) closing: Vec<usize>,
}

/// A step and its possible successors.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) step: Step,
    pub(crate) next: Vec<NodeId>,
    /// What can end it from outside.
    pub(crate) within: Within,
    /// Whether the step is reachable.
    pub(crate) entered: bool,
}

impl Node {
    pub(crate) fn new(step: Step, within: Within) -> Self {
        Self { step, next: Vec::new(), within, entered: false }
    }
}

/// The part of the function that a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// The function itself.
    Function,
    /// A branch of `select!`, a `timeout`, a task of a set: another one ends it.
    Cancellable,
    /// A task that was spawned at this step.
    Task(NodeId),
}

/// The kind of a step.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing: paths join or split.
    Pass,
    /// The callback of an upgrade begins with its socket.
    Begin(Connection),
    /// An operation on a handshake, a socket or a half of one.
    Operation(Operation),
    /// The path is taken only for these outcomes of an operation.
    Outcome { of: NodeId, among: Outcomes },
    /// The result of an operation was passed to code that is not followed.
    Taken { of: NodeId },
    /// A handle was passed to code that is not followed.
    Escape(Handle),
    /// The future of an operation is dropped where `?` leaves the function, or is used as if it were the result.
    Unawaited { act: Act, site: Site, is_dropped: bool },
    /// `unwrap` or `expect` on the result of an operation; it panics on these outcomes.
    Unwrap { of: NodeId, bad: Outcomes, act: Act, at: Ident },
    /// A source from outside the function is exhausted, or has failed.
    RunsDry,
    /// Awaits something that is not an operation.
    Wait,
    /// Awaits the lock around a handle.
    Lock,
    /// A function is called by its path.
    Call(Call),
    /// A task is spawned that takes handles of these connections. It is `tied` if other code knows when it ends, and
    /// `ended` if that code can end it. What it `lasts` for is known if a function of the file is the task, or starts it.
    Spawn { at: Ident, takes: Vec<Handle>, tied: bool, ended: bool, lasts: Option<Lasts> },
    /// The response of axum's `on_upgrade` is dropped.
    DroppedResponse { at: Ident },
    /// Paths join, and an `Option` or a `Result` holds a handle depending on the path.
    Doubt,
    /// An effect that can be observed elsewhere: an assignment, a call.
    Effect,
    /// An unknown macro: it can return, break or wait.
    Unknown,
    /// The function ends.
    Exit { how: Exit, at: Option<TokenStream> },
}

/// An operation on a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Accept,
    Reject,
    /// Begins to wait for a message; in `select!` this comes before the branch is known.
    Poll,
    Recv,
    Send,
    Flush,
    Close,
    /// Sends a stream, and receives until the end.
    Forward,
    /// Anything else that needs an open socket.
    Other,
    /// An operation of the socket, called on the handshake.
    Early,
}

/// An operation, and the place of its name.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) act: Act,
    pub(crate) handle: Handle,
    pub(crate) site: Site,
    /// Whether it is one branch of a `select!`.
    pub(crate) selected: bool,
}

/// A call of a function that is not followed.
#[derive(Debug)]
pub(crate) struct Call {
    /// The path, as far as it can be resolved.
    pub(crate) path: String,
    /// The same for a method that is called on a variable, preceded by the type of the variable, or by the path of the function that created
    /// it.
    pub(crate) of: Option<String>,
    /// Whether the method is called on the variable itself, or through a borrow.
    pub(crate) is_direct: bool,
    pub(crate) at: TokenStream,
    /// `.await` follows immediately.
    pub(crate) awaited: bool,
    /// The result is bound to a name.
    pub(crate) bound: bool,
}

impl Call {
    /// Whether it may be a function that never returns. Methods and functions of types hardly ever are.
    pub(crate) fn may_diverge(&self) -> bool {
        let of_type = segments::before_last(&self.path)
            .is_some_and(|name| name.starts_with(|first: char| first.is_uppercase()));
        !self.bound && !self.path.contains('.') && !of_type
    }
}

/// How a function ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// With `Ok(..)`, or with nothing.
    Fine,
    /// With `Ok(None)`.
    Empty,
    /// With the result of an operation.
    Operation,
    /// With an error, or with `None`.
    Error,
    /// With a value that is not known.
    Unknown,
    /// The end of a task.
    Task,
    /// The end of the callback of an upgrade.
    Callback,
    /// It panics or ends the process.
    Never,
}

/// A loop in the source.
#[derive(Debug)]
pub(crate) struct Loop {
    /// `loop`, `while` or `for`.
    pub(crate) keyword: TokenStream,
    pub(crate) header: NodeId,
    /// Every step of its condition and body.
    pub(crate) nodes: Range<NodeId>,
    /// Whether it has no condition: `loop`, `while true`.
    pub(crate) endless: bool,
    /// Whether it goes over a collection, and so ends by itself.
    pub(crate) finite: bool,
    /// Where it ends because a source from outside the function is exhausted; nothing in the function can cause that.
    pub(crate) runs_dry_at: Option<NodeId>,
}

impl Graph {
    /// The operations, with their steps.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (NodeId, &Operation)> {
        self.nodes.iter().enumerate().filter_map(|(id, node)| match &node.step {
            Step::Operation(operation) => Some((id, operation)),
            _ => None,
        })
    }

    /// Whether something outside of it can end it.
    pub(crate) fn is_cancellable(&self, id: NodeId) -> bool {
        match self.nodes[id].within {
            Within::Function => false,
            Within::Cancellable => true,
            Within::Task(spawn) => matches!(self.nodes[spawn].step, Step::Spawn { ended: true, .. }),
        }
    }

    /// The operation of that step.
    pub(crate) fn operation(&self, id: NodeId) -> Option<&Operation> {
        match &self.nodes[id].step {
            Step::Operation(operation) => Some(operation),
            _ => None,
        }
    }

    /// Every step that can follow these, except those after a step at which to stop (which is included).
    pub(crate) fn walk(&self, from: &[NodeId], mut stop: impl FnMut(NodeId, &Node) -> bool) -> Vec<NodeId> {
        let mut seen = vec![false; self.nodes.len()];
        let mut found = Vec::new();
        let mut todo = from.to_vec();
        while let Some(id) = todo.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            found.push(id);
            #[cfg(test)]
            WALKED.set(WALKED.get() + 1);
            if !stop(id, &self.nodes[id]) {
                todo.extend(&self.nodes[id].next);
            }
        }
        found
    }

    /// Every step that can follow if the operation at `of` ended in one of these outcomes.
    pub(crate) fn walk_outcome(
        &self,
        of: NodeId,
        outcome: Outcomes,
        mut stop: impl FnMut(NodeId, &Node) -> bool,
    ) -> Vec<NodeId> {
        let mut seen = self.walk(&self.nodes[of].next.clone(), |id, node| {
            contradicts(&node.step, of, outcome) || stop(id, node)
        });
        seen.retain(|&id| !contradicts(&self.nodes[id].step, of, outcome));
        seen
    }

    /// Whether a path leads from one step to another that can certainly be taken.
    pub(crate) fn surely_leads(&self, from: NodeId, to: NodeId) -> bool {
        self.surely_follow(from).contains(&to)
    }

    /// The steps to which a path leads that can certainly be taken: past no unknown macro and no function that may never
    /// return, and without passing on the handle.
    pub(crate) fn surely_follow(&self, from: NodeId) -> HashSet<NodeId> {
        let handle = self.operation(from).map(|operation| operation.handle);
        let is_sure = |step: &Step| match step {
            Step::Unknown | Step::Doubt => false,
            Step::Escape(other) => handle != Some(*other),
            Step::Spawn { takes, .. } => !takes.iter().any(|other| handle == Some(*other)),
            Step::Call(call) => !call.may_diverge(),
            _ => true,
        };
        self.walk(&self.nodes[from].next, |_, node| !is_sure(&node.step)).into_iter().collect()
    }

    /// Whether a path leads from one step to another.
    pub(crate) fn leads(&self, from: NodeId, to: NodeId) -> bool {
        self.walk(&self.nodes[from].next, |_, _| false).contains(&to)
    }

    /// Whether a step can be reached from itself.
    pub(crate) fn in_cycle(&self, id: NodeId) -> bool {
        self.cycles.get_or_init(|| cycles(&self.nodes))[id]
    }

    /// The loops that may last as long as the connection, around a step that they repeat.
    pub(crate) fn lasting_loops(&self, id: NodeId) -> impl Iterator<Item = &Loop> {
        let comes_round = self.in_cycle(id);
        self.loops.iter().filter(move |one| comes_round && !one.finite && one.nodes.contains(&id))
    }

    /// Whether a path leads from the start to the step.
    pub(crate) fn reachable(&self) -> Vec<bool> {
        let mut reachable = vec![false; self.nodes.len()];
        for id in self.walk(&[0], |_, _| false) {
            reachable[id] = true;
        }
        reachable
    }
}

fn contradicts(step: &Step, operation: NodeId, outcome: Outcomes) -> bool {
    matches!(step, Step::Outcome { of, among } if *of == operation && !among.meets(outcome))
}

impl Step {
    /// Whether the task yields here.
    pub(crate) fn waits(&self) -> bool {
        match self {
            Self::Wait | Self::Lock | Self::Unknown => true,
            Self::Operation(operation) => {
                matches!(
                    operation.act,
                    Act::Accept | Act::Poll | Act::Recv | Act::Send | Act::Flush | Act::Close | Act::Forward
                )
            }
            _ => false,
        }
    }
}
