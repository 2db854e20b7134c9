mod awaits;
mod closing;
mod codes;
mod held;
mod methods;
mod rejecting;
mod router;
mod scope;
mod status;
mod subscribed;

use std::collections::HashSet;

use quote::ToTokens;
use syn::{
    Block, Expr, ExprAwait, ExprCall, ExprField, ExprLet, ExprMatch, ExprMethodCall, ExprPath, Item, Local,
    Macro, Pat, PatTupleStruct, Path, Stmt,
    visit::{self, Visit},
};

use self::held::{Holds, Names, Place};
use crate::{
    AXUM_API,
    flow::{Act, Flavor, Flow, Site, address, macro_name},
    reading::variant,
    syntax::{Sink, one_line},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    // Code that a condition removes need not fit the types.
    if flow.flavor != Flavor::Sockeye || flow.function.has_word(&["cfg"]) {
        return;
    }
    let sites = |acts: &[Act]| {
        // As a stream, a socket gives what axum's `recv` gives.
        let is_of_streams = |call: &Site| call.method == "next" || call.method == "try_next";
        let meant = flow.operations().filter(|(_, one)| acts.contains(&one.act) && !is_of_streams(&one.site));
        meant.map(|(_, one)| one.site.address).collect()
    };
    let calls = Calls {
        received: sites(&[Act::Recv, Act::Poll]),
        accepted: sites(&[Act::Accept]),
        sent: sites(&[Act::Send]),
        closed: sites(&[Act::Close]),
        rejected: sites(&[Act::Reject]),
    };
    let has_own_names = has_own_names(flow.body);
    let mut search = Search { flow, calls, names: Names::default(), has_own_names, sink };
    search.visit_block(flow.body);
    let names = search.names;
    names.report(flow, sink);
    methods::check(flow, sink);
    router::check(flow, sink);
    status::check(flow, sink);
    subscribed::check(flow, sink);
}

/// Whether a name may mean something else inside the body than at its top: an item, or an import in an inner block.
fn has_own_names(body: &Block) -> bool {
    struct Items(bool);
    impl<'ast> Visit<'ast> for Items {
        fn visit_item(&mut self, _: &'ast Item) {
            self.0 = true;
        }
    }
    let mut items = Items(false);
    let is_import = |statement: &&Stmt| matches!(statement, Stmt::Item(Item::Use(_)));
    body.stmts.iter().filter(|statement| !is_import(statement)).for_each(|one| items.visit_stmt(one));
    items.0
}

/// Macros that evaluate their arguments. Others may only look at the tokens.
const EVALUATING: [&str; 22] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "eprint",
    "eprintln",
    "error",
    "format",
    "info",
    "join",
    "panic",
    "print",
    "println",
    "trace",
    "try_join",
    "vec",
    "warn",
    "write",
    "writeln",
];

/// The calls of Sockeye's methods, by their addresses.
struct Calls {
    received: HashSet<usize>,
    accepted: HashSet<usize>,
    sent: HashSet<usize>,
    closed: HashSet<usize>,
    rejected: HashSet<usize>,
}

/// What rustc refuses by its types, in words about types that the user did not write.
struct Search<'f, 'a> {
    flow: &'f Flow<'a>,
    calls: Calls,
    names: Names,
    /// See the function of this name.
    has_own_names: bool,
    sink: &'f mut Sink,
}

impl Search<'_, '_> {
    /// `Some(Ok(message))` or `Some(message)` in place of what `recv` returns.
    fn pattern(&mut self, pattern: &Pat, from: &Expr, place: Place) {
        if let Some(inner) = of_axum(pattern).filter(|_| self.is_received(from)) {
            let message = "this pattern is for axum's `recv`: Sockeye's returns `Result<Option<Message>>`";
            let inner = one_line(inner);
            let help = format!(
                "write `Some({inner}) = socket.recv().await?`, or `Ok(Some({inner}))` in place of `{}`",
                one_line(pattern)
            );
            self.sink.report(&AXUM_API, pattern, message, help).untyped();
            return;
        }
        let Some(holds) = self.returned(from, place) else { return };
        let is_name = matches!(from, Expr::Path(_));
        if !self.names.bind(pattern, holds, from, place) && !is_name {
            self.misfit(pattern, from, place);
        }
    }

