use quote::ToTokens;
use syn::{Block, Expr, ExprLoop, ExprWhile, Stmt};

use super::deaf_loop::{only_errors_end, waits_in_a_loop};
use crate::{
    DETACHED_TASK,
    flow::{
        Act, Flavor, Flow, Handle, Kind, Lasts, Macros, NodeId, Outcomes, Step, Within, each_word, has_word,
    },
    reading::{At, Look, Name, Origin, block_leaves, each_expression, given, has_call, plain, read, task_of},
    syntax::{Function, Sink, last_segment},
};

/// Methods that return a receiver which continues after the client has left: its senders belong to the whole program.
const SUBSCRIBES: [&str; 4] = [".subscribe", ".resubscribe", ".new_receiver", ".watch"];

/// Methods that wait for the next of something.
pub(super) const RECEIVES: [&str; 4] = ["recv", "next", "recv_many", "recv_async"];

/// Methods that wait for a timer.
pub(super) const TIMERS: [&str; 3] = ["tick", "sleep", "sleep_until"];

const SOCKEYE: &str = "clone the sender for it, `let events = sender.clone();`, and spawn it with `sender.spawn(..)`, which ends it with the connection; or await it in `tokio::select!`, or call `abort` on its `JoinHandle`";

const RECEIVES_ALONE: &str = "spawn it with `sender.spawn(..)`, which ends it with the connection; or await it in `tokio::select!`, or call `abort` on its `JoinHandle`";

const WHOLE: &str = "await it here, without `spawn`: the handler is a task of its own, and blocks no one";

const AXUM: &str = "keep its `JoinHandle` and call `abort` when the client has left, or await `&mut handle` in `tokio::select!`; or spawn it in a `tokio::task::JoinSet`, which ends its tasks when it is dropped";

const DETACHED: &str = "this task is detached from the connection that it uses: it keeps running after the client has left, and its errors are lost";

const MOVED: &str = "this task takes the whole socket, and the handler does not wait for it: when the handler returns, the connection is closed, with the task still in it";

const LEFT: &str = "this task keeps the connection open: when the function returns, the client gets no close frame and stays connected";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.function.has_word(&["spawn", "spawn_local"]) && flow.function.has_word(&["split"]) {
        read(flow, &mut Spawned { sink });
    }
    if flow.flavor == Flavor::Axum
        && (flow.function.has_word(&["Ping"]) || flow.function.has_word(&["spawn"]))
    {
        read(flow, &mut Heartbeats { sink });
    }
    for (spawn, step) in flow.steps() {
        let Step::Spawn { at, takes, tied: false, lasts, .. } = step else { continue };
        if lasts.is_some() {
            sink.report(&DETACHED_TASK, at, DETACHED, help(flow.flavor, takes));
            continue;
        }
        let is_left = outlives_its_writer(flow, spawn, takes);
        let ends = ends_by_itself(flow, spawn, takes) || may_end_on_axum(flow, spawn, takes);
        if takes.is_empty() || ends && !is_left {
            continue;
        }
        if is_left {
            sink.report(&DETACHED_TASK, at, LEFT, AXUM);
            continue;
        }
        let help = help(flow.flavor, takes);
        let message = if help == WHOLE { MOVED } else { DETACHED };
        sink.report(&DETACHED_TASK, at, message, help);
    }
}

/// `spawn` borrows the handle that it is called on, so the task needs another one.
fn help(flavor: Flavor, takes: &[Handle]) -> &'static str {
    let takes = |kind: Kind| takes.iter().any(|handle| handle.kind == kind);
    match flavor {
        Flavor::Axum => AXUM,
        Flavor::Sockeye if takes(Kind::Socket) => WHOLE,
        Flavor::Sockeye if takes(Kind::Receiver) && !takes(Kind::Sender) => RECEIVES_ALONE,
        Flavor::Sockeye => SOCKEYE,
    }
}

/// Functions of this file as tasks, whose handles are dropped: `tokio::spawn(push(sender, events));`.
struct Spawned<'s> {
    sink: &'s mut Sink,
}

