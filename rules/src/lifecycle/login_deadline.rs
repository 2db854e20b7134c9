mod help;

use quote::ToTokens;
use syn::{
    Block, Expr, ExprMethodCall, Local, Stmt,
    visit::{self, Visit},
};

use crate::{
    LOGIN_DEADLINE,
    flow::{Act, Flow, NodeId, Operation, address},
    surroundings::Neighbour,
    syntax::Sink,
};

/// Words of names and strings about a login.
const LOGIN: [&str; 17] = [
    "login",
    "auth",
    "authenticate",
    "authenticated",
    "authentication",
    "authorize",
    "authorized",
    "authorization",
    "token",
    "credentials",
    "password",
    "jwt",
    "unauthorized",
    "unauthenticated",
    "ticket",
    "apikey",
    "passphrase",
];

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.is_timed() {
        return;
    }
    for (id, recv) in flow.operations().filter(|(_, operation)| operation.act == Act::Recv) {
        let is_awaited = is_first(flow, id, recv) && is_login(flow, recv)
            || is_login_loop(flow, id, recv)
            || is_login_of_self(flow, id, recv);
        if !is_awaited {
            continue;
        }
        let message = "this waits for the client's login without a timeout: a silent client holds its connection indefinitely";
        sink.report(&LOGIN_DEADLINE, &recv.site.method, message, help::help(flow, &recv.site));
    }
}

/// Whether it waits for the first message of the connection, once, with nothing that limits the wait.
fn is_first(flow: &Flow<'_>, id: NodeId, recv: &Operation) -> bool {
    let graph = &flow.graph;
    let connection = recv.handle.connection;
    let alone = !recv.selected && !graph.is_cancellable(id) && !graph.in_cycle(id);
    let earlier = |(other, operation): (NodeId, &Operation)| {
        let same = operation.act == Act::Recv && operation.handle.connection == connection;
        same && other != id && graph.leads(other, id)
    };
    // A function that lends the socket may bound the time.
    alone && !flow.roots[connection].is_partial() && !flow.operations().any(earlier)
}

/// Whether it is a method that only logs in the client of `self`, where no function of the file limits the time of anything.
fn is_login_of_self(flow: &Flow<'_>, id: NodeId, recv: &Operation) -> bool {
    flow.roots[recv.handle.connection].is_of_self()
        && !recv.selected
        && !flow.graph.is_cancellable(id)
        && !flow.graph.in_cycle(id)
        && speaks_of_login(&flow.name())
        && !flow.neighbours().any(|one| one.words.speak_of_time())
}

/// Whether it waits in a loop whose value is the user: `let user = loop { .. break user };`. The conversation follows.
fn is_login_loop(flow: &Flow<'_>, id: NodeId, recv: &Operation) -> bool {
    let graph = &flow.graph;
    let connection = recv.handle.connection;
    let alone = !recv.selected && !graph.is_cancellable(id) && graph.in_cycle(id);
    if !alone || flow.roots[connection].is_partial() || flow.function.has_word(&["timeout", "timeout_at"]) {
        return false;
    }
    let search = Search { call: recv.site.address, found: None };
    let is_value = |statement: &Stmt| match statement {
        Stmt::Local(Local { init: Some(init), .. }) => {
            matches!(&*init.expr, Expr::Loop(_)) && search.receives(statement)
        }
        _ => false,
    };
    let waits = flow.body.stmts.iter().find(|statement| is_value(statement));
    if !waits.is_some_and(|waits| speaks_of_login(&waits.to_token_stream().to_string())) {
        return false;
    }
    let of_it =
        |operation: &Operation| operation.act == Act::Recv && operation.handle.connection == connection;
    let others: Vec<_> = flow.operations().filter(|(other, one)| *other != id && of_it(one)).collect();
    let is_first = !others.iter().any(|(other, _)| graph.leads(*other, id));
    let goes_on = others.iter().any(|(other, _)| graph.in_cycle(*other));
    is_first && goes_on
}

/// Whether the message is used, up to the next loop, for a login.
fn is_login(flow: &Flow<'_>, recv: &Operation) -> bool {
    if recv.site.helper.is_some() {
        return flow.doer(&recv.site).is_some_and(logs_in);
    }
    let mut search = Search { call: recv.site.address, found: None };
    search.visit_block(flow.body);
    search.found.is_some_and(|text| speaks_of_login(&text))
}

/// Whether a helper that receives waits for a login, and nothing in it limits the wait.
fn logs_in(helper: &Neighbour) -> bool {
    let text: Vec<_> = helper.words.all.iter().map(String::as_str).collect();
    !helper.words.speak_of_time() && speaks_of_login(&format!("{} {}", helper.name, text.join(" ")))
}

/// The statements from the one that receives to the next loop, as text.
struct Search {
    /// Its address.
    call: usize,
    found: Option<String>,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_block(&mut self, block: &'ast Block) {
        visit::visit_block(self, block);
        if self.found.is_some() {
            return;
        }
        let Some(first) = block.stmts.iter().position(|one| self.receives(one)) else { return };
        let rest = block.stmts[first..].iter().enumerate();
        let before_loop = rest.take_while(|(index, one)| *index == 0 || !is_loop(one));
        self.found = Some(before_loop.map(|(_, one)| one.to_token_stream().to_string()).collect());
    }
}

impl Search {
    /// Whether the call is in this statement.
    fn receives(&self, statement: &Stmt) -> bool {
        let mut calls = Calls { call: self.call, found: false };
        calls.visit_stmt(statement);
        calls.found
    }
}

/// Looks for the call with this address.
struct Calls {
    call: usize,
    found: bool,
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.found |= address(call) == self.call;
        visit::visit_expr_method_call(self, call);
    }
}

fn is_loop(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_), _))
}

fn speaks_of_login(text: &str) -> bool {
    // A cancellation token is not a login.
    let cancels = ["CancellationToken", "cancelled", "child_token"].iter().any(|word| text.contains(word));
    let all: Vec<_> = words(text).collect();
    let has_key = all.windows(2).any(|two| two == ["api", "key"]);
    has_key || all.iter().any(|word| LOGIN.contains(&word.as_str()) && !(cancels && word == "token"))
}

/// The words of an identifier: `verify`, `token` of `verifyToken` and `verify_token`.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for one in text.chars() {
        let begins = !one.is_alphanumeric() || one.is_uppercase() && was_small;
        if begins {
            words.push(String::new());
        }
        if one.is_alphanumeric() {
            words.last_mut().expect("never empty").extend(one.to_lowercase());
        }
        was_small = one.is_lowercase();
    }
    words.into_iter().filter(|word| !word.is_empty())
}
