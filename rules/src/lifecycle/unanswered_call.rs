use quote::ToTokens;
use syn::{
    Block, Expr, ExprContinue, ExprIf, ExprMatch, ExprMethodCall, ExprReturn, Ident, Local, Member, Pat,
    Stmt, Type,
    visit::{self, Visit},
};

use crate::{
    UNANSWERED_CALL,
    flow::{Flow, Imports, each_word, gives_nothing, has_word},
    reading::{At, Look, Name, Origin, base_ident, is_drop, only_name, plain, read, task_of},
    syntax::{Function, Parameter, Sink, generic_arguments, last_segment, peel},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let takes_calls =
        flow.function.parameters.iter().any(|one| has_word(&one.node.ty, &["Call", "Responder"]));
    if takes_calls {
        let mut calls = Calls { sink };
        calls.given(flow);
        read(flow, &mut calls);
    }
}

/// Whether a function without a connection is given calls to answer, or responders.
pub(crate) fn takes_calls(function: &Function, imports: &Imports) -> bool {
    let is_one = |ty: &Type| {
        let is_named = last_segment(ty).is_some_and(|last| last.ident == "Call" || last.ident == "Responder");
        is_named
            && matches!(peel(ty), Type::Path(path) if imports.resolve_path(&path.path).starts_with("sockeye::"))
    };
    function.parameters.iter().any(|one| is_one(one.ty()))
}

struct Calls<'s> {
    sink: &'s mut Sink,
}

const HELP: &str = "on every path write `socket.send(responder.answer(value)).await?` or `socket.send(responder.fail(\"why\")).await?`";

impl<'a> Look<'a> for Calls<'_> {
    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        match expression {
            Expr::Field(field) if is_first(&field.member) && is_taken_apart(&field.base, at) => {
                self.report(&field.member, "this takes the message and drops the `Responder`");
            }
            Expr::While(repeat) => {
                if let Expr::Let(test) = &*repeat.cond {
                    self.received(&test.pat, &test.expr, &repeat.body.stmts, at);
                }
            }
            Expr::If(branch) => {
                if let Expr::Let(test) = &*branch.cond {
                    self.received(&test.pat, &test.expr, &branch.then_branch.stmts, at);
                }
            }
            Expr::Match(choice) => {
                for arm in &choice.arms {
                    if let Expr::Block(block) = &*arm.body {
                        self.received(&arm.pat, &choice.expr, &block.block.stmts, at);
                    }
                }
            }
            Expr::Call(call) if is_drop(call) && call.args.first().is_some_and(|one| is_answer(one, at)) => {
                self.report(call, "this answer is not sent");
            }
            Expr::Assign(assign)
                if matches!(*assign.left, Expr::Infer(_)) && is_answer(&assign.right, at) =>
            {
                self.report(&assign.right, "this answer is not sent");
            }
            Expr::Call(call) if is_drop(call) => {
                if let Some(name) = call.args.first().and_then(|one| at.named(one))
                    && is_responder(name, at)
                {
                    self.report(call, "this drops the `Responder`");
                }
            }
            _ => {}
        }
    }

    fn local(&mut self, local: &'a Local, at: &At<'a>) {
        let Some(init) = &local.init else { return };
        if is_answer(&init.expr, at) && is_unused(&local.pat, at.rest()) {
            return self.report(&local.pat, "this answer is not sent");
        }
        let Pat::Tuple(pair) = &local.pat else { return };
        if init.diverge.is_some() || !is_taken_apart(&init.expr, at) {
            return;
        }
        match pair.elems.iter().nth(1) {
            Some(Pat::Wild(wild)) => self.report(wild, "`_` drops the `Responder`"),
            Some(name) => {
                if let Some(name) = only_name(name) {
                    self.named(name, at.rest());
                }
            }
            None => self.report(&pair.elems, "this pattern drops the `Responder`"),
        }
    }

    fn dropped(&mut self, expression: &'a Expr, at: &At<'a>) {
        if is_taken_apart(expression, at) {
            self.report(expression, "this drops the message and its `Responder`");
        }
    }
}

