//! Code that asks whether something was received, and not what.

use quote::{ToTokens, quote};
use syn::{Expr, ExprIf, UnOp};

use super::{ENDS, ERRORS, Feeds, SENDS};
use crate::{
    flow::has_word,
    reading::{At, Received, Round, block_leaves, has_call, plain, tells},
};

impl Feeds<'_> {
    /// `if events.recv().await.is_err() { break }`
    pub(super) fn asks<'a>(&mut self, branch: &'a ExprIf, at: &At<'a>) {
        let Some((feed, false)) = asked(&branch.cond, at) else { return };
        let then = &branch.then_branch;
        let is_silent = block_leaves(then) && !tells(then);
        // A function of the file may send what it received.
        let sends = |round: &Round<'_>| feed.is_option || has_call(round.whole, &SENDS);
        // Code that names them has considered them.
        let is_blind = |round: &Round<'_>| is_silent && !has_word(round.whole, &ERRORS);
        let Some(round) = at.round().filter(|round| is_blind(round) && sends(round)) else { return };
        let is_told_later = || round.after.iter().any(|rest| tells(rest));
        if has_word(then, &["return"]) || !is_told_later() {
            self.loses(&feed, &branch.cond, ENDS);
        }
    }
}

/// The feed of which a condition asks whether something was received, and whether that makes the condition true.
pub(super) fn asked<'a>(condition: &'a Expr, at: &At<'a>) -> Option<(Received<'a>, bool)> {
    match plain(condition) {
        Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => {
            asked(&not.expr, at).map(|(feed, is_there)| (feed, !is_there))
        }
        Expr::MethodCall(call) if call.method == "is_ok" || call.method == "is_err" => {
            let feed = at.received(&call.receiver).filter(|feed| !feed.is_stream && !feed.is_option)?;
            Some((feed, call.method == "is_ok"))
        }
        other => at.was_received(other).map(|feed| (feed, true)),
    }
}

/// Whether the function asks somewhere whether this name is an error.
pub(super) fn is_asked(received: &Expr, at: &At<'_>) -> bool {
    let Expr::Path(_) = plain(received) else { return false };
    let text = at.flow.body.to_token_stream().to_string();
    ["is_err", "is_ok"].into_iter().any(|method| {
        let method = quote::format_ident!("{method}");
        text.contains(&quote!(#received.#method).to_string())
    })
}
