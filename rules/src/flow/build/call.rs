//! Calls of functions.

use std::rc::Rc;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Expr, ExprCall, ExprPath};

use super::Builder;
use crate::{
    flow::{
        Flavor, Lasts,
        api::keeps_future,
        called_among,
        code::Code,
        graph::{Call, Exit, Step, Within},
        value::{Handle, Kind, Object, Task, Value},
        words,
    },
    surroundings::Neighbour,
    syntax::segments,
};

/// How many calls of closures are followed in a function: each is analyzed again, and closures can call closures.
pub(super) const CALLS: usize = 32;

impl<'a> Builder<'a> {
    pub(super) fn call(&mut self, call: &'a ExprCall, awaited: bool) -> Value<'a> {
        let Expr::Path(function) = &*call.func else {
            let value = self.eval(&call.func);
            self.escape(&value);
            self.give_away(call);
            return Value::Other;
        };
        let path = self.imports.resolve_path(&function.path);
        match last(&path) {
            "Some" | "Ok" if call.args.len() == 1 => Value::Wrapped(Box::new(self.eval(&call.args[0]))),
            "Err" => {
                self.give_away(call);
                Value::Wrapped(Box::new(Value::Other))
            }
            "drop" if call.args.len() == 1 => {
                let value = self.eval(&call.args[0]);
                // Dropping a future explicitly is intended.
                if matches!(call.args[0], Expr::MethodCall(_) | Expr::Call(_)) {
                    self.unawaited(&value);
                }
                Value::Other
            }
            "pin" if path.ends_with("Box::pin") => self.eval(&call.args[0]),
            "timeout" | "timeout_at" if call.args.len() == 2 => self.timeout(call),
            "spawn" | "spawn_local" if is_tokio(&path) => self.spawned(function, call),
            "exit" | "abort" if path.starts_with("std::process") || path.starts_with("process::") => {
                self.give_away(call);
                self.push_exit(Exit::Never, None);
                Value::Other
            }
            "pending" if awaited && call.args.is_empty() => {
                self.push(Step::Wait);
                self.here = None;
                Value::Other
            }
            "from_request_parts" | "from_request" if self.flavor == Flavor::Axum && is_upgrades(&path) => {
                self.give_away(call);
                self.extracted(function.to_token_stream())
            }
            "join" | "join3" | "join4" | "join5" if awaited && is_of_futures(&path) => {
                let futures: Vec<_> = call.args.iter().map(|future| self.eval(future)).collect();
                self.all_of(futures, false)
            }
            _ if self.is_shared_half(&path, call) => self.eval(&call.args[0]),
            _ => match self.as_method(function, call) {
                Some(call) => self.method_call(call, awaited),
                None => self.other_call(function, path, call, awaited),
            },
        }
    }

    fn other_call(
        &mut self,
        function: &'a ExprPath,
        path: String,
        call: &'a ExprCall,
        awaited: bool,
    ) -> Value<'a> {
        let value = self.path(function);
        if let Value::Closure(closure) = &value
            && self.calls < CALLS
        {
            self.calls += 1;
            return self.run_closure(closure, call);
        }
        if let Some(made) = self.tuple_struct(&function.path, call) {
            return made;
        }
        // A local function with that name may hold something.
        self.escape(&value);
        let helper = self.around.neighbours().called(&path, self.around.of());
        let helper = helper.filter(|helper| value == Value::Other && !helper.takes_self);
        let at = function.to_token_stream();
        if let Some(made) = helper.and_then(|helper| self.made_by(helper, call)) {
            self.push(Step::Call(Call { path, of: None, is_direct: false, at, awaited, bound: true }));
            return made;
        }
        let lent = self.lend(&call.args, helper);
        let bound = !lent.is_empty();
        self.push(Step::Call(Call { path, of: None, is_direct: false, at, awaited, bound }));
        let Some(last) = function.path.segments.last() else { return Value::Other };
        match helper.and_then(Neighbour::starts) {
            Some(lasts) => self.started(&last.ident, call, lasts),
            None => self.done_by(&last.ident, helper, None, lent),
        }
    }

    fn give_away(&mut self, call: &'a ExprCall) {
        self.lend(&call.args, None);
    }

    fn timeout(&mut self, call: &'a ExprCall) -> Value<'a> {
        let limit = self.eval(&call.args[0]);
        self.escape(&limit);
        Value::Timed(Box::new(self.eval(&call.args[1])))
    }

    fn spawned(&mut self, function: &'a ExprPath, call: &'a ExprCall) -> Value<'a> {
        let Some(at) = function.path.segments.last().map(|last| last.ident.clone()) else {
            return Value::Other;
        };
        let started = call.args.first().map_or(Value::Other, |task| self.eval(task));
        let Value::Task(task) = started else {
            let whole = self.whole_sockets(call);
            self.hand_on(&started);
            if let Some(started) = call.args.first().and_then(|task| self.lasting_task(&at, task)) {
                return started;
            }
            if whole.is_empty() {
                return Value::Other;
            }
            return Value::Spawned(self.spawn(at, whole, false, None));
        };
        let takes = task.handles();
        let tied = is_tied(&task);
        let spawn = self.spawn(at, takes, tied, None);
        self.run_apart(Within::Task(spawn), Exit::Task, |builder| builder.body_of(&task));
        Value::Spawned(spawn)
    }

