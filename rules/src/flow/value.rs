//! What is known about a value.

use std::rc::Rc;

use proc_macro2::Ident;
use syn::{ExprAsync, ExprClosure, ExprMethodCall};

use super::{
    Deed,
    graph::{Act, Connection, NodeId},
};

/// A value, as far as it is followed.
#[derive(Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// A value that is not followed.
    Other,
    /// A handshake, a socket or a half of one.
    Handle(Handle),
    /// `handshake.accept()` before `.await`.
    Accepting {
        handle: Handle,
        site: Site,
    },
    /// The future of an operation.
    Pending(Pending<'a>),
    /// The result of an operation.
    Got(Got<'a>),
    /// Whether an operation had one of these outcomes.
    Test {
        of: NodeId,
        yes: Outcomes,
    },
    /// In an `Option` or a `Result` that the function created; `None` contains nothing.
    Wrapped(Box<Value<'a>>),
    Tuple(Vec<Value<'a>>),
    /// A struct of the file that the function created with handles in it.
    Object(Rc<Object>),
    /// An `async` block that has not run yet.
    Task(Task<'a>),
    /// A closure that mentions handles; it is followed when it is called by name.
    Closure(Closure<'a>),
    /// `timeout(.., future)`.
    Timed(Box<Value<'a>>),
    /// The result of `spawn`; the step is that of the spawn.
    Spawned(NodeId),
    /// A value that the function created only from values that it had created: one end of a channel, a flag, a token.
    /// Through it the rest of the function may tell the code that has it when to end.
    Own,
    /// The response of axum's `on_upgrade`.
    Response(Ident),
}

/// A struct with handles in its fields.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// The name of its type.
    pub(crate) of: String,
    /// The names, or numbers, of the fields with handles.
    pub(crate) fields: Vec<(String, Handle)>,
    /// Whether it holds something by which the function may tell it when to end ([`Value::Own`]).
    pub(crate) is_tied: bool,
}

impl Object {
    /// The handle in the field with this name.
    pub(crate) fn handle(&self, name: &str) -> Option<Handle> {
        self.fields.iter().find(|(one, _)| one == name).map(|(_, handle)| *handle)
    }
}

/// The effect of an operation on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) kind: Kind,
    pub(crate) connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Handshake,
    Socket,
    Sender,
    Receiver,
    /// axum's `WebSocketUpgrade`.
    Upgrade,
}

impl Kind {
    /// Whether messages of the peer can be received from it.
    pub(crate) fn hears(self) -> bool {
        self != Self::Sender
    }
}

/// A method call in the source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Site {
    pub(crate) method: Ident,
    /// The variable that it is called on.
    pub(crate) on: Option<Ident>,
    /// The address of the call in the syntax tree, by which a rule recognizes it. Its span does not show that: in a macro, all tokens of
    /// a file that was read have one span.
    pub(crate) address: usize,
    /// What is done, if a function of the file does it.
    pub(crate) helper: Option<Deed>,
    /// The name of that function, preceded by the type of its `impl` block.
    pub(crate) doer: Option<String>,
    /// The number of the call: beginning to wait and receiving are two steps of one call.
    pub(crate) number: usize,
}

/// See [`Site::address`].
pub(crate) fn address(call: &ExprMethodCall) -> usize {
    std::ptr::from_ref(call).addr()
}

impl Site {
    /// The variable, or its usual name.
    pub(crate) fn on_or(&self, name: &str) -> String {
        self.on.as_ref().map_or_else(|| name.to_owned(), ToString::to_string)
    }

    /// The call without its arguments, as in source code.
    pub(crate) fn call(&self) -> String {
        let method = self.method.to_string();
        if self.helper.is_some() {
            let on = self.on.as_ref().map(|on| format!("{on}.")).unwrap_or_default();
            return format!("{on}{method}(..)");
        }
        let is_bare =
            matches!(method.as_str(), "accept" | "recv" | "flush" | "split" | "close_frame" | "next");
        let arguments = if is_bare { "" } else { ".." };
        let usual = if matches!(method.as_str(), "accept" | "reject" | "reject_with") {
            "handshake"
        } else {
            "socket"
        };
        format!("{}.{method}({arguments})", self.on_or(usual))
    }
}

/// A future that does its operation when it is awaited.
#[derive(Clone, PartialEq)]
pub(crate) struct Pending<'a> {
    pub(crate) act: Act,
    pub(crate) handle: Handle,
    pub(crate) site: Site,
    pub(crate) layers: Vec<Layer>,
    /// Where its result is unwrapped: `send(..).map(Result::unwrap)`.
    pub(crate) unwrapped: Option<Ident>,
    pub(crate) inner: Box<Value<'a>>,
}

/// The result of an operation, or what remains of it after some of its layers were removed.
#[derive(Clone, PartialEq)]
pub(crate) struct Got<'a> {
    /// The step of the operation; unknown if it can be one of several.
    pub(crate) of: Option<NodeId>,
    pub(crate) act: Act,
    pub(crate) layers: Vec<Layer>,
    pub(crate) inner: Box<Value<'a>>,
}

/// A `Result` or an `Option` around the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) is_option: bool,
    /// The meaning of its `Err` or `None`.
    pub(crate) bad: Outcomes,
    /// The outcomes for which it may be `None` as well, since a closure decides: `and_then(|message| ..)`.
    pub(crate) doubt: Outcomes,
}

