//! Recognizes receivers of `broadcast` channels behind names and expressions.

use syn::{Expr, ExprCall, ExprMethodCall};

use super::{
    at::At,
    channel::LAYERS,
    origin::{Name, Origin, last, path_of},
};
use crate::{
    flow::{each_word, has_word, type_of},
    surroundings::{Gives, maker, without_alias},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feed {
    Receiver,
    /// `BroadcastStream`.
    Stream,
}

impl<'a> At<'a> {
    pub(super) fn feed(&self, name: &Name<'a>) -> Option<Feed> {
        match name.origin {
            Origin::Typed(ty) => self.feed_type(&self.type_path(ty)?),
            Origin::Part(made, 1) if self.is_broadcast(made) => Some(Feed::Receiver),
            Origin::Part(made, part) => self.gives(made)?.parts.contains(&part).then_some(Feed::Receiver),
            Origin::Made(made) => self.made_feed(made, name),
            Origin::Inside(made) => self.feed_inside(made, name),
            _ => None,
        }
    }

    /// `broadcast::channel(..)`
    fn is_broadcast(&self, made: &Expr) -> bool {
        let Expr::Call(ExprCall { func, .. }) = super::plain(made) else { return false };
        path_of(func, self.imports()).is_some_and(|path| path.ends_with("broadcast::channel"))
    }

    fn made_feed(&self, made: &'a Expr, name: &Name<'a>) -> Option<Feed> {
        if let Some(gives) = self.gives(made) {
            return gives.is_feed.then_some(Feed::Receiver);
        }
        match super::plain(made) {
            Expr::MethodCall(call) if call.method == "subscribe" || call.method == "resubscribe" => {
                self.subscribed(call, name)
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
            Expr::MethodCall(call) if LAYERS.contains(&call.method.to_string().as_str()) => {
                self.made_feed(&call.receiver, name)
            }
            // `rooms.get(&id).map(|sender| sender.subscribe())`
            Expr::MethodCall(call) if matches!(call.method.to_string().as_str(), "map" | "and_then") => {
                let Some(Expr::Closure(closure)) = call.args.first() else { return None };
                self.made_feed(&closure.body, name)
            }
            Expr::Try(inner) => self.made_feed(&inner.expr, name),
            Expr::Match(choice) => choice.arms.iter().find_map(|arm| self.made_feed(&arm.body, name)),
            Expr::If(branch) => self.made_feed(super::given(&branch.then_branch)?, name),
            Expr::Block(block) => self.made_feed(super::given(&block.block)?, name),
            other => self.field_feed(other),
        }
    }

    fn subscribed(&self, call: &ExprMethodCall, name: &Name<'a>) -> Option<Feed> {
        let of_broadcast = match self.base(&call.receiver, name).map(|base| base.origin) {
            // Other types have a `subscribe` too: `watch`, and Sockeye's topics.
            Some(Origin::Typed(ty)) if matches!(*call.receiver, Expr::Path(_)) => {
                self.type_path(ty).is_none_or(|path| last(&path) != "Sender" || path.contains("broadcast"))
            }
            Some(Origin::Part(made, _)) => super::has_call(made, &["channel"]) && !is_watch(made),
            _ => true,
        };
        (call.args.is_empty() && of_broadcast).then_some(Feed::Receiver)
    }

    /// `let Some(events) = room.find(id)`, and `let Member { events, .. } = room.join()`.
    fn feed_inside(&self, made: &'a Expr, name: &Name<'a>) -> Option<Feed> {
        match name.field {
            Some(field) => {
                let of = self.gives(made)?.of.as_deref()?;
                self.feed_type(self.flow.type_of_field_in(of, &field.to_string())?)
            }
            None if matches!(super::plain(made), Expr::Path(_)) => None,
            None => self.made_feed(made, name),
        }
    }

    /// A receiver in a field of the type with this method, or of a type of the file.
    pub(super) fn field_feed(&self, field: &Expr) -> Option<Feed> {
        let Expr::Field(field) = super::plain(field) else { return None };
        let syn::Member::Named(member) = &field.member else { return None };
        let Expr::Path(base) = &*field.base else { return None };
        let member = member.to_string();
        if base.path.is_ident("self") {
            return self.feed_type(self.flow.type_of_own_field(&member)?);
        }
        let path = match self.find(base.path.get_ident()?)?.origin {
            Origin::Typed(ty) => self.type_path(ty),
            Origin::Made(made) | Origin::Inside(made) => {
                let given = self.gives(made).and_then(|gives| gives.of.clone());
                given.or_else(|| maker(made, self.imports()))
            }
            _ => None,
        };
        self.feed_type(self.flow.type_of_field_in(type_of(&path?)?, &member)?)
    }

    /// Whether it is a stream of a `broadcast` channel whose items are still results.
    pub(crate) fn is_feed_stream(&self, stream: &'a Expr) -> bool {
        match super::plain(stream) {
            Expr::Call(call) => {
                path_of(&call.func, self.imports()).is_some_and(|path| path.ends_with("BroadcastStream::new"))
            }
            Expr::MethodCall(call)
                if matches!(call.method.to_string().as_str(), "fuse" | "boxed" | "by_ref") =>
            {
                self.is_feed_stream(&call.receiver)
            }
            other => self.named(other).is_some_and(|name| self.feed(name) == Some(Feed::Stream)),
        }
    }

    /// Whether a receiver of a `broadcast` channel occurs, or is created, there.
    pub(crate) fn has_feed(&self, tokens: &dyn quote::ToTokens) -> bool {
        let mut found = super::has_call(tokens, &["subscribe", "resubscribe"]);
        each_word(tokens.to_token_stream(), &mut |word| {
            found |= self.find(word).is_some_and(|name| self.feed(name).is_some());
        });
        found
    }

    /// What the function of this file returns that is called here.
    fn gives(&self, made: &Expr) -> Option<&'a Gives> {
        match super::plain(made) {
            Expr::Await(inner) => self.gives(&inner.base),
            Expr::Try(inner) => self.gives(&inner.expr),
            Expr::Call(call) => self.helper(&call.func).map(|helper| &helper.gives),
            Expr::MethodCall(call) => {
                let by_name = || self.flow.only_method(&call.method.to_string(), call.args.len());
                match self.method(call).or_else(by_name) {
                    Some(helper) => Some(&helper.gives),
                    None if LAYERS.contains(&call.method.to_string().as_str()) => self.gives(&call.receiver),
                    None => None,
                }
            }
            _ => None,
        }
    }

    fn feed_type(&self, path: &str) -> Option<Feed> {
        let path = without_alias(path, self.flow.shapes(), self.imports());
        if path.ends_with("broadcast::Receiver") {
            return Some(Feed::Receiver);
        }
        (last(&path) == "BroadcastStream").then_some(Feed::Stream)
    }
}

fn is_watch(made: &Expr) -> bool {
    has_word(made, &["watch"])
}
