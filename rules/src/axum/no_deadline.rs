use std::collections::HashSet;

use syn::{Expr, ExprMethodCall, Local};

use crate::{
    NO_DEADLINE,
    flow::{Act, Connection, Flow, Kind, Operation, Step, has_word, macro_name, speaks_of_time},
    reading::{At, Look, each_expression, read},
    surroundings::Neighbour,
    syntax::{Function, Sink},
};

/// `cargo sockeye check` reports it once for each package.
pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if keeps_time(flow.function) || speaks_of_time(&flow.function.sig) || flow.is_timed() {
        return;
    }
    if calls(flow).any(|called| called.keeps_time) {
        return;
    }
    for (connection, root) in flow.roots.iter().enumerate() {
        let receive = match root.kind {
            Kind::Socket if !root.is_partial() => waits(flow, connection),
            Kind::Socket | Kind::Receiver if root.is_of_self() => waits_in_method(flow, connection),
            _ => None,
        };
        let Some(receive) = receive else { continue };
        let message = format!(
            "nothing here notices a client whose network is gone: without a ping or a timeout `{receive}` waits for ever, and its \
             task, its queues and its memory are never released"
        );
        let help = "send `Message::Ping` from a `tokio::time::interval` and return when the client has not answered; Sockeye does this by default";
        sink.report(&NO_DEADLINE, &root.at, message, help);
    }
}

/// The functions that it calls, of this file and of others.
fn calls<'f>(flow: &'f Flow<'_>) -> impl Iterator<Item = &'f Neighbour> {
    flow.steps().filter_map(|(_, step)| match step {
        Step::Call(call) => flow.called(call),
        _ => None,
    })
}

/// Whether a function pings, or does something about time. A pattern for the pings of the client is none of that.
pub(crate) fn keeps_time(function: &Function) -> bool {
    function.words().iter().any(|word| speaks_of_other_time(word)) || pings(function)
}

fn speaks_of_other_time(word: &str) -> bool {
    word != "Ping" && word != "Pong" && crate::flow::is_of_time(word)
}

/// Whether it has a ping as a value.
fn pings(function: &Function) -> bool {
    if !function.has_word(&["Ping"]) {
        return false;
    }
    let Some(body) = function.block() else { return true };
    let mut found = false;
    each_expression(body, function.macros(), &mut |expression| {
        found |= match expression {
            Expr::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Ping"),
            Expr::Macro(call) => {
                !matches!(macro_name(&call.mac).as_str(), "matches" | "select")
                    && has_word(&call.mac, &["Ping"])
            }
            _ => false,
        };
    });
    found
}

/// The method that waits for the client for as long as the conversation lasts.
fn waits(flow: &Flow<'_>, connection: Connection) -> Option<String> {
    if !is_followed_elsewhere(flow, connection)
        && let Some(receive) = waits_for_both(flow, connection)
    {
        return Some(receive.site.method.to_string());
    }
    waits_in_halves(flow)
}

/// The same for the halves of the only socket, in blocks, tasks and functions of their own.
fn waits_in_halves(flow: &Flow<'_>) -> Option<String> {
    let mut halves = Halves::default();
    if flow.roots.len() == 1 && flow.function.has_word(&["split"]) {
        read(flow, &mut halves);
    }
    halves.receive.filter(|_| !halves.is_lost && halves.has_source)
}

/// The same for a socket in a field of `self`, if no function of the file does anything about time.
fn waits_in_method(flow: &Flow<'_>, connection: Connection) -> Option<String> {
    let root = &flow.roots[connection];
    let split = || if root.kind == Kind::Socket { waits_in_halves(flow) } else { None };
    let receive = waits_for_both(flow, connection).or_else(|| waits_for_one(flow, connection));
    let receive = receive.map(|one| one.site.method.to_string()).or_else(split)?;
    (!flow.neighbours().any(|one| one.keeps_time)).then_some(receive)
}

/// How a method receives that waits for the client and another source once, if another method of the type calls it in a loop.
fn waits_for_one<'f>(flow: &'f Flow<'_>, connection: Connection) -> Option<&'f Operation> {
    let name = flow.name();
    let repeats = |one: &Neighbour| {
        one.of_type() == flow.of() && one.words.have(&["loop", "while"]) && one.words.methods.contains(&*name)
    };
    let waits = |one: &Operation| one.act == Act::Recv && one.selected && one.handle.connection == connection;
    let (_, receive) = flow.operations().find(|(_, one)| waits(one))?;
    flow.neighbours().any(repeats).then_some(receive)
}

