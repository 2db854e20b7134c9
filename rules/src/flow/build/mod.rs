//! Builds the graph of a function's body, in the order of execution.

mod block;
mod branch;
mod by_path;
mod call;
mod closure;
mod conditional;
mod counting;
mod expression;
mod future;
mod helper;
mod macros;
mod method;
mod names;
mod object;
mod pattern;
mod repeat;
mod result;
mod select;
mod unwrapping;

pub(crate) use result::gives_nothing;
pub(crate) use select::Branch;
pub(super) use select::parse as parse_select;

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use syn::{Block, Expr};
use typed_arena::Arena;

use self::{names::Names, repeat::Target};
use super::{
    Flavor, Imports, Macros,
    code::Code,
    graph::{Connection, Exit, Graph, Node, NodeId, Step, Within},
    roots::{self, Root},
    value::{Got, Handle, Kind, Value},
};
use crate::{
    surroundings::{Surroundings, Types},
    syntax::Function,
};

/// The graph of a function, and its roots, including those that were found while building it.
pub(super) fn build<'a>(
    function: &'a Function,
    body: &'a Block,
    flavor: Flavor,
    roots: Vec<Root>,
    imports: &Imports,
    around: &'a Surroundings,
    kept: &'a Arena<Expr>,
) -> (Graph, Vec<Root>) {
    let values = roots::values(function, &roots, imports);
    let mut builder = Builder {
        graph: Graph::default(),
        here: None,
        names: Names::default(),
        targets: Vec::new(),
        frames: vec![Frame::function(function)],
        roots,
        holders: roots::holders(function, around),
        is_async: function.sig.asyncness.is_some(),
        flavor,
        imports: imports.with(body),
        within: Within::Function,
        apart: Exit::Task,
        received: HashSet::new(),
        sites: 0,
        calls: 0,
        own_macros: macros::of_function(function),
        types: Types::of(function, body, &imports.with(body)),
        around,
        kept,
        macros: function.macros(),
        body,
        inits: HashMap::new(),
        taken: HashMap::new(),
        counters: HashMap::new(),
    };
    builder.here = Some(0);
    builder.graph.nodes.push(Node::new(Step::Pass, Within::Function));
    builder.bind_self(function.receiver.is_some());
    for (pattern, value) in values {
        builder.bind(pattern, value);
    }
    builder.body(body);
    (builder.graph, builder.roots)
}

struct Builder<'a> {
    graph: Graph,
    /// The last step; `None` if the place is unreachable.
    here: Option<NodeId>,
    names: Names<'a>,
    /// The targets of `break` and `continue`.
    targets: Vec<Target<'a>>,
    /// The targets of `return` and `?`.
    frames: Vec<Frame>,
    roots: Vec<Root>,
    /// Names of extractors around an upgrade.
    holders: Vec<String>,
    is_async: bool,
    flavor: Flavor,
    imports: Imports,
    within: Within,
    /// How separate parts of the function end.
    apart: Exit,
    /// Names that hold what was received from outside of the function, as it was received.
    received: HashSet<String>,
    /// How many futures of operations there have been.
    sites: usize,
    /// How many calls of closures have been followed.
    calls: usize,
    /// Macros that the function defines itself.
    own_macros: HashSet<String>,
    types: Types,
    around: &'a Surroundings,
    /// Expressions that were parsed from the tokens of macros.
    kept: &'a Arena<Expr>,
    /// The macros of the body.
    macros: &'a Macros,
    body: &'a Block,
    /// The expressions from which names were bound by `let`.
    inits: HashMap<String, &'a Expr>,
    /// The types of the fields of `self` that `let` has taken out of it by name.
    taken: HashMap<String, String>,
    /// Variables to which the function adds, and whether it only counts with them.
    counters: HashMap<String, bool>,
}

/// The target of `return` and `?`: the function, or an `async` block in it.
struct Frame {
    /// The step after an `async` block; `None` for the function itself.
    after: Option<NodeId>,
    /// Whether the end is the end of the function that is checked.
    is_function: bool,
    /// Whether it returns nothing, so that any end is fine.
    gives_nothing: bool,
}

impl Frame {
    fn function(function: &Function) -> Self {
        let gives_nothing = result::gives_nothing(&function.sig.output);
        Self { after: None, is_function: true, gives_nothing }
    }

    /// A separate task or callback.
    fn apart() -> Self {
        Self { after: None, is_function: false, gives_nothing: true }
    }

    fn block(after: NodeId) -> Self {
        Self { after: Some(after), is_function: false, gives_nothing: false }
    }
}

