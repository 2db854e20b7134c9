use quote::ToTokens;
use syn::{Local, Pat, Stmt};

use super::deaf_loop::is_deaf;
use crate::{
    NO_RECEIVE_LOOP,
    flow::{
        Act, Connection, Exit, Flavor, Flow, Handle, Kind, NodeId, Operation, Outcomes, State, Step, Within,
        has_word,
    },
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for connection in 0..flow.roots.len() {
        if let Some(at) = spawns_and_returns(flow, connection) {
            let message = format!(
                "`{}` returns without waiting for what it has spawned: every client is disconnected then, and tasks of `spawn` end with their connection",
                flow.name()
            );
            let receive = flow.receive_loop(&flow.roots[connection].listener());
            let help = format!("receive in the handler itself, `{receive}`, and spawn only what sends");
            sink.report(&NO_RECEIVE_LOOP, &*at, message, help);
            continue;
        }
        let is_whole = !flow.roots[connection].is_partial() || serves_self(flow, connection);
        if !is_whole
            || flow.is_heard_here(connection)
            // It has its own message.
            || is_deaf(flow, connection)
        {
            continue;
        }
        if let Some(at) = returns_at_once(flow, connection) {
            report(flow, sink, &*at, connection);
            continue;
        }
        for (start, at) in starts(flow, connection) {
            if ends_quietly(flow, connection, start) {
                report(flow, sink, &*at, connection);
            }
        }
    }
}

/// Whether it is a method that consumes `self` with the socket, answers a message, and is not the end of another method.
fn serves_self(flow: &Flow<'_>, connection: Connection) -> bool {
    let root = &flow.roots[connection];
    let receiver = flow.function.receiver.as_ref();
    let is_consumed = receiver.is_some_and(|one| matches!(one.kind, syn::ReceiverKind::Value));
    let of_it = |one: &Operation, act: Act| one.act == act && one.handle.connection == connection;
    let answers = |id: NodeId| {
        let after = flow.graph.walk_outcome(id, Outcomes::DONE, |_, _| false);
        after.iter().any(|next| flow.graph.operation(*next).is_some_and(|one| of_it(one, Act::Send)))
    };
    let name = flow.function.name().to_string();
    root.kind == Kind::Socket
        && root.is_of_self()
        && is_consumed
        && flow.operations().any(|(id, one)| of_it(one, Act::Recv) && answers(id))
        && !flow.neighbours().any(|one| one.takes_self && one.words.methods.contains(&name))
}

fn report(flow: &Flow<'_>, sink: &mut Sink, at: &dyn ToTokens, connection: Connection) {
    let root = &flow.roots[connection];
    let message = format!(
        "{} does not receive in a loop, and every client is disconnected when it returns",
        flow.shown()
    );
    let listener = root.listener();
    let mut receive = format!("write `{}`", receive_loop(flow, connection, &listener));
    if root.kind == Kind::Handshake && drops_the_socket(flow) {
        receive = format!(
            "write `{}` and `{}`",
            flow.accepting(&root.name_or("handshake")),
            receive_loop(flow, connection, &listener)
        );
    }
    if let Some(forward) = flow.forwarding(root) {
        receive = format!("{receive}, or {forward} if the client only listens");
    }
    let help = if root.is_split() {
        receive
    } else {
        let close = match flow.flavor {
            Flavor::Sockeye => format!("{listener}.close(CloseCode::NORMAL, \"done\").await"),
            Flavor::Axum => format!("{listener}.send(Message::Close(None)).await"),
        };
        format!("{receive}; if the function is meant to end here, close the connection with `{close}`")
    };
    sink.report(&NO_RECEIVE_LOOP, at, message, help);
}

/// Whether it accepts with `let _ = handshake.accept().await?;`
fn drops_the_socket(flow: &Flow<'_>) -> bool {
    flow.body.stmts.iter().any(|statement| match statement {
        Stmt::Local(Local { pat: Pat::Wild(_), init: Some(init), .. }) => has_word(&init.expr, &["accept"]),
        _ => false,
    })
}

/// A loop around the `recv` that is there, with its timeout.
fn receive_loop(flow: &Flow<'_>, connection: Connection, listener: &str) -> String {
    let receives = |one: &&Operation| {
        one.act == Act::Recv && one.handle.connection == connection && one.site.helper.is_none()
    };
    match flow.operations().map(|(_, one)| one).find(receives) {
        Some(recv) if flow.timeout_around(&recv.site).is_some() => flow.receive_loop_of(&recv.site),
        _ => flow.receive_loop(listener),
    }
}

/// Where the connection opens, if an endpoint receives only in a task of `socket.spawn`, and waits for nothing after that.
fn spawns_and_returns<'f>(flow: &'f Flow<'_>, connection: Connection) -> Option<Box<dyn ToTokens + 'f>> {
    let graph = &flow.graph;
    if !flow.is_endpoint || !graph.with_tasks.contains(&connection) {
        return None;
    }
    let is_here = |id: NodeId| graph.nodes[id].within == Within::Function;
    let hears = |(_, one): &(NodeId, &Operation)| {
        matches!(one.act, Act::Poll | Act::Recv | Act::Forward) && one.handle.connection == connection
    };
    let (here, in_tasks): (Vec<_>, Vec<_>) =
        flow.operations().filter(hears).partition(|(id, _)| is_here(*id));
    if !here.is_empty() || in_tasks.is_empty() {
        return None;
    }
    let may_wait = |step: &Step| match step {
        Step::Unknown | Step::Doubt | Step::Escape(_) | Step::Spawn { .. } => true,
        Step::Call(call) => call.awaited || call.may_diverge(),
        other => other.waits(),
    };
    let mut accepts = starts(flow, connection).into_iter();
    let (start, at) = accepts.next().filter(|_| accepts.next().is_none())?;
    let after = graph.walk_outcome(start, Outcomes::DONE, |id, node| !is_here(id) || may_wait(&node.step));
    let returns =
        |id: &NodeId| matches!(graph.nodes[*id].step, Step::Exit { how: Exit::Fine | Exit::Empty, .. });
    after.iter().filter(|id| is_here(**id)).any(returns).then_some(at)
}