impl Calls<'_> {
    fn report(&mut self, place: &dyn ToTokens, what: &str) {
        let message = format!("{what}, so the call gets no answer");
        self.sink.report(&UNANSWERED_CALL, place, message, HELP);
    }

    /// A call under a name, and the code that has it: whoever only looks at its message does not answer it.
    fn received(&mut self, pattern: &Pat, from: &Expr, body: &[Stmt], at: &At<'_>) {
        let Some(name) = name_in_some(pattern) else { return };
        let looks_only = || body.iter().all(|one| only_looks(one, name));
        let is_call = || is_received(from, at, None) && reads_calls(at);
        if looks_only() && is_call() && Ways::of(body).dropped(|| Drop::Unused).is_some() {
            self.report(name, &format!("`{name}` is dropped without its `Responder`"));
            return;
        }
        let first = body.iter().position(|one| !only_looks(one, name));
        let skipped = first.and_then(|first| Ways::of(&body[..first]).goes_round);
        if let Some(place) = skipped.filter(|_| is_call()) {
            self.report(place, &format!("`{name}` is dropped here, without its `Responder`"));
        }
    }

    /// The responders that a function is given, if it returns nothing by which its caller could learn that it dropped one.
    fn given(&mut self, flow: &Flow<'_>) {
        if !gives_nothing(&flow.function.sig.output) || flow.function.has_word(&ENDS) {
            return;
        }
        let is_responder = |one: &&Parameter| is_type(one.ty(), "Responder", flow.imports());
        let names = flow.function.parameters.iter().filter(is_responder).filter_map(Parameter::binding);
        for name in names.filter(|name| !name.to_string().starts_with('_')) {
            match returns_before(&flow.body.stmts, name) {
                Some(place) => self.report(place, &format!("`{name}` is dropped here")),
                None => self.named(name, &flow.body.stmts),
            }
        }
    }

    /// A `Responder` with a name, and the code up to the end of its block.
    fn named(&mut self, name: &Ident, rest: &[Stmt]) {
        if let Some(place) = returns_in_task(rest, name) {
            return self.report(place, &format!("`{name}` is dropped here"));
        }
        match dropped_in(rest, name) {
            Some(Drop::Unused) => self.report(name, &format!("`{name}` is not used")),
            Some(Drop::Continue(place)) => self.report(place, &format!("`{name}` is dropped here")),
            Some(Drop::Branch(place)) => self.report(&place, &format!("`{name}` is dropped in this case")),
            None => {}
        }
    }
}

/// `call` in `Some(call)`.
fn name_in_some(pattern: &Pat) -> Option<&Ident> {
    let Pat::TupleStruct(some) = pattern else { return None };
    let is_some = some.path.is_ident("Some") && some.elems.len() == 1;
    some.elems.first().filter(|_| is_some).and_then(only_name)
}

/// Whether the code does nothing with the call but look at its message.
fn only_looks(code: &Stmt, name: &Ident) -> bool {
    struct Looks<'n>(&'n Ident, usize);
    impl Visit<'_> for Looks<'_> {
        fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
            let is_it = matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident(self.0));
            self.1 += usize::from(is_it && call.method == "message");
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut mentioned = 0;
    each_word(code.to_token_stream(), &mut |word| mentioned += usize::from(word == name));
    let mut looks = Looks(name, 0);
    looks.visit_stmt(code);
    looks.1 == mentioned
}

/// `responder.answer(..)` and `responder.fail(..)`.
fn is_answer(made: &Expr, at: &At<'_>) -> bool {
    let Expr::MethodCall(call) = plain(made) else { return false };
    let makes = call.method == "answer" || call.method == "fail";
    makes && at.named(&call.receiver).is_some_and(|name| is_responder(name, at))
}

/// Whether the pattern drops its value at once, or the code after it does not mention it.
fn is_unused(pattern: &Pat, rest: &[Stmt]) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Type(typed) => is_unused(&typed.pat, rest),
        pattern => only_name(pattern).is_some_and(|name| !rest.iter().any(|one| mentions(one, name))),
    }
}

/// What may end the connection.
const ENDS: [&str; 5] = ["close", "abort", "cancel", "panic", "exit"];

/// What may tell that the connection, or the program, ends.
const SEES_END: [&str; 16] = [
    "send",
    "feed",
    "flush",
    "recv",
    "ping",
    "closed",
    "is_closed",
    "cancelled",
    "is_cancelled",
    "changed",
    "notified",
    "select",
    "load",
    "upgrade",
    "acquire",
    "acquire_owned",
];

