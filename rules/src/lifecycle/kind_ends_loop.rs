mod only;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Arm, Expr, ExprIf, ExprMatch, ExprMethodCall, Local, Pat, Stmt};

use crate::{
    KIND_ENDS_LOOP,
    flow::{Flavor, Flow, Imports},
    reading::{At, Look, Round, block_leaves, leaves, plain, read, tells, variant},
    syntax::{Sink, is_called, segments},
};

pub(crate) use only::{Parses, takes_only, takes_only_of};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !flow.function.has_word(&["while", "loop", "for"]) {
        return;
    }
    read(flow, &mut Kinds { sink });
}

struct Kinds<'s> {
    sink: &'s mut Sink,
}

impl<'a> Look<'a> for Kinds<'_> {
    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        match expression {
            Expr::While(repeat) => {
                let Expr::Let(test) = &*repeat.cond else { return };
                let goes_on = at.rest().iter().any(|rest| tells(rest) || at.mentions_handle(rest));
                if goes_on {
                    return;
                }
                if at.is_message(&test.expr) {
                    self.report_pattern(&test.pat, at);
                } else if let Some((helper, only)) = helper_for_kinds(&test.expr, at) {
                    self.report_helper(helper, only, at);
                } else if let Some((helper, only)) = passes_to(&test.expr, at) {
                    self.report_helper(helper, only, at);
                } else if let Some(call) = takes_text(&test.expr, at) {
                    let kind = Ident::new("Text", call.span());
                    self.report(call, &[&kind], at);
                }
            }
            Expr::Match(choice) if at.round().is_some_and(|round| ends_silently(&round, at)) => {
                self.chooses(choice, at);
            }
            // A function that returns an `Option` says nothing of why.
            Expr::Try(tried) if at.round().is_some() && gives_option(at) => {
                if let Some((helper, parses)) =
                    parser_of(plain(&tried.expr), at).filter(|(_, one)| !one.fails)
                {
                    self.report_helper(helper, &parses.kinds, at);
                }
            }
            Expr::If(branch) if at.round().is_some_and(|round| ends_silently(&round, at)) => {
                self.accepts_only(branch, at);
            }
            _ => {}
        }
    }

    fn local(&mut self, local: &'a Local, at: &At<'a>) {
        let Some(init) = &local.init else { return };
        let Some((_, diverge)) = &init.diverge else { return };
        if !is_silent_end(diverge, at) || !at.round().is_some_and(|round| ends_silently(&round, at)) {
            return;
        }
        if at.is_message(&init.expr) {
            self.report_pattern(&local.pat, at);
        } else if let Some((helper, only)) = helper_for_kinds(&init.expr, at) {
            self.report_helper(helper, only, at);
        } else if let Some((helper, parses)) =
            parser_of(plain(&init.expr), at).filter(|(_, one)| one.leave_out(&local.pat))
        {
            self.report_helper(helper, &parses.kinds, at);
        }
    }
}

impl Parses {
    /// Whether the pattern fits only what was parsed, and not what it returns for other kinds.
    fn leave_out(&self, pattern: &Pat) -> bool {
        let Pat::TupleStruct(made) = pattern else { return false };
        let is_some = |one: &Pat| variant(one).is_some_and(|name| name == "Some");
        match variant(pattern) {
            Some(name) if name == "Ok" => self.fails || made.elems.first().is_some_and(is_some),
            _ => is_some(pattern) && !self.fails,
        }
    }

    /// Whether the pattern fits what it returns for other kinds.
    fn take(&self, pattern: &Pat) -> bool {
        let is_error = |one: &Pat| variant(one).is_some_and(|name| name == "Err");
        match pattern {
            Pat::Wild(_) => true,
            Pat::Or(either) => either.cases.iter().any(|one| self.take(one)),
            Pat::TupleStruct(made) if self.fails => {
                is_error(pattern) && made.elems.iter().all(|one| matches!(one, Pat::Wild(_) | Pat::Ident(_)))
            }
            _ => !self.fails && takes_nothing(pattern),
        }
    }
}

