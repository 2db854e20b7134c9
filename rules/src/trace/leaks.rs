//! The paths out of a function that leave something behind that another path removes.
//!
//! Each `async` block, task and callback is a separate function here: `?` in it ends nothing else. Where paths join, anything that one of
//! them has removed counts as removed, since a condition may distinguish them; but a path that leaves a loop does not join again.

use std::collections::{BTreeSet, HashMap, HashSet};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Arm, Block, Expr, ExprAsync, ExprBreak, ExprClosure, ExprContinue, ExprForLoop, ExprIf, ExprLoop,
    ExprMatch, ExprMethodCall, ExprReturn, ExprTry, ExprWhile, Item, Label, Local, Macro, Pat, Stmt,
    visit::{self, Visit},
};

use super::pairs::{Event, Events, first_ident, place_of, words};
use crate::{
    flow::{Macros, has_word, macro_name},
    reading::only_name,
};

/// An entry that stays behind.
pub(crate) struct Leak {
    pub(crate) added: Event,
    pub(crate) way: Way,
    /// Where the path leaves.
    pub(crate) at: TokenStream,
}

/// The kind of an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Question,
    Return,
    Panic,
    /// At its end.
    End,
}

/// The entries that stay behind when the function, or a task in it, is left.
pub(crate) fn leaks(body: &Block, macros: &Macros, events: &Events) -> Vec<Leak> {
    let mut leaks = Vec::new();
    if events.values().any(|event| event.adds) {
        Walk::frame(events, macros, &mut leaks, |walk| walk.visit_block(body));
    }
    leaks
}

/// The entries that were added and not removed, by index.
type Held = BTreeSet<usize>;

/// Entries that may have been refused, by index, and the answer that says that they were added, if it is known.
type Doubts = Vec<(usize, Option<bool>)>;

struct Walk<'e, 'l> {
    events: &'e Events,
    macros: &'e Macros,
    leaks: &'l mut Vec<Leak>,
    /// What was added in this frame.
    added: Vec<Event>,
    /// Those of them that some path removes.
    undone: HashSet<usize>,
    /// The first exit that leaves each behind.
    exits: Vec<(usize, Way, TokenStream)>,
    /// The entries held here; `None` if the place is unreachable.
    held: Option<Held>,
    loops: Vec<Target>,
    /// For each surrounding block: the names that were passed to functions in it so far.
    given: Vec<HashSet<String>>,
    /// For each surrounding block: the entries that were removed there, in a loop that began after they were added. A client may have
    /// requested that, unless the loop is left then.
    asked_for: Vec<HashSet<usize>>,
    /// Entries that a loop adds, and the `?` in its head, at which a later round leaves.
    later: Vec<(usize, TokenStream)>,
    /// Entries that are removed in the loop that adds them, and after it.
    removed_in: HashSet<usize>,
    removed_after: HashSet<usize>,
    /// The loop depth at which each was added.
    depths: Vec<usize>,
    /// Whether this is the reaction to a close frame.
    in_close: bool,
    /// The names of answers, and the entries that they are about: `let free = names.insert(name);`.
    answers: HashMap<String, Doubts>,
}

/// A loop or a labelled block that can be left.
struct Target {
    label: Option<String>,
    is_loop: bool,
    left_with: Option<Held>,
}

impl<'e, 'l> Walk<'e, 'l> {
    fn frame(events: &'e Events, macros: &'e Macros, leaks: &'l mut Vec<Leak>, look: impl FnOnce(&mut Self)) {
        let mut walk = Self {
            events,
            macros,
            leaks,
            added: Vec::new(),
            undone: HashSet::new(),
            exits: Vec::new(),
            held: Some(Held::new()),
            loops: Vec::new(),
            given: vec![HashSet::new()],
            asked_for: vec![HashSet::new()],
            later: Vec::new(),
            removed_in: HashSet::new(),
            removed_after: HashSet::new(),
            depths: Vec::new(),
            in_close: false,
            answers: HashMap::new(),
        };
        look(&mut walk);
        walk.end();
        walk.report();
    }

    /// Reaches the end of the frame.
    fn end(&mut self) {
        let given = std::mem::take(&mut self.given[0]);
        for number in self.held.clone().unwrap_or_default() {
            let event = &self.added[number];
            // Unknown code may have removed it.
            if !event.concerns(&given) {
                let at = event.at.to_token_stream();
                self.exits.push((number, Way::End, at));
            }
        }
    }