/// The `return` in the statements before the first one that mentions the name, in code whose end does not end the connection.
fn returns_before<'a>(statements: &'a [Stmt], name: &Ident) -> Option<&'a ExprReturn> {
    struct Returns<'a>(Option<&'a ExprReturn>);
    impl<'a> Visit<'a> for Returns<'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            match expression {
                Expr::Return(place) => {
                    self.0.get_or_insert(place);
                }
                Expr::Closure(_) | Expr::Async(_) => {}
                other => visit::visit_expr(self, other),
            }
        }

        fn visit_item(&mut self, _: &'a syn::Item) {}
    }
    let first = statements.iter().position(|one| mentions(one, name))?;
    let before = &statements[..first];
    if before.iter().any(|one| has_word(one, &ENDS) || has_word(one, &SEES_END)) {
        return None;
    }
    let mut returns = Returns(None);
    for one in before {
        returns.visit_stmt(one);
    }
    returns.0
}

/// The same in a task that the name is moved into: `tokio::spawn(async move { .. });`
fn returns_in_task<'a>(rest: &'a [Stmt], name: &Ident) -> Option<&'a ExprReturn> {
    let Stmt::Expr(spawned, Some(_)) = rest.iter().find(|one| mentions(*one, name))? else { return None };
    let (_, Expr::Async(task)) = task_of(spawned)? else { return None };
    returns_before(&task.block.stmts, name)
}

/// How a name is dropped without being used.
enum Drop<'a> {
    Unused,
    Continue(&'a ExprContinue),
    /// In a branch beside one that uses it.
    Branch(proc_macro2::TokenStream),
}

/// Whether a path through these statements certainly drops the name unused, and the connection goes on.
fn dropped_in<'a>(statements: &'a [Stmt], name: &Ident) -> Option<Drop<'a>> {
    let first = statements.iter().position(|one| mentions(one, name));
    let before = &statements[..first.unwrap_or(statements.len())];
    let ways = Ways::of(before);
    let Some(first) = first else {
        // At the end of the connection its client learns of that.
        return ways.dropped(|| Drop::Unused);
    };
    if let Some(place) = ways.goes_round {
        return Some(Drop::Continue(place));
    }
    if let Some(place) = skipped_in(&statements[first], name) {
        return Some(Drop::Continue(place));
    }
    let is_last_use = !statements[first + 1..].iter().any(|one| mentions(one, name));
    match &statements[first] {
        Stmt::Expr(used, _) if is_last_use => in_branches(used, name),
        _ => None,
    }
}

/// The `continue` in a branch of the first statement that mentions the name, before the branch does.
fn skipped_in<'a>(statement: &'a Stmt, name: &Ident) -> Option<&'a ExprContinue> {
    match statement {
        Stmt::Expr(used, _) => skipped_by(used, name),
        Stmt::Local(local) => skipped_by(&local.init.as_ref()?.expr, name),
        _ => None,
    }
}

fn skipped_by<'a>(used: &'a Expr, name: &Ident) -> Option<&'a ExprContinue> {
    let in_code = |code: &'a [Stmt]| {
        let first = code.iter().position(|one| mentions(one, name));
        let before = Ways::of(&code[..first.unwrap_or(code.len())]).goes_round;
        before.or_else(|| skipped_in(&code[first?], name))
    };
    match used {
        _ if !mentions(used, name) => Ways::of_expression(used).goes_round,
        Expr::Block(block) if block.label.is_none() => in_code(&block.block.stmts),
        Expr::If(branch) if !mentions(&branch.cond, name) => {
            let other = || skipped_by(&branch.else_branch.as_ref()?.1, name);
            in_code(&branch.then_branch.stmts).or_else(other)
        }
        Expr::Match(choice) if !mentions(&choice.expr, name) => {
            let is_free = !choice.arms.iter().any(|arm| mentions(&arm.pat, name));
            let mut arms = choice.arms.iter().filter(|_| is_free);
            arms.find_map(|arm| skipped_by(&arm.body, name))
        }
        Expr::Await(inner) => skipped_by(&inner.base, name),
        Expr::Try(inner) => skipped_by(&inner.expr, name),
        Expr::Paren(inner) => skipped_by(&inner.expr, name),
        Expr::Assign(assign) if !mentions(&assign.left, name) => skipped_by(&assign.right, name),
        _ => None,
    }
}

