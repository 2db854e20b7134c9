mod ignored;
mod kept;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Block, Expr, ExprCall, ExprLit, ExprLoop, ExprWhile, Lit, Local, Stmt, visit::Visit};

use super::detached_task::TIMERS;
use crate::{
    ORPHANED_TASK,
    flow::{Branch, Flavor, Flow, Kind, Lasts, Macros, Root, has_word, macro_name},
    reading::{
        At, Look, Origin, each_expression, first_way_out, given, has_call, is_discarded, only_name, plain,
        read, task_of,
    },
    surroundings::Neighbour,
    syntax::{Function, Sink},
};

pub(crate) use ignored::{Unheard, unheard};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let spawns = flow.function.has_word(&["spawn", "spawn_local"]);
    let starts = || flow.starts_tasks() && flow.function.has_word(&["select", "abort"]);
    if spawns || starts() || flow.calls_unheard() {
        read(flow, &mut Tasks { sink });
    }
}

struct Tasks<'s> {
    sink: &'s mut Sink,
}

impl<'a> Look<'a> for Tasks<'_> {
    fn local(&mut self, local: &'a Local, at: &At<'a>) {
        let Some(name) = only_name(&local.pat) else { return };
        if local.init.as_ref().is_some_and(|init| started(&init.expr, at).is_some()) {
            self.skipped(name, at);
        }
        if let Some(spawn) = local.init.as_ref().and_then(|init| started(&init.expr, at)) {
            self.stored(name, spawn, at);
        }
        if let Some(init) = &local.init {
            self.gathered(name, &init.expr, at);
            self.stored_within(name, &init.expr, at);
        }
    }

    fn select(&mut self, branches: &'a [Branch], at: &At<'a>) {
        let futures = branches.iter().filter_map(|branch| branch.future.as_ref());
        if branches.len() > 1
            && let Some((task, spawn)) = left_running(futures, at)
        {
            let message = format!(
                "when another branch of `select!` is ready first, `{task}` is dropped, and dropping a `JoinHandle` does not end its task"
            );
            let help = format!("write `_ = &mut {task} =>` in `select!`, and `{task}.abort()` after it");
            self.sink.report(&ORPHANED_TASK, spawn, message, help);
        }
    }

    fn dropped(&mut self, expression: &'a Expr, at: &At<'a>) {
        if let Expr::Await(awaited) = expression
            && let Expr::Call(call) = &*awaited.base
        {
            self.first_of(call, at);
        }
        self.unheard(expression, at);
    }

    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        self.kept(expression, at);
        let Some((spawn, body)) = at.unheld_loop(expression) else { return };
        if !waits_for_others(expression, at) || listens(expression, body, at) {
            return;
        }
        if let Some(sender) = ignored::own_sender(expression, at) {
            self.report_ignored(&sender, spawn);
        } else if has_way_out(body, at.flow.function.macros()) {
        } else if matches!(expression, Expr::Loop(_))
            && is_always_spawned(spawn, at)
            && !at.mentions_handle(body)
            && !has_macro(body)
        {
            let message = "this task never ends: its handle is dropped, and its loop has no exit; every connection leaks one task";
            let help = "keep the handle and call `abort` on it at the end, or start the task once, where the server starts";
            self.sink.report(&ORPHANED_TASK, spawn, message, help);
        }
    }
}

/// Whether every connection spawns it, and not only the first.
fn is_always_spawned(spawn: &Ident, at: &At<'_>) -> bool {
    let place = spawn.span().start();
    let mut spawned = at.flow.body.stmts.iter().filter_map(is_discarded).filter_map(task_of);
    let is_whole = |root: &Root| root.kind == Kind::Socket && !root.borrowed && !root.is_of_self();
    (at.flow.is_endpoint || at.flow.roots.iter().any(is_whole))
        && spawned.any(|(one, _)| one.span().start() == place)
}

