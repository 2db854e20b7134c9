use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprMethodCall, Local, Pat};

use crate::{
    DROPPED_UPGRADE,
    flow::{Flow, Kind, Root, SETTINGS, Step, has_word},
    reading::{At, Look, given, is_drop, only_name, plain, read, task_of},
    syntax::Sink,
};

const HELP: &str = "return it: `ws.on_upgrade(|socket| ..)` as the last expression, without a semicolon";

const DROPPED: &str = "the response of `on_upgrade` is dropped: the client gets a different response, and the callback never runs";

const UNUSED: &str = "this upgrade is dropped: the client gets a different response, and no WebSocket opens";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (_, step) in flow.steps() {
        let Step::DroppedResponse { at } = step else { continue };
        sink.report(&DROPPED_UPGRADE, at, DROPPED, HELP);
    }
    if flow.function.has_word(&["on_upgrade"]) || flow.function.has_word(&SETTINGS) {
        read(flow, &mut Responses { sink });
    }
    // A name that begins with `_` shows that it is intended.
    let is_dropped = |root: &Root| !root.used && !root.borrowed && root.name.is_some();
    for (_, root) in flow.roots_of(Kind::Upgrade).filter(|(_, root)| is_dropped(root)) {
        let message = "the upgrade is never answered: this handler never opens a WebSocket";
        sink.report(&DROPPED_UPGRADE, &root.at, message, HELP);
    }
}

/// `ws.on_upgrade(..)`, also as a `Response`.
fn upgrade_of(call: &ExprMethodCall) -> Option<&ExprMethodCall> {
    match &*call.receiver {
        _ if call.method == "on_upgrade" => Some(call),
        Expr::MethodCall(inner) if call.method == "into_response" => upgrade_of(inner),
        _ => None,
    }
}

/// Whether it is the upgrade, or the upgrade with settings.
fn is_upgrade(made: &Expr, at: &At<'_>) -> bool {
    match plain(made) {
        Expr::MethodCall(call) if is_setting(call) => is_upgrade(&call.receiver, at),
        other => at.is_handle_expression(other),
    }
}

fn is_setting(call: &ExprMethodCall) -> bool {
    SETTINGS.iter().any(|name| call.method == name)
}

/// The last setting of an upgrade that is not answered.
fn set_up<'e>(made: &'e Expr, at: &At<'_>) -> Option<&'e ExprMethodCall> {
    let Expr::MethodCall(call) = plain(made) else { return None };
    (is_setting(call) && is_upgrade(&call.receiver, at)).then_some(call)
}

/// Whether the rest of the block only calls methods of the response that look at it: `response.status()`.
fn only_looks(at: &At<'_>, name: &str) -> bool {
    at.rest().iter().all(|statement| looks_in(statement.to_token_stream(), name))
}

fn looks_in(tokens: TokenStream, name: &str) -> bool {
    const LOOKS: [&str; 5] = ["status", "headers", "version", "extensions", "body"];
    let is_look =
        |token: &TokenTree| matches!(token, TokenTree::Ident(word) if LOOKS.iter().any(|one| word == one));
    let tokens: Vec<_> = tokens.into_iter().collect();
    tokens.iter().enumerate().all(|(index, token)| match token {
        TokenTree::Ident(word) if word == name => match &tokens[index + 1..] {
            [TokenTree::Punct(dot), method, ..] => dot.as_char() == '.' && is_look(method),
            _ => false,
        },
        TokenTree::Group(group) => looks_in(group.stream(), name),
        _ => true,
    })
}

/// Responses that get a name which rustc does not warn about, and nothing else uses.
struct Responses<'s> {
    sink: &'s mut Sink,
}

impl<'a> Look<'a> for Responses<'_> {
    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        let Expr::Call(call) = expression else { return };
        if !is_drop(call) {
            return;
        }
        if let Some(setting) = set_up(&call.args[0], at) {
            self.sink.report(&DROPPED_UPGRADE, &setting.method, UNUSED, HELP);
        }
        if let Expr::MethodCall(dropped) = plain(&call.args[0])
            && let Some(upgrade) = upgrade_of(dropped).filter(|call| at.is_handle_expression(&call.receiver))
        {
            self.sink.report(&DROPPED_UPGRADE, &upgrade.method, DROPPED, HELP);
        }
    }

    /// `tokio::spawn(async move { ws.on_upgrade(serve) });`
    fn dropped(&mut self, expression: &'a Expr, at: &At<'a>) {
        let Some((_, Expr::Async(task))) = task_of(expression) else { return };
        let Some(Expr::MethodCall(last)) = given(&task.block).map(plain) else { return };
        if let Some(upgrade) = upgrade_of(last).filter(|call| is_upgrade(&call.receiver, at)) {
            self.sink.report(&DROPPED_UPGRADE, &upgrade.method, DROPPED, HELP);
        }
    }

    fn local(&mut self, local: &'a Local, at: &At<'a>) {
        let made = local.init.as_ref().map(|init| &*init.expr);
        let is_forgotten = match &local.pat {
            Pat::Wild(_) => true,
            pattern => only_name(pattern).is_some_and(|name| {
                let name = name.to_string();
                name.starts_with('_') && !at.rest().iter().any(|statement| has_word(statement, &[&name]))
            }),
        };
        if let Some(setting) = made.filter(|_| is_forgotten).and_then(|made| set_up(made, at)) {
            self.sink.report(&DROPPED_UPGRADE, &setting.method, UNUSED, HELP);
            return;
        }
        let Some(name) = only_name(&local.pat).map(ToString::to_string) else { return };
        let Some(Expr::MethodCall(call)) = local.init.as_ref().map(|init| plain(&init.expr)) else { return };
        let Some(upgrade) = upgrade_of(call).filter(|call| at.is_handle_expression(&call.receiver)) else {
            return;
        };
        let is_used = at.rest().iter().any(|statement| has_word(statement, &[&name]));
        if name.starts_with('_') && !is_used || is_used && only_looks(at, &name) {
            self.sink.report(&DROPPED_UPGRADE, &upgrade.method, DROPPED, HELP);
        }
    }
}
