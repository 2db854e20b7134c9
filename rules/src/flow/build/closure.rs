//! Closures that are called by their names.

use std::rc::Rc;

use syn::{ExprCall, ExprClosure};

use super::{Builder, Frame, names::Names};
use crate::flow::value::{Closure, Value};

impl<'a> Builder<'a> {
    /// A closure that mentions futures, such as one that polls them by hand, is not followed; another is kept until it is
    /// called by its name, or goes where it is not followed.
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

    /// Runs a closure where it is called: `return` and `?` in it only end the closure.
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
