mod asked;

use quote::{ToTokens, quote};
use syn::{Arm, Block, Expr, ExprMatch, ExprMethodCall, Local, Pat};

use crate::{
    LAGGED_FEED,
    flow::{Branch, Flow, has_word},
    reading::{
        At, Frame, Look, Name, Origin, Received, covers_errors, goes_round, has_call, leaves, plain, read,
        tells, variant,
    },
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let is_of_feeds = |word: &str| {
        matches!(word, "subscribe" | "resubscribe" | "broadcast" | "BroadcastStream" | "self")
            || flow.gives_feeds(word)
    };
    let asks = || flow.neighbours().any(|one| one.denies_lags && flow.function.has_word(&[one.short_name()]));
    if !flow.function.has_word(&["recv", "next", "map_while", "take_while"]) && !asks()
        || !flow.function.means(flow.imports(), is_of_feeds)
    {
        return;
    }
    read(flow, &mut Feeds { sink });
}

struct Feeds<'s> {
    sink: &'s mut Sink,
}

impl<'a> Look<'a> for Feeds<'_> {
    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        match expression {
            Expr::While(repeat) => {
                if let Expr::Let(test) = &*repeat.cond {
                    self.goes_while(&test.pat, &test.expr, &repeat.body, at);
                } else if let Some((feed, true)) = asked::asked(&repeat.cond, at) {
                    self.goes_on(&feed, &repeat.body, at);
                }
            }
            Expr::If(branch) => {
                let Expr::Let(test) = &*branch.cond else { return self.asks(branch, at) };
                let Some(feed) = at.received(&test.expr).filter(|feed| takes(&test.pat, feed)) else {
                    return;
                };
                if feeds(&branch.then_branch, at) {
                    let other = branch.else_branch.as_ref().map(|(_, other)| plain(other));
                    self.otherwise(&feed, other, &test.pat, at);
                }
            }
            Expr::Match(choice) => self.chooses(choice, at),
            Expr::MethodCall(call) if call.method == "unwrap" || call.method == "expect" => {
                self.unwraps(call, at);
            }
            Expr::MethodCall(call) if ends_at_errors(call) && at.is_feed_stream(&call.receiver) => {
                self.ends_stream(call, at);
            }
            // In the function itself the error is the end of the connection, and is logged.
            Expr::Try(end) if at.is_spawned() || at.flow.is_unseen() => {
                if let Some(feed) = at.received(&end.expr).filter(|feed| !feed.is_stream) {
                    self.loses(&feed, feed.at, "`?` ends this task silently");
                }
            }
            _ => {}
        }
    }

    fn local(&mut self, local: &'a Local, at: &At<'a>) {
        let Some(init) = &local.init else { return };
        let Some((_, diverge)) = &init.diverge else { return };
        let Some(feed) = at.received(&init.expr).filter(|feed| takes(&local.pat, feed)) else { return };
        if at.rest().iter().any(|rest| feeds(rest, at)) {
            self.otherwise(&feed, Some(plain(diverge)), &local.pat, at);
        }
    }

    fn select(&mut self, branches: &'a [Branch], at: &At<'a>) {
        // A branch that becomes ready without the client enables the feed again.
        let wakes = |branch: &Branch| branch.future.as_ref().is_some_and(|one| has_call(one, &WAKES));
        if at.round().is_none() || branches.iter().any(wakes) {
            return;
        }
        for Branch { pattern, future, handler, .. } in branches {
            let (Some(pattern), Some(future)) = (pattern, future) else { continue };
            let Some(feed) = at.receiving(future).filter(|feed| takes(pattern, feed)) else { continue };
            if feeds(handler, at) && !leaves(handler) {
                self.loses(&feed, feed.at, "this pattern disables the branch until another one is ready");
            }
        }
    }
}

/// Branches that become ready repeatedly without the client.
const WAKES: [&str; 4] = ["tick", "sleep", "sleep_until", "timeout"];

const ENDS: &str = "this loop ends silently";

