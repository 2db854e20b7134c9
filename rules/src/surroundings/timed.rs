//! Functions that are called with a limit of time.

use std::collections::HashSet;

use quote::ToTokens;
use syn::{
    Expr, ExprCall,
    visit::{self, Visit},
};

use crate::{flow::each_word, syntax::Function};

/// Adds the names in what this function passes to `timeout`.
pub(super) fn add_timed(function: &Function, names: &mut HashSet<String>) {
    if !function.has_word(&WORDS) {
        return;
    }
    let Some(body) = function.block() else { return };
    Calls { names }.visit_block(body);
}

const WORDS: [&str; 2] = ["timeout", "timeout_at"];

struct Calls<'n> {
    names: &'n mut HashSet<String>,
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
            && WORDS.iter().any(|word| last.ident == word)
            && let Some(future) = call.args.last()
        {
            each_word(future.to_token_stream(), &mut |word| {
                self.names.insert(word.to_string());
            });
        }
        visit::visit_expr_call(self, call);
    }
}