    fn report(self) {
        let Self { leaks, added, undone, mut exits, later, removed_in, removed_after, .. } = self;
        let mut seen = HashSet::new();
        let is_left = |number: &usize| removed_after.contains(number) && !removed_in.contains(number);
        let later = later.into_iter().filter(|(number, _)| is_left(number));
        exits.extend(later.map(|(number, at)| (number, Way::Question, at)));
        for (number, way, at) in exits {
            if undone.contains(&number) && seen.insert(number) {
                leaks.push(Leak { added: added[number].clone(), way, at });
            }
        }
    }

    fn inner(&mut self, look: impl FnOnce(&mut Walk<'e, '_>)) {
        Walk::frame(self.events, self.macros, self.leaks, look);
    }

    fn event(&mut self, at: &proc_macro2::Ident) {
        let Some(event) = self.events.get(&place_of(at)).cloned() else { return };
        if event.adds {
            let number = self.added.len();
            self.added.push(event);
            self.depths.push(self.loops.len());
            if let Some(held) = &mut self.held {
                held.insert(number);
            }
            return;
        }
        let numbers = 0..self.added.len();
        let undone: Vec<_> = numbers.filter(|&number| event.undoes(&self.added[number])).collect();
        for number in undone {
            // In a loop, adding and removing may be two requests of the client: `Join` and `Leave`.
            let is_on_the_way = self.held.as_ref().is_some_and(|held| held.contains(&number));
            match self.loops.len() < self.depths[number] {
                true => _ = self.removed_after.insert(number),
                false if is_on_the_way => _ = self.removed_in.insert(number),
                false => {}
            }
            let is_asked =
                self.depths[number] > 0 && !is_on_the_way && self.loops.len() == self.depths[number];
            if self.in_close || self.loops.len() <= self.depths[number] && !is_asked {
                self.undone.insert(number);
            } else if let Some(asked_for) = self.asked_for.last_mut().filter(|_| !is_asked) {
                asked_for.insert(number);
            }
            if let Some(held) = &mut self.held {
                held.remove(&number);
            }
        }
    }

    /// Entries that were removed in the block that leaves the loop or the function here belong to the end.
    fn leaving(&mut self) {
        let asked_for = self.asked_for.last().cloned().unwrap_or_default();
        self.undone.extend(asked_for);
    }

    /// Leaves the frame with these entries left behind.
    fn exit(&mut self, way: Way, at: &TokenStream, leaving: &Held) {
        let given = self.given.last().cloned().unwrap_or_default();
        for &number in leaving {
            if way != Way::Return || !self.added[number].concerns(&given) {
                self.exits.push((number, way, at.clone()));
            }
        }
    }

    /// Follows one of several paths from here.
    fn way(&mut self, from: Option<&Held>, look: impl FnOnce(&mut Self)) -> Option<Held> {
        self.held = from.cloned();
        look(self);
        self.held.take()
    }

    /// Continues where paths join.
    fn meet(&mut self, ways: impl IntoIterator<Item = Option<Held>>) {
        let both = |one: Held, other: Held| one.intersection(&other).copied().collect();
        self.held = ways.into_iter().flatten().reduce(both);
    }

    /// An entry that a head adds may be refused there, so it is only held where the path continues; a count is not
    /// refused. So is one that a name in the head tells about.
    fn head(&mut self, asked: &Expr, whole: &dyn ToTokens) -> Doubts {
        let before = self.held.clone().unwrap_or_default();
        self.visit_expr(asked);
        let Some(held) = &mut self.held else { return Doubts::new() };
        let uncertain = |number: &usize| !before.contains(number) && !self.added[*number].is_count();
        let mut news: Doubts = held.iter().copied().filter(uncertain).map(|number| (number, None)).collect();
        for (number, added) in &mut news {
            *added = answer(asked, &|call| place_of(call) == place_of(&self.added[*number].at));
        }
        if !self.answers.is_empty() {
            for word in words(asked.to_token_stream()) {
                let told = self.answers.get(&word).into_iter().flatten();
                let held_yet = told.filter(|(number, _)| held.contains(number));
                let Some(by_name) = answer(asked, &|name| *name == word) else { continue };
                news.extend(held_yet.map(|&(number, added)| (number, added.map(|one| one == by_name))));
            }
        }
        for (number, added) in &mut news {
            // Only of a set or a map it is known what `Some` means.
            if !self.added[*number].is_entry() && has_word(whole, &["Some", "None", "is_some", "is_none"]) {
                *added = None;
            }
        }
        held.retain(|number| news.iter().all(|(new, _)| new != number));
        news
    }