impl<'a> Look<'a> for Spawned<'_> {
    fn dropped(&mut self, expression: &'a Expr, at: &At<'a>) {
        let Some((spawn, task)) = task_of(expression) else { return };
        if is_lasting_block(task, at) {
            self.sink.report(&DETACHED_TASK, spawn, DETACHED, help(at.flow.flavor, &[]));
        }
        let Expr::Call(call) = task else { return };
        let Some(helper) = at.helper(&call.func).filter(|helper| helper.is_async) else { return };
        // The graph shows it.
        if helper.lasts().is_some() {
            return;
        }
        let sees_changes = helper.words.have(&["changed"]);
        let repeats = helper.words.have(&["loop", "while"]) && (sees_changes || helper.words.have(&RECEIVES));
        let may_end = helper.words.have(&MAY_END);
        let sends = call.args.iter().any(|one| is_sender(one, at));
        let only_sends = call.args.iter().all(|one| is_sender(one, at) || !at.mentions_handle(one));
        let arguments = &call.args;
        let is_fed = sees_changes || at.has_feed(arguments);
        if repeats && !may_end && sends && only_sends && is_fed && !at.mentions_own(arguments) {
            self.sink.report(&DETACHED_TASK, spawn, DETACHED, help(at.flow.flavor, &[]));
        }
    }
}

/// Words of code that may end a task.
const MAY_END: [&str; 6] = ["cancelled", "is_cancelled", "closed", "is_closed", "abort", "timeout"];

/// Whether the task sends what a feed of the whole program brings to a client whose sender is shared with other code, so that the
/// graph does not follow it.
fn is_lasting_block<'a>(task: &'a Expr, at: &At<'a>) -> bool {
    match plain(task) {
        // `{ let sink = sink.clone(); async move { .. } }`
        Expr::Block(block) if block.label.is_none() => {
            given(&block.block).is_some_and(|task| is_lasting_block(task, &at.at_the_end_of(&block.block)))
        }
        Expr::Async(task) => {
            let mut is_shared = false;
            each_word(task.block.to_token_stream(), &mut |word| {
                is_shared |= at.find(word).is_some_and(|name| is_shared_sender(name, at));
            });
            let repeats =
                has_word(&task.block, &["loop", "while"]) && has_call(&task.block, &["send", "feed"]);
            let is_fed = has_call(&task.block, &["changed"])
                || has_call(&task.block, &RECEIVES) && at.has_feed(&task.block);
            let may_end = has_word(&task.block, &MAY_END) || has_word(&task.block, &ENDS);
            is_shared && repeats && is_fed && !may_end && !at.mentions_own(&task.block)
        }
        _ => false,
    }
}

/// Whether it is `Arc::new(Mutex::new(sender))`, or a clone of it.
fn is_shared_sender<'a>(name: &Name<'a>, at: &At<'a>) -> bool {
    let Origin::Made(made) = name.origin else { return false };
    let Some(cloned) = cloned(made) else {
        return has_word(made, &["Mutex"]) && has_word(made, &["Arc"]) && at.is_handle(name);
    };
    at.base(cloned, name).is_some_and(|base| is_shared_sender(&base, at))
}

/// What `sender.clone()` and `Arc::clone(&sender)` clone.
fn cloned(made: &Expr) -> Option<&Expr> {
    match made {
        Expr::Call(call) if call.args.len() == 1 && has_word(&call.func, &["clone"]) => call.args.first(),
        Expr::MethodCall(call) if call.method == "clone" => Some(&call.receiver),
        _ => None,
    }
}

/// Whether it is the sending half of `split`, or a clone of it, or shared.
fn is_sender(expression: &Expr, at: &At<'_>) -> bool {
    let shared = cloned(expression).unwrap_or(expression);
    if at.named(shared).is_some_and(|name| is_shared_sender(name, at)) {
        return true;
    }
    let half = match expression {
        Expr::MethodCall(call) if call.method == "clone" => &call.receiver,
        other => other,
    };
    let is_first = |made| has_call(made, &["split"]) && at.is_handle_expression(half);
    matches!(at.named(half).map(|name| name.origin), Some(Origin::Part(made, 0)) if is_first(made))
}