/// The same for the last expression that mentions the name.
fn in_branches<'a>(used: &'a Expr, name: &Ident) -> Option<Drop<'a>> {
    match used {
        Expr::If(branch) if !mentions(&branch.cond, name) => in_if(branch, name),
        Expr::Match(choice) if !mentions(&choice.expr, name) => in_match(choice, name),
        Expr::Block(block) if block.label.is_none() => dropped_in(&block.block.stmts, name),
        _ => None,
    }
}

fn in_if<'a>(branch: &'a ExprIf, name: &Ident) -> Option<Drop<'a>> {
    let dropped = in_block(&branch.then_branch, name);
    dropped.or_else(|| match &branch.else_branch {
        Some((_, other)) => in_branch(other, name),
        None => Some(Drop::Branch(branch.if_token.to_token_stream())),
    })
}

fn in_match<'a>(choice: &'a ExprMatch, name: &Ident) -> Option<Drop<'a>> {
    if choice.arms.iter().any(|arm| mentions(&arm.pat, name)) {
        return None;
    }
    choice.arms.iter().find_map(|arm| in_branch(&arm.body, name))
}

fn in_block<'a>(block: &'a Block, name: &Ident) -> Option<Drop<'a>> {
    if mentions(block, name) {
        return dropped_in(&block.stmts, name);
    }
    Ways::of(&block.stmts).dropped(|| Drop::Branch(start_of(block)))
}

fn in_branch<'a>(body: &'a Expr, name: &Ident) -> Option<Drop<'a>> {
    match body {
        Expr::Block(block) if block.label.is_none() => in_block(&block.block, name),
        Expr::If(branch) if mentions(body, name) => {
            in_if(branch, name).filter(|_| !mentions(&branch.cond, name))
        }
        other if mentions(other, name) => in_branches(other, name),
        other => Ways::of_expression(other).dropped(|| Drop::Branch(other.to_token_stream())),
    }
}

/// The tokens at which a block that does not mention the name is reported.
fn start_of(block: &Block) -> proc_macro2::TokenStream {
    match block.stmts.first() {
        Some(first) => first.to_token_stream(),
        None => block.to_token_stream(),
    }
}

fn mentions(tokens: &dyn ToTokens, name: &Ident) -> bool {
    let mut found = false;
    each_word(tokens.to_token_stream(), &mut |word| found |= word == name);
    found
}

/// The ways out of a piece of code.
#[derive(Default)]
struct Ways<'a> {
    /// The `continue` that goes on with the loop around it.
    goes_round: Option<&'a ExprContinue>,
    /// It may end the function or the loop, or contains code that cannot be seen.
    leaves: bool,
}

impl<'a> Ways<'a> {
    fn of(statements: &'a [Stmt]) -> Self {
        let mut ways = Self::default();
        for one in statements {
            ways.visit_stmt(one);
        }
        ways
    }

    fn of_expression(expression: &'a Expr) -> Self {
        let mut ways = Self::default();
        ways.visit_expr(expression);
        ways
    }

    /// The drop on the way through code that does not mention the name, which is reported at `place` if the end of the code is reached.
    fn dropped(self, place: impl FnOnce() -> Drop<'a>) -> Option<Drop<'a>> {
        match self.goes_round {
            Some(round) => Some(Drop::Continue(round)),
            None => (!self.leaves).then(place),
        }
    }
}

impl<'a> Visit<'a> for Ways<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Continue(place) if place.label.is_none() => {
                self.goes_round.get_or_insert(place);
            }
            Expr::Continue(_) | Expr::Break(_) | Expr::Return(_) => self.leaves = true,
            // `continue` in them concerns another loop, or none.
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Closure(_) | Expr::Async(_) => {
                self.leaves |= leaves_loop(expression);
            }
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        self.leaves |= !is_plain(call);
    }

    fn visit_item(&mut self, _: &'a syn::Item) {}
}

/// Whether the end of the function may be in a loop, a closure, or a block of its own.
fn leaves_loop(expression: &Expr) -> bool {
    has_word(expression, &["return"]) || matches!(expression, Expr::Loop(_))
}

/// Whether a macro does nothing but log or format.
fn is_plain(call: &syn::Macro) -> bool {
    const PLAIN: [&str; 12] = [
        "trace", "debug", "info", "warn", "error", "println", "eprintln", "print", "format", "vec", "write",
        "dbg",
    ];
    call.path.segments.last().is_some_and(|last| PLAIN.iter().any(|name| last.ident == name))
}