/// Where the connection opens, if an endpoint passes its sender to a task, and returns without waiting for anything: whoever
/// holds a sender then, the connection ends with the handler.
fn returns_at_once<'f>(flow: &'f Flow<'_>, connection: Connection) -> Option<Box<dyn ToTokens + 'f>> {
    let graph = &flow.graph;
    let of_it = |handle: &Handle| handle.connection == connection;
    let spawns = |step: &Step| match step {
        Step::Spawn { takes, .. } => takes.iter().any(|one| of_it(one) && one.kind == Kind::Sender),
        _ => false,
    };
    if !flow.is_endpoint || !flow.steps().any(|(_, step)| spawns(step)) {
        return None;
    }
    let is_lost = |step: &Step| match step {
        Step::Unknown | Step::Doubt => true,
        Step::Escape(handle) => of_it(handle) && handle.kind.hears(),
        Step::Spawn { takes, .. } => takes.iter().any(|one| of_it(one) && one.kind.hears()),
        Step::Call(call) => {
            let is_future = flow.called(call).is_some_and(|helper| helper.is_async);
            call.awaited || call.may_diverge() && !is_future
        }
        Step::Outcome { of, among } => {
            graph.operation(*of).is_some_and(|one| of_it(&one.handle)) && !among.meets(Outcomes::DONE)
        }
        other => other.waits(),
    };
    let is_here = |id: NodeId| graph.nodes[id].within == Within::Function;
    let mut accepts = starts(flow, connection).into_iter();
    let (start, at) = accepts.next().filter(|_| accepts.next().is_none())?;
    let after = graph.walk_outcome(start, Outcomes::DONE, |id, node| !is_here(id) || is_lost(&node.step));
    let is_end =
        |id: &NodeId| matches!(graph.nodes[*id].step, Step::Exit { how: Exit::Fine | Exit::Empty, .. });
    let passes = after.iter().any(|id| spawns(&graph.nodes[*id].step));
    (passes && after.iter().filter(|id| is_here(**id)).any(is_end)).then_some(at)
}

/// Where the connection opens: the step, and the tokens to mark.
fn starts<'f>(flow: &'f Flow<'_>, connection: Connection) -> Vec<(NodeId, Box<dyn ToTokens + 'f>)> {
    let root = &flow.roots[connection];
    if root.kind == Kind::Socket {
        let begin =
            |(id, step): (NodeId, &Step)| matches!(step, Step::Begin(of) if *of == connection).then_some(id);
        let start = flow.steps().find_map(begin).unwrap_or(0);
        return vec![(start, Box::new(root.at.clone()))];
    }
    let states = flow.states(connection);
    let handshake = Handle { kind: Kind::Handshake, connection };
    let accepts = flow.operations().filter(move |(id, operation)| {
        // A second answer to a handshake opens nothing.
        let is_first = !states.before(*id).is_only(State::OPEN.or(State::REJECTED).or(State::CLOSED));
        operation.act == Act::Accept && operation.handle == handshake && is_first
    });
    accepts
        .map(|(id, operation)| (id, Box::new(operation.site.method.clone()) as Box<dyn ToTokens>))
        .collect()
}

/// Whether the end is reached without an error and without `close`.
fn ends_quietly(flow: &Flow<'_>, connection: Connection, start: NodeId) -> bool {
    let of_it = |step: &Step| match step {
        Step::Operation(close) => close.act == Act::Close && close.handle.connection == connection,
        Step::Escape(handle) => handle.connection == connection,
        Step::Spawn { takes, .. } => takes.iter().any(|handle| handle.connection == connection),
        // The peer is gone already.
        Step::Outcome { of, among } => {
            let same = flow.graph.operation(*of).is_some_and(|one| one.handle.connection == connection);
            same && !among.meets(Outcomes::DONE)
        }
        Step::Unknown => true,
        _ => false,
    };
    let mut given_away = false;
    let after = flow.graph.walk_outcome(start, Outcomes::DONE, |_, node| {
        given_away |=
            matches!(node.step, Step::Escape(_) | Step::Spawn { .. } | Step::Unknown) && of_it(&node.step);
        of_it(&node.step)
    });
    let ends = |id: &NodeId| {
        matches!(
            flow.graph.nodes[*id].step,
            Step::Exit { how: Exit::Fine | Exit::Empty | Exit::Operation | Exit::Callback, .. }
        )
    };
    // In plain axum a handler may be meant to send one message later: for example to reload a page.
    let waits = |id: &NodeId| matches!(flow.graph.nodes[*id].step, Step::Wait);
    let meant = flow.flavor == Flavor::Axum && after.iter().any(waits) && !flow.answers_in_select(connection);
    // Whoever closes on one way knows what it means to leave on another.
    let closes = |id: &NodeId| {
        flow.graph
            .operation(*id)
            .is_some_and(|one| one.act == Act::Close && one.handle.connection == connection)
    };
    let knows = flow.flavor == Flavor::Axum && after.iter().any(closes);
    !given_away && !meant && !knows && after.iter().any(ends)
}
