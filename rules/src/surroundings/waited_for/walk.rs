//! Walks a function, and finds out who waits for the futures that it creates.

mod given;
mod held;
mod sets;

use quote::ToTokens;
use syn::{
    Block, Expr, ExprCall, ExprMethodCall, Item, Local, Macro, Stmt,
    visit::{self, Visit},
};

use super::{All, Found, WaitedFor, names::Names};
use crate::{
    flow::{each_word, keeps_future, macro_name, type_of},
    reading::{is_spawn, last_name, plain, task_of},
    surroundings::maker,
    syntax::last_segment,
};

/// A place where the future of a function's call is used.
pub(super) struct Use<'f> {
    /// The function.
    pub(super) called: &'f Found,
    /// Which call it is.
    pub(super) at: usize,
    /// Whether whoever uses it waits for its end.
    pub(super) waits: bool,
    /// What it is given; `None` if the caller may end it through that.
    pub(super) given: Option<WaitedFor>,
}

pub(super) struct Walk<'f> {
    found: &'f Found,
    all: &'f All<'f>,
    names: Names<'f>,
    /// Whether the code here runs to its end, whatever else happens.
    waits: bool,
    /// Whether the handle of a task can end it.
    aborts: bool,
    /// Whether the handle of the task is dropped.
    drops: bool,
    /// What is waited for together with this future.
    beside: Option<Vec<&'f Expr>>,
    uses: Vec<Use<'f>>,
    /// How many futures are still followed: one name can stand for many.
    left: usize,
}

const FUTURES: usize = 1000;

impl<'f> Walk<'f> {
    pub(super) fn uses(found: &'f Found, all: &'f All<'f>) -> Vec<Use<'f>> {
        const ABORTS: [&str; 6] =
            ["abort", "abort_all", "abort_handle", "AbortHandle", "AbortOnDropHandle", "abortable"];
        let Some(body) = found.function.block() else { return Vec::new() };
        let mut names = Names::default();
        for parameter in &found.function.parameters {
            names.bind(&parameter.node.pat, None);
        }
        let aborts = found.function.has_word(&ABORTS);
        let mut walk = Self {
            found,
            all,
            names,
            waits: true,
            aborts,
            drops: false,
            beside: None,
            uses: Vec::new(),
            left: FUTURES,
        };
        walk.visit_block(body);
        walk.uses
    }

    fn with(&mut self, waits: bool, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.waits, waits);
        walk(self);
        self.waits = outer;
    }

    /// A task whose handle is dropped: nothing ends it.
    fn dropped(&mut self, spawned: &'f Expr, waits: bool) {
        let outer = std::mem::replace(&mut self.drops, true);
        self.future(spawned, waits);
        self.drops = outer;
    }