fn is_first(member: &Member) -> bool {
    matches!(member, Member::Unnamed(index) if index.index == 0)
}

/// Whether it is `into_parts` of a call.
fn is_taken_apart(expression: &Expr, at: &At<'_>) -> bool {
    let Expr::MethodCall(call) = plain(expression) else { return false };
    call.method == "into_parts" && call.args.is_empty() && is_call(&call.receiver, at)
}

fn is_responder(name: &Name<'_>, at: &At<'_>) -> bool {
    match name.origin {
        Origin::Typed(ty) => is_type(ty, "Responder", at.imports()),
        Origin::Part(made, 1) => match plain(made) {
            Expr::MethodCall(call) if call.method == "into_parts" => {
                at.base(&call.receiver, name).is_some_and(|base| is_named_call(&base, at))
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_call(receiver: &Expr, at: &At<'_>) -> bool {
    match at.named(plain(receiver)) {
        Some(name) => is_named_call(name, at),
        None => is_received(receiver, at, None) && reads_calls(at),
    }
}

fn is_named_call(name: &Name<'_>, at: &At<'_>) -> bool {
    match name.origin {
        Origin::Typed(ty) => is_call_type(ty, at),
        Origin::Made(made) | Origin::Awaited(made) | Origin::Inside(made) => {
            is_received(made, at, Some(name)) && reads_calls(at)
        }
        _ => false,
    }
}

/// Whether a handle has returned the value: `socket.recv().await?`, or a name of it that is older than `before`.
fn is_received(made: &Expr, at: &At<'_>, before: Option<&Name<'_>>) -> bool {
    match plain(made) {
        Expr::Await(inner) => is_received(&inner.base, at, before),
        Expr::Try(inner) => is_received(&inner.expr, at, before),
        Expr::MethodCall(call) => is_received_by(call, at, before),
        path @ Expr::Path(_) => {
            let earlier = match before {
                Some(name) => base_ident(path).and_then(|_| at.base(path, name)),
                None => at.named(path).copied(),
            };
            earlier.is_some_and(|name| match name.origin {
                Origin::Made(made) | Origin::Awaited(made) | Origin::Inside(made) => {
                    is_received(made, at, Some(&name))
                }
                _ => false,
            })
        }
        _ => false,
    }
}

fn is_received_by(call: &ExprMethodCall, at: &At<'_>, before: Option<&Name<'_>>) -> bool {
    const KEEPS: [&str; 7] =
        ["unwrap", "expect", "ok_or", "ok_or_else", "map_err", "context", "with_context"];
    if call.method == "recv" {
        return call.args.is_empty() && at.is_handle_expression(&call.receiver);
    }
    KEEPS.iter().any(|name| call.method == name) && is_received(&call.receiver, at, before)
}

/// Whether each handle among the parameters reads calls.
fn reads_calls(at: &At<'_>) -> bool {
    let types = at.flow.function.parameters.iter().map(|one| &*one.node.ty);
    let mut handles = types.filter(|ty| has_word(ty, &["Handshake", "Socket", "Receiver"])).peekable();
    handles.peek().is_some() && handles.all(|ty| codec_reads_call(ty, at))
}

/// `Handshake<Json<Call<..>, ..>>`.
fn codec_reads_call(handle: &Type, at: &At<'_>) -> bool {
    let handle = match peel(handle) {
        Type::Reference(reference) => &*reference.elem,
        other => other,
    };
    let codec = generic_arguments(handle).first().copied();
    let read = codec.and_then(|codec| generic_arguments(codec).first().copied());
    read.is_some_and(|read| is_call_type(read, at))
}

/// `Call<T>`, whose messages all have an `id`.
fn is_call_type(ty: &Type, at: &At<'_>) -> bool {
    match generic_arguments(ty).as_slice() {
        [_] => is_type(ty, "Call", at.imports()),
        [_, responder] => is_type(ty, "Call", at.imports()) && is_type(responder, "Responder", at.imports()),
        _ => false,
    }
}

/// Whether it is this type of Sockeye, as far as the imports show it.
fn is_type(ty: &Type, name: &str, imports: &Imports) -> bool {
    let Type::Path(path) = peel(ty) else { return false };
    let full = imports.resolve_path(&path.path);
    full == format!("sockeye::{name}") || full == name
}