/// Whether a macro in it may leave the loop.
fn has_macro(body: &Block) -> bool {
    struct Search(bool);
    impl<'a> Visit<'a> for Search {
        fn visit_macro(&mut self, call: &'a syn::Macro) {
            const KNOWN: [&str; 10] =
                ["format", "println", "eprintln", "trace", "debug", "info", "warn", "error", "json", "vec"];
            self.0 |= !KNOWN.contains(&macro_name(call).as_str());
        }
    }
    let mut search = Search(false);
    search.visit_block(body);
    search.0
}

impl Tasks<'_> {
    fn report_ignored(&mut self, sender: &str, at: &dyn ToTokens) {
        let message = format!(
            "this task never ends: its handle is dropped, and it ignores the error of `{sender}.send(..)`, the only sign that the connection has ended"
        );
        let help =
            format!("end the loop with the channel: `if {sender}.send(..).await.is_err() {{ break }}`");
        self.sink.report(&ORPHANED_TASK, at, message, help);
    }

    /// `futures::future::select(a, b).await` whose result, with the handle that is left, is dropped.
    fn first_of<'a>(&mut self, call: &'a ExprCall, at: &At<'a>) {
        const SELECT: [&str; 2] = ["futures::future::select", "futures_util::future::select"];
        let Expr::Path(path) = &*call.func else { return };
        if !SELECT.contains(&at.imports().resolve_path(&path.path).as_str()) {
            return;
        }
        if let Some((task, spawn)) = left_running(call.args.iter(), at) {
            let message = format!(
                "when the other future of `select` is ready first, `{task}` is dropped, and dropping a `JoinHandle` does not end its task"
            );
            let help = format!("pass `&mut {task}` to `select`, and write `{task}.abort()` after it");
            self.sink.report(&ORPHANED_TASK, spawn, message, help);
        }
    }

    /// An exit of the function before the statement that aborts the task.
    fn skipped(&mut self, name: &Ident, at: &At<'_>) {
        let rest = at.rest();
        let named = name.to_string();
        let Some(first) = rest.iter().position(|statement| has_word(statement, &[&named])) else { return };
        let aborts = match &rest[first] {
            Stmt::Expr(Expr::MethodCall(call), _) => call.method == "abort",
            _ => false,
        };
        let Some(out) = first_way_out(&rest[..first], at.flow.function.macros()).filter(|_| aborts) else {
            return;
        };
        let message = format!("this returns before `{named}.abort()`, so the task keeps running");
        let help = match at.flow.flavor {
            Flavor::Sockeye => "spawn the task with `socket.spawn(..)` or `sender.spawn(..)`, which end it with the connection".to_owned(),
            Flavor::Axum => format!("abort it on every path: `let {named} = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(..))`"),
        };
        self.sink.report(&ORPHANED_TASK, &out, message, help);
    }
}

/// Words of code that may end a task whose handle is stored.
const ABORTS: [&str; 8] = [
    "abort",
    "abort_all",
    "abort_handle",
    "AbortHandle",
    "AbortOnDropHandle",
    "JoinSet",
    "cancel",
    "shutdown",
];

