//! Functions whose results nobody looks at: they are only spawned, and the handles are dropped or used to end them.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use syn::{
    Block, Expr, Local, Stmt,
    visit::{self, Visit},
};

use super::collect::Found;
use crate::{
    flow::{Code, spell},
    reading::{is_discarded, only_name, task_of},
};

/// The names of these functions.
pub(super) fn unseen(functions: &[Found]) -> HashSet<String> {
    let mut spawned: HashMap<String, usize> = HashMap::new();
    for found in functions.iter().filter(|found| found.function.has_word(&["spawn", "spawn_local"])) {
        if let Some(body) = found.function.block() {
            Spawns { body, counts: OnceCell::new(), names: &mut spawned }.visit_block(body);
        }
    }
    if spawned.is_empty() {
        return HashSet::new();
    }
    let mut all = HashMap::new();
    let mentions_one = |found: &&Found| spawned.keys().any(|name| found.function.has_word(&[name]));
    functions
        .iter()
        .filter(mentions_one)
        .filter_map(|found| found.function.block())
        .for_each(|body| count(body, &mut all));
    spawned.retain(|name, calls| all.get(name) == Some(calls));
    spawned.into_keys().collect()
}

/// Adds how often each word occurs in the body.
fn count(body: &Block, all: &mut HashMap<String, usize>) {
    let mut word = String::new();
    body.each_name(&mut |name| {
        spell(name, &mut word);
        match all.get_mut(&word) {
            Some(count) => *count += 1,
            None => _ = all.insert(word.clone(), 1),
        }
    });
}

/// How often each word occurs in a body, and how often `abort` is called on it.
struct Counts {
    words: HashMap<String, usize>,
    aborts: HashMap<String, usize>,
}

impl Counts {
    fn of(body: &Block) -> Self {
        let mut counts = Self { words: HashMap::new(), aborts: HashMap::new() };
        count(body, &mut counts.words);
        counts.visit_block(body);
        counts
    }
}

impl<'ast> Visit<'ast> for Counts {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if let Expr::Path(path) = &*call.receiver
            && let Some(name) = path.path.get_ident().filter(|_| call.method == "abort")
        {
            *self.aborts.entry(name.to_string()).or_default() += 1;
        }
        visit::visit_expr_method_call(self, call);
    }
}

struct Spawns<'f> {
    body: &'f Block,
    counts: OnceCell<Counts>,
    names: &'f mut HashMap<String, usize>,
}

impl Spawns<'_> {
    fn add(&mut self, spawned: &Expr) {
        if let Some(name) = task_of(spawned).and_then(|(_, task)| function_of(task)) {
            *self.names.entry(name).or_default() += 1;
        }
    }

    /// Whether the handle is used only to end the task.
    fn only_ends(&self, handle: &str) -> bool {
        let counts = self.counts.get_or_init(|| Counts::of(self.body));
        let aborts = counts.aborts.get(handle).copied().unwrap_or_default();
        counts.words.get(handle) == Some(&(aborts + 1))
    }
}

/// The name of the function that is called as a task.
fn function_of(task: &Expr) -> Option<String> {
    let Expr::Call(call) = task else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    Some(path.path.segments.last()?.ident.to_string())
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
            && task_of(&init.expr).is_some_and(|(_, task)| function_of(task).is_some())
            && self.only_ends(&handle)
        {
            self.add(&init.expr);
        }
        visit::visit_local(self, local);
    }
}
