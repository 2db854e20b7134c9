//! Closures that are called by name.

use std::rc::Rc;

use syn::{Expr, ExprCall, ExprClosure};

use super::{Builder, Frame, call::CALLS, names::Names};
use crate::flow::{
    blocking, called_among,
    graph::{Exit, Step},
    value::{Closure, Value},
};
use crate::reading::has_call;

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
        let is_lost = |_: &Self, step: &Step| matches!(step, Step::Unawaited { .. });
        self.hand_on_for(value, is_lost);
    }

    /// The same for a method that calls a closure on this thread: what blocks in it blocks here.
    ///
    /// Returns the future that the closure returns, if it returns one.
    pub(super) fn hand_to_caller(&mut self, value: &Value<'a>) -> Option<Value<'a>> {
        self.hand_on_for(value, |builder, step| match step {
            Step::Unawaited { .. } => true,
            Step::Call(call) => {
                let helper = called_among(call, builder.around.neighbours(), builder.around.of());
                blocking::instead(call, &builder.imports).is_some()
                    || helper.is_some_and(|helper| helper.blocks.is_some())
            }
            _ => false,
        })
    }

    /// Of the steps in a closure, only these are kept.
    fn hand_on_for(
        &mut self,
        value: &Value<'a>,
        matters: impl Fn(&Self, &Step) -> bool,
    ) -> Option<Value<'a>> {
        let mut future = None;
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
                future = Some(value).filter(|value| matches!(value, Value::Pending(_)));
            });
            self.graph.loops.truncate(first_loop);
            let kept: Vec<_> =
                self.graph.nodes[first_node..].iter().map(|node| matters(self, &node.step)).collect();
            if kept.contains(&true) {
                let steps = self.graph.nodes[first_node..].iter_mut().zip(kept);
                steps.filter(|(_, is_kept)| !is_kept).for_each(|(node, _)| node.step = Step::Pass);
            } else {
                // The rest of the closure may not run at all.
                self.graph.nodes.truncate(first_node);
                if let Some(start) = start {
                    self.graph.nodes[start].next.retain(|next| *next < first_node);
                }
            }
        }
        self.escape(value);
        future
    }

    /// Whether a method with this name calls a closure on this thread, or has another method do so.
    pub(super) fn calls_closures(name: &str, receiver: &Expr) -> bool {
        const CALLS: [&str; 27] = [
            "for_each",
            "map",
            "filter",
            "filter_map",
            "flat_map",
            "any",
            "all",
            "find",
            "find_map",
            "fold",
            "try_fold",
            "try_for_each",
            "position",
            "retain",
            "partition",
            "inspect",
            "map_or",
            "map_or_else",
            "unwrap_or_else",
            "or_else",
            "or_insert_with",
            "ok_or_else",
            "get_or_insert_with",
            "and_then",
            "is_some_and",
            "is_ok_and",
            "map_err",
        ];
        CALLS.contains(&name) && !has_call(receiver, &["par_iter", "into_par_iter", "par_bridge"])
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
