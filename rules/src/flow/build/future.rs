//! Futures: what is awaited, and `async` blocks.

use std::rc::Rc;

use syn::{Expr, ExprAsync};

use super::{Builder, Frame, names::Names};
use crate::flow::{
    Deed, Flavor, Tells, api,
    graph::{Act, Exit, Operation, Step, Within},
    value::{Got, Handle, Kind, Pending, Site, Task, Value},
};

impl<'a> Builder<'a> {
    pub(super) fn awaited(&mut self, future: &'a Expr) -> Value<'a> {
        let value = match future {
            Expr::Call(call) => self.call(call, true),
            // What is awaited is not the method of the same name that blocks.
            Expr::MethodCall(call) => self.method_call(call, true),
            other => self.eval(other),
        };
        self.perform(value, false)
    }

    /// Awaits a future. In a `select!` the wait itself has begun before, together with those of other branches.
    pub(super) fn perform(&mut self, value: Value<'a>, selected: bool) -> Value<'a> {
        match value {
            Value::Pending(pending) => self.operate(pending, selected),
            Value::Accepting { handle, site } => {
                let inner = Box::new(socket(handle));
                let layers = api::result();
                self.operate(
                    Pending { act: Act::Accept, handle, site, layers, unwrapped: None, inner },
                    selected,
                )
            }
            Value::Timed(inner) => self.timed(*inner, selected),
            Value::Task(task) => self.run(&task),
            Value::Spawned(at) => {
                self.wait_for(at);
                self.push(Step::Wait);
                Value::Other
            }
            // The lock around a half.
            Value::Handle(handle) if handle.kind == Kind::Sender && self.flavor == Flavor::Axum => {
                self.push(Step::Lock);
                Value::Handle(handle)
            }
            // An upgrade that is being extracted.
            Value::Wrapped(inner) if matches!(*inner, Value::Handle(Handle { kind: Kind::Upgrade, .. })) => {
                self.push(Step::Wait);
                Value::Wrapped(inner)
            }
            other => {
                self.escape(&other);
                self.push(Step::Wait);
                Value::Other
            }
        }
    }

    fn operate(&mut self, pending: Pending<'a>, selected: bool) -> Value<'a> {
        let Pending { act, handle, site, layers, unwrapped, inner } = pending;
        if act == Act::Recv && !selected {
            self.push(Step::Operation(Operation { act: Act::Poll, handle, site: site.clone(), selected }));
        }
        let is_opaque = site.helper.is_some_and(Deed::is_opaque);
        let gives_nothing = site.helper == Some(Deed::Sends(Tells::Nothing));
        let operation = Operation { act, handle, site, selected };
        if is_opaque {
            return self.opaque(operation);
        }
        let of = self.push(Step::Operation(operation));
        if gives_nothing {
            return Value::Other;
        }
        let got = Got { of: Some(of), act, layers, inner };
        match unwrapped {
            Some(at) => self.unwrap(got, &at),
            None => Value::Got(got),
        }
    }

    /// An operation that is not awaited.
    pub(super) fn operation(&mut self, act: Act, handle: Handle, site: Site) {
        self.push(Step::Operation(Operation { act, handle, site, selected: false }));
    }

    fn timed(&mut self, inner: Value<'a>, selected: bool) -> Value<'a> {
        let within = std::mem::replace(&mut self.within, Within::Cancellable);
        let value = self.perform(inner, selected);
        self.within = within;
        match value {
            Value::Got(mut got) => {
                got.layers.insert(0, api::TIMEOUT);
                Value::Got(got)
            }
            other => Value::Wrapped(Box::new(other)),
        }
    }

    /// The waits that begin when a `select!` is reached, before it is known which branch completes.
    pub(super) fn poll(&mut self, value: &Value<'a>) {
        match value {
            Value::Pending(Pending { act: Act::Recv, handle, site, .. }) => {
                let (handle, site) = (*handle, site.clone());
                self.push(Step::Operation(Operation { act: Act::Poll, handle, site, selected: true }));
            }
            Value::Timed(inner) => self.poll(inner),
            _ => {}
        }
    }

    pub(super) fn task(&mut self, block: &'a ExprAsync) -> Value<'a> {
        let task = Task { block, names: Rc::new(self.names.all().to_vec()) };
        for value in self.names.mentioned(&block.block).cloned().collect::<Vec<_>>() {
            self.touch(&value);
        }
        Value::Task(task)
    }

    /// Runs an `async` block here: `return` and `?` in it end only the block.
    pub(super) fn run(&mut self, task: &Task<'a>) -> Value<'a> {
        let after = self.place();
        let names = std::mem::replace(&mut self.names, Names::of(&task.names));
        self.frames.push(Frame::block(after));
        let value = self.block(&task.block.block);
        self.frames.pop();
        self.names = names;
        let ends_early = self.graph.nodes[after].entered;
        self.link(self.here, after);
        self.here = self.entered(after);
        if ends_early { self.ended(value) } else { value }
    }

    /// The value at a block's end may also be the value of a `return`: only its handles are followed.
    pub(super) fn ended(&mut self, value: Value<'a>) -> Value<'a> {
        match value {
            Value::Handle(_) | Value::Tuple(_) | Value::Object(_) | Value::Wrapped(_) | Value::Task(_) => {
                value
            }
            Value::Got(got) => {
                self.escape(&Value::Got(Got { inner: Box::new(Value::Other), ..got.clone() }));
                Value::Got(Got { of: None, ..got })
            }
            other => {
                self.escape(&other);
                Value::Other
            }
        }
    }

    /// Runs an `async` block that is separate from here on.
    pub(super) fn run_apart(&mut self, within: Within, end: Exit, run: impl FnOnce(&mut Self)) {
        let (start, targets) = (self.here, std::mem::take(&mut self.targets));
        let (names, outer_within) = (self.names.clone(), self.within);
        self.frames.push(Frame::apart());
        let outer = std::mem::replace(&mut self.apart, end);
        self.within = within;
        if start.is_some() {
            self.push(Step::Pass);
        }
        run(self);
        self.push_exit(end, None);
        self.apart = outer;
        self.frames.pop();
        self.within = outer_within;
        self.names = names;
        self.targets = targets;
        self.here = start;
    }

    /// The block of a separate task.
    pub(super) fn body_of(&mut self, task: &Task<'a>) {
        self.names = Names::of(&task.names);
        let value = self.block(&task.block.block);
        self.escape(&value);
    }

    /// A future is used as if it were its result.
    pub(super) fn unawaited(&mut self, value: &Value<'a>) {
        match value {
            Value::Pending(pending) => {
                self.push(Step::Unawaited {
                    act: pending.act,
                    site: pending.site.clone(),
                    is_dropped: false,
                });
            }
            Value::Accepting { site, .. } => {
                self.push(Step::Unawaited { act: Act::Accept, site: site.clone(), is_dropped: false });
            }
            Value::Wrapped(inner) => self.unawaited(inner),
            _ => {}
        }
    }

    /// The result of a future that should have been awaited here. The rest of the function is analyzed as if it had
    /// been.
    pub(super) fn as_if_awaited(&mut self, value: Value<'a>) -> Value<'a> {
        match value {
            Value::Pending(_) | Value::Accepting { .. } => {
                self.unawaited(&value);
                self.perform(value, false)
            }
            other => other,
        }
    }
}

/// The result of `accept`.
pub(super) fn socket<'a>(handshake: Handle) -> Value<'a> {
    Value::Handle(Handle { kind: crate::flow::Kind::Socket, connection: handshake.connection })
}