impl<'a> Builder<'a> {
    /// The fields of `self` by name; `self` as a whole stands for all of them.
    fn bind_self(&mut self, is_method: bool) {
        let mut all = Vec::new();
        for (connection, root) in self.roots.iter().enumerate() {
            let Some(name) = root.name.clone().filter(|name| name.starts_with("self.")) else { continue };
            let handle = Value::Handle(Handle { kind: root.kind, connection });
            self.names.add(name, handle.clone());
            all.push(handle);
        }
        if !all.is_empty() {
            self.names.add("self".to_owned(), Value::Tuple(all));
        } else if is_method {
            self.names.add("self".to_owned(), Value::Other);
        }
    }

    fn push(&mut self, step: Step) -> NodeId {
        let id = self.graph.nodes.len();
        self.graph.nodes.push(Node::new(step, self.within));
        self.link(self.here, id);
        self.here = Some(id);
        id
    }

    /// A step that is not reachable yet.
    fn place(&mut self) -> NodeId {
        self.graph.nodes.push(Node::new(Step::Pass, self.within));
        self.graph.nodes.len() - 1
    }

    fn link(&mut self, from: Option<NodeId>, to: NodeId) {
        if let Some(from) = from {
            self.graph.nodes[from].next.push(to);
            self.graph.nodes[to].entered = true;
        }
    }

    /// The step, if it is reachable.
    fn entered(&self, id: NodeId) -> Option<NodeId> {
        self.graph.nodes[id].entered.then_some(id)
    }

    /// Continues where these paths join.
    fn meet(&mut self, ways: &[Option<NodeId>]) {
        let live: Vec<_> = ways.iter().flatten().copied().collect();
        self.here = match live.as_slice() {
            [] => None,
            [one] => Some(*one),
            several => {
                let place = self.place();
                for way in several {
                    self.link(Some(*way), place);
                }
                Some(place)
            }
        };
    }

    fn escape(&mut self, value: &Value<'a>) {
        if let Value::Got(Got { of: Some(of), .. }) | Value::Test { of, .. } = value {
            self.push(Step::Taken { of: *of });
        }
        for spawn in value.spawned() {
            self.tie(spawn);
        }
        for handle in value.handles() {
            self.push(Step::Escape(handle));
        }
    }

    /// The handle of the task is kept.
    fn tie(&mut self, spawn: NodeId) {
        if let Step::Spawn { tied, ended, .. } = &mut self.graph.nodes[spawn].step {
            (*tied, *ended) = (true, true);
        }
    }

    /// The function waits for the end of the task.
    fn wait_for(&mut self, spawn: NodeId) {
        if let Step::Spawn { tied, .. } = &mut self.graph.nodes[spawn].step {
            *tied = true;
        }
    }

    /// Every value that the code mentions is passed to code that is not followed.
    fn escape_mentioned(&mut self, code: &dyn Code) {
        let values: Vec<_> = self.names.mentioned(code).cloned().collect();
        for value in values {
            self.touch(&value);
            self.escape(&value);
            // A future may be polled there, and be used up afterwards.
            if matches!(value, Value::Pending(_) | Value::Accepting { .. } | Value::Task(_) | Value::Timed(_))
            {
                self.names.forget(&value);
            }
        }
    }

    /// The function uses it.
    fn touch(&mut self, value: &Value<'a>) {
        for Handle { connection, .. } in value.handles() {
            self.roots[connection].used = true;
        }
        for spawn in value.spawned() {
            self.wait_for(spawn);
        }
    }

    fn add_root(&mut self, kind: Kind, at: TokenStream) -> Connection {
        self.roots.push(Root {
            kind,
            borrowed: false,
            at,
            used: true,
            name: None,
            socket: None,
            receiver: None,
            is_parameter: false,
        });
        self.roots.len() - 1
    }

    fn frame(&self) -> &Frame {
        self.frames.last().expect("the function is always there")
    }

    fn push_exit(&mut self, how: Exit, at: Option<TokenStream>) {
        if self.here.is_some() {
            self.push(Step::Exit { how, at });
        }
        self.here = None;
    }

    /// Leaves the function or the `async` block.
    fn leave(&mut self, how: Exit, at: Option<TokenStream>) {
        match self.frame() {
            Frame { after: Some(after), .. } => {
                let (here, after) = (self.here, *after);
                self.link(here, after);
                self.here = None;
            }
            Frame { is_function: true, .. } => self.push_exit(how, at),
            Frame { .. } => self.push_exit(self.apart, at),
        }
    }
}