    /// `Some(message)` for the result of `recv`.
    fn misfit(&mut self, pattern: &Pat, from: &Expr, place: Place) {
        let Pat::TupleStruct(some) = pattern else { return };
        let message = "this pattern is for an `Option`, but `recv` returns `Result<Option<Message>>`";
        let fitting = held::fitting(&one_line(&some.elems), &one_line(from), place, self.flow);
        self.sink.report(&AXUM_API, pattern, message, format!("write `{fitting}`")).untyped();
    }

    /// What the expression is, if it comes from `recv` or `accept`.
    fn returned(&self, expression: &Expr, place: Place) -> Option<Holds> {
        match expression {
            Expr::Paren(inner) => self.returned(&inner.expr, place),
            Expr::Await(inner) if self.is_received(&inner.base) => Some(Holds::Result),
            Expr::Await(inner) => self.is_accepted(&inner.base).then_some(Holds::Accepted),
            Expr::Try(inner) => match self.returned(&inner.expr, Place::Let)? {
                Holds::Result => Some(Holds::Option),
                _ => None,
            },
            // The macro awaits it.
            Expr::MethodCall(_) if place == Place::Select => {
                self.is_received(expression).then_some(Holds::Result)
            }
            Expr::Path(path) => self.names.holds(&path.path.get_ident()?.to_string()),
            _ => None,
        }
    }

    /// `accept()`, also with what its methods add to the response.
    fn is_accepted(&self, expression: &Expr) -> bool {
        match expression {
            Expr::MethodCall(call) => {
                self.calls.accepted.contains(&address(call)) || self.is_accepted(&call.receiver)
            }
            _ => false,
        }
    }

    fn is_received(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Await(inner) => self.is_received(&inner.base),
            Expr::Paren(inner) => self.is_received(&inner.expr),
            Expr::MethodCall(call) => self.calls.received.contains(&address(call)),
            _ => false,
        }
    }

    /// A call of one of Sockeye's methods that returns a future, awaited.
    fn is_operation(&self, expression: &Expr) -> bool {
        let Expr::Await(awaited) = expression else { return false };
        let Expr::MethodCall(call) = &*awaited.base else { return false };
        let address = address(call);
        [&self.calls.received, &self.calls.sent, &self.calls.closed].iter().any(|all| all.contains(&address))
    }

    /// A kind of message that only axum's `Message` has, if it is sure that it means that.
    fn kind(&mut self, path: &Path, is_sure: impl Fn(&Flow<'_>, &str) -> bool) {
        let full = self.flow.imports().resolve_path(path);
        let kind = KINDS.iter().find(|(kind, _)| full.strip_prefix("sockeye::Message::") == Some(kind));
        if let Some((kind, help)) = kind.filter(|(kind, _)| !self.has_own_names && is_sure(self.flow, kind)) {
            let message = format!("Sockeye's `Message` has no `{kind}`: it is text or bytes");
            self.sink.report(&AXUM_API, path, message, *help).untyped();
        }
    }

    /// `Json(command)`, as axum writes it.
    fn json(&mut self, path: &Path, argument: &dyn ToTokens, at: &dyn ToTokens) {
        if self.has_own_names || self.flow.imports().resolve_path(path) != "sockeye::Json" {
            return;
        }
        let message = "`sockeye::Json` is the codec in the type of the handshake: messages are sent and received without it";
        self.sink.report(&AXUM_API, at, message, format!("write `{}`", one_line(argument))).untyped();
    }
}

/// What is in `Some(Ok(..))`.
fn of_axum(pattern: &Pat) -> Option<&Pat> {
    let only = |pattern: &'_ Pat, name: &str| match pattern {
        Pat::TupleStruct(made) if made.elems.len() == 1 => variant(pattern).is_some_and(|one| one == name),
        _ => false,
    };
    let (Pat::TupleStruct(some), true) = (pattern, only(pattern, "Some")) else { return None };
    let (Pat::TupleStruct(ok), true) = (&some.elems[0], only(&some.elems[0], "Ok")) else { return None };
    ok.elems.first()
}