impl Tasks<'_> {
    /// The handle is put into a struct or a list, out of which nothing ends its task.
    fn stored(&mut self, name: &Ident, spawn: &Ident, at: &At<'_>) {
        let rest = at.rest();
        let named = name.to_string();
        let Some(first) = rest.iter().position(|statement| has_word(statement, &[&named])) else { return };
        let place = match &rest[first] {
            Stmt::Local(Local { pat, init: Some(init), .. }) => match &*init.expr {
                Expr::Struct(made) => {
                    let is_it =
                        |value: &Expr| matches!(value, Expr::Path(path) if path.path.is_ident(&named));
                    let field = made.fields.iter().find(|field| is_it(&field.expr));
                    let whole = only_name(pat).zip(field);
                    whole.and_then(|(whole, field)| only_read(whole, field, made, &rest[first + 1..], at))
                }
                _ => None,
            },
            statement => inserted(statement, &named).filter(|list| {
                let is_removed = |one: &Stmt| removed(one).is_some_and(|from| from == *list);
                rest[first + 1..].iter().any(is_removed)
            }),
        };
        let Some(place) = place else { return };
        self.report_stored(name, &place, spawn, at);
    }

    /// The handle is made in a struct, out of which nothing ends its task.
    fn stored_within<'a>(&mut self, whole: &'a Ident, made: &'a Expr, at: &At<'a>) {
        let Expr::Struct(made) = made else { return };
        let of_task = |field: &'a syn::FieldValue| Some((field, started(&field.expr, at)?));
        let Some((field, spawn)) = made.fields.iter().find_map(of_task) else { return };
        if let Some(place) = only_read(whole, field, made, at.rest(), at) {
            self.report_stored(whole, &place, spawn, at);
        }
    }

    fn report_stored(&mut self, named: &Ident, place: &str, spawn: &Ident, at: &At<'_>) {
        // Code that knows the place may end the task.
        let words = place.split(|one: char| !(one.is_alphanumeric() || one == '_'));
        let words: Vec<_> = words
            .filter(|word| !["", "self", "state", "app", "lock", "write", "await", "unwrap"].contains(word))
            .collect();
        if !at.flow.file_has_both(&ABORTS, &words) {
            let message = format!(
                "`{named}` is stored, and nothing aborts it: when it is dropped at the end of the connection, its task keeps running"
            );
            let help =
                "call `abort` on the handle at the end, or store a `tokio_util::task::AbortOnDropHandle`";
            self.sink.report(&ORPHANED_TASK, spawn, message, help);
        }
    }
}

/// The field with the handle, if the struct is one of this file, and only other fields of it are used.
fn only_read(
    whole: &Ident,
    field: &syn::FieldValue,
    made: &syn::ExprStruct,
    rest: &[Stmt],
    at: &At<'_>,
) -> Option<String> {
    let of = made.path.segments.last()?;
    let fields = at.flow.shapes().fields(&of.ident.to_string())?;
    let field = field.member.to_token_stream().to_string();
    let others = |name: &str| name != field && fields.iter().any(|(one, _)| one == name);
    let mut is_read = true;
    let text: Vec<String> = rest.iter().flat_map(|one| flat(one.to_token_stream())).collect();
    for (index, word) in text.iter().enumerate() {
        if whole == word {
            let is_field = text.get(index + 1).is_some_and(|dot| dot == ".");
            is_read &= is_field && text.get(index + 2).is_some_and(|name| others(name));
        }
    }
    is_read.then_some(field)
}

/// The tokens, without groups.
fn flat(tokens: proc_macro2::TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Group(group) => all.extend(flat(group.stream())),
            other => all.push(other.to_string()),
        }
    }
    all
}

/// The list that the handle is put into: `tasks.lock().await` of `tasks.lock().await.insert(id, handle)`.
fn inserted(statement: &Stmt, handle: &str) -> Option<String> {
    let Expr::MethodCall(call) = is_discarded(statement)? else { return None };
    let is_it = matches!(call.args.last()?, Expr::Path(path) if path.path.is_ident(handle));
    (is_it && matches!(call.method.to_string().as_str(), "insert" | "push"))
        .then(|| call.receiver.to_token_stream().to_string())
}

/// The list that something is taken out of, and dropped.
fn removed(statement: &Stmt) -> Option<String> {
    let Expr::MethodCall(call) = is_discarded(statement)? else { return None };
    (call.method == "remove").then(|| call.receiver.to_token_stream().to_string())
}

