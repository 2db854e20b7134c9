//! Walks a body and tracks the origin of each name's value: the client, the request, the program's state.
//!
//! The graph of `flow` follows the connection; this follows everything else, for rules about single expressions. A rule is a
//! [`Watch`], which gets each expression with the [`Names`] in scope.

use std::collections::HashSet;

mod bounds;
mod given;
mod kinds;
mod leaks;
mod measures;
mod moves;
mod names;
mod origin;
mod pairs;
mod types;

pub(crate) use bounds::{Bounds, Known, operands, path_of};
pub(crate) use given::{MAPS, VALUE, is_array, name_of};
pub(crate) use kinds::{is_secret, is_secret_key};
pub(crate) use leaks::{Leak, Way, leaks};
pub(crate) use measures::{Measures, Site, number, root};
pub(crate) use moves::bare_name;
pub(crate) use names::Names;
pub(crate) use origin::{Origin, Tags};
pub(crate) use pairs::{Event, Events, events, first_ident, may_leave_something, place_of};

use quote::ToTokens;
use syn::{
    Arm, Block, Expr, ExprAsync, ExprClosure, ExprForLoop, ExprIf, ExprMatch, ExprMethodCall, ExprWhile,
    Item, Local, Macro, Pat, Stmt,
    visit::{self, Visit},
};

use self::{names::part, types::Types};
use crate::{
    flow::{Branch, Flow, Macros, macro_name},
    surroundings::Neighbour,
};

/// A rule that inspects expressions.
pub(crate) trait Watch {
    /// An expression, before its parts.
    fn expression(&mut self, _expression: &Expr, _names: &Names<'_>) {}

    /// An expression, after its parts: guards that they consume are released.
    fn evaluated(&mut self, _expression: &Expr, _names: &Names<'_>) {}

    /// A macro, before its contents.
    fn macro_call(&mut self, _call: &Macro, _names: &Names<'_>) {}
}

#[cfg(test)]
thread_local! {
    /// How many bodies this thread has walked over.
    pub(crate) static WATCHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// What a parameter is assumed to be given, by its number without `self`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Given {
    /// Data from the client.
    Sent(usize),
    /// A secret of the request.
    Secret(usize),
    /// A secret of the client in `self`.
    Held,
}

/// Passes the whole body to a rule.
pub(crate) fn watch(flow: &Flow<'_>, watch: &mut dyn Watch) {
    watch_given(flow, None, watch);
}

/// The same, with an assumption about a parameter.
pub(crate) fn watch_given(flow: &Flow<'_>, given: Option<Given>, watch: &mut dyn Watch) {
    #[cfg(test)]
    WATCHED.set(WATCHED.get() + 1);
    let mut names = Names::new(Types::new(flow.imports(), flow.neighbours()));
    parameters(flow, given, &mut names);
    let may_lock = may_lock(flow);
    Walk { names, watch, may_lock, macros: flow.function.macros() }.visit_block(flow.body);
}

/// The method of a type of this file, if the type of the receiver is written somewhere.
pub(crate) fn method_of_file<'f>(
    flow: &'f Flow<'_>,
    call: &ExprMethodCall,
    names: &Names<'_>,
) -> Option<&'f Neighbour> {
    let of = names.types().within(names.of(&call.receiver).ty.as_deref()?)?;
    flow.method_of(&of, &call.method.to_string())
}

/// Whether the function may hold the guard of a lock: it calls a method that locks, or gets an entry of a `DashMap`.
pub(crate) fn may_lock(flow: &Flow<'_>) -> bool {
    const LOCKS: [&str; 6] = ["lock", "lock_owned", "read", "read_owned", "write", "write_owned"];
    // Methods of a `DashMap`, whose type occurs in the function or in a type of the file.
    const PARTS: [&str; 5] = ["get", "get_mut", "entry", "iter", "iter_mut"];
    let function = flow.function;
    let is_sharded = |name: &str| matches!(name, "DashMap" | "DashSet");
    let has_map = || {
        flow.shapes().has_sharded_map()
            || flow.of().is_some_and(is_sharded)
            || function.words_of_signature().iter().any(|word| is_sharded(word))
            || function.has_word(&["DashMap", "DashSet"])
    };
    function.has_word(&LOCKS) || function.has_word(&PARTS) && has_map()
}

/// The values of the parameters.
fn parameters(flow: &Flow<'_>, given: Option<Given>, names: &mut Names<'_>) {
    let function = flow.function;
    if function.receiver.is_some() {
        let of = flow.of().map(Into::into);
        let origin = match given {
            Some(Given::Held) => Origin::of(Tags::HOLDS).typed(of),
            _ => names.types().shared("self", of),
        };
        names.add("self", origin);
    }
    for (index, parameter) in function.parameters.iter().enumerate() {
        let pattern = &*parameter.node.pat;
        let origin = match given {
            _ if flow.is_endpoint && index == 0 => {
                Origin::of(Tags::HANDLE).typed(given::message(parameter.ty()))
            }
            Some(Given::Sent(one)) if one == index => names.types().sent(parameter.ty()),
            Some(Given::Secret(one)) if one == index => names.types().secret(parameter.ty()),
            _ => names.types().parameter(&only_name(pattern), parameter.ty()),
        };
        names.bind(pattern, &origin);
    }
}

/// The one name of `State(name)` or `name`.
fn only_name(pattern: &Pat) -> String {
    match pattern {
        Pat::Ident(name) => name.ident.to_string(),
        Pat::TupleStruct(wrapped) if wrapped.elems.len() == 1 => only_name(&wrapped.elems[0]),
        Pat::Type(typed) => only_name(&typed.pat),
        _ => String::new(),
    }
}

struct Walk<'w, 's> {
    names: Names<'s>,
    watch: &'w mut dyn Watch,
    /// Whether any method that can lock is called; most functions have none.
    may_lock: bool,
    macros: &'s Macros,
}

impl Walk<'_, '_> {
    fn scoped(&mut self, look: impl FnOnce(&mut Self)) {
        let depth = self.names.depth();
        look(self);
        self.names.end_scope(depth);
    }

