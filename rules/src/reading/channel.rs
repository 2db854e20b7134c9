//! Channels and tasks: what a name or an expression is.

use syn::{Expr, Ident};

use super::{
    at::At,
    origin::{Name, Origin, last, path_of},
};

/// What was received from a `broadcast` channel.
pub(crate) struct Received<'a> {
    /// The method that receives.
    pub(crate) at: &'a Ident,
    /// The receiver, when it is a variable.
    pub(crate) from: Option<Name<'a>>,
    /// Whether it is a stream of results, which ends with `None`.
    pub(crate) is_stream: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Feed {
    Receiver,
    /// `BroadcastStream`.
    Stream,
}

impl<'a> At<'a> {
    /// What the expression received from a `broadcast` channel, itself or by the name of what it gave.
    pub(crate) fn received(&self, expression: &'a Expr) -> Option<Received<'a>> {
        match super::plain(expression) {
            Expr::Await(awaited) => self.receiving(&awaited.base),
            Expr::Path(path) => match self.find(path.path.get_ident()?)?.origin {
                Origin::Made(made @ Expr::Await(_)) => self.received(made),
                Origin::Awaited(future) => self.receiving(future),
                _ => None,
            },
            _ => None,
        }
    }

    /// What this future is going to receive from a `broadcast` channel.
    pub(crate) fn receiving(&self, future: &'a Expr) -> Option<Received<'a>> {
        let Expr::MethodCall(call) = super::plain(future) else { return None };
        let is_stream = match call.method.to_string().as_str() {
            "recv" => false,
            "next" => true,
            _ => return None,
        };
        let feed = if is_stream { Feed::Stream } else { Feed::Receiver };
        let from = self.named(&call.receiver).copied();
        let fits = match from {
            Some(name) => self.feed(&name) == Some(feed),
            None => self.field_feed(&call.receiver) == Some(feed),
        };
        fits.then_some(Received { at: &call.method, from, is_stream })
    }

    fn feed(&self, name: &Name<'a>) -> Option<Feed> {
        match name.origin {
            Origin::Typed(ty) => feed_type(&self.type_path(ty)?),
            Origin::Part(made, 1) => {
                let Expr::Call(call) = super::plain(made) else { return None };
                path_of(&call.func, self.imports())?.ends_with("broadcast::channel").then_some(Feed::Receiver)
            }
            Origin::Made(made) => self.made_feed(made, name),
            _ => None,
        }
    }

    fn made_feed(&self, made: &'a Expr, name: &Name<'a>) -> Option<Feed> {
        match super::plain(made) {
            Expr::MethodCall(call) if call.method == "subscribe" || call.method == "resubscribe" => {
                let of_broadcast = match self.base(&call.receiver, name).map(|base| base.origin) {
                    // Others have a `subscribe` too: `watch`, and Sockeye's topics.
                    Some(Origin::Typed(ty)) if matches!(*call.receiver, Expr::Path(_)) => self
                        .type_path(ty)
                        .is_none_or(|path| last(&path) != "Sender" || path.contains("broadcast")),
                    Some(Origin::Part(made, _)) => super::has_call(made, &["channel"]) && !is_watch(made),
                    _ => true,
                };
                (call.args.is_empty() && of_broadcast).then_some(Feed::Receiver)
            }
            Expr::Call(call) => {
                let path = path_of(&call.func, self.imports())?;
                path.ends_with("BroadcastStream::new").then_some(Feed::Stream)
            }
            Expr::Path(path) => {
                let ident = path.path.get_ident()?;
                let earlier = *self.before(name).iter().rfind(|one| ident == one.ident)?;
                self.feed(&earlier)
            }
            other => self.field_feed(other),
        }
    }

    /// A receiver in a field of the type whose method this is.
    fn field_feed(&self, field: &Expr) -> Option<Feed> {
        let Expr::Field(field) = super::plain(field) else { return None };
        let syn::Member::Named(member) = &field.member else { return None };
        let Expr::Path(base) = &*field.base else { return None };
        let is_self = base.path.is_ident("self");
        feed_type(is_self.then(|| self.flow.type_of_own_field(&member.to_string()))??)
    }

    /// The variable that a chain of fields and methods begins with, where that name was bound.
    pub(crate) fn base(&self, chain: &Expr, name: &Name<'a>) -> Option<Name<'a>> {
        let ident = base_ident(chain)?;
        self.before(name).iter().rfind(|one| ident == one.ident).copied()
    }
}

fn feed_type(path: &str) -> Option<Feed> {
    if path.ends_with("broadcast::Receiver") {
        return Some(Feed::Receiver);
    }
    (last(path) == "BroadcastStream").then_some(Feed::Stream)
}

fn is_watch(made: &Expr) -> bool {
    crate::flow::has_word(made, &["watch"])
}

/// The variable that a chain begins with: `state` of `state.rooms.lock().await.events`.
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

/// `tokio::spawn`, `tokio::task::spawn`, or `spawn` that was imported.
pub(super) fn is_spawn(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "spawn" || last.ident == "spawn_local")
}
