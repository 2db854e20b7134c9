//! Closures that are called by name.

use std::rc::Rc;

use syn::{ExprCall, ExprClosure};

use super::{Builder, Frame, call::CALLS, names::Names};
use crate::flow::{
    graph::{Exit, Step},
    value::{Closure, Value},
};

impl<'a> Builder<'a> {
    /// A closure that mentions futures, such as one that polls them manually, is not followed; any other is kept until it
    /// is called by name, or is passed to code that is not followed.
    pub(super) fn closure(&mut self, closure: &'a ExprClosure) -> Value<'a> {
        let mentioned: Vec<_> = self.names.mentioned(closure).cloned().collect();
        let only_handles =
            mentioned.iter().all(|value| value.handles().is_empty() || matches!(value, Value::Handle(_)));
        if !only_handles {
            self.escape_mentioned(closure);
            return Value::Other;
        }
        for value in &mentioned {
            self.touch(value);
        }
        Value::Closure(Closure { closure, names: Rc::new(self.names.all().to_vec()) })
    }

    /// Passes a value to a function that is not followed. Regardless of what that function does with a closure, a future that is
    /// dropped in the closure is never awaited.
    pub(super) fn hand_on(&mut self, value: &Value<'a>) {
        if let Value::Closure(closure) = value
            && self.calls < CALLS
        {
            self.calls += 1;
            let start = self.here;
            let (first_node, first_loop) = (self.graph.nodes.len(), self.graph.loops.len());
            self.run_apart(self.within, Exit::Task, |builder| {
                builder.names = Names::of(&closure.names);
                closure.closure.inputs.iter().for_each(|input| builder.bind_all(input, &Value::Other));
                let value = builder.eval(&closure.closure.body);
                builder.escape(&value);
            });
            self.graph.loops.truncate(first_loop);
            let steps = &mut self.graph.nodes[first_node..];
            if steps.iter().any(|node| matches!(node.step, Step::Unawaited { .. })) {
                for node in steps {
                    if !matches!(node.step, Step::Unawaited { .. }) {
                        node.step = Step::Pass;
                    }
                }
            } else {
                // The rest of the closure may not run at all.
                self.graph.nodes.truncate(first_node);
                if let Some(start) = start {
                    self.graph.nodes[start].next.retain(|next| *next < first_node);
                }
            }
        }
        self.escape(value);
    }

    /// Runs a closure at its call: `return` and `?` in it end only the closure.
    pub(super) fn run_closure(&mut self, called: &Closure<'a>, call: &'a ExprCall) -> Value<'a> {
        let arguments: Vec<_> = call.args.iter().map(|argument| self.eval(argument)).collect();
        let after = self.place();
        let names = std::mem::replace(&mut self.names, Names::of(&called.names));
        for (pattern, value) in called.closure.inputs.iter().zip(arguments) {
            self.bind(pattern, value);
        }
        self.frames.push(Frame::block(after));
        let value = self.eval(&called.closure.body);
        self.frames.pop();
        self.names = names;
        self.link(self.here, after);
        self.here = self.entered(after);
        self.ended(value)
    }
}