/// Whether the task ends soon, with the connection, or with its source.
fn ends_by_itself(flow: &Flow<'_>, spawn: NodeId, takes: &[Handle]) -> bool {
    // With the whole socket the task is the handler, and its end is not noticed.
    if !takes.iter().all(|handle| matches!(handle.kind, Kind::Sender | Kind::Receiver)) {
        return false;
    }
    let within = |id: &NodeId| flow.graph.nodes[*id].within == Within::Task(spawn);
    let round: Vec<_> =
        flow.steps().map(|(id, _)| id).filter(|id| within(id) && flow.graph.in_cycle(*id)).collect();
    // If the steps of the task are unknown, it may end.
    let is_known = flow.steps().any(|(id, _)| within(&id));
    is_known
        && !runs_what_lasts(flow, spawn)
        && (round.is_empty()
            || round.iter().any(|id| sees_the_end(flow, *id, takes))
            || round.iter().any(|id| receives_what_may_end(&flow.graph.nodes[*id].step)))
}

/// Whether it only receives, and the function can end before the client leaves: then axum's socket stays open as long as this task has
/// a half of it.
fn outlives_its_writer(flow: &Flow<'_>, spawn: NodeId, takes: &[Handle]) -> bool {
    let [Handle { kind: Kind::Receiver, connection }] = takes else { return false };
    let of_it = |handle: &Handle| handle.connection == *connection;
    let graph = &flow.graph;
    let in_task = |id: NodeId| graph.nodes[id].within == Within::Task(spawn);
    let receives = |(id, step): (NodeId, &Step)| {
        in_task(id)
            && graph.in_cycle(id)
            && matches!(step, Step::Operation(one) if one.act == Act::Recv && of_it(&one.handle))
    };
    let is_told = |id: NodeId, step: &Step| match step {
        Step::Outcome { of, among } => {
            graph.operation(*of).is_some_and(|one| of_it(&one.handle)) && !among.meets(Outcomes::DONE)
        }
        Step::Operation(one) => one.act == Act::Close && of_it(&one.handle),
        Step::Escape(handle) => of_it(handle),
        Step::Spawn { takes, .. } => id != spawn && takes.iter().any(of_it),
        Step::Unknown => true,
        _ => in_task(id),
    };
    let after = graph.walk(&[spawn], |id, node| is_told(id, &node.step));
    let sends = after.iter().any(|id| {
        graph
            .operation(*id)
            .is_some_and(|one| one.act == Act::Send && of_it(&one.handle) && graph.in_cycle(*id))
    });
    let returns = after.iter().any(|id| !in_task(*id) && matches!(graph.nodes[*id].step, Step::Exit { .. }));
    let waits_for_all = after.iter().any(|id| receives_from_all(flow, &graph.nodes[*id].step));
    flow.flavor == Flavor::Axum && sends && returns && !waits_for_all && flow.steps().any(receives)
}

/// On axum a task that alternates sends with a timer ends at its next send. One that waits for a source of the whole program,
/// which continues after the client has left, does not; and a task with the whole socket is the handler itself.
fn may_end_on_axum(flow: &Flow<'_>, spawn: NodeId, takes: &[Handle]) -> bool {
    let is_half = takes.iter().all(|handle| handle.kind == Kind::Sender);
    let waits_for_all = flow.steps().any(|(id, step)| {
        flow.graph.nodes[id].within == Within::Task(spawn)
            && flow.graph.in_cycle(id)
            && (receives_from_all(flow, step) || is_whole(flow, takes) && sees_changes(step))
    });
    flow.flavor == Flavor::Axum && !(is_half && (waits_for_all || runs_what_lasts(flow, spawn)))
}

/// Whether the connections begin in this function: then what it is given has not been created for them.
fn is_whole(flow: &Flow<'_>, takes: &[Handle]) -> bool {
    takes.iter().all(|one| matches!(flow.roots[one.connection].kind, Kind::Upgrade | Kind::Socket))
}

/// Whether it waits for a `watch` channel that came from outside.
pub(super) fn sees_changes(step: &Step) -> bool {
    let Step::Call(call) = step else { return false };
    let Some((of, method)) = call.of.as_deref().and_then(|path| path.rsplit_once('.')) else { return false };
    matches!(method, "changed" | "wait_for") && of.ends_with("watch::Receiver")
}

/// Whether the task runs a function of the file that goes on after the client has left.
fn runs_what_lasts(flow: &Flow<'_>, spawn: NodeId) -> bool {
    flow.steps().any(|(id, step)| {
        let Step::Call(call) = step else { return false };
        flow.graph.nodes[id].within == Within::Task(spawn)
            && call.awaited
            && flow.called(call).is_some_and(|helper| helper.lasts().is_some())
    })
}