    /// A future that is run here.
    fn future(&mut self, future: &'f Expr, waits: bool) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        match plain(future) {
            Expr::Async(block) => self.with(waits, |walk| walk.visit_block(&block.block)),
            Expr::Call(call) => self.future_of(call, waits),
            Expr::MethodCall(call) if keeps_future(&call.method.to_string()) => {
                self.future(&call.receiver, waits);
            }
            Expr::MethodCall(call) => self.method(call, waits),
            Expr::Macro(call) if is_one_of(&call.mac, &["pin"]) => {
                for one in self.arguments(&call.mac) {
                    self.future(one, waits);
                }
            }
            Expr::Path(path) => {
                let found = path.path.get_ident().and_then(|ident| self.names.find(ident)).cloned();
                let Some(name) = found else { return };
                let Some(made) = name.made else { return };
                let outer = std::mem::replace(&mut self.names, name.before.clone());
                self.future(made, waits && name.together == 1);
                self.names = outer;
            }
            other => self.with(waits, |walk| walk.visit_expr(other)),
        }
    }

    fn future_of(&mut self, call: &'f ExprCall, waits: bool) {
        match last_name(&call.func).map(ToString::to_string).as_deref() {
            Some("join" | "join3" | "join4" | "join5") if call.args.len() > 1 => {
                let futures: Vec<_> = call.args.iter().collect();
                self.together(&futures, waits);
            }
            Some("pin") => call.args.iter().for_each(|one| self.future(one, waits)),
            _ if is_spawn(&call.func) => {
                let waits = waits && !self.aborts;
                call.args.iter().for_each(|one| self.future(one, waits));
            }
            Some("join_all") => call.args.iter().for_each(|one| self.list(one, waits)),
            _ if self.called(call).is_some() => {
                let given: Vec<_> = call.args.iter().collect();
                self.used(self.called(call), std::ptr::from_ref(call).addr(), &given, waits);
                call.args.iter().for_each(|one| self.visit_expr(one));
            }
            _ => call.args.iter().for_each(|one| self.future(one, false)),
        }
    }

    /// The function of the file that is called: `push(..)`, `Self::push(..)`, `Session::push(..)`.
    fn called(&self, call: &ExprCall) -> Option<&'f Found> {
        let Expr::Path(path) = &*call.func else { return None };
        let mut names = path.path.segments.iter().rev().map(|segment| segment.ident.to_string());
        let name = names.next()?;
        match names.next() {
            Some(of) if of == "Self" => self.all.get(&name, self.found.of.as_deref()),
            Some(of) if of.starts_with(|first: char| first.is_uppercase()) => self.all.get(&name, Some(&of)),
            _ => self.all.get(&name, None),
        }
    }

    /// The futures in an array, or a `vec!`.
    fn list(&mut self, list: &'f Expr, waits: bool) {
        match plain(list) {
            Expr::Array(array) => array.elems.iter().for_each(|one| self.future(one, waits)),
            Expr::Macro(call) if is_one_of(&call.mac, &["vec"]) => {
                for one in self.arguments(&call.mac) {
                    self.future(one, waits);
                }
            }
            Expr::Path(path) => {
                let found = path.path.get_ident().and_then(|ident| self.names.find(ident)).cloned();
                let Some(name) = found else { return };
                let outer = std::mem::replace(&mut self.names, name.before.clone());
                name.made
                    .into_iter()
                    .filter(|made| !matches!(made, Expr::Path(_)))
                    .for_each(|made| self.list(made, waits));
                self.names = outer;
            }
            _ => {}
        }
    }

    /// A method of a type of this file.
    fn method(&mut self, call: &'f ExprMethodCall, waits: bool) {
        let name = call.method.to_string();
        if !self.all.named(&name).is_empty() {
            let given: Vec<_> = call.args.iter().chain([&*call.receiver]).collect();
            let of = self.type_of(&call.receiver);
            let called = of.and_then(|of| self.all.get(&name, Some(&of)));
            self.used(called, std::ptr::from_ref(call).addr(), &given, waits);
        }
        let of_set = name == "spawn" && self.is_set(&call.receiver);
        let waits = of_set && self.waits && !self.aborts && self.empties(&call.receiver);
        for one in &call.args {
            if name == "on_upgrade" {
                self.callback(one);
            } else if name.starts_with("spawn") {
                self.future(one, waits);
            } else {
                self.with(false, |walk| walk.visit_expr(one));
            }
        }
        self.visit_expr(&call.receiver);
    }

    /// What an upgrade runs with its socket.
    fn callback(&mut self, callback: &'f Expr) {
        if let Expr::Closure(closure) = callback {
            let outer = self.names.clone();
            closure.inputs.iter().for_each(|input| self.names.bind(input, None));
            self.future(&closure.body, true);
            self.names = outer;
        }
    }

    /// Futures that are all waited for.
    fn together(&mut self, futures: &[&'f Expr], waits: bool) {
        for (index, future) in futures.iter().enumerate() {
            let mut others = futures.to_vec();
            others.remove(index);
            let outer = self.beside.replace(others);
            self.future(future, waits);
            self.beside = outer;
        }
    }

    fn used(&mut self, called: Option<&'f Found>, at: usize, given: &[&'f Expr], waits: bool) {
        let Some(called) = called else { return };
        // A handle that it returns may end its task.
        let output = called.function.output().and_then(last_segment);
        let waits = waits && !(self.aborts && output.is_some_and(|last| last.ident == "JoinHandle"));
        let given = match () {
            // The channel of a task that is not waited for ends with the function.
            () if given.iter().any(|one| self.names.has_own(one) && (self.drops || !self.is_held(one))) => {
                None
            }
            () if given.iter().any(|one| self.names.has_own(one)) || self.is_from_state(given) => {
                Some(WaitedFor::Queues)
            }
            () => Some(WaitedFor::Feeds),
        };
        self.uses.push(Use { called, at, waits, given });
    }

    /// The name of the type that the expression has, if this function shows it.
    fn type_of(&self, expression: &Expr) -> Option<String> {
        let Expr::Path(path) = plain(expression) else {
            return type_of(&maker(expression, &self.found.imports)?).map(str::to_owned);
        };
        let ident = path.path.get_ident()?;
        if ident == "self" {
            return self.found.of.clone();
        }
        if let Some(made) = self.names.find(ident).and_then(|name| name.made) {
            return type_of(&maker(made, &self.found.imports)?).map(str::to_owned);
        }
        let parameter = self.found.function.parameters.iter().find(|one| one.binding() == Some(ident))?;
        last_segment(parameter.ty()).map(|last| last.ident.to_string())
    }

    fn arguments(&self, call: &Macro) -> &'f [Expr] {
        self.found.function.macros().arguments(call)
    }

    /// A future, or the handle of a task, is looked at where its name is used.
    fn is_for_later(&self, made: &Expr) -> bool {
        match plain(made) {
            Expr::Async(_) | Expr::Array(_) => true,
            Expr::Call(call) => {
                let name = last_name(&call.func);
                is_spawn(&call.func) || name.is_some_and(|name| name == "pin") || self.called(call).is_some()
            }
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                keeps_future(&name) || !self.all.named(&name).is_empty()
            }
            Expr::Macro(call) => is_one_of(&call.mac, &["pin", "vec"]),
            Expr::Tuple(values) => values.elems.iter().any(|one| self.is_for_later(one)),
            _ => false,
        }
    }

    /// Whether the name occurs only where it is bound.
    fn is_forgotten(&self, local: &Local) -> bool {
        let mut count = 0;
        let syn::Pat::Ident(name) = &local.pat else { return matches!(local.pat, syn::Pat::Wild(_)) };
        if let Some(body) = self.found.function.block() {
            each_word(body.to_token_stream(), &mut |word| count += usize::from(*word == name.ident));
        }
        count == 1
    }
}