impl Layer {
    /// The outcomes for which it can be `Err` or `None`.
    pub(crate) fn may_fail(self) -> Outcomes {
        self.bad.or(self.doubt)
    }
}

/// A closure and the names that are in scope at its definition.
#[derive(Clone)]
pub(crate) struct Closure<'a> {
    pub(crate) closure: &'a ExprClosure,
    pub(crate) names: Rc<Vec<(Rc<str>, Value<'a>)>>,
}

impl PartialEq for Closure<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.closure, other.closure)
    }
}

impl Closure<'_> {
    /// The handles whose names occur in it.
    pub(crate) fn handles(&self) -> Vec<Handle> {
        super::words::mentioned(self.closure, &self.names).flat_map(Value::handles).collect()
    }
}

/// An `async` block and the names that are in scope at its definition.
#[derive(Clone)]
pub(crate) struct Task<'a> {
    pub(crate) block: &'a ExprAsync,
    pub(crate) names: Rc<Vec<(Rc<str>, Value<'a>)>>,
}

impl PartialEq for Task<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.block, other.block)
    }
}

/// A set of possible outcomes of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcomes(u8);

impl Outcomes {
    pub(crate) const NONE: Self = Self(0);
    /// It succeeded.
    pub(crate) const DONE: Self = Self(1);
    /// The peer has closed: there are no more messages.
    pub(crate) const END: Self = Self(2);
    /// It failed.
    pub(crate) const ERROR: Self = Self(4);
    /// It timed out.
    pub(crate) const LATE: Self = Self(8);
    pub(crate) const ALL: Self = Self(15);

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Value<'_> {
    /// Every handle in it.
    pub(crate) fn handles(&self) -> Vec<Handle> {
        match self {
            Self::Handle(handle) | Self::Accepting { handle, .. } => vec![*handle],
            Self::Pending(pending) => [pending.handle].into_iter().chain(pending.inner.handles()).collect(),
            Self::Got(got) => got.inner.handles(),
            Self::Wrapped(inner) | Self::Timed(inner) => inner.handles(),
            Self::Tuple(values) => values.iter().flat_map(Self::handles).collect(),
            Self::Object(object) => object.fields.iter().map(|(_, handle)| *handle).collect(),
            Self::Task(task) => task.handles(),
            Self::Closure(closure) => closure.handles(),
            Self::Other | Self::Test { .. } | Self::Spawned(_) | Self::Own | Self::Response(_) => Vec::new(),
        }
    }

    /// The tasks whose handles are in it.
    pub(crate) fn spawned(&self) -> Vec<NodeId> {
        match self {
            Self::Spawned(spawn) => vec![*spawn],
            Self::Wrapped(inner) | Self::Timed(inner) => inner.spawned(),
            Self::Tuple(values) => values.iter().flat_map(Self::spawned).collect(),
            _ => Vec::new(),
        }
    }

    /// The common value of two paths that join.
    pub(crate) fn merged(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (Self::Got(a), Self::Got(b)) if a.layers == b.layers && a.inner == b.inner => {
                Some(Self::Got(Got { of: None, ..a.clone() }))
            }
            (Self::Accepting { handle, .. }, Self::Accepting { handle: same, .. }) if handle == same => {
                Some(self.clone())
            }
            // `Some(socket)` here, `None` there.
            (Self::Wrapped(a), Self::Wrapped(b)) => match (&**a, &**b) {
                (_, Self::Other) => Some(self.clone()),
                (Self::Other, _) => Some(other.clone()),
                (a, b) => a.merged(b).map(|value| Self::Wrapped(Box::new(value))),
            },
            _ => None,
        }
    }
}

impl Task<'_> {
    /// The handles whose names occur in the block.
    pub(crate) fn handles(&self) -> Vec<Handle> {
        super::words::mentioned(&self.block.block, &self.names).flat_map(Value::handles).collect()
    }
}