    fn hold<'n>(&mut self, news: impl IntoIterator<Item = &'n (usize, Option<bool>)>) {
        if let Some(held) = &mut self.held {
            held.extend(news.into_iter().map(|(number, _)| *number));
        }
    }

    /// Follows a path on which a head had this result.
    fn answered(
        &mut self,
        from: Option<&Held>,
        news: &Doubts,
        result: bool,
        look: impl FnOnce(&mut Self),
    ) -> Option<Held> {
        self.way(from, |walk| {
            walk.hold(news.iter().filter(|(_, added)| *added == Some(result)));
            look(walk);
        })
    }

    fn in_target(
        &mut self,
        label: Option<&Label>,
        is_loop: bool,
        look: impl FnOnce(&mut Self),
    ) -> Option<Held> {
        let label = label.map(|label| label.name.ident.to_string());
        self.loops.push(Target { label, is_loop, left_with: None });
        look(self);
        self.loops.pop().and_then(|target| target.left_with)
    }

    /// A loop with a head that ends it.
    fn headed(&mut self, label: Option<&Label>, head: &Expr, body: &Block) {
        let news = self.head(head, head);
        let entered = self.held.clone();
        let first = self.added.len();
        let left = self.in_target(label, true, |walk| {
            walk.hold(news.iter().filter(|(_, added)| *added == Some(true)));
            walk.visit_block(body);
        });
        if let Some(question) = question(head) {
            let own = (first..self.added.len()).filter(|number| self.depths[*number] == self.loops.len() + 1);
            self.later.extend(own.map(|number| (number, question.clone())));
        }
        let round = self.held.take();
        let ends = match (entered, round) {
            (Some(entered), Some(round)) => Some(entered.intersection(&round).copied().collect()),
            (entered, None) => entered,
            (None, round) => round,
        };
        self.held = ends;
        self.hold(news.iter().filter(|(_, added)| *added != Some(true)));
        self.held = either(self.held.take(), left);
    }
}

/// The `?` at the end of the head of a loop: `while let Some(message) = socket.recv().await?`.
fn question(head: &Expr) -> Option<TokenStream> {
    match head {
        Expr::Let(test) => question(&test.expr),
        Expr::Try(tried) => Some(tried.question_token.to_token_stream()),
        _ => None,
    }
}

/// The entries held after a loop was left in one of two ways: all that either left behind.
fn either(one: Option<Held>, other: Option<Held>) -> Option<Held> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.union(&other).copied().collect()),
        (one, other) => one.or(other),
    }
}