    /// Code that runs at another time, when no lock of this place is held.
    fn later(&mut self, look: impl FnOnce(&mut Self)) {
        let before = self.names.raise_barrier();
        self.scoped(look);
        self.names.lower_barrier(before);
    }

    /// Names whose guards are moved here do not hold guards from here on.
    fn give_away<'e>(&mut self, given: impl IntoIterator<Item = &'e Expr>) {
        for name in given.into_iter().filter_map(moves::bare_name) {
            self.names.give_away(&name.to_string());
        }
    }

    /// A closure, whose parameters have this origin.
    fn closure(&mut self, closure: &ExprClosure, given: &Origin) {
        self.later(|walk| {
            closure.inputs.iter().for_each(|input| walk.names.bind(input, given));
            walk.visit_expr(&closure.body);
            walk.give_away([&*closure.body]);
        });
        if closure.capture.is_some() {
            self.capture(&closure.body);
        }
    }

    /// The captures of `move`.
    fn capture(&mut self, body: &dyn ToTokens) {
        let guards: Vec<_> = self.names.guards().map(|(name, _)| name.to_owned()).collect();
        if guards.is_empty() {
            return;
        }
        let words = moves::mentioned(body);
        guards.iter().filter(|name| words.contains(*name)).for_each(|name| self.names.give_away(name));
    }

    /// The value that a pattern matches: it moves a guard, or leaves it in place.
    fn take_apart(&mut self, pattern: &Pat, value: &Expr, origin: &Origin) {
        if origin.is(Tags::GUARD) && !moves::takes(pattern) && !moves::is_nothing(pattern) {
            let place = origin.place.as_deref().unwrap_or_default().to_owned();
            if moves::bare_name(value).is_none() {
                self.names.add(place, origin.clone());
            }
        }
        self.names.bind(pattern, origin);
    }

    /// The guards that a head holds without a name, apart from its own value.
    fn hold_head(&mut self, head: &Expr, origin: &Origin) {
        if !origin.is(Tags::GUARD) {
            self.hold_temporaries(head);
        }
    }

