use quote::ToTokens;
use syn::{
    Expr, ExprMethodCall, Local, Pat,
    visit::{self, Visit},
};

use crate::{
    MISSING_AWAIT,
    flow::{Act, Flow, Site, Step, Within, address},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    for (id, step) in flow.steps() {
        let Step::Unawaited { act, site, is_dropped } = step else { continue };
        let message = format!("`{}` is not awaited: {}", site.method, nothing(*act));
        let is_value = || matches!(act, Act::Accept | Act::Recv) && is_used_as_value(flow, site);
        let question = if flow.can_fail() && (*is_dropped || is_value()) { "?" } else { "" };
        let is_sync =
            flow.function.sig.asyncness.is_none() && flow.graph.nodes[id].within == Within::Function;
        let help = if is_sync && !flow.is_in_async_code(site) {
            let name = flow.function.name();
            format!(
                "write `{}.await` and `async fn {name}`, and await `{name}` where it is called",
                site.call()
            )
        } else if flow.is_in_sync_closure(&site.method.to_token_stream()) {
            format!(
                "a closure cannot await: write a `for` loop in its place, with `{}.await{question}`",
                site.call()
            )
        } else {
            format!("write `{}.await{question}`", site.call())
        };
        sink.report(&MISSING_AWAIT, &site.method, message, help);
    }
}

fn nothing(act: Act) -> &'static str {
    match act {
        Act::Accept => "the handshake is never answered",
        Act::Recv => "nothing is received",
        Act::Close => "the connection is not closed",
        Act::Flush => "nothing is flushed",
        Act::Forward => "nothing is forwarded",
        _ => "the message is never sent",
    }
}

/// Whether the call is used as if it returned the socket or the message: it is bound to a name, or one of their methods is called.
fn is_used_as_value(flow: &Flow<'_>, site: &Site) -> bool {
    let mut search = Uses { address: site.address, found: false };
    search.visit_block(flow.body);
    search.found
}

struct Uses {
    address: usize,
    found: bool,
}

impl Uses {
    fn is_it(&self, expression: &Expr) -> bool {
        matches!(expression, Expr::MethodCall(call) if address(call) == self.address)
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_local(&mut self, local: &'ast Local) {
        let name = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        let is_bound = matches!(name, Pat::Ident(_));
        self.found |= is_bound && local.init.as_ref().is_some_and(|init| self.is_it(&init.expr));
        visit::visit_local(self, local);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let of_value = ["split", "recv", "send", "feed", "as_text", "as_bytes"];
        self.found |= self.is_it(&call.receiver) && of_value.iter().any(|name| call.method == name);
        visit::visit_expr_method_call(self, call);
    }
}