/// How the client's messages are received, if the conversation lasts until it leaves, and also waits for another source or has
/// another task: a single loop that receives and answers holds fewer resources.
fn waits_for_both<'f>(flow: &'f Flow<'_>, connection: Connection) -> Option<&'f Operation> {
    let receives =
        |operation: &Operation| operation.act == Act::Recv && operation.handle.connection == connection;
    let mut lasting = flow.operations().filter(|(id, one)| receives(one) && flow.graph.in_cycle(*id));
    let has_source = flow.steps().any(|(_, step)| match step {
        Step::Operation(one) => receives(one) && one.selected,
        Step::Spawn { takes, .. } => takes.iter().any(|handle| handle.connection == connection),
        _ => false,
    });
    lasting.next().filter(|_| has_source).map(|(_, one)| one)
}

/// Whether the connection is passed to code that may have a deadline.
fn is_followed_elsewhere(flow: &Flow<'_>, connection: Connection) -> bool {
    let escapes = |step: &Step| matches!(step, Step::Escape(handle) if handle.connection == connection);
    flow.steps().any(|(_, step)| escapes(step) || matches!(step, Step::Unknown))
}

/// What a function and the functions that it passes the halves of its socket to do with them.
#[derive(Default)]
struct Halves {
    /// The method that receives in a loop.
    receive: Option<String>,
    /// Whether a half is used by other code than that which receives.
    has_source: bool,
    /// Whether a half, or the socket, is where it is not known what becomes of it, or where something may keep time.
    is_lost: bool,
    /// The expressions of handles of which it is known, by address.
    known: HashSet<usize>,
}

impl Halves {
    fn known(&mut self, expression: &Expr) {
        self.known.insert(std::ptr::from_ref(expression).addr());
        if let Expr::Reference(lent) = expression {
            self.known(&lent.expr);
        }
    }

    /// A call of a function with a half of the socket.
    fn call(&mut self, helper: Option<&Neighbour>, arguments: &[&Expr]) {
        let Some(helper) = helper.filter(|helper| helper.is_async) else { return };
        self.is_lost |= helper.keeps_time;
        for argument in arguments {
            self.known(argument);
        }
        if !helper.words.have(&["loop", "while"]) {
            return;
        }
        let receives =
            ["next", "recv", "try_next"].into_iter().find(|one| helper.words.methods.contains(*one));
        if helper.takes_receiver {
            self.receive = self.receive.take().or(receives.map(str::to_owned));
        } else {
            self.has_source |= receives.is_some() || helper.words.have(&["changed"]);
        }
    }
}

/// Whether it waits for a channel or a stream, or reads into a buffer.
fn waits_for_another(call: &ExprMethodCall) -> bool {
    match call.method.to_string().as_str() {
        "recv" | "next" | "changed" | "next_line" => true,
        "read" | "read_buf" | "read_line" | "read_exact" | "read_until" => !call.args.is_empty(),
        _ => false,
    }
}

impl<'a> Look<'a> for Halves {
    /// A second name: `let mut sink = sink;`
    fn local(&mut self, local: &'a Local, _: &At<'a>) {
        if let Some(init) = &local.init {
            self.known(&init.expr);
        }
    }

    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        match expression {
            Expr::MethodCall(call) => {
                self.known(&call.receiver);
                let halves: Vec<_> = call.args.iter().filter(|one| at.is_handle_expression(one)).collect();
                if !halves.is_empty() && at.method(call).is_some() {
                    self.call(at.method(call), &halves);
                }
                if at.receives_message(expression) && at.is_repeated() {
                    self.receive.get_or_insert_with(|| call.method.to_string());
                } else if at.is_repeated() && waits_for_another(call) {
                    self.has_source = true;
                }
            }
            Expr::Call(call) => {
                let halves: Vec<_> = call.args.iter().filter(|one| at.is_handle_expression(one)).collect();
                if !halves.is_empty() {
                    self.call(at.helper(&call.func), &halves);
                }
            }
            Expr::Path(_) if at.is_handle_expression(expression) => {
                self.is_lost |= !self.known.contains(&std::ptr::from_ref(expression).addr());
            }
            _ => {}
        }
    }
}