/// The kinds of messages that a handler receives, except for the one that ends the conversation.
const KINDS: [&str; 4] = ["Text", "Binary", "Ping", "Pong"];

impl Kinds<'_> {
    fn report_pattern(&mut self, pattern: &Pat, at: &At<'_>) {
        let named = kinds_of(pattern, at);
        if let Some(first) = named.first() {
            self.report(first, &named, at);
        }
    }

    /// A helper that returns `None` for all other kinds.
    fn report_helper(&mut self, helper: &dyn ToTokens, only: &[String], at: &At<'_>) {
        let named: Vec<_> = only.iter().map(|kind| Ident::new(kind, Span::call_site())).collect();
        self.report(helper, &named.iter().collect::<Vec<_>>(), at);
    }

    /// Arms for some kinds, and one that leaves the loop for all others.
    fn chooses<'a>(&mut self, choice: &'a ExprMatch, at: &At<'a>) {
        if choice.arms.iter().any(may_take_others) {
            return;
        }
        if let Some((helper, only)) = helper_for_kinds(&choice.expr, at)
            && choice.arms.iter().any(|arm| takes_nothing(&arm.pat) && is_silent_end(&arm.body, at))
        {
            return self.report_helper(helper, only, at);
        }
        if let Some((helper, parses)) = parser_of(plain(&choice.expr), at)
            && choice.arms.iter().any(|arm| parses.take(&arm.pat) && is_silent_end(&arm.body, at))
        {
            return self.report_helper(helper, &parses.kinds, at);
        }
        if !at.is_message(&choice.expr) {
            return;
        }
        let (mut named, mut staying) = (Vec::new(), false);
        for arm in &choice.arms {
            let of_arm = kinds_of(&arm.pat, at);
            let takes_all_of_a_kind = !matches!(arm.pat, Pat::Guard(_)) && has_data(&of_arm);
            staying |= takes_all_of_a_kind && !leaves(plain(&arm.body));
            named.extend(of_arm);
        }
        let Some(other) = choice.arms.iter().find(|arm| takes_any_message(&arm.pat)) else { return };
        if staying && is_silent_end(&other.body, at) {
            self.report(&other.pat, &named, at);
        }
    }

    /// `if let` for some kinds, and `else` that leaves the loop.
    fn accepts_only<'a>(&mut self, branch: &'a ExprIf, at: &At<'a>) {
        let (Expr::Let(test), Some((_, other))) = (&*branch.cond, &branch.else_branch) else { return };
        if let Some((helper, parses)) = parser_of(plain(&test.expr), at)
            && parses.leave_out(&test.pat)
            && is_silent_end(other, at)
            && !block_leaves(&branch.then_branch)
        {
            return self.report_helper(helper, &parses.kinds, at);
        }
        let named = kinds_of(&test.pat, at);
        let staying = has_data(&named) && !block_leaves(&branch.then_branch);
        if staying && is_silent_end(other, at) && at.is_message(&test.expr) {
            self.report(named[0], &named, at);
        }
    }

    fn report(&mut self, place: &dyn ToTokens, named: &[&Ident], at: &At<'_>) {
        let all = if at.flow.flavor == Flavor::Axum { &KINDS[..] } else { &KINDS[..2] };
        let others: Vec<_> = all.iter().copied().filter(|kind| named.iter().all(|one| one != kind)).collect();
        if others.is_empty() || named.is_empty() {
            return;
        }
        let message = format!(
            "a message of kind {} ends this loop silently, as if the peer had closed",
            alternatives(&others)
        );
        self.sink.report(&KIND_ENDS_LOOP, place, message, help(at.flow.flavor, named));
    }
}

/// Whether the function itself, and no block in it, returns an `Option`.
fn gives_option(at: &At<'_>) -> bool {
    at.frames.len() == 1 && at.flow.function.output().is_some_and(|output| is_called(output, "Option"))
}

/// `Binary`, `Ping` or `Pong`
fn alternatives(kinds: &[&str]) -> String {
    let quoted: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
    match &quoted[..] {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        _ => quoted.concat(),
    }
}

