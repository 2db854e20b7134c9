//! Recognizes channels and tasks behind names and expressions.

use syn::{Expr, Ident};

use crate::{
    flow::{Branch, Flavor, each_word, has_word},
    surroundings::Neighbour,
};

use super::{
    at::At,
    feed::Feed,
    origin::{Name, Origin},
};

/// Methods of a `Result` or an `Option` that keep the message.
pub(super) const LAYERS: [&str; 11] = [
    "ok",
    "unwrap",
    "expect",
    "transpose",
    "flatten",
    "map_err",
    "unwrap_or_default",
    "ok_or",
    "ok_or_else",
    "context",
    "as_ref",
];

/// A value that was received from a `broadcast` channel.
pub(crate) struct Received<'a> {
    /// The method that receives.
    pub(crate) at: &'a Ident,
    /// The receiver, if it is a variable.
    pub(crate) from: Option<Name<'a>>,
    /// Whether it is a stream of results, which ends with `None`.
    pub(crate) is_stream: bool,
    /// Whether it is an `Option`, which is `None` for a lag as well: by `ok()`, or through a function of the file.
    pub(crate) is_option: bool,
}

impl<'a> At<'a> {
    /// What the expression received from a `broadcast` channel, directly or through a name.
    pub(crate) fn received(&self, expression: &'a Expr) -> Option<Received<'a>> {
        match super::plain(expression) {
            Expr::Await(awaited) => self.receiving(&awaited.base),
            // The error becomes `None`.
            Expr::MethodCall(call) if call.method == "ok" && matches!(*call.receiver, Expr::Await(_)) => {
                let feed = self.received(&call.receiver).filter(|feed| !feed.is_stream)?;
                Some(Received { is_option: true, ..feed })
            }
            Expr::Path(path) => match self.find(path.path.get_ident()?)?.origin {
                Origin::Made(made @ (Expr::Await(_) | Expr::MethodCall(_))) => self.received(made),
                Origin::Made(Expr::Macro(select)) => self.received_in(&select.mac),
                Origin::Awaited(future) => self.receiving(future),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a `select!` gives that returns what it received in one of its branches.
    fn received_in(&self, select: &'a syn::Macro) -> Option<Received<'a>> {
        let branches = self.flow.function.macros().branches(select)?;
        let is_given = |branch: &&Branch| {
            let name = branch.pattern.as_ref().and_then(super::only_name);
            let given = match super::plain(&branch.handler) {
                Expr::Path(path) => path.path.get_ident(),
                _ => None,
            };
            name.is_some() && name == given
        };
        let mut given = branches.iter().filter(is_given).filter_map(|branch| branch.future.as_ref());
        given.find_map(|future| self.receiving(future))
    }

    /// What this future will receive from a `broadcast` channel.
    pub(crate) fn receiving(&self, future: &'a Expr) -> Option<Received<'a>> {
        let call = match super::plain(future) {
            Expr::MethodCall(call) => call,
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return None };
                let at = &path.path.segments.last()?.ident;
                return self.helper(&call.func).and_then(|helper| received_by(helper, at));
            }
            _ => return None,
        };
        let method = call.method.to_string();
        let is_stream = method == "next";
        let feed = if is_stream { Feed::Stream } else { Feed::Receiver };
        let from = self.named(&call.receiver).copied();
        let fits = match from {
            Some(name) => self.feed(&name) == Some(feed),
            None => self.field_feed(&call.receiver) == Some(feed),
        };
        if fits && (is_stream || method == "recv") {
            return Some(Received { at: &call.method, from, is_stream, is_option: false });
        }
        self.method(call).and_then(|helper| received_by(helper, &call.method))
    }

    /// The function of the file that received from a `broadcast` channel and returned whether there was something.
    pub(crate) fn was_received(&self, expression: &'a Expr) -> Option<Received<'a>> {
        let future = match super::plain(expression) {
            Expr::Await(awaited) => &*awaited.base,
            Expr::Path(path) => match self.find(path.path.get_ident()?)?.origin {
                Origin::Made(Expr::Await(awaited)) => &*awaited.base,
                Origin::Awaited(future) => future,
                _ => return None,
            },
            _ => return None,
        };
        let (helper, at) = match super::plain(future) {
            Expr::Call(call) => (self.helper(&call.func)?, super::last_name(&call.func)?),
            Expr::MethodCall(call) => (self.method(call)?, &call.method),
            _ => return None,
        };
        helper.denies_lags.then_some(Received { at, from: None, is_stream: false, is_option: true })
    }

    /// Whether it contains something through which the function can end a task: an end of a channel that it created, a
    /// token.
    pub(crate) fn mentions_own(&self, tokens: &dyn quote::ToTokens) -> bool {
        let mut found = false;
        each_word(tokens.to_token_stream(), &mut |word| {
            found |= self.find(word).is_some_and(|name| self.is_own(name));
        });
        found
    }

    fn is_own(&self, name: &Name<'a>) -> bool {
        const SIGNS: [&str; 5] = ["CancellationToken", "child_token", "Notify", "AtomicBool", "channel"];
        match name.origin {
            Origin::Part(made, _) => is_channel(made),
            Origin::Made(made) => {
                super::has_call(made, &["clone", "child_token", "subscribe", "resubscribe"])
                    && self.base(made, name).is_some_and(|base| self.is_own(&base))
                    || has_word(made, &SIGNS)
            }
            _ => false,
        }
    }

    /// Whether it sends into a channel that the function created.
    pub(crate) fn is_own_sender(&self, sender: &Expr) -> bool {
        fn is_sender<'a>(at: &At<'a>, name: &Name<'a>) -> bool {
            match name.origin {
                Origin::Part(made, 0) => is_channel(made),
                Origin::Made(made) if super::has_call(made, &["clone"]) => {
                    at.base(made, name).is_some_and(|base| is_sender(at, &base))
                }
                _ => false,
            }
        }
        self.base_name(sender).is_some_and(|name| is_sender(self, &name))
    }

    /// Whether its value was received from the client, as a message or within results and options.
    pub(crate) fn is_message(&self, expression: &Expr) -> bool {
        self.is_message_among(expression, &self.names)
    }

    fn is_message_among(&self, expression: &Expr, names: &[Name<'a>]) -> bool {
        match super::plain(expression) {
            Expr::Await(awaited) => self.receives_message_among(&awaited.base, names),
            Expr::Try(inner) => self.is_message_among(&inner.expr, names),
            Expr::MethodCall(call) if LAYERS.contains(&call.method.to_string().as_str()) => {
                self.is_message_among(&call.receiver, names)
            }
            Expr::Path(path) => {
                let Some(ident) = path.path.get_ident() else { return false };
                let Some(index) = names.iter().rposition(|one| ident == one.ident) else { return false };
                let before = &names[..index];
                match names[index].origin {
                    Origin::Made(made) => self.is_message_among(made, before),
                    Origin::Awaited(future) => self.receives_message_among(future, before),
                    // The future itself, of a branch of `select!`.
                    Origin::Inside(whole) => {
                        self.is_message_among(whole, before) || self.receives_message_among(whole, before)
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether the future receives from the client.
    pub(crate) fn receives_message(&self, future: &Expr) -> bool {
        self.receives_message_among(future, &self.names)
    }

    fn receives_message_among(&self, future: &Expr, names: &[Name<'a>]) -> bool {
        match super::plain(future) {
            Expr::MethodCall(call)
                if call.method == "recv"
                    || self.flow.flavor == Flavor::Axum
                        && (call.method == "next" || call.method == "try_next") =>
            {
                self.gives_handle_among(&call.receiver, names)
            }
            Expr::MethodCall(call) => self.receives_message_among(&call.receiver, names),
            // `timeout(.., socket.recv())`
            Expr::Call(call) => call.args.last().is_some_and(|last| self.receives_message_among(last, names)),
            _ => false,
        }
    }

    /// The variable at the beginning of a chain.
    pub(crate) fn base_name(&self, chain: &Expr) -> Option<Name<'a>> {
        self.find(base_ident(chain)?).copied()
    }

    /// The variable at the beginning of a chain of fields and methods, in the scope in which it was bound.
    pub(crate) fn base(&self, chain: &Expr, name: &Name<'a>) -> Option<Name<'a>> {
        let ident = base_ident(chain)?;
        self.before(name).iter().rfind(|one| ident == one.ident).copied()
    }
}

/// What a function of the file received.
fn received_by<'a>(helper: &Neighbour, at: &'a Ident) -> Option<Received<'a>> {
    helper.hides_lags.then_some(Received { at, from: None, is_stream: false, is_option: true })
}

/// `mpsc::channel(..)` and similar functions.
fn is_channel(made: &Expr) -> bool {
    let Expr::Call(call) = super::plain(made) else { return false };
    let Expr::Path(path) = &*call.func else { return false };
    path.path.segments.last().is_some_and(|last| {
        let name = last.ident.to_string();
        name.ends_with("channel") || name.ends_with("bounded") || name.ends_with("bounded_async")
    })
}

/// The variable at the beginning of a chain: `state` of `state.rooms.lock().await.events`.
pub(crate) fn base_ident(chain: &Expr) -> Option<&Ident> {
    match chain {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Field(field) => base_ident(&field.base),
        Expr::MethodCall(call) => base_ident(&call.receiver),
        Expr::Await(inner) => base_ident(&inner.base),
        Expr::Try(inner) => base_ident(&inner.expr),
        Expr::Paren(inner) => base_ident(&inner.expr),
        Expr::Reference(inner) => base_ident(&inner.expr),
        Expr::Index(inner) => base_ident(&inner.expr),
        _ => None,
    }
}

/// `tokio::spawn`, `tokio::task::spawn`, or an imported `spawn`.
pub(crate) fn is_spawn(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "spawn" || last.ident == "spawn_local")
}

/// The task that a call of `spawn` starts: the name of its function, and the block.
pub(crate) fn task_of(call: &Expr) -> Option<(&Ident, &Expr)> {
    let Expr::Call(call) = super::plain(call) else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    if !is_spawn(&call.func) || call.args.len() != 1 {
        return None;
    }
    // `spawn` of std starts a thread.
    let is_thread = path.path.segments.iter().any(|one| one.ident == "thread");
    Some((&path.path.segments.last()?.ident, &call.args[0])).filter(|_| !is_thread)
}