impl<'ast> Visit<'ast> for Walk<'_, '_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let outermost = self.given.len() == 1 && self.loops.is_empty();
        self.given.push(HashSet::new());
        self.asked_for.push(HashSet::new());
        for statement in &block.stmts {
            if self.held.is_some() {
                self.visit_stmt(statement);
            }
        }
        self.asked_for.pop();
        let given = self.given.pop().unwrap_or_default();
        if outermost {
            self.given[0].extend(given);
        }
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let Some(init) = &local.init else { return };
        let Some((_, diverge)) = &init.diverge else { return self.bind(&local.pat, &init.expr) };
        let news = self.head(&init.expr, &local.pat);
        let from = self.held.clone();
        let _diverged = self.way(from.as_ref(), |walk| walk.visit_expr(diverge));
        self.held = from;
        self.hold(&news);
    }

    fn visit_expr_if(&mut self, branch: &'ast ExprIf) {
        let news = self.head(&branch.cond, &branch.cond);
        let from = self.held.clone();
        let then = self.answered(from.as_ref(), &news, true, |walk| walk.visit_block(&branch.then_branch));
        let other = match &branch.else_branch {
            Some((_, other)) => self.answered(from.as_ref(), &news, false, |walk| walk.visit_expr(other)),
            None => from,
        };
        // Only one of the answers leads further.
        let only = match (&then, &other) {
            (None, Some(_)) => Some(false),
            (Some(_), None) => Some(true),
            _ => None,
        };
        self.meet([then, other]);
        let is_possible = |added: Option<bool>| only.is_none() || added.is_none() || added == only;
        self.hold(news.iter().filter(|(_, added)| is_possible(*added)));
    }

    fn visit_expr_match(&mut self, branch: &'ast ExprMatch) {
        let news = self.head(&branch.expr, branch);
        let from = self.held.clone();
        let mut ways = Vec::new();
        for arm in &branch.arms {
            let outer = std::mem::replace(&mut self.in_close, is_close(&arm.pat));
            let added = |told: Option<bool>| told.zip(result(&arm.pat)).map(|(one, other)| one == other);
            let way = self.way(from.as_ref(), |walk| {
                walk.hold(news.iter().filter(|(_, told)| added(*told) == Some(true)));
                walk.visit_arm(arm);
            });
            let refused = |told: &Option<bool>| added(*told) == Some(false);
            self.in_close = outer;
            // The reaction to a close frame need not run: most connections end without one.
            if !is_close(&arm.pat) {
                let open: Held = match way {
                    Some(_) => news.iter().filter(|(_, told)| !refused(told)).map(|(one, _)| *one).collect(),
                    None => Held::new(),
                };
                ways.push((way, open));
            }
        }
        let open: Held = ways.iter().flat_map(|(_, open)| open).copied().collect();
        self.meet(ways.into_iter().map(|(way, _)| way));
        self.hold(news.iter().filter(|(number, _)| open.contains(number)));
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        if let Pat::Guard(guarded) = &arm.pat {
            self.visit_expr(&guarded.guard);
        }
        self.visit_expr(&arm.body);
    }

    fn visit_expr_loop(&mut self, repeat: &'ast ExprLoop) {
        let left = self.in_target(repeat.label.as_ref(), true, |walk| walk.visit_block(&repeat.body));
        self.held = left;
    }

    fn visit_expr_while(&mut self, repeat: &'ast ExprWhile) {
        self.headed(repeat.label.as_ref(), &repeat.cond, &repeat.body);
    }

    fn visit_expr_for_loop(&mut self, repeat: &'ast ExprForLoop) {
        self.headed(repeat.label.as_ref(), &repeat.expr, &repeat.body);
    }

    fn visit_expr_block(&mut self, block: &'ast syn::ExprBlock) {
        if block.label.is_none() {
            return self.visit_block(&block.block);
        }
        let left = self.in_target(block.label.as_ref(), false, |walk| walk.visit_block(&block.block));
        self.held = either(self.held.take(), left);
    }

    fn visit_expr_break(&mut self, end: &'ast ExprBreak) {
        if let Some(value) = &end.expr {
            self.visit_expr(value);
        }
        self.leaving();
        let mut held = self.held.take();
        if let (Some(held), Some(given)) = (&mut held, self.given.last()) {
            // An unknown function may have removed it.
            held.retain(|number| !self.added[*number].concerns(given));
        }
        let label = end.label.as_ref().map(|label| label.ident.to_string());
        let fits =
            |target: &&mut Target| if label.is_some() { target.label == label } else { target.is_loop };
        if let Some(target) = self.loops.iter_mut().rev().find(fits) {
            target.left_with = either(target.left_with.take(), held);
        }
    }

    fn visit_expr_continue(&mut self, _: &'ast ExprContinue) {
        self.held = None;
    }

    fn visit_expr_return(&mut self, end: &'ast ExprReturn) {
        if let Some(value) = &end.expr {
            self.visit_expr(value);
        }
        self.leaving();
        if let Some(held) = self.held.take() {
            self.exit(Way::Return, &end.return_token.to_token_stream(), &held);
        }
    }

    /// The entry that the failed expression itself would have added does not exist.
    fn visit_expr_try(&mut self, tried: &'ast ExprTry) {
        let before = self.held.clone().unwrap_or_default();
        self.visit_expr(&tried.expr);
        let leaving = self.held.iter().flatten().copied().filter(|number| before.contains(number)).collect();
        self.exit(Way::Question, &tried.question_token.to_token_stream(), &leaving);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        visit::visit_expr_binary(self, binary);
        if matches!(binary.op, syn::BinOp::AddAssign(_) | syn::BinOp::SubAssign(_))
            && let Some(at) = first_ident(&binary.left)
        {
            self.event(&at);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        visit::visit_expr_call(self, call);
        let Expr::Path(path) = &*call.func else { return };
        let Some(last) = path.path.segments.last() else { return };
        let is_type = last.ident.to_string().starts_with(|first: char| first.is_uppercase());
        // `Guard(count)` may be a guard, `Some(count)` and `Message::Text(name)` are not.
        let is_variant = is_type
            && (path.path.segments.len() > 1 || ["Some", "Ok", "Err"].iter().any(|one| last.ident == one));
        if self.events.contains_key(&place_of(&last.ident)) {
            self.event(&last.ident);
        } else if !is_variant && let Some(given) = self.given.last_mut() {
            given.extend(words(call.args.to_token_stream()));
        }
    }

    /// `Guard { count }` may be a guard.
    fn visit_expr_struct(&mut self, made: &'ast syn::ExprStruct) {
        visit::visit_expr_struct(self, made);
        if let Some(given) = self.given.last_mut().filter(|_| made.path.segments.len() == 1) {
            made.fields.iter().for_each(|field| given.extend(words(field.expr.to_token_stream())));
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.visit_expr(&call.receiver);
        let apart = call.method == "on_upgrade" || call.method.to_string().starts_with("spawn");
        for argument in &call.args {
            match argument {
                Expr::Closure(closure) if apart => self.inner(|walk| walk.visit_expr(&closure.body)),
                // It runs here, and `?` in it ends only itself.
                Expr::Closure(closure) => self.undo_in(&closure.body),
                other => self.visit_expr(other),
            }
        }
        if self.events.contains_key(&place_of(&call.method)) {
            self.event(&call.method);
        } else if is_done_to_others(call)
            && let Some(given) = self.given.last_mut()
        {
            given.extend(words(call.args.to_token_stream()));
        }
        let panics = matches!(call.method.to_string().as_str(), "unwrap" | "expect") && is_io(&call.receiver);
        if panics && let Some(held) = self.held.clone() {
            self.exit(Way::Panic, &call.method.to_token_stream(), &held);
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.inner(|walk| walk.visit_expr(&closure.body));
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.inner(|walk| walk.visit_block(&block.block));
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        match macro_name(call).as_str() {
            "select" => self.select(call),
            "bail" => {
                if let Some(held) = self.held.take() {
                    self.exit(Way::Return, &call.path.to_token_stream(), &held);
                }
            }
            "panic" | "unreachable" | "todo" | "unimplemented" => self.held = None,
            _ => self.macros.arguments(call).iter().for_each(|argument| self.visit_expr(argument)),
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        if let Stmt::Item(_) = statement {
            return;
        }
        visit::visit_stmt(self, statement);
    }
}

impl Walk<'_, '_> {
    /// A value with a name: if it is that of an operation which may be refused, the name tells whether it was.
    fn bind(&mut self, pattern: &Pat, value: &Expr) {
        let before = self.held.clone().unwrap_or_default();
        self.visit_expr(value);
        let Some(name) = only_name(pattern) else { return };
        let news = self.held.iter().flatten().filter(|number| !before.contains(number));
        let told = news.filter_map(|&number| {
            let event = &self.added[number];
            let added = answer(value, &|call| place_of(call) == place_of(&event.at));
            (!event.is_count() && added.is_some()).then_some((number, added))
        });
        let told: Doubts = told.collect();
        self.answers.insert(name.to_string(), told);
    }

    fn select(&mut self, call: &Macro) {
        let branches = self.macros.branches(call).unwrap_or_default();
        for branch in branches {
            branch.future.iter().for_each(|future| self.visit_expr(future));
        }
        let from = self.held.clone();
        let mut ways = Vec::new();
        for branch in branches {
            let way = self.way(from.as_ref(), |walk| walk.visit_expr(&branch.handler));
            if !branch.pattern.as_ref().is_some_and(is_close) {
                ways.push(way);
            }
        }
        self.meet(ways);
    }

    /// Removes the entries that a closure removes.
    fn undo_in(&mut self, body: &Expr) {
        struct Methods(Vec<proc_macro2::Ident>);
        impl<'ast> Visit<'ast> for Methods {
            fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
                visit::visit_expr_method_call(self, call);
                self.0.push(call.method.clone());
            }
        }
        let mut methods = Methods(Vec::new());
        methods.visit_expr(body);
        for method in methods.0 {
            if self.events.get(&place_of(&method)).is_some_and(|event| !event.adds) {
                self.event(&method);
            }
        }
    }
}

/// The result of the condition, or value, if the operation that this is the name of has added something; `None` if that is not clear.
///
/// `insert` of a set returns `true` then, `insert` of a map `None`, and others `Ok`: each counts as `true` here.
fn answer(value: &Expr, is_meant: &dyn Fn(&proc_macro2::Ident) -> bool) -> Option<bool> {
    match value {
        Expr::Paren(inner) => answer(&inner.expr, is_meant),
        Expr::Await(inner) => answer(&inner.base, is_meant),
        Expr::Unary(not) if matches!(not.op, syn::UnOp::Not(_)) => {
            answer(&not.expr, is_meant).map(|one| !one)
        }
        Expr::Unary(deref) => answer(&deref.expr, is_meant),
        // If one of them is not so, nothing is known of the other.
        Expr::Binary(both) if matches!(both.op, syn::BinOp::And(_)) => {
            either_of(both, is_meant).filter(|added| *added)
        }
        Expr::Binary(one) if matches!(one.op, syn::BinOp::Or(_)) => {
            either_of(one, is_meant).filter(|added| !*added)
        }
        Expr::Let(test) => {
            let added = answer(&test.expr, is_meant)?;
            Some(result(&test.pat)? == added)
        }
        Expr::Block(block) => match block.block.stmts.last()? {
            Stmt::Expr(last, None) => answer(last, is_meant),
            _ => None,
        },
        Expr::Path(path) => path.path.get_ident().is_some_and(is_meant).then_some(true),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            path.path.segments.last().is_some_and(|last| is_meant(&last.ident)).then_some(true)
        }
        Expr::MethodCall(call) if is_meant(&call.method) => Some(true),
        Expr::MethodCall(call) => match call.method.to_string().as_str() {
            "is_none" | "is_ok" | "unwrap" | "expect" | "ok" | "clone" | "as_ref" | "map_err" => {
                answer(&call.receiver, is_meant)
            }
            "is_some" | "is_err" => answer(&call.receiver, is_meant).map(|one| !one),
            _ => None,
        },
        _ => None,
    }
}

fn either_of(both: &syn::ExprBinary, is_meant: &dyn Fn(&proc_macro2::Ident) -> bool) -> Option<bool> {
    answer(&both.left, is_meant).or_else(|| answer(&both.right, is_meant))
}

/// Whether the pattern is for a value that means that something was added; see [`answer`].
fn result(pattern: &Pat) -> Option<bool> {
    let of_name = |path: &syn::Path| match path.segments.last()?.ident.to_string().as_str() {
        "None" | "Ok" => Some(true),
        "Some" | "Err" => Some(false),
        _ => None,
    };
    match pattern {
        Pat::Lit(lit) => match &lit.lit {
            syn::Lit::Bool(one) => Some(one.value),
            _ => None,
        },
        Pat::Ident(name) if name.ident == "None" => Some(true),
        Pat::Path(path) => of_name(&path.path),
        Pat::TupleStruct(variant) => of_name(&variant.path),
        _ => None,
    }
}

fn is_close(pattern: &Pat) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        /// `Message::Close(_)`, and no command of the client with that name.
        fn visit_pat_tuple_struct(&mut self, variant: &'ast syn::PatTupleStruct) {
            let mut last = variant.path.segments.iter().rev().map(|one| one.ident.to_string());
            let is_close = last.next().is_some_and(|name| name == "Close");
            let of_frames =
                last.next().is_none_or(|of| ["Message", "WsMessage", "Frame"].contains(&of.as_str()));
            self.0 |= is_close && of_frames;
            visit::visit_pat_tuple_struct(self, variant);
        }
    }
    let mut search = Search(false);
    search.visit_pat(pattern);
    search.0 && !has_word(pattern, &["None", "Err"])
}

/// Whether it awaits an operation of the socket.
fn is_io(receiver: &Expr) -> bool {
    const IO: [&str; 8] = ["send", "recv", "next", "feed", "flush", "close", "accept", "forward"];
    let Expr::Await(awaited) = receiver else {
        return matches!(receiver, Expr::MethodCall(call) if is_io(&call.receiver));
    };
    matches!(&*awaited.base, Expr::MethodCall(call) if IO.contains(&call.method.to_string().as_str()))
}

/// Whether the method may change shared data, by its name.
fn is_done_to_others(call: &ExprMethodCall) -> bool {
    const UNDOES: [&str; 12] = [
        "clean",
        "cleanup",
        "leave",
        "left",
        "gone",
        "disconnect",
        "disconnected",
        "unregister",
        "close",
        "drop",
        "end",
        "delete",
    ];
    call.method.to_string().split('_').any(|word| UNDOES.contains(&word))
}
