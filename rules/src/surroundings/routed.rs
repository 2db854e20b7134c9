//! Functions that are passed to axum's router.

use syn::{
    Block, Expr, ExprCall, PatIdent,
    visit::{self, Visit},
};

use crate::{flow::Imports, syntax::Function};

/// What this function passes to axum's router, with the function of `axum::routing` that takes it. A name that it binds itself is
/// something else, and code that a condition removes may be for another program.
pub(super) fn routed(function: &Function, body: &Block, imports: &Imports) -> Vec<(String, String)> {
    const WORDS: [&str; 2] = ["route", "Router"];
    if !function.has_word(&WORDS) || function.has_word(&["cfg"]) {
        return Vec::new();
    }
    let mut calls = Calls { imports: imports.with(body), found: Vec::new(), bound: Vec::new() };
    function.parameters.iter().for_each(|one| calls.visit_pat(&one.node.pat));
    calls.visit_block(body);
    let Calls { mut found, bound, .. } = calls;
    found.retain(|(name, _)| !bound.contains(name));
    found
}

struct Calls {
    imports: Imports,
    found: Vec<(String, String)>,
    bound: Vec<String>,
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let (Expr::Path(function), Some(Expr::Path(handler)), 1) =
            (&*call.func, call.args.first(), call.args.len())
            && let Some(name) = handler.path.get_ident()
            && let Some(by) = method_router(&self.imports.resolve_path(&function.path))
        {
            self.found.push((name.to_string(), by.to_owned()));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_pat_ident(&mut self, bound: &'ast PatIdent) {
        self.bound.push(bound.ident.to_string());
        visit::visit_pat_ident(self, bound);
    }

    /// It may have any name, and its body has names of its own.
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if let syn::Item::Fn(item) = item {
            self.bound.push(item.sig.ident.to_string());
        }
    }
}

/// The last name of the path, if it is a function of axum's that makes a route of a handler.
fn method_router(path: &str) -> Option<&str> {
    const METHODS: [&str; 10] =
        ["any", "connect", "delete", "get", "head", "options", "patch", "post", "put", "trace"];
    path.strip_prefix("axum::routing::").filter(|name| METHODS.contains(name))
}