impl<'f> Visit<'f> for Walk<'f> {
    fn visit_expr(&mut self, expression: &'f Expr) {
        match expression {
            Expr::Await(awaited) => {
                let waits = self.waits;
                self.future(&awaited.base, waits);
            }
            Expr::Async(block) => self.with(false, |walk| walk.visit_block(&block.block)),
            Expr::Closure(closure) => self.with(false, |walk| walk.visit_expr(&closure.body)),
            Expr::Call(call) => self.future_of(call, false),
            Expr::MethodCall(call) => self.method(call, false),
            _ => visit::visit_expr(self, expression),
        }
    }

    fn visit_block(&mut self, block: &'f Block) {
        let outer = self.names.clone();
        visit::visit_block(self, block);
        self.names = outer;
    }

    fn visit_stmt(&mut self, statement: &'f Stmt) {
        match statement {
            Stmt::Expr(spawned, Some(_)) if task_of(spawned).is_some() => {
                let waits = self.waits;
                self.dropped(spawned, waits);
            }
            _ => visit::visit_stmt(self, statement),
        }
    }

    fn visit_local(&mut self, local: &'f Local) {
        let made = local.init.as_ref().map(|init| &*init.expr);
        if let Some(made) = made {
            let is_dropped = task_of(made).is_some() && self.is_forgotten(local);
            match is_dropped {
                true => self.dropped(made, true),
                false if self.is_for_later(made) => {}
                false => self.visit_expr(made),
            }
        }
        if let Some((_, diverge)) = local.init.as_ref().and_then(|init| init.diverge.as_ref()) {
            self.visit_expr(diverge);
        }
        self.names.bind(&local.pat, made);
    }

    fn visit_macro(&mut self, call: &'f Macro) {
        let function = &self.found.function;
        for branch in function.macros().branches(call).into_iter().flatten() {
            branch.future.iter().for_each(|one| self.future(one, false));
            self.visit_expr(&branch.handler);
        }
        let arguments = self.arguments(call);
        if is_one_of(call, &["join"]) {
            let waits = self.waits;
            let futures: Vec<_> = arguments.iter().collect();
            self.together(&futures, waits);
        } else if !is_one_of(call, &["pin", "pin_mut"]) {
            for one in arguments {
                self.future(one, false);
            }
        }
    }

    fn visit_item(&mut self, _: &'f Item) {}

    fn visit_attribute(&mut self, _: &'f syn::Attribute) {}
}

fn is_one_of(call: &Macro, names: &[&str]) -> bool {
    names.contains(&macro_name(call).as_str())
}