    /// A guard in the head of a statement lives as long as the statement.
    fn hold_temporaries(&mut self, head: &Expr) {
        if !self.may_lock {
            return;
        }
        let mut search = Temporaries { names: &self.names, found: Vec::new(), given: HashSet::new() };
        search.visit_expr(head);
        for origin in search.found {
            let place = origin.place.as_deref().unwrap_or_default().to_owned();
            self.names.add(place, origin);
        }
    }

    /// A guard in a condition lives as long as the condition; one in `let` is handled there.
    fn condition(&mut self, condition: &Expr) {
        if matches!(condition, Expr::Let(_) | Expr::Binary(_)) {
            return self.visit_expr(condition);
        }
        self.scoped(|walk| {
            walk.hold_temporaries(condition);
            walk.visit_expr(condition);
        });
    }

    fn statement(&mut self, statement: &Stmt) {
        // A guard without a name is held to the end of the statement.
        match statement {
            Stmt::Local(local) => self.visit_local(local),
            Stmt::Expr(expression, _) => self.scoped(|walk| {
                if !matches!(expression, Expr::Block(_) | Expr::Loop(_) | Expr::Assign(_))
                    && !is_controlled(expression)
                {
                    walk.hold_temporaries(expression);
                }
                walk.visit_expr(expression);
                walk.give_away([expression]);
            }),
            other => visit::visit_stmt(self, other),
        }
    }

    fn branch(&mut self, branch: &Branch) {
        self.scoped(|walk| {
            if let Some(future) = &branch.future {
                walk.visit_expr(future);
                if let Some(pattern) = &branch.pattern {
                    let origin = walk.names.of(future);
                    walk.names.bind(pattern, &origin);
                }
            }
            if let Some(guard) = &branch.guard {
                walk.visit_expr(guard);
            }
            walk.visit_expr(&branch.handler);
        });
    }
}

