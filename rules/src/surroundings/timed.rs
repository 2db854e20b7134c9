//! Functions that are called with a limit of time.

use std::collections::HashSet;

use quote::ToTokens;
use syn::{
    Expr, ExprCall,
    visit::{self, Visit},
};

use crate::{flow::each_word, syntax::Function};

/// The names in what these functions pass to `timeout`.
pub(super) fn timed<'f>(functions: impl Iterator<Item = &'f Function>) -> HashSet<String> {
    let mut calls = Calls::default();
    let bodies = functions.filter(|function| function.has_word(&WORDS)).filter_map(Function::block);
    bodies.for_each(|body| calls.visit_block(body));
    calls.names
}

const WORDS: [&str; 2] = ["timeout", "timeout_at"];

#[derive(Default)]
struct Calls {
    names: HashSet<String>,
}

impl<'ast> Visit<'ast> for Calls {
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
