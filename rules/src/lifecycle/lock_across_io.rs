use std::collections::HashSet;

use syn::{Expr, Ident};

use super::fan_out_in_turn::{CLIENTS, has_queue_of_messages};
use crate::{
    LOCK_ACROSS_IO,
    flow::Flow,
    syntax::Sink,
    trace::{self, Names, Origin, Tags, Watch},
};

/// Methods of a handle that wait for the peer.
const WAITS: [&str; 9] =
    ["send", "feed", "flush", "recv", "next", "try_next", "close", "send_all", "forward"];

/// The sending half of another client's socket cannot be cloned.
const QUEUE: &str = "give each client a queue: share an `mpsc::Sender` for each of them, and have one task for each client send what it \
                     receives";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !trace::may_lock(flow) {
        return;
    }
    trace::watch(flow, &mut Locks { sink, reported: HashSet::new() });
}

struct Locks<'s> {
    sink: &'s mut Sink,
    /// The places where the reported guards were taken.
    reported: HashSet<(usize, usize)>,
}

impl Watch for Locks<'_> {
    fn evaluated(&mut self, expression: &Expr, names: &Names<'_>) {
        if names.guards().next().is_none() {
            return;
        }
        let Some(wait) = waits(expression, names) else { return };
        let held: Vec<_> = names.guards().map(|(name, origin)| (name.to_owned(), origin.clone())).collect();
        for (name, origin) in held {
            // A name that begins with `_` shows that others are meant to wait.
            if !name.starts_with('_') && !wait.is_around(&name, &origin) {
                self.report(&wait, &name, &origin);
            }
        }
    }
}

impl Locks<'_> {
    fn report(&mut self, wait: &Wait<'_>, name: &str, guard: &Origin) {
        let Some(at) = &guard.locked_by else { return };
        let place = at.span().start();
        if !self.reported.insert((place.line, place.column)) {
            return;
        }
        let what = &wait.what;
        let message = format!(
            "this lock is held while `{what}` waits for one client: every other connection that needs it waits as well"
        );
        let help = if wait.is_of_another {
            QUEUE.to_owned()
        } else {
            format!(
                "release the lock first: put what uses `{name}` into a block, `let value = {{ .. }};`, which \
                 releases it at its end"
            )
        };
        self.sink.report(&LOCK_ACROSS_IO, at, message, help);
    }
}

impl Wait<'_> {
    /// Whether the guard is the lock around the one sender that is used, which can only be held while it sends. A reference into a map
    /// holds more.
    fn is_around(&self, name: &str, guard: &Origin) -> bool {
        let is_lock =
            |by: &&Ident| ["lock", "lock_owned", "write", "write_owned"].iter().any(|one| *by == one);
        let Some(by) = guard.locked_by.as_ref().filter(is_lock) else { return false };
        self.sender.is_some_and(|sender| match sender {
            Expr::Path(path) => path.path.is_ident(name),
            // Taken for this operation alone: `peer.lock().await.send(..)`.
            taken => taken_by(taken).is_some_and(|taken| taken.span().start() == by.span().start()),
        })
    }
}

/// The method at the end of an expression that takes a lock.
fn taken_by(guard: &Expr) -> Option<&Ident> {
    match guard {
        Expr::Await(awaited) => taken_by(&awaited.base),
        Expr::Paren(inner) => taken_by(&inner.expr),
        Expr::MethodCall(call) => Some(&call.method),
        _ => None,
    }
}

/// Whether it is a map or a list of the queues of clients, by its name and its type.
fn is_of_clients(origin: &Origin, ty: &str) -> bool {
    let place = origin.place.as_deref().unwrap_or_default().to_lowercase();
    has_queue_of_messages(ty) && CLIENTS.iter().any(|one| place.contains(one))
}

/// An operation that waits for a client.
struct Wait<'e> {
    what: String,
    /// Whether it is on a socket that is shared, of any client.
    is_of_another: bool,
    /// What that socket is called, or the guard that is one.
    sender: Option<&'e Expr>,
}

/// The operation of a socket that is awaited here.
fn waits<'e>(expression: &'e Expr, names: &Names<'_>) -> Option<Wait<'e>> {
    let own = |what| Wait { what, is_of_another: false, sender: None };
    match expression {
        Expr::MethodCall(call) => {
            let method = call.method.to_string();
            let of_handle = WAITS.contains(&method.as_str()) && names.of(&call.receiver).is(Tags::HANDLE);
            of_handle.then_some(method).map(own)
        }
        Expr::Await(awaited) => match &*awaited.base {
            // The socket of another client, in a map.
            Expr::MethodCall(call) if call.method == "send" || call.method == "feed" => {
                let origin = names.of(&call.receiver);
                let ty = origin.ty.as_ref().filter(|_| origin.is(Tags::SHARED))?;
                let is_of_another = names.types().is_of_sockets(ty);
                let is_shared = is_of_another || is_of_clients(&origin, ty);
                let sender = Some(&*call.receiver);
                is_shared.then(|| Wait { what: call.method.to_string(), is_of_another, sender })
            }
            // A helper that borrows the socket.
            Expr::Call(call) => {
                let lends = |one: &Expr| matches!(one, Expr::Reference(lent) if names.of(&lent.expr).is(Tags::HANDLE));
                let Expr::Path(path) = &*call.func else { return None };
                let name = path.path.segments.last()?.ident.to_string();
                call.args.iter().any(lends).then_some(name).map(own)
            }
            _ => None,
        },
        _ => None,
    }
}
