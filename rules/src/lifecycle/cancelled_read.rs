use quote::{ToTokens, quote};
use syn::{Block, Expr, ExprMethodCall, Ident, Stmt};

use crate::{
    CANCELLED_READ,
    flow::{Branch, Flow},
    reading::{At, Look, Name, Origin, each_expression, last_name, leaves, only_name, plain, read},
    surroundings::Neighbour,
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !flow.function.has_word(&["select", "select_biased"]) {
        return;
    }
    read(flow, &mut Branches { sink });
}

struct Branches<'s> {
    sink: &'s mut Sink,
}

/// What each of them loses, and what to write instead.
const NOT_CANCEL_SAFE: [(&str, &str, &str); 5] = [
    ("read_exact", LOST, "read frames with `tokio_util::codec::FramedRead`, whose `next` is cancel safe"),
    (
        "read_line",
        LOST,
        "make `let mut lines = reader.lines();` before the loop, and write `line = lines.next_line()` here",
    ),
    ("read_to_end", LOST, "use `read_buf` with a buffer that lives outside of the loop"),
    ("read_to_string", LOST, "use `read_buf` with a buffer that lives outside of the loop"),
    ("write_all", "part of the data may have been written", "write in the body of a branch, after `=>`"),
];

const KEEP_FUTURE: &str = "create the future before the loop, pin it with `tokio::pin!`, and write `&mut future` here; when it has ended, create it again with `future.set(..)`, since a future that has ended must not be polled; or read in a task of its own that sends frames through a channel";

const LOST: &str = "what it has read so far is lost";

impl<'a> Look<'a> for Branches<'_> {
    fn select(&mut self, branches: &'a [Branch], at: &At<'a>) {
        if at.round().is_none() {
            return;
        }
        for (index, branch) in branches.iter().enumerate() {
            let Some(future) = &branch.future else { continue };
            let others = branches.iter().enumerate().filter(|(other, _)| *other != index);
            // If each of the other branches leaves the loop, the loss does not matter.
            let goes_on =
                others.into_iter().any(|(_, other)| other.future.is_some() && !leaves(plain(&other.handler)));
            let future = within_timeout(plain(future));
            if goes_on {
                self.cancelled(future, at);
            }
            match future {
                Expr::Async(block) => self.made_inside(&block.block, at),
                other => self.made_anew(other, at),
            }
        }
    }
}

impl Branches<'_> {
    fn cancelled<'a>(&mut self, future: &'a Expr, at: &At<'a>) {
        match future {
            Expr::MethodCall(call) => {
                let Some((_, lost, instead)) = NOT_CANCEL_SAFE.iter().find(|(name, ..)| call.method == name)
                else {
                    return;
                };
                let message = format!(
                    "`{}` is not cancel safe: when another branch is ready first, {lost}",
                    call.method
                );
                self.sink.report(&CANCELLED_READ, &call.method, message, *instead);
            }
            Expr::Call(call) => {
                let Some(helper) = at.helper(&call.func) else { return };
                if let Some((name, lost)) = read_in(helper) {
                    let message = format!(
                        "`{}` calls `{name}`, which is not cancel safe: when another branch is ready first, {lost}",
                        helper.path()
                    );
                    self.sink.report(&CANCELLED_READ, &call.func, message, KEEP_FUTURE);
                }
                if helper.receives < 2 {
                    return;
                }
                let message = format!(
                    "`{}` receives more than once: when another branch is ready in between, the first message is lost",
                    helper.path()
                );
                self.sink.report(
                    &CANCELLED_READ,
                    &call.func,
                    message,
                    "receive one message in the branch, and keep what came before it in a variable outside of the loop",
                );
            }
            _ => {}
        }
    }

    /// The first tick of an interval completes immediately.
    fn made_anew<'a>(&mut self, future: &'a Expr, at: &At<'a>) {
        let Some(tick) = tick_of(future) else { return };
        let made = match plain(&tick.receiver) {
            direct @ Expr::Call(_) => interval(direct),
            named => at
                .named(named)
                .filter(|name| is_made_in_this_round(name, tick, at))
                .and_then(made_by_interval),
        };
        self.report_interval(made);
    }

    /// An `async` block that only waits for the first tick of an interval that it creates.
    fn made_inside(&mut self, block: &Block, at: &At<'_>) {
        let (mut awaits, mut others) = (Vec::new(), false);
        each_expression(block, at.flow.function.macros(), &mut |expression| match expression {
            Expr::Await(awaited) => awaits.push(tick_of(&awaited.base).map(|tick| own_interval(tick, block))),
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Async(_) | Expr::Closure(_) => {
                others = true;
            }
            Expr::MethodCall(call) => others |= call.method.to_string().starts_with("reset"),
            _ => {}
        });
        if let ([Some(made)], false) = (awaits.as_slice(), others) {
            self.report_interval(made.as_ref());
        }
    }

    fn report_interval(&mut self, made: Option<&Ident>) {
        if let Some(made) = made {
            let message = "this interval is created again in each iteration, and its first tick completes immediately: it never waits";
            self.sink.report(&CANCELLED_READ, made, message, "create the interval before the loop");
        }
    }
}

