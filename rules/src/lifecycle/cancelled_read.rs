use quote::{ToTokens, quote};
use syn::{Block, Expr, ExprMethodCall, Ident, Stmt};

use crate::{
    CANCELLED_READ,
    flow::{Branch, Flow, has_word, macro_name},
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
                self.cancelled(made_here(future, at), at);
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
                if let Some((lost, instead)) = unsafe_call(&call.method.to_string()) {
                    let message = format!(
                        "`{}` is not cancel safe: when another branch is ready first, {lost}",
                        call.method
                    );
                    self.sink.report(&CANCELLED_READ, &call.method, message, instead);
                } else if let Some(helper) = at.method(call) {
                    self.in_helper(helper, &call.method);
                }
            }
            Expr::Async(block) => self.in_block(&block.block, at),
            Expr::Call(call) => {
                let Some(helper) = at.helper(&call.func) else { return };
                self.in_helper(helper, &call.func);
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

    /// A function of the file that reads.
    fn in_helper(&mut self, helper: &Neighbour, place: &dyn ToTokens) {
        if let Some(name) = read_in(helper) {
            let message = format!(
                "`{}` calls `{name}`, which is not cancel safe: when another branch is ready first, {LOST}",
                helper.path()
            );
            self.sink.report(&CANCELLED_READ, place, message, KEEP_FUTURE);
        }
    }

    /// An `async` block that reads.
    fn in_block(&mut self, block: &Block, at: &At<'_>) {
        let mut found = None;
        each_expression(block, at.flow.function.macros(), &mut |expression| {
            let Expr::Await(awaited) = expression else { return };
            let Expr::MethodCall(call) = plain(&awaited.base) else { return };
            let loses = unsafe_call(&call.method.to_string()).is_some_and(|(lost, _)| lost == LOST);
            if loses && found.is_none() {
                found = Some(call.method.clone());
            }
        });
        if let Some(read) = found.filter(|_| !has_word(block, &["spawn"])) {
            let message = format!("`{read}` is not cancel safe: when another branch is ready first, {LOST}");
            self.sink.report(&CANCELLED_READ, &read, message, KEEP_FUTURE);
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

/// The method with which a helper reads: those that write may only lose what another branch would send anyway.
fn read_in(helper: &Neighbour) -> Option<&str> {
    let loses = |name: &&str| unsafe_call(name).is_some_and(|(lost, _)| lost == LOST);
    let mut called = helper.words.methods.iter().map(AsRef::as_ref).filter(loses);
    let first = called.next()?;
    // The order of a set is not the same each time.
    let first = called.fold(first, Ord::min);
    (helper.is_async && !helper.words.have(&["spawn", "select"])).then_some(first)
}

/// What the method loses, and what to write instead, if it is not cancel safe.
fn unsafe_call(method: &str) -> Option<(&'static str, &'static str)> {
    let known = NOT_CANCEL_SAFE.iter().find(|(name, ..)| method == *name);
    // `read_u32`, `read_i16_le`
    let number = method.strip_prefix("read_").map(|rest| rest.trim_end_matches("_le"));
    let is_number = number
        .and_then(|rest| rest.strip_prefix(['u', 'i', 'f']))
        .is_some_and(|bits| ["16", "32", "64", "128"].contains(&bits));
    let (_, lost, instead) = known.or_else(|| NOT_CANCEL_SAFE.first().filter(|_| is_number))?;
    Some((*lost, *instead))
}

/// The value of the name, if it is a future that was created in this round of the loop, and so is dropped with it.
fn made_here<'a>(future: &'a Expr, at: &At<'a>) -> &'a Expr {
    let Some(name) = at.named(future).filter(|name| name.rounds == at.rounds_around()) else { return future };
    let Origin::Made(made) = name.origin else { return future };
    match plain(made) {
        Expr::Call(call) if last_name(&call.func).is_some_and(|name| name == "pin") => {
            call.args.first().map_or(future, plain)
        }
        Expr::Macro(call) if macro_name(&call.mac) == "pin" => {
            at.flow.function.macros().arguments(&call.mac).first().map_or(future, plain)
        }
        Expr::MethodCall(call) if call.method == "fuse" || call.method == "boxed" => plain(&call.receiver),
        made => made,
    }
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