/// The name of the function of this file that is awaited, and the kinds of messages for which it returns something.
fn helper_for_kinds<'e, 'h>(awaited: &'e Expr, at: &'h At<'_>) -> Option<(&'e dyn ToTokens, &'h [String])> {
    let awaited = match plain(awaited) {
        Expr::Try(tried) => plain(&tried.expr),
        other => other,
    };
    let Expr::Await(awaited) = awaited else { return None };
    let (name, helper): (&dyn ToTokens, _) = match plain(&awaited.base) {
        Expr::Call(call) => (&*call.func, at.helper(&call.func)?),
        Expr::MethodCall(call) => (&call.method, at.method(call)?),
        _ => return None,
    };
    let only = helper.takes_only();
    (!only.is_empty()).then_some((name, only))
}

fn help(flavor: Flavor, named: &[&Ident]) -> String {
    let receive = match flavor {
        Flavor::Axum => "while let Some(Ok(message)) = socket.recv().await",
        Flavor::Sockeye => "while let Some(message) = socket.recv().await?",
    };
    let data: Vec<_> = named.iter().filter(|kind| has_data(&[kind])).collect();
    let inside = match data[..] {
        [_, _, ..] => {
            let arms: Vec<_> = data.iter().map(|kind| format!("Message::{kind}(..) => ..")).collect();
            format!("match message {{ {}, _ => {{}} }}", arms.join(", "))
        }
        _ => format!("if let Message::{}(..) = message {{ .. }}", named[0]),
    };
    format!("receive every kind and match inside: `{receive} {{ {inside} }}`")
}

/// The same for a function that is given a message that was received.
fn parser_of<'e, 'h>(call: &'e Expr, at: &'h At<'_>) -> Option<(&'e dyn ToTokens, &'h Parses)> {
    let (name, helper, arguments): (&dyn ToTokens, _, _) = match call {
        Expr::Call(call) => (&*call.func, at.helper(&call.func)?, &call.args),
        Expr::MethodCall(call) => (&call.method, at.method(call)?, &call.args),
        _ => return None,
    };
    let is_message = |one: &Expr| match plain(one) {
        Expr::MethodCall(call) if call.method == "clone" => at.is_message(&call.receiver),
        other => at.is_message(other),
    };
    let parses = helper.takes_only_of();
    (!parses.kinds.is_empty() && arguments.iter().any(is_message)).then_some((name, parses))
}

/// `and_then(text_of)` on a message that is received, with a function of this file.
fn passes_to<'e, 'h>(source: &'e Expr, at: &'h At<'_>) -> Option<(&'e dyn ToTokens, &'h [String])> {
    let Expr::MethodCall(call) = plain(source) else { return None };
    let function = call.args.first().filter(|_| call.method == "and_then")?;
    let Parses { kinds: only, fails: false } = at.helper(function)?.takes_only_of() else { return None };
    let mut received = &*call.receiver;
    while let Expr::MethodCall(inner) = plain(received) {
        received = &inner.receiver;
    }
    (!only.is_empty() && at.is_message(received)).then_some((function as &dyn ToTokens, only.as_slice()))
}

/// `and_then(|message| message.as_text())` on a message that is received: `None` for every other kind.
fn takes_text<'e>(source: &'e Expr, at: &At<'_>) -> Option<&'e Ident> {
    const TEXT: [&str; 3] = ["as_text", "into_text", "to_text"];
    let Expr::MethodCall(call) = plain(source) else { return None };
    let Some(Expr::Closure(closure)) = call.args.first() else { return None };
    let gives_text = match plain(&closure.body) {
        Expr::MethodCall(inner) => is_chain_of(inner, &TEXT),
        _ => false,
    };
    (call.method == "and_then" && gives_text && at.is_message(&call.receiver)).then_some(&call.method)
}