/// Whether a function sends in a loop, and waits long before it does so again.
pub(crate) fn pushes_rarely(function: &Function) -> bool {
    const ENDS: [&str; 8] =
        ["cancelled", "is_cancelled", "closed", "is_closed", "select", "channel", "notified", "try_recv"];
    let Some(body) = function.block().filter(|_| function.has_word(&TIMERS)) else { return false };
    let mut sends = false;
    each_expression(body, function.macros(), &mut |expression| {
        let (Expr::Loop(ExprLoop { body, .. }) | Expr::While(ExprWhile { body, .. })) = expression else {
            return;
        };
        sends |= has_call(expression, &TIMERS) && has_call(body, &["send", "feed"]);
    });
    sends
        && !function.has_word(&ENDS)
        && !has_call(body, &["recv", "next"])
        && has_long_timer(body, function.macros())
}

/// The first of these futures that is the handle of a task, moved here, so that nothing can end the task: its name, and its `spawn`.
fn left_running<'a, 'e>(
    mut futures: impl Iterator<Item = &'e Expr>,
    at: &At<'a>,
) -> Option<(&'a Ident, &'a Ident)> {
    // Code with another handle can still end it.
    if at.flow.function.has_word(&["abort_handle", "AbortHandle"]) {
        return None;
    }
    futures.find_map(|future| {
        // `&mut task` keeps the handle.
        let Expr::Path(_) = future else { return None };
        let name = at.named(future)?;
        let Origin::Made(made) = name.origin else { return None };
        Some((name.ident, started(made, at)?))
    })
}

/// The call that starts a task which certainly continues unless it is ended, if the value is the handle of one.
fn started<'a>(made: &'a Expr, at: &At<'a>) -> Option<&'a Ident> {
    if let Some((spawn, task)) = task_of(made) {
        return goes_on(task, at).then_some(spawn);
    }
    match made {
        // `{ let sender = sender.clone(); tokio::spawn(..) }`
        Expr::Block(block) if block.label.is_none() => {
            started(given(&block.block)?, &at.at_the_end_of(&block.block))
        }
        Expr::Call(call) if starts(at.helper(&call.func), call, at) => match &*call.func {
            Expr::Path(path) => path.path.segments.last().map(|last| &last.ident),
            _ => None,
        },
        Expr::MethodCall(call) if starts(at.method(call), call, at) => Some(&call.method),
        _ => None,
    }
}

/// Whether the function of this file starts such a task, and returns its handle.
fn starts(helper: Option<&Neighbour>, call: &dyn ToTokens, at: &At<'_>) -> bool {
    helper.and_then(Neighbour::starts) == Some(Lasts::Feed) && !at.mentions_own(call)
}

/// Whether the function of this file goes on as a task.
fn lasts(helper: Option<&Neighbour>, call: &dyn ToTokens, at: &At<'_>) -> bool {
    helper.and_then(Neighbour::lasts) == Some(Lasts::Feed) && !at.mentions_own(call)
}

/// Whether the task certainly continues unless it is ended: it has no exit, or waits for something that is not the connection's
/// own.
fn goes_on(task: &Expr, at: &At<'_>) -> bool {
    match plain(task) {
        Expr::Async(block) if never_ends(&block.block, at) => true,
        Expr::Async(block) if ignored::in_loop(&block.block, at).is_some() => true,
        Expr::Async(block) => {
            at.mentions_handle(&block.block)
                && !at.mentions_own(&block.block)
                && !has_word(&block.block, &["cancelled", "is_cancelled", "closed", "run_until_cancelled"])
                && lasting_loop(&block.block, at)
        }
        Expr::Call(call) if lasts(at.helper(&call.func), call, at) => true,
        Expr::Call(call)
            if at.helper(&call.func).is_some_and(|helper| helper.is_async && helper.pushes_rarely)
                && !at.mentions_own(call) =>
        {
            call.args.iter().any(|one| at.mentions_handle(one))
        }
        Expr::MethodCall(call) if lasts(at.method(call), call, at) => true,
        Expr::Call(call) => {
            let mut arguments = call.args.iter();
            arguments.any(|one| at.is_handle_expression(one))
                && call.args.iter().any(|one| at.has_feed(one))
                && !call.args.iter().any(|one| at.mentions_own(one))
        }
        Expr::MethodCall(call) => goes_on(&call.receiver, at),
        _ => false,
    }
}