/// The kinds of messages that Sockeye takes care of, and what to write instead.
const KINDS: [(&str, &str); 4] = [
    (
        "Close",
        "remove it: when the peer closes, `recv` returns `None`; to close, call `socket.close(CloseCode::NORMAL, \"..\").await`",
    ),
    (
        "Ping",
        "remove it: pings are answered without the handler; to measure the round-trip time, call `socket.ping().await`",
    ),
    ("Pong", "remove it: pings are answered, and pongs read, without the handler"),
    ("Frame", "remove it: frames are put together without the handler"),
];

impl<'ast> Visit<'ast> for Search<'_, '_> {
    fn visit_path(&mut self, path: &'ast Path) {
        self.kind(path, scope::has_no);
        visit::visit_path(self, path);
    }

    fn visit_pat_tuple_struct(&mut self, made: &'ast PatTupleStruct) {
        // No function or constant of a trait can be written like this.
        self.kind(&made.path, |_, _| true);
        made.elems.iter().for_each(|inner| self.visit_pat(inner));
        if let [inner] = &made.elems.iter().collect::<Vec<_>>()[..] {
            self.json(&made.path, inner, made);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let address = address(call);
        if self.calls.closed.contains(&address) {
            closing::check(self.flow, call, self.sink);
        }
        if self.calls.rejected.contains(&address) {
            rejecting::check(self.flow, call, self.sink);
        }
        match call.args.first() {
            Some(value) if self.calls.sent.contains(&address) => self.names.sent(value),
            _ => {}
        }
        self.names.method(&call.receiver, &call.method);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        match &*awaited.base {
            Expr::MethodCall(call) if self.calls.rejected.contains(&address(call)) => {
                awaits::check_reject(self.flow, awaited, self.sink);
            }
            _ => {}
        }
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if !self.has_own_names {
            codes::check_constant(self.flow, &path.path, path, self.sink);
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if !self.has_own_names && codes::check_call(self.flow, call, self.sink) {
            return;
        }
        if let (Expr::Path(function), Some(argument), 1) = (&*call.func, call.args.first(), call.args.len()) {
            self.json(&function.path, argument, call);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_field(&mut self, field: &'ast ExprField) {
        self.names.field(&field.base);
        visit::visit_expr_field(self, field);
    }

    fn visit_expr_let(&mut self, test: &'ast ExprLet) {
        self.pattern(&test.pat, &test.expr, Place::Condition);
        visit::visit_expr_let(self, test);
    }

    fn visit_expr_match(&mut self, choice: &'ast ExprMatch) {
        let of_axum = choice.arms.iter().find(|arm| of_axum(&arm.pat).is_some());
        match of_axum {
            Some(arm) => self.pattern(&arm.pat, &choice.expr, Place::Match),
            None => choice.arms.iter().for_each(|arm| self.pattern(&arm.pat, &choice.expr, Place::Match)),
        }
        visit::visit_expr_match(self, choice);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init {
            self.pattern(&local.pat, &init.expr, Place::Let);
        }
        visit::visit_local(self, local);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let macros = self.flow.function.macros();
        if macro_name(call) == "select" {
            for branch in macros.branches(call).into_iter().flatten() {
                if let (Some(pattern), Some(future)) = (&branch.pattern, &branch.future) {
                    if self.is_operation(future) {
                        awaits::check_branch(pattern, future, self.sink);
                    }
                    self.pattern(pattern, future, Place::Select);
                    self.visit_pat(pattern);
                }
                branch.future.iter().chain(&branch.guard).for_each(|one| self.visit_expr(one));
                self.visit_expr(&branch.handler);
            }
        }
        if EVALUATING.contains(&macro_name(call).as_str()) {
            macros.arguments(call).iter().for_each(|argument| self.visit_expr(argument));
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