/// Whether it begins with one of these methods, and nothing after it gives something in place of `None`.
fn is_chain_of(call: &ExprMethodCall, methods: &[&str]) -> bool {
    const KEEPS: [&str; 6] = ["map", "cloned", "ok", "to_owned", "filter", "as_deref"];
    if methods.iter().any(|method| call.method == method) {
        return true;
    }
    let keeps = KEEPS.iter().any(|method| call.method == method);
    matches!(&*call.receiver, Expr::MethodCall(inner) if keeps && is_chain_of(inner, methods))
}

/// Whether one of the kinds carries data. If only pings continue a loop, it waits for one message, and ends with it.
fn has_data(kinds: &[&Ident]) -> bool {
    kinds.iter().any(|kind| **kind == "Text" || **kind == "Binary")
}

/// Whether it leaves the loop without a word to the peer or the log.
fn is_silent_end(code: &Expr, at: &At<'_>) -> bool {
    leaves(plain(code)) && !tells(code) && !at.mentions_handle(code)
}

/// Whether the code after the loop neither reports anything nor continues to use the connection.
fn ends_silently(round: &Round<'_>, at: &At<'_>) -> bool {
    !round.after.iter().any(|rest: &Stmt| tells(rest) || at.mentions_handle(rest))
}

/// The kinds of messages in a pattern, at their own tokens.
fn kinds_of<'p>(pattern: &'p Pat, at: &At<'_>) -> Vec<&'p Ident> {
    let mut found = Vec::new();
    kinds(pattern, at.imports(), &mut found);
    found
}

fn kinds<'p>(pattern: &'p Pat, imports: &Imports, found: &mut Vec<&'p Ident>) {
    if names_message(pattern, imports)
        && let Some(kind) = variant(pattern)
    {
        // `Close` is the end.
        found.extend(KINDS.iter().any(|one| kind == one).then_some(kind));
        return;
    }
    match pattern {
        Pat::TupleStruct(made) => made.elems.iter().for_each(|one| kinds(one, imports, found)),
        Pat::Or(either) => either.cases.iter().for_each(|one| kinds(one, imports, found)),
        Pat::Paren(inner) => kinds(&inner.pat, imports, found),
        Pat::Guard(inner) => kinds(&inner.pat, imports, found),
        Pat::Reference(inner) => kinds(&inner.pat, imports, found),
        Pat::Ident(name) => name.subpat.iter().for_each(|(_, inner)| kinds(inner, imports, found)),
        _ => {}
    }
}

/// `Message::Text`, `ws::Message::Text`, by any name that it was imported as; others have a `Message` of their own.
fn names_message(pattern: &Pat, imports: &Imports) -> bool {
    let path = match pattern {
        Pat::TupleStruct(made) => &made.path,
        Pat::Struct(made) => &made.path,
        _ => return false,
    };
    let full = imports.resolve_path(path);
    let own = ["crate::", "self::", "super::"].iter().any(|start| full.starts_with(start));
    segments::before_last(&full) == Some("Message") && !own
}

/// `None`, `Ok(None)`, `_`, or `Ok(None) | Err(_)`.
fn takes_nothing(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.ident == "None",
        Pat::Path(path) => path.path.is_ident("None"),
        Pat::Or(either) => either.cases.iter().any(takes_nothing),
        Pat::TupleStruct(made) => {
            variant(pattern).is_some_and(|name| name == "Ok") && made.elems.iter().all(takes_nothing)
        }
        _ => false,
    }
}

/// Whether a guard decides about messages of any kind: `Some(other) if is_control(&other)`.
fn may_take_others(arm: &Arm) -> bool {
    matches!(&arm.pat, Pat::Guard(guarded) if takes_any_message(&guarded.pat))
}

/// `_`, `Some(_)`, `Some(Ok(_))`, `Ok(_)`, or a name.
fn takes_any_message(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.subpat.is_none() && name.ident != "None",
        Pat::Or(either) => either.cases.iter().any(takes_any_message),
        Pat::TupleStruct(made) if made.elems.len() == 1 => {
            variant(pattern).is_some_and(|name| name == "Some" || name == "Ok")
                && takes_any_message(&made.elems[0])
        }
        _ => false,
    }
}