/// Whether its last statement is a loop that waits, and that nothing in it can leave.
fn never_ends(block: &Block, at: &At<'_>) -> bool {
    let Some((Stmt::Expr(last @ Expr::Loop(repeat), _), before)) = block.stmts.split_last() else {
        return false;
    };
    first_way_out(before, at.flow.function.macros()).is_none()
        && waits_for_others(last, at)
        && !listens_anywhere(&repeat.body, at)
        && !has_way_out(&repeat.body, at.flow.function.macros())
        && !has_macro(block)
        && !has_word(block, &["panic", "unwrap", "expect", "select"])
}

/// Whether it has a loop over a feed or a long timer that does not receive from the client.
fn lasting_loop(block: &Block, at: &At<'_>) -> bool {
    let mut found = false;
    each_expression(block, at.flow.function.macros(), &mut |expression| {
        let (Expr::Loop(ExprLoop { body, .. }) | Expr::While(ExprWhile { body, .. })) = expression else {
            return;
        };
        let waits = waits_for_feed(expression, at)
            || has_call(expression, &TIMERS) && has_long_timer(block, at.flow.function.macros());
        found |= waits && !listens(expression, body, at);
    });
    // The name of the feed in the block is not known outside of it.
    found || has_call(block, &["subscribe"]) && !listens_anywhere(block, at)
}

/// Whether it waits for a feed or a timer.
fn waits_for_others(repeat: &Expr, at: &At<'_>) -> bool {
    waits_for_feed(repeat, at) || has_call(repeat, &TIMERS)
}

fn waits_for_feed(repeat: &Expr, at: &At<'_>) -> bool {
    has_call(repeat, &["changed"]) || has_call(repeat, &["recv", "next"]) && at.has_feed(repeat)
}

/// Seconds within which a task that sends is certain to notice that the connection has ended.
const SOON: u64 = 10;

/// Whether the code shows that a timer takes long.
fn has_long_timer(block: &Block, macros: &Macros) -> bool {
    let mut found = false;
    each_expression(block, macros, &mut |expression| {
        if let Expr::Call(ExprCall { func, args, .. }) = expression
            && let Some(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) = args.first()
        {
            let seconds = if has_word(func, &["from_secs"]) { SOON } else { 1 };
            let is_long = number.base10_parse::<u64>().is_ok_and(|number| number >= seconds);
            found |= is_long && has_word(func, &["from_secs", "from_mins", "from_hours"]);
        }
    });
    found
}

/// Whether the loop receives from the client, so that it ends with the client.
fn listens(repeat: &Expr, body: &Block, at: &At<'_>) -> bool {
    let by_condition = match repeat {
        Expr::While(ExprWhile { cond, .. }) => match &**cond {
            Expr::Let(test) => at.is_message(&test.expr),
            other => at.is_message(other),
        },
        _ => false,
    };
    by_condition || listens_anywhere(body, at)
}

fn listens_anywhere(block: &Block, at: &At<'_>) -> bool {
    let mut found = false;
    each_expression(block, at.flow.function.macros(), &mut |expression| {
        found |= matches!(expression, Expr::MethodCall(_)) && at.receives_message(expression);
    });
    found
}

fn has_way_out(body: &Block, macros: &Macros) -> bool {
    const ENDS: [&str; 7] = ["cancelled", "is_closed", "closed", "abort", "process", "exit", "bail"];
    let mut found = has_word(body, &ENDS);
    each_expression(body, macros, &mut |expression| {
        found |= matches!(expression, Expr::Break(_) | Expr::Return(_) | Expr::Try(_));
    });
    found
}