    /// The sockets of Sockeye that are moved into the function that a task runs: `spawn(serve(socket))`, `spawn(session.run())`.
    fn whole_sockets(&self, call: &'a ExprCall) -> Vec<Handle> {
        let moved: Vec<_> = match call.args.first() {
            Some(Expr::Call(task)) => task.args.iter().collect(),
            Some(Expr::MethodCall(task)) => vec![&*task.receiver],
            _ => return Vec::new(),
        };
        let sockets = |moved: &Expr| match moved {
            Expr::Path(path) => match self.names.find(&path.path.get_ident()?.to_string())? {
                Value::Handle(handle) => Some(vec![*handle]),
                Value::Object(object) => Some(object.fields.iter().map(|(_, handle)| *handle).collect()),
                _ => None,
            },
            _ => None,
        };
        let handles = moved.into_iter().filter_map(sockets).flatten();
        handles.filter(|one| self.flavor == Flavor::Sockeye && one.kind == Kind::Socket).collect()
    }

    /// A function of the file as a task that goes on after its client has left: `spawn(push(sender, events))`.
    fn lasting_task(&mut self, at: &Ident, task: &'a Expr) -> Option<Value<'a>> {
        let neighbours = self.around.neighbours();
        let helper = match task {
            // `let task = push(sender, events);`
            Expr::Path(path) => {
                let init = *self.inits.get(&path.path.get_ident()?.to_string())?;
                return if matches!(init, Expr::Path(_)) { None } else { self.lasting_task(at, init) };
            }
            Expr::Call(task) => {
                let Expr::Path(function) = &*task.func else { return None };
                let path = self.imports.resolve_path(&function.path);
                if let (true, Some(pinned)) = (path.ends_with("Box::pin"), task.args.first()) {
                    return self.lasting_task(at, pinned);
                }
                neighbours.called(&path, self.around.of())
            }
            Expr::MethodCall(task) if keeps_future(&task.method.to_string()) => {
                return self.lasting_task(at, &task.receiver);
            }
            Expr::MethodCall(task) => {
                let step = self.call_of(&task.method.to_string(), task, false);
                let object = self.object_at(&task.receiver);
                object
                    .and_then(|object| self.method_of_object(&object, task))
                    .or_else(|| called_among(&step, neighbours, self.around.of()))
            }
            _ => None,
        };
        let lasts = helper?.lasts()?;
        Some(self.started(at, task, lasts))
    }

    fn object_at(&self, receiver: &Expr) -> Option<Rc<Object>> {
        let Expr::Path(path) = receiver else { return None };
        match self.names.find(&path.path.get_ident()?.to_string())? {
            Value::Object(object) => Some(Rc::clone(object)),
            _ => None,
        }
    }

    /// A task that goes on after its client has left, with what this code mentions.
    pub(super) fn started(&mut self, at: &Ident, given: &dyn Code, lasts: Lasts) -> Value<'a> {
        let mentioned: Vec<_> = self.names.mentioned(given).cloned().collect();
        let takes: Vec<_> = mentioned.iter().flat_map(Value::handles).collect();
        let is_tied = |value: &Value<'_>| match value {
            Value::Own => true,
            Value::Object(object) => object.is_tied,
            _ => false,
        };
        let tied = mentioned.iter().any(is_tied);
        Value::Spawned(self.spawn(at.clone(), takes, tied, Some(lasts)))
    }

    fn spawn(&mut self, at: Ident, takes: Vec<Handle>, tied: bool, lasts: Option<Lasts>) -> usize {
        self.push(Step::Spawn { at, takes, tied, ended: tied, lasts })
    }
}

pub(super) fn is_self(expression: &Expr) -> bool {
    matches!(expression, Expr::Path(path) if path.path.is_ident("self"))
}

/// Whether the task listens to something by which the function can end it.
fn is_tied(task: &Task<'_>) -> bool {
    let ends = words::has_word(&task.block.block, &["cancelled", "is_cancelled", "run_until_cancelled"]);
    let mut channels = words::mentioned(&task.block.block, &task.names);
    ends || channels.any(|value| *value == Value::Own)
}

/// A function of axum's `WebSocketUpgrade`.
fn is_upgrades(path: &str) -> bool {
    path.starts_with("axum") && segments::before_last(path) == Some("WebSocketUpgrade")
}

fn is_tokio(path: &str) -> bool {
    matches!(
        path,
        "tokio::spawn"
            | "tokio::task::spawn"
            | "task::spawn"
            | "tokio::task::spawn_local"
            | "task::spawn_local"
    )
}

fn is_of_futures(path: &str) -> bool {
    path.starts_with("futures") && path.contains("future::")
}

fn last(path: &str) -> &str {
    segments::last(path)
}