/// What a helper that reads loses, with the method: those that write may only lose what another branch would send anyway.
fn read_in(helper: &Neighbour) -> Option<(&'static str, &'static str)> {
    let is_called = |name: &str| helper.words.methods.contains(name);
    let reads = NOT_CANCEL_SAFE.iter().filter(|(_, lost, _)| *lost == LOST);
    let mut called = reads.filter(|(name, ..)| helper.is_async && is_called(name));
    called.next().map(|(name, lost, _)| (*name, *lost))
}

/// The future of `timeout(.., future)`.
fn within_timeout(future: &Expr) -> &Expr {
    match future {
        Expr::Call(call)
            if call.args.len() == 2 && last_name(&call.func).is_some_and(|name| name == "timeout") =>
        {
            plain(&call.args[1])
        }
        other => other,
    }
}

fn is_made_in_this_round<'a>(name: &Name<'a>, tick: &ExprMethodCall, at: &At<'a>) -> bool {
    let Some(round) = at.round() else { return false };
    let (ident, receiver) = (name.ident, &tick.receiver);
    // Code that takes the first tick, or starts the interval later, is intended.
    let text = round.whole.to_token_stream().to_string();
    let ticks = text.matches(&quote!(#receiver.tick).to_string()).count();
    let resets = text.contains(&quote!(#ident.reset).to_string());
    name.rounds == at.rounds_around() && ticks == 1 && !resets
}

/// The call, if it waits for a tick.
fn tick_of(future: &Expr) -> Option<&ExprMethodCall> {
    match plain(future) {
        Expr::MethodCall(call) if call.method == "tick" => Some(call),
        _ => None,
    }
}

/// The function that creates the interval in the same block.
fn own_interval(tick: &ExprMethodCall, block: &Block) -> Option<Ident> {
    let made = match plain(&tick.receiver) {
        direct @ Expr::Call(_) => Some(direct),
        Expr::Path(path) => {
            let name = path.path.get_ident()?;
            let mut locals = block.stmts.iter().filter_map(|statement| match statement {
                Stmt::Local(local) if only_name(&local.pat) == Some(name) => local.init.as_ref(),
                _ => None,
            });
            locals.next().filter(|_| locals.next().is_none()).map(|init| plain(&init.expr))
        }
        _ => None,
    };
    interval(made?).cloned()
}

fn made_by_interval<'a>(name: &Name<'a>) -> Option<&'a Ident> {
    match name.origin {
        Origin::Made(made) => interval(plain(made)),
        _ => None,
    }
}

fn interval(made: &Expr) -> Option<&Ident> {
    let Expr::Call(call) = made else { return None };
    last_name(&call.func).filter(|name| *name == "interval")
}