/// Words of code that may end a task, or a loop.
const ENDS: [&str; 16] = [
    "cancelled",
    "is_cancelled",
    "run_until_cancelled",
    "closed",
    "is_closed",
    "abort",
    "timeout",
    "timeout_at",
    "notified",
    "select",
    "try_recv",
    "load",
    "upgrade",
    "is_finished",
    "channel",
    "unbounded_channel",
];

/// Whether a function with these words may go on as a task when its client has left.
pub(crate) fn may_last(function: &Function) -> bool {
    function.sig.asyncness.is_some()
        && function.has_word(&["loop", "while"])
        && function.has_word(&["send", "feed"])
        && !function.has_word(&ENDS)
}

/// Whether it may start such a task, and return its handle.
pub(crate) fn may_start(function: &Function) -> bool {
    function.output().and_then(last_segment).is_some_and(|last| last.ident == "JoinHandle")
        && function.has_word(&["spawn"])
        && !function.has_word(&ENDS)
}

/// What keeps a function running after its client has left, if it is a task.
pub(crate) fn lasts(flow: &Flow<'_>) -> Option<Lasts> {
    let handles = flow.roots.iter().enumerate();
    let takes: Vec<_> = handles.map(|(connection, root)| Handle { kind: root.kind, connection }).collect();
    if may_last(flow.function) { lasts_within(flow, Within::Function, &takes) } else { None }
}

/// The same for the one task that it starts, and whose handle it returns.
pub(crate) fn starts(flow: &Flow<'_>) -> Option<Lasts> {
    let mut spawns = flow.steps().filter(|(_, step)| matches!(step, Step::Spawn { .. }));
    let (spawn, step) = spawns.next().filter(|_| spawns.next().is_none() && may_start(flow.function))?;
    task_of(given(flow.body)?)?;
    match step {
        Step::Spawn { lasts: Some(lasts), .. } => Some(*lasts),
        Step::Spawn { takes, .. } => lasts_within(flow, Within::Task(spawn), takes),
        _ => None,
    }
}

/// What keeps this part of the function running after the client has left: it only sends, for as long as a timer or a feed of the
/// whole program wakes it.
fn lasts_within(flow: &Flow<'_>, within: Within, takes: &[Handle]) -> Option<Lasts> {
    if takes.is_empty() || takes.iter().any(|one| one.kind != Kind::Sender) {
        return None;
    }
    let graph = &flow.graph;
    let inside: Vec<_> = flow.steps().filter(|(id, _)| graph.nodes[*id].within == within).collect();
    let is_lost = |step: &Step| match step {
        Step::Unknown | Step::Unawaited { .. } | Step::Doubt => true,
        Step::Escape(handle) => takes.contains(handle) && within == Within::Function,
        _ => false,
    };
    let of_all = |step: &Step| receives_from_all(flow, step) || sees_changes(step);
    let waits_for_other = |step: &Step| match step {
        Step::Call(call) => {
            let method = call.path.rsplit_once('.').map(|(_, method)| method);
            method.is_some_and(|one| RECEIVES.contains(&one) || one == "changed") && !of_all(step)
        }
        _ => false,
    };
    if inside.iter().any(|(_, step)| is_lost(step) || waits_for_other(step)) {
        return None;
    }
    let mut sends = inside.iter().filter_map(|(id, step)| {
        let is_send = matches!(step, Step::Operation(one) if one.act == Act::Send);
        graph.lasting_loops(*id).min_by_key(|one| one.nodes.len()).filter(|_| is_send).map(|one| (*id, one))
    });
    sends.find_map(|(send, around)| {
        let is_fed = inside.iter().any(|(id, step)| around.nodes.contains(id) && of_all(step));
        let is_timed = || {
            flow.flavor == Flavor::Sockeye
                && flow.function.has_word(&TIMERS)
                && waits_in_a_loop(flow, send)
                && only_errors_end(flow, send)
        };
        if is_fed { Some(Lasts::Feed) } else { is_timed().then_some(Lasts::Timer) }
    })
}