/// A statement with a head and a body.
fn is_controlled(expression: &Expr) -> bool {
    matches!(expression, Expr::If(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Match(_))
}

impl<'ast> Visit<'ast> for Walk<'_, '_> {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        self.watch.expression(expression, &self.names);
        let assigned = match expression {
            Expr::Assign(assign) => moves::bare_name(&assign.left).zip(Some(self.names.of(&assign.right))),
            _ => None,
        };
        // Only guards can be given away.
        let given = if self.may_lock { moves::given_away(expression, &self.names) } else { Vec::new() };
        visit::visit_expr(self, expression);
        self.watch.evaluated(expression, &self.names);
        self.give_away(given);
        if let Some(dropped) = moves::dropped(expression) {
            self.names.set(&dropped.to_string(), Origin::default());
        }
        if let Some((name, origin)) = assigned {
            self.names.set(&name.to_string(), origin);
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.scoped(|walk| block.stmts.iter().for_each(|statement| walk.statement(statement)));
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let Some(init) = &local.init else { return self.names.bind(&local.pat, &Origin::default()) };
        let origin = self.names.of(&init.expr);
        self.scoped(|walk| {
            if !origin.is(Tags::GUARD) && !matches!(&*init.expr, Expr::Block(_)) && !is_controlled(&init.expr)
            {
                walk.hold_temporaries(&init.expr);
            }
            walk.visit_expr(&init.expr);
        });
        if moves::takes(&local.pat) {
            self.give_away([&*init.expr]);
        }
        if let Some((_, diverge)) = &init.diverge {
            self.visit_expr(diverge);
        }
        // `let _` holds nothing.
        if !matches!(local.pat, Pat::Wild(_)) {
            self.names.bind(&local.pat, &origin);
        }
    }

    fn visit_expr_let(&mut self, test: &'ast syn::ExprLet) {
        let origin = self.names.of(&test.expr);
        self.visit_expr(&test.expr);
        self.hold_head(&test.expr, &origin);
        if moves::takes(&test.pat) {
            self.give_away([&*test.expr]);
        }
        self.take_apart(&test.pat, &test.expr, &origin);
    }

    fn visit_expr_if(&mut self, branch: &'ast ExprIf) {
        let nothing = moves::found_nothing(&branch.cond).map(|name| name.to_string());
        self.scoped(|walk| {
            walk.condition(&branch.cond);
            let held = nothing.as_ref().and_then(|name| walk.names.find(name).cloned());
            if let Some(name) = &nothing {
                walk.names.give_away(name);
            }
            walk.visit_block(&branch.then_branch);
            if let (Some(name), Some(held)) = (&nothing, held) {
                walk.names.set(name, held);
            }
        });
        if let Some((_, other)) = &branch.else_branch {
            self.visit_expr(other);
        }
    }

    fn visit_expr_while(&mut self, repeat: &'ast ExprWhile) {
        self.scoped(|walk| {
            walk.condition(&repeat.cond);
            walk.visit_block(&repeat.body);
        });
    }

    fn visit_expr_for_loop(&mut self, repeat: &'ast ExprForLoop) {
        self.scoped(|walk| {
            walk.visit_expr(&repeat.expr);
            walk.hold_temporaries(&repeat.expr);
            let items = walk.names.of(&repeat.expr);
            let item = part(items);
            walk.names.bind(&repeat.pat, &item);
            walk.visit_block(&repeat.body);
        });
        self.give_away([&*repeat.expr]);
    }

    fn visit_expr_match(&mut self, branch: &'ast ExprMatch) {
        self.scoped(|walk| {
            let origin = walk.names.of(&branch.expr);
            walk.visit_expr(&branch.expr);
            walk.hold_head(&branch.expr, &origin);
            if branch.arms.iter().any(|arm| moves::takes(&arm.pat)) {
                walk.give_away([&*branch.expr]);
            }
            for arm in &branch.arms {
                walk.scoped(|walk| {
                    walk.take_apart(&arm.pat, &branch.expr, &origin);
                    walk.visit_arm(arm);
                    walk.give_away([&*arm.body]);
                });
            }
        });
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        if let Pat::Guard(guarded) = &arm.pat {
            self.visit_expr(&guarded.guard);
        }
        self.visit_expr(&arm.body);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.visit_expr(&call.receiver);
        let given = if call.method == "on_upgrade" {
            Origin::of(Tags::HANDLE)
        } else {
            let receiver = self.names.of(&call.receiver);
            part(receiver)
        };
        for argument in &call.args {
            let Expr::Closure(closure) = argument else {
                self.visit_expr(argument);
                continue;
            };
            self.closure(closure, &given);
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.closure(closure, &Origin::default());
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.later(|walk| walk.visit_block(&block.block));
        if block.capture.is_some() {
            self.capture(&block.block);
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.watch.macro_call(call, &self.names);
        if macro_name(call) == "select" {
            for branch in self.macros.branches(call).into_iter().flatten() {
                self.branch(branch);
            }
            return;
        }
        for argument in self.macros.arguments(call) {
            self.visit_expr(argument);
        }
        if !moves::only_looks(&macro_name(call)) {
            self.give_away(self.macros.arguments(call));
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Guards that a head creates and keeps without a name.
struct Temporaries<'n, 's> {
    names: &'n Names<'s>,
    found: Vec<Origin>,
    /// A guard that is moved where it is created, and not held here.
    given: HashSet<*const Expr>,
}

impl<'ast> Visit<'ast> for Temporaries<'_, '_> {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        let is_given = self.given.contains(&std::ptr::from_ref(expression));
        if !is_given && matches!(expression, Expr::Await(_) | Expr::MethodCall(_)) {
            let origin = self.names.of(expression);
            if origin.is(Tags::GUARD) {
                return self.found.push(origin);
            }
        }
        self.given.extend(moves::given_away(expression, self.names).into_iter().map(std::ptr::from_ref));
        visit::visit_expr(self, expression);
    }

    fn visit_block(&mut self, _: &'ast Block) {}
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
    fn visit_expr_let(&mut self, _: &'ast syn::ExprLet) {}
}