impl Feeds<'_> {
    fn goes_while<'a>(&mut self, pattern: &Pat, source: &'a Expr, body: &Block, at: &At<'a>) {
        let Some(feed) = at.received(source).filter(|feed| takes(pattern, feed)) else { return };
        self.goes_on(&feed, body, at);
    }

    /// A loop that ends at the first error.
    fn goes_on(&mut self, feed: &Received<'_>, body: &Block, at: &At<'_>) {
        if feeds(body, at) && !at.rest().iter().any(|rest| tells(rest)) {
            self.loses(feed, feed.at, ENDS);
        }
    }

    fn chooses<'a>(&mut self, choice: &'a ExprMatch, at: &At<'a>) {
        let Some(feed) = at.received(&choice.expr) else { return };
        // Code that names them has considered them.
        if choice.arms.iter().any(|arm| tells_apart(arm, &feed)) {
            return;
        }
        let Some(other) = choice.arms.iter().find(|arm| refuses(&arm.pat, &feed)) else { return };
        let taken = choice.arms.iter().any(|arm| takes(unguarded(&arm.pat), &feed) && feeds(&arm.body, at));
        if taken || at.round().is_some_and(|round| feeds(round.whole, at)) {
            self.otherwise(&feed, Some(plain(&other.body)), &other.pat, at);
        }
    }

    /// The code that runs if no event was received, and its place.
    fn otherwise<'a>(
        &mut self,
        feed: &Received<'a>,
        other: Option<&Expr>,
        place: &dyn ToTokens,
        at: &At<'a>,
    ) {
        match other {
            Some(other) if leaves(other) => {
                let told_later =
                    || at.round().is_some_and(|round| round.after.iter().any(|rest| tells(rest)));
                let returns = has_word(other, &["return"]);
                if !tells(other) && (returns || !told_later()) {
                    self.loses(feed, place, ENDS);
                }
            }
            Some(Expr::Continue(_)) => self.spins(feed, place, at),
            // The rest of the iteration may wait for something.
            _ if !at.rest().is_empty() => {}
            Some(other) if !goes_round(other) => {}
            _ => self.spins(feed, place, at),
        }
    }

    fn unwraps<'a>(&mut self, call: &'a ExprMethodCall, at: &At<'a>) {
        if asked::is_asked(&call.receiver, at) {
            return;
        }
        if let Some(feed) = at.received(&call.receiver).filter(|feed| !feed.is_stream) {
            self.loses(&feed, feed.at, &format!("`{}` panics", call.method));
        }
    }

    /// `BroadcastStream::new(events).map_while(Result::ok)`
    fn ends_stream(&mut self, call: &ExprMethodCall, at: &At<'_>) {
        let sends = at.flow.function.has_word(&["send", "feed", "send_all", "forward"]);
        if sends && !at.rest().iter().any(|rest| tells(rest)) {
            let message = format!(
                "a client that lags once gets no more events: the item for a lag is an `Err`, and `{}` ends the stream there",
                call.method
            );
            let help = "skip it: `.filter_map(|event| event.ok())`, with `futures::StreamExt` `.filter_map(|event| ready(event.ok()))`";
            self.sink.report(&LAGGED_FEED, &call.method, message, help);
        }
    }

    fn loses(&mut self, feed: &Received<'_>, place: &dyn ToTokens, how: &str) {
        let lagged = if feed.is_option { "gives `None` for `Lagged`" } else { "returns `Lagged`" };
        let message =
            format!("a client that lags once gets no more events: `{}` {lagged}, and {how}", feed.at);
        self.sink.report(&LAGGED_FEED, place, message, help(feed));
    }

    /// A closed channel returns its error immediately, every time.
    fn spins<'a>(&mut self, feed: &Received<'a>, place: &dyn ToTokens, at: &At<'a>) {
        // Which feed a static has is not known, but one of the file's may be this one.
        let never_closes = || at.flow.shapes().has_static_feed();
        if at.endless_round().is_none() || stays_open(feed, at) || feed.is_stream || never_closes() {
            return;
        }
        let message = format!(
            "after the channel is closed, `{}` {} immediately every time, so this loop never ends",
            feed.at,
            if feed.is_option { "gives `None`" } else { "returns `Closed`" }
        );
        self.sink.report(&LAGGED_FEED, place, message, help(feed));
    }
}

