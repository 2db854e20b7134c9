//! Functions whose results nobody looks at: they are only spawned, and the handles are dropped or used to end them.

use std::collections::{HashMap, HashSet};

use quote::ToTokens;
use syn::{
    Expr, Local, Stmt,
    visit::{self, Visit},
};

use super::collect::Found;
use crate::{
    flow::each_word,
    reading::{is_discarded, only_name, task_of},
    syntax::Function,
};

/// The names of these functions.
pub(super) fn unseen(functions: &[Found]) -> HashSet<String> {
    let mut spawned: HashMap<String, usize> = HashMap::new();
    for found in functions.iter().filter(|found| found.function.has_word(&["spawn", "spawn_local"])) {
        let mut search = Spawns { function: &found.function, names: &mut spawned };
        if let Some(body) = found.function.block() {
            search.visit_block(body);
        }
    }
    spawned.retain(|name, calls| {
        let all: usize = functions.iter().map(|found| mentions(&found.function, name)).sum();
        all == *calls
    });
    spawned.into_keys().collect()
}

fn mentions(function: &Function, name: &str) -> usize {
    let mut count = 0;
    if let Some(body) = function.block().filter(|_| function.has_word(&[name])) {
        each_word(body.to_token_stream(), &mut |word| count += usize::from(word == name));
    }
    count
}

struct Spawns<'f> {
    function: &'f Function,
    names: &'f mut HashMap<String, usize>,
}

impl Spawns<'_> {
    fn add(&mut self, spawned: &Expr) {
        if let Some((_, Expr::Call(call))) = task_of(spawned)
            && let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            *self.names.entry(last.ident.to_string()).or_default() += 1;
        }
    }

    /// Whether the handle is used only to end the task.
    fn only_ends(&self, handle: &str) -> bool {
        struct Aborts<'h>(&'h str, usize);
        impl<'ast> Visit<'ast> for Aborts<'_> {
            fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
                let is_it = matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident(self.0));
                self.1 += usize::from(is_it && call.method == "abort");
                visit::visit_expr_method_call(self, call);
            }
        }
        let mut aborts = Aborts(handle, 1);
        if let Some(body) = self.function.block() {
            aborts.visit_block(body);
        }
        mentions(self.function, handle) == aborts.1
    }
}

impl<'ast> Visit<'ast> for Spawns<'_> {
    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        if let Some(spawned) = is_discarded(statement) {
            self.add(spawned);
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let handle = only_name(&local.pat).map(ToString::to_string);
        if let (Some(handle), Some(init)) = (handle, &local.init)
            && self.only_ends(&handle)
        {
            self.add(&init.expr);
        }
        visit::visit_local(self, local);
    }
}
