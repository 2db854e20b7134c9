//! Handles in a list or map of the function, which is dropped with it.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{
    Expr, ExprField, Member, Stmt,
    visit::{self, Visit},
};

use super::{ABORTS, Tasks, flat, removed, started};
use crate::{
    ORPHANED_TASK,
    reading::{At, Origin, last_name, plain},
    syntax::Sink,
};

impl Tasks<'_> {
    /// `tasks.push(tokio::spawn(..))`, `tasks.insert(id, tokio::spawn(..))`, `current = Some(tokio::spawn(..))`
    pub(super) fn kept<'a>(&mut self, expression: &'a Expr, at: &At<'a>) {
        let (list, value) = match expression {
            Expr::MethodCall(call)
                if matches!(call.method.to_string().as_str(), "push" | "insert" | "push_back") =>
            {
                let Some(last) = call.args.last() else { return };
                (&*call.receiver, last)
            }
            Expr::Assign(assign) => match &*assign.right {
                Expr::Call(some) if last_name(&some.func).is_some_and(|name| name == "Some") => {
                    let Some(value) = some.args.first() else { return };
                    (&*assign.left, value)
                }
                _ => return,
            },
            _ => return,
        };
        if let Expr::Field(field) = list {
            return self.kept_in_self(field, value, at);
        }
        let Some(list) = at.named(list) else { return };
        if !matches!(list.origin, Origin::Made(made) if is_empty(made)) {
            return;
        }
        if let Some(spawn) = handle(value, at) {
            report(self.sink, list.ident, spawn, at);
        }
    }

    /// `self.tasks.push(tokio::spawn(..))` where nothing in the file ends a task, and no other file can.
    fn kept_in_self<'a>(&mut self, field: &'a ExprField, value: &'a Expr, at: &At<'a>) {
        let (Expr::Path(base), Member::Named(name)) = (&*field.base, &field.member) else { return };
        let Some(of) = at.flow.of().filter(|_| base.path.is_ident("self")) else { return };
        let named = name.to_string();
        let shapes = at.flow.shapes();
        let fields = shapes.fields(of).unwrap_or_default();
        let is_of_handles = |ty: &str| {
            ty.contains("JoinHandle") && ["Vec", "HashMap", "BTreeMap"].iter().any(|many| ty.contains(many))
        };
        let keeps = fields.iter().any(|(one, ty)| *one == named && is_of_handles(ty))
            && shapes.is_private(of, &named);
        if keeps
            && at.flow.neighbours().have_only_with(&named, &["spawn"], &ABORTS)
            && let Some(spawn) = handle(value, at)
        {
            tell(self.sink, name, spawn);
        }
    }

    /// `let tasks: Vec<_> = topics.iter().map(|topic| tokio::spawn(..)).collect();`, `let tasks = [tokio::spawn(..)];`
    pub(super) fn gathered<'a>(&mut self, name: &'a Ident, made: &'a Expr, at: &At<'a>) {
        let made = match plain(made) {
            Expr::MethodCall(call) if call.method == "collect" => &*call.receiver,
            other => other,
        };
        let spawn = match made {
            Expr::MethodCall(call) if call.method == "map" => match call.args.first() {
                Some(Expr::Closure(closure)) => started(&closure.body, at),
                _ => None,
            },
            Expr::Array(array) => array.elems.iter().find_map(|one| handle(one, at)),
            Expr::Macro(call) => {
                let all = at.flow.function.macros().arguments(&call.mac);
                all.iter().find_map(|one| handle(one, at))
            }
            _ => None,
        };
        if let Some(spawn) = spawn {
            report(self.sink, name, spawn, at);
        }
    }
}

/// The `spawn` of a task that certainly continues, of a handle that is made here or has a name.
fn handle<'a>(value: &'a Expr, at: &At<'a>) -> Option<&'a Ident> {
    match at.named(value).map(|name| name.origin) {
        Some(Origin::Made(made)) => started(made, at),
        _ => started(value, at),
    }
}

fn report(sink: &mut Sink, list: &Ident, spawn: &Ident, at: &At<'_>) {
    if at.flow.function.has_word(&ABORTS) || !only_grows(list, at) {
        return;
    }
    tell(sink, list, spawn);
}

fn tell(sink: &mut Sink, list: &Ident, spawn: &Ident) {
    let message = format!(
        "`{list}` keeps the handle of this task, and dropping a `JoinHandle` does not end its task: it keeps running after the connection has ended"
    );
    let help = "keep the tasks in a `tokio::task::JoinSet`, which ends them when it is dropped, or call `abort` on each handle at the end";
    sink.report(&ORPHANED_TASK, spawn, message, help);
}

/// `Vec::new()`, `HashMap::with_capacity(8)`, `vec![]`, `None`
fn is_empty(made: &Expr) -> bool {
    match plain(made) {
        Expr::Call(call) => {
            last_name(&call.func)
                .is_some_and(|name| name == "new" || name == "with_capacity" || name == "default")
                && ["Vec", "HashMap", "BTreeMap", "VecDeque"]
                    .iter()
                    .any(|of| crate::flow::has_word(&call.func, &[of]))
        }
        Expr::Macro(call) => call.mac.path.is_ident("vec") && call.mac.tokens.is_empty(),
        Expr::Path(path) => path.path.is_ident("None"),
        _ => false,
    }
}

/// Whether handles are only put into the list, and dropped out of it.
fn only_grows(list: &Ident, at: &At<'_>) -> bool {
    const GROWS: [&str; 8] =
        ["push", "insert", "push_back", "contains_key", "len", "is_empty", "clear", "reserve"];
    let name = list.to_string();
    let words = flat(at.flow.body.to_token_stream());
    let (mut bound, mut removes, mut is_known) = (0, 0, true);
    for (index, _) in words.iter().enumerate().filter(|(_, word)| **word == name) {
        let before = index.checked_sub(1).and_then(|before| words.get(before)).map_or("", String::as_str);
        let next = |nth: usize| words.get(index + nth).map_or("", String::as_str);
        match (before, next(1), next(2)) {
            (".", ..) => {}
            ("let" | "mut", ..) => bound += 1,
            (_, ".", "remove") => removes += 1,
            (_, ".", method) if GROWS.contains(&method) => {}
            (";" | "{" | "}" | "=>", "=", _) | ("drop", ..) => {}
            // The name is in a message.
            _ => is_known &= next(1) == "=" && next(2) == "Some",
        }
    }
    is_known && bound == 1 && removes == dropped_out(list, at)
}

/// How many statements remove something from the list, and drop it.
fn dropped_out(list: &Ident, at: &At<'_>) -> usize {
    struct Search<'s>(&'s Ident, usize);
    impl<'a> Visit<'a> for Search<'_> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            self.1 += usize::from(removed(statement).is_some_and(|from| *self.0 == from));
            visit::visit_stmt(self, statement);
        }
    }
    let mut search = Search(list, 0);
    search.visit_block(at.flow.body);
    search.1
}
