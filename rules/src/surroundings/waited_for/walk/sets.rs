//! Sets of tasks.

use quote::ToTokens;
use syn::{
    Expr, ExprMethodCall,
    visit::{self, Visit},
};

use super::Walk;
use crate::{flow::has_word, reading::has_call};

impl Walk<'_> {
    pub(super) fn is_set(&self, set: &Expr) -> bool {
        let Expr::Path(path) = set else { return false };
        let name = path.path.get_ident().and_then(|ident| self.names.find(ident));
        name.and_then(|name| name.made).is_some_and(|made| has_word(made, &["JoinSet"]))
    }

    /// Whether the function waits for all tasks of the set.
    pub(super) fn empties(&self, set: &Expr) -> bool {
        struct Search<'s>(&'s Expr, bool);
        impl<'ast> Visit<'ast> for Search<'_> {
            fn visit_expr_while(&mut self, repeat: &'ast syn::ExprWhile) {
                let leaves = has_word(&repeat.body, &["break", "return"]);
                self.1 |= has_call(&repeat.cond, &["join_next"]) && is_about(&repeat.cond, self.0) && !leaves;
                visit::visit_expr_while(self, repeat);
            }

            fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
                self.1 |= call.method == "join_all" && is_about(&call.receiver, self.0);
                visit::visit_expr_method_call(self, call);
            }
        }
        let mut search = Search(set, false);
        if let Some(body) =
            self.found.function.block().filter(|_| !self.found.function.has_word(&["shutdown"]))
        {
            search.visit_block(body);
        }
        search.1
    }
}

fn is_about(code: &dyn ToTokens, set: &Expr) -> bool {
    let Expr::Path(path) = set else { return false };
    path.path.get_ident().is_some_and(|name| has_word(code, &[&name.to_string()]))
}