/// Whether it waits for a channel that others subscribe to as well.
pub(super) fn receives_from_all(flow: &Flow<'_>, step: &Step) -> bool {
    let Step::Call(call) = step else { return false };
    if let Some((of, method)) = call.of.as_deref().and_then(|path| path.rsplit_once('.')) {
        return RECEIVES.contains(&method)
            && (SUBSCRIBES.contains(&of) || of.ends_with("broadcast::Receiver"));
    }
    // `let mut events = events.subscribe();` shadows the name, so its type is unknown.
    let receives = call.path.rsplit_once('.').is_some_and(|(_, method)| RECEIVES.contains(&method));
    receives && flow.function.has_word(&["subscribe", "resubscribe"])
}

/// Whether it receives from the peer and leaves when there is nothing more.
fn sees_the_end(flow: &Flow<'_>, id: NodeId, takes: &[Handle]) -> bool {
    let Some(recv) = flow.graph.operation(id).filter(|one| one.act == Act::Recv) else { return false };
    let again = flow.graph.walk_outcome(id, Outcomes::END, |next, _| next == id).contains(&id);
    takes.contains(&recv.handle) && !again
}

/// Whether it waits for a channel whose senders may be dropped with the client, such as one from a registry.
fn receives_what_may_end(step: &Step) -> bool {
    let Step::Call(call) = step else { return false };
    let Some((of, method)) = call.of.as_deref().and_then(|path| path.rsplit_once('.')) else { return false };
    RECEIVES.contains(&method) && of.starts_with('.') && !SUBSCRIBES.contains(&of)
}

/// Tasks that ping, and end when no pong has arrived.
struct Heartbeats<'s> {
    sink: &'s mut Sink,
}

impl<'a> Look<'a> for Heartbeats<'_> {
    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        let Some((spawn, body)) = at.unheld_loop(expression) else { return };
        let pings =
            has_call(body, &["send", "feed"]) && has_word(body, &["Ping"]) && at.mentions_handle(body);
        if !pings || !at.rest().is_empty() || !gives_up(body, at.flow.function.macros()) {
            return;
        }
        self.sink.report(&DETACHED_TASK, spawn, ABANDONED, ANSWERED);
    }

    /// `tokio::spawn(ping(sink, answered));`
    fn dropped(&mut self, expression: &'a Expr, at: &At<'a>) {
        let Some((spawn, Expr::Call(call))) = task_of(expression) else { return };
        let abandons = at.helper(&call.func).is_some_and(|helper| helper.is_async && helper.abandons);
        if abandons && call.args.iter().any(|one| at.mentions_handle(one)) {
            self.sink.report(&DETACHED_TASK, spawn, ABANDONED, ANSWERED);
        }
    }
}

const ABANDONED: &str = "when the client does not answer, only this task ends: the receive loop is not notified, and the connection stays open";

const ANSWERED: &str =
    "ping in the loop that receives, with `tokio::select!`; or await `&mut handle` of this task there";

/// Whether a function pings in the loop at its end, and leaves it without a word when the client does not answer.
pub(crate) fn abandons(function: &Function) -> bool {
    let Some(body) = function.block().filter(|_| function.has_word(&["Ping"])) else { return false };
    let Some(Stmt::Expr(Expr::Loop(ExprLoop { body, .. }) | Expr::While(ExprWhile { body, .. }), _)) =
        body.stmts.last()
    else {
        return false;
    };
    has_call(body, &["send", "feed"]) && has_word(body, &["Ping"]) && gives_up(body, function.macros())
}

/// Whether a condition other than the error of a send ends the loop, without notifying other code.
fn gives_up(body: &Block, macros: &Macros) -> bool {
    const TELLS: [&str; 12] = [
        "await",
        "is_err",
        "is_ok",
        "is_closed",
        "notify_one",
        "notify_waiters",
        "cancel",
        "abort",
        "store",
        "close",
        "Close",
        "is_cancelled",
    ];
    let mut found = false;
    each_expression(body, macros, &mut |expression| {
        let Expr::If(branch) = expression else { return };
        let is_plain = !matches!(&*branch.cond, Expr::Let(_)) && !has_word(&branch.cond, &TELLS);
        let is_silent = !has_word(&branch.then_branch, &TELLS) && !has_call(&branch.then_branch, &["send"]);
        found |= is_plain && is_silent && block_leaves(&branch.then_branch);
    });
    found
}
