mod help;

use quote::ToTokens;
use syn::{
    Block, Expr, ExprCall, ExprMethodCall, Local, Stmt,
    visit::{self, Visit},
};

use crate::{
    LOGIN_DEADLINE,
    flow::{Act, Flow, NodeId, Operation, Site, address},
    reading::last_name,
    surroundings::Neighbour,
    syntax::Sink,
    trace::place_of,
};

/// Words of names and strings about a login.
const LOGIN: [&str; 19] = [
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
    "passcode",
    "passwd",
];

/// Names of methods that receive the first message.
const OPENINGS: [&str; 8] =
    ["handshake", "hello", "greet", "open", "begin", "negotiate", "identify", "introduce"];

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

/// Whether a method with this name receives the first message: `next_token` may be called at any time.
fn opens(flow: &Flow<'_>, recv: &Operation) -> bool {
    let name = flow.name();
    let is_of_login = speaks_of_login(&name) && !name.starts_with("next");
    is_of_login || OPENINGS.contains(&&*name) && is_login(flow, recv)
}

/// Whether it is a method that only logs in the client of `self`, where no function of the file limits the time of anything.
fn is_login_of_self(flow: &Flow<'_>, id: NodeId, recv: &Operation) -> bool {
    flow.roots[recv.handle.connection].is_of_self()
        && !recv.selected
        && !flow.graph.is_cancellable(id)
        && !flow.graph.in_cycle(id)
        && opens(flow, recv)
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
    let search = Search { call: Called::of(&recv.site), found: None };
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
    let mut search = Search { call: Called::of(&recv.site), found: None };
    let mut uses = || {
        search.visit_block(flow.body);
        search.found.as_deref().is_some_and(|text| speaks_of_login(text) || asks_for_pin(text))
    };
    if recv.site.helper.is_none() {
        return uses();
    }
    let helper = flow.doer(&recv.site);
    helper.is_some_and(|helper| logs_in(helper) || !helper.words.speak_of_time() && uses())
}

/// Whether a helper that receives waits for a login, and nothing in it limits the wait.
fn logs_in(helper: &Neighbour) -> bool {
    let text: Vec<_> = helper.words.all.iter().map(String::as_str).collect();
    !helper.words.speak_of_time() && speaks_of_login(&format!("{} {}", helper.name, text.join(" ")))
}

/// The statements from the one that receives to the next loop, as text.
struct Search {
    call: Called,
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

/// The call that receives: by its address, or that of a helper by the place of its name.
#[derive(Clone, Copy)]
enum Called {
    Here(usize),
    ByHelper((usize, usize)),
}

impl Called {
    fn of(site: &Site) -> Self {
        if site.helper.is_some() { Self::ByHelper(place_of(&site.method)) } else { Self::Here(site.address) }
    }
}

/// Looks for it.
struct Calls {
    call: Called,
    found: bool,
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.found |= match self.call {
            Called::Here(number) => address(call) == number,
            Called::ByHelper(place) => place_of(&call.method) == place,
        };
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let name = last_name(&call.func);
        self.found |=
            matches!(self.call, Called::ByHelper(place) if name.is_some_and(|name| place_of(name) == place));
        visit::visit_expr_call(self, call);
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

/// Whether a pin is asked for that may be wrong. The word has other meanings.
fn asks_for_pin(text: &str) -> bool {
    let pins_future = ["pin!", "pin !", ":: pin", "::pin"].iter().any(|other| text.contains(other));
    let all: Vec<_> = words(text).collect();
    let has = |word: &str| all.iter().any(|one| one == word);
    !pins_future && has("pin") && ["wrong", "invalid", "incorrect", "denied", "policy"].into_iter().any(has)
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