fn help(feed: &Received<'_>) -> &'static str {
    if feed.is_stream {
        "continue after a lag: `while let Some(event) = stream.next().await { let Ok(event) = event else { continue }; .. }`"
    } else if feed.is_option {
        "keep the `Result` of `recv`, without `ok()`, and handle the two errors: `Err(RecvError::Lagged(_)) => continue, Err(RecvError::Closed) => break`"
    } else {
        "handle the two errors: `Err(RecvError::Lagged(_)) => continue, Err(RecvError::Closed) => break`"
    }
}

/// Whether it ends a stream of results at the first error.
fn ends_at_errors(call: &ExprMethodCall) -> bool {
    let Some(argument) = call.args.first() else { return false };
    let looks = match call.method.to_string().as_str() {
        "map_while" => matches!(argument, Expr::Path(_)) || has_call(argument, &["ok"]),
        "take_while" => matches!(argument, Expr::Path(_)) || has_call(argument, &["is_ok"]),
        _ => false,
    };
    looks && has_word(argument, &["ok", "is_ok"]) && !has_word(argument, &ERRORS)
}

const ERRORS: [&str; 3] = ["Lagged", "Closed", "RecvError"];

/// Whether the arm checks which error it is.
fn tells_apart(arm: &Arm, feed: &Received<'_>) -> bool {
    // A guard on an event says nothing about errors.
    let asks = matches!(&arm.pat, Pat::Guard(guarded) if !takes(&guarded.pat, feed));
    asks || has_word(&arm.pat, &ERRORS) || has_word(&arm.body, &ERRORS)
}

fn unguarded(pattern: &Pat) -> &Pat {
    match pattern {
        Pat::Guard(guarded) => &guarded.pat,
        plain => plain,
    }
}

/// Whether the pattern matches events and no errors: `Ok(event)`, or `Some(Ok(event))` of a stream.
fn takes(pattern: &Pat, feed: &Received<'_>) -> bool {
    let (Some(name), Pat::TupleStruct(made)) = (variant(pattern), pattern) else { return false };
    if feed.is_stream {
        let inner = made.elems.first().and_then(variant);
        return name == "Some" && inner.is_some_and(|inner| inner == "Ok");
    }
    name == if feed.is_option { "Some" } else { "Ok" }
}

/// Whether the pattern takes every error.
fn refuses(pattern: &Pat, feed: &Received<'_>) -> bool {
    match pattern {
        Pat::TupleStruct(made) if feed.is_stream => {
            variant(pattern).is_some_and(|name| name == "Some")
                && made.elems.first().is_some_and(covers_errors)
        }
        Pat::Ident(name) if feed.is_option => name.ident == "None",
        other => covers_errors(other),
    }
}

const SENDS: [&str; 4] = ["send", "feed", "try_send", "send_all"];

/// Whether it sends to another party, or passes a socket on.
fn feeds(tokens: &dyn ToTokens, at: &At<'_>) -> bool {
    has_call(tokens, &SENDS) || at.mentions_handle(tokens)
}

/// Whether a sender lives as long as the loop, so that the channel is not closed earlier.
fn stays_open<'a>(feed: &Received<'a>, at: &At<'a>) -> bool {
    let Some(name) = &feed.from else { return false };
    let Origin::Made(Expr::MethodCall(made)) = name.origin else { return false };
    let Some(base) = at.base(&made.receiver, name) else { return false };
    at.frames.iter().all(|frame| *frame == Frame::Inside) && !is_dropped(&base, at)
}

fn is_dropped(name: &Name<'_>, at: &At<'_>) -> bool {
    let ident = name.ident;
    let dropped = quote!(drop(#ident)).to_string();
    at.flow.body.to_token_stream().to_string().contains(&dropped)
}
