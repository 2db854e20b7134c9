use std::collections::HashSet;

use syn::Expr;

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

const SYNC_HELP: &str = "copy what you need and release the lock first: put `lock()` and the reads into a block, \
                         `let value = { .. };`";

const HELP: &str = "copy what you need and release the lock first: `let value = state.lock().await.clone();`, or put the guard \
                    into a block of its own";

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
        let Some(what) = waits(expression, names) else { return };
        let held: Vec<_> = names.guards().map(|(name, origin)| (name.to_owned(), origin.clone())).collect();
        for (name, origin) in held {
            // A name that begins with `_` shows that others are meant to wait.
            if !name.starts_with('_') {
                self.report(&what, &origin);
            }
        }
    }
}

impl Locks<'_> {
    fn report(&mut self, what: &str, guard: &Origin) {
        let Some(at) = &guard.locked_by else { return };
        let place = at.span().start();
        if !self.reported.insert((place.line, place.column)) {
            return;
        }
        let message = format!(
            "this lock is held while `{what}` waits for one client: every other connection that needs it waits as well"
        );
        let help = if guard.is(Tags::SYNC) { SYNC_HELP } else { HELP };
        self.sink.report(&LOCK_ACROSS_IO, at, message, help);
    }
}

/// Whether it is a map or a list of the queues of clients, by its name and its type.
fn is_of_clients(origin: &Origin, ty: &str) -> bool {
    let place = origin.place.as_deref().unwrap_or_default().to_lowercase();
    has_queue_of_messages(ty) && CLIENTS.iter().any(|one| place.contains(one))
}

/// The operation of a socket that is awaited here.
fn waits(expression: &Expr, names: &Names<'_>) -> Option<String> {
    match expression {
        Expr::MethodCall(call) => {
            let method = call.method.to_string();
            let of_handle = WAITS.contains(&method.as_str()) && names.of(&call.receiver).is(Tags::HANDLE);
            of_handle.then_some(method)
        }
        Expr::Await(awaited) => match &*awaited.base {
            // The socket of another client, in a map.
            Expr::MethodCall(call) if call.method == "send" || call.method == "feed" => {
                let origin = names.of(&call.receiver);
                let is_socket = origin
                    .ty
                    .as_ref()
                    .is_some_and(|ty| names.types().is_of_sockets(ty) || is_of_clients(&origin, ty));
                (origin.is(Tags::SHARED) && is_socket).then(|| call.method.to_string())
            }
            // A helper that borrows the socket.
            Expr::Call(call) => {
                let lends = |one: &Expr| matches!(one, Expr::Reference(lent) if names.of(&lent.expr).is(Tags::HANDLE));
                let Expr::Path(path) = &*call.func else { return None };
                let name = path.path.segments.last()?.ident.to_string();
                call.args.iter().any(lends).then_some(name)
            }
            _ => None,
        },
        _ => None,
    }
}
