//! The statement that waits for the login, with a timeout around it.

use syn::{
    Expr, ExprLet, Local,
    visit::{self, Visit},
};

use crate::{
    flow::{Flow, Site, address},
    syntax::one_line,
};

/// What to write in place of the call.
pub(super) fn help(flow: &Flow<'_>, site: &Site) -> String {
    let call = site.call();
    let is_imported = flow.imports().resolve("Duration").ends_with("time::Duration");
    let duration = if is_imported { "Duration" } else { "std::time::Duration" };
    let wait = format!("tokio::time::timeout({duration}::from_secs(10), {call}).await");
    let mut search = Search { call: site.address, found: None };
    search.visit_block(flow.body);
    match search.found {
        Some(Taken::Let { pattern, otherwise }) => {
            format!("write `let Ok({pattern}) = {wait} else {otherwise};`")
        }
        Some(Taken::Condition { pattern }) => format!("write `Ok({pattern}) = {wait}`"),
        None => format!(
            "write `let Ok(received) = {wait} else {{ {} }};` before it, and `received` in place of `{call}.await`",
            flow.way_out()
        ),
    }
}

/// The pattern that takes apart what the awaited call returns.
enum Taken {
    Let { pattern: String, otherwise: String },
    Condition { pattern: String },
}

struct Search {
    /// The address of the call.
    call: usize,
    found: Option<Taken>,
}

impl Search {
    fn is_it(&self, value: &Expr) -> bool {
        let Expr::Await(awaited) = value else { return false };
        matches!(&*awaited.base, Expr::MethodCall(call) if address(call) == self.call)
    }
}

impl<'ast> Visit<'ast> for Search {
    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        let Some(init) = local.init.as_ref().filter(|init| self.is_it(&init.expr)) else { return };
        if let Some((_, otherwise)) = &init.diverge {
            let (pattern, otherwise) = (one_line(&local.pat), one_line(otherwise));
            let otherwise = if otherwise.len() > 60 { "{ .. }".to_owned() } else { otherwise };
            self.found = Some(Taken::Let { pattern, otherwise });
        }
    }

    fn visit_expr_let(&mut self, test: &'ast ExprLet) {
        visit::visit_expr_let(self, test);
        if self.is_it(&test.expr) {
            self.found = Some(Taken::Condition { pattern: one_line(&test.pat) });
        }
    }
}
