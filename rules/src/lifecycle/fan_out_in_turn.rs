use std::collections::HashSet;

use quote::ToTokens;
use syn::{
    Expr, ExprAsync, ExprAwait, ExprClosure, ExprForLoop, Ident, Item, Local, Pat,
    visit::{self, Visit},
};

use crate::{
    FAN_OUT_IN_TURN,
    flow::Flow,
    syntax::Sink,
    trace::{self, Names, Tags, Watch, root},
};

/// Names for the connections of other clients.
const CLIENTS: [&str; 18] = [
    "client",
    "peer",
    "user",
    "conn",
    "sink",
    "socket",
    "session",
    "subscriber",
    "member",
    "player",
    "other",
    "room",
    "participant",
    "listener",
    "viewer",
    "guest",
    "subs",
    "recipient",
];

const HELP: &str = "publish to a `Topic` of a `Hub`, which never waits; without Sockeye, give each client a bounded queue and write `try_send`, \
                    or wait for all of them together with `futures::future::join_all(..).await`";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !flow.function.has_word(&["for"]) {
        return;
    }
    trace::watch(flow, &mut FanOut { sink, has_socket: !flow.roots.is_empty() });
}

struct FanOut<'s> {
    sink: &'s mut Sink,
    /// Whether the function has a connection itself; if not, only types show to whom it sends.
    has_socket: bool,
}

impl Watch for FanOut<'_> {
    fn expression(&mut self, expression: &Expr, names: &Names<'_>) {
        let Expr::ForLoop(repeat) = expression else { return };
        if !self.is_over_clients(repeat, names) {
            return;
        }
        let mut search = Sends { of: bound(&repeat.pat), found: None };
        search.visit_block(&repeat.body);
        if let Some(send) = search.found {
            let message = "this loop waits for each client in turn: a slow client delays the message for all that follow";
            self.sink.report(&FAN_OUT_IN_TURN, &send, message, HELP);
        }
    }
}

impl FanOut<'_> {
    /// Whether the loop iterates over the connections of other clients.
    fn is_over_clients(&self, repeat: &ExprForLoop, names: &Names<'_>) -> bool {
        let items = names.of(&repeat.expr);
        if !items.is(Tags::SHARED) {
            return false;
        }
        let of_sockets = items.ty.as_ref().is_some_and(|ty| names.types().is_of_sockets(ty));
        let mut words =
            format!("{} {}", repeat.pat.to_token_stream(), repeat.expr.to_token_stream()).to_lowercase();
        words.push_str(&items.place.as_deref().unwrap_or_default().to_lowercase());
        let called_so = CLIENTS.iter().any(|one| words.contains(one));
        of_sockets || called_so && (self.has_socket || items.has_type(&["Sender"]))
    }
}

/// Names of clients, and an awaited send.
struct Sends {
    of: HashSet<String>,
    found: Option<Ident>,
}

impl Sends {
    fn is_of_client(&self, expression: &Expr) -> bool {
        root(expression).is_some_and(|root| self.of.contains(&root))
    }
}

impl<'ast> Visit<'ast> for Sends {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        if let Expr::MethodCall(call) = &*awaited.base
            && (call.method == "send" || call.method == "feed")
            && self.is_of_client(&call.receiver)
        {
            self.found.get_or_insert_with(|| call.method.clone());
        }
        visit::visit_expr_await(self, awaited);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        if local.init.as_ref().is_some_and(|init| self.is_of_client(&init.expr)) {
            self.of.extend(bound(&local.pat));
        }
    }

    fn visit_expr_let(&mut self, test: &'ast syn::ExprLet) {
        visit::visit_expr_let(self, test);
        if self.is_of_client(&test.expr) {
            self.of.extend(bound(&test.pat));
        }
    }

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The names that a pattern binds.
fn bound(pattern: &Pat) -> HashSet<String> {
    struct Bound(HashSet<String>);
    impl<'ast> Visit<'ast> for Bound {
        fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
            self.0.insert(name.ident.to_string());
            visit::visit_pat_ident(self, name);
        }
    }
    let mut bound = Bound(HashSet::new());
    bound.visit_pat(pattern);
    bound.0
}
