use quote::ToTokens;
use syn::{
    Expr, ExprAsync, ExprAwait, ExprClosure, ExprMethodCall, Item,
    visit::{self, Visit},
};

use crate::{
    SKIPPED_CLEANUP,
    flow::{Flavor, Flow, Kind, each_word},
    syntax::Sink,
    trace::{Event, Events, Leak, Way, events, leaks, may_leave_something, place_of},
};

const HELP: &str = "remove it in the `Drop` of a guard: after the line that adds it, `let _guard = Leave { .. };`, with the removal in \
                    `impl Drop for Leave`";

/// `Drop` cannot wait for a lock of tokio's.
const AWAITED: &str = "put all that follows into a block, `let ended = async { .. }.await;`, and remove it after that block; or \
                       use a `std::sync::Mutex`, and remove it in the `Drop` of a guard";

/// The same with `?` in the block, whose type has to be named.
const AWAITED_RESULT: &str = "put all that follows into a block, `let ended: sockeye::Result = async { .. }.await;`, remove it after \
                              that block, and return `ended`; or use a `std::sync::Mutex`, and remove it in the `Drop` of a guard";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !may_leave_something(flow) {
        return;
    }
    let events = events(flow);
    let help = match waits_for_a_lock(flow) {
        false => HELP,
        true if flow.can_fail() => AWAITED_RESULT,
        true => AWAITED,
    };
    for leak in leaks(flow.body, flow.function.macros(), &events) {
        sink.report(&SKIPPED_CLEANUP, &leak.at, message(&leak), help);
    }
    if flow.flavor == Flavor::Axum && flow.roots_of(Kind::Upgrade).next().is_some() {
        counted_before(flow, &events, sink);
    }
}

/// Whether the function waits for a lock: `state.lock().await`.
fn waits_for_a_lock(flow: &Flow<'_>) -> bool {
    struct Locks(bool);
    impl<'ast> Visit<'ast> for Locks {
        fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
            if let Expr::MethodCall(call) = &*awaited.base {
                let locks = call.method == "lock" || call.method == "write";
                self.0 |= locks && call.args.is_empty();
            }
            visit::visit_expr_await(self, awaited);
        }
    }
    let mut locks = Locks(false);
    locks.visit_block(flow.body);
    locks.0
}

fn message(leak: &Leak) -> String {
    let added = leak.added.shown();
    match leak.way {
        Way::Question => format!("`?` returns early here: what `{added}` added is never removed"),
        Way::Return => format!("this returns early: what `{added}` added is never removed"),
        Way::Panic => format!("if this panics, what `{added}` added is never removed"),
        Way::End => format!("what `{added}` adds is not removed on every path out of the function"),
    }
}

/// A value that is added before `on_upgrade`, and removed by its callback, which does not run if the upgrade fails.
fn counted_before(flow: &Flow<'_>, events: &Events, sink: &mut Sink) {
    if flow.function.has_word(&["on_failed_upgrade"]) {
        return;
    }
    let mut search = Search { events, outside: Vec::new(), callback: None };
    search.visit_block(flow.body);
    let Some(callback) = &search.callback else { return };
    for added in search.outside.iter().filter(|one| one.adds) {
        let taken_out_here = search.outside.iter().any(|one| one.undoes(added) && is_after(one, callback));
        if taken_out_here || !is_undone_in(flow, callback, events, added) {
            continue;
        }
        let message = format!(
            "`{}` adds this before the upgrade, and only the callback removes it: if the upgrade fails, it is never removed",
            added.shown()
        );
        let help = "move it into the callback of `on_upgrade`, or move a guard into the callback whose `Drop` removes it";
        sink.report(&SKIPPED_CLEANUP, &added.at, message, help);
    }
}

fn is_after(event: &Event, callback: &ExprMethodCall) -> bool {
    place_of(&event.at) > place_of(&callback.method)
}

/// Whether the callback, or a function of this file that it calls, removes it.
fn is_undone_in(flow: &Flow<'_>, callback: &ExprMethodCall, events: &Events, added: &Event) -> bool {
    let tokens = callback.args.to_token_stream();
    let mut found = false;
    each_word(tokens, &mut |word| {
        let here = events.get(&place_of(word)).is_some_and(|event| event.undoes(added));
        let there = || {
            let neighbour = flow.neighbour(&word.to_string());
            neighbour.is_some_and(|one| {
                one.words.methods.iter().any(|word| added.undoing_words().contains(&word.as_str()))
            })
        };
        found |= here || there();
    });
    found
}

/// The operations of the function itself, outside of the callback.
struct Search<'e> {
    events: &'e Events,
    outside: Vec<Event>,
    callback: Option<ExprMethodCall>,
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "on_upgrade" {
            self.callback.get_or_insert_with(|| call.clone());
            return self.visit_expr(&call.receiver);
        }
        visit::visit_expr_method_call(self, call);
        self.outside.extend(self.events.get(&place_of(&call.method)).cloned());
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        visit::visit_expr_binary(self, binary);
        let first = crate::trace::first_ident(&binary.left);
        self.outside.extend(first.and_then(|at| self.events.get(&place_of(&at))).cloned());
    }

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}
