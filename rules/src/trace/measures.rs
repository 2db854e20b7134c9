//! The checks that a function performs on its values before it uses them.

use std::collections::{HashMap, HashSet};

use quote::ToTokens;
use syn::{
    BinOp, Block, Expr, ExprMethodCall, Macro, Stmt,
    visit::{self, Visit},
};

use super::kinds;
use crate::flow::{Macros, each_word, is_log, macro_name};

/// The name at the beginning of a chain.
pub(crate) fn root(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Reference(inner) => root(&inner.expr),
        Expr::Unary(inner) => root(&inner.expr),
        Expr::Field(inner) => root(&inner.base),
        Expr::Index(inner) => root(&inner.expr),
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Try(inner) => root(&inner.expr),
        Expr::Await(inner) => root(&inner.base),
        Expr::Call(call) => call.args.first().and_then(root),
        _ => None,
    }
}

/// The checks of each name.
pub(crate) struct Measures<'m> {
    macros: &'m Macros,
    /// The checks of each name, in the order of the source.
    asked: HashMap<String, Vec<Check>>,
    /// How far the walk is.
    now: usize,
    /// The places of index expressions and calls, by address: in a macro, all tokens of a file that was read have one span.
    sites: HashMap<usize, Site>,
    /// The beginning and the end of each loop.
    loops: Vec<(usize, usize)>,
    /// Where each name was bound.
    bound: HashMap<String, Vec<usize>>,
    /// Where the innermost closure around this place begins.
    closure: usize,
    /// The words that occur in comparisons.
    compared: HashSet<String>,
    /// Names for a part of another name's value.
    parts: HashMap<String, String>,
    /// The words of the expression from which each name was bound.
    made_of: HashMap<String, HashSet<String>>,
    /// Whether this place is a condition.
    in_condition: bool,
    /// The number that this place is compared with.
    against: Option<usize>,
}

/// A check of a name's value.
struct Check {
    method: String,
    at: usize,
    /// The last element that it can show to be there, if that is known: the first one for `is_empty`.
    shows: Option<usize>,
    /// Where it says nothing: in the other arms of a `match`, or after an `if` that goes on as before.
    blind: Vec<(usize, usize)>,
    /// The closure that it is in.
    closure: usize,
}

/// The place of an expression, before and after its parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    before: usize,
    after: usize,
    /// The closure that it is in: it runs at another time, so that a later check outside may come first.
    closure: usize,
}

impl Site {
    /// The place before its arguments.
    pub(crate) fn start(self) -> Self {
        Self { after: self.before, ..self }
    }
}

const FINDS: [&str; 12] = [
    "find",
    "rfind",
    "starts_with",
    "ends_with",
    "is_char_boundary",
    "is_ascii",
    "char_indices",
    "strip_prefix",
    "position",
    "floor_char_boundary",
    "matches",
    "match_indices",
];
const COUNTS: [&str; 10] = [
    "len",
    "is_empty",
    "first",
    "chunks_exact",
    "remaining",
    "has_remaining",
    "count",
    "(pattern)",
    "(asked)",
    "get",
];
/// Methods that make a list longer.
const GROWS: [&str; 5] = ["resize", "resize_with", "push", "insert", "extend"];
const ANSWERS: [&str; 14] = [
    "is_ok",
    "is_err",
    "is_some",
    "is_none",
    "is_text",
    "is_binary",
    "is_match",
    "all",
    "any",
    "(pattern)",
    "(asked)",
    "is_string",
    "is_number",
    "is_array",
];

impl<'m> Measures<'m> {
    pub(crate) fn of(body: &Block, macros: &'m Macros) -> Self {
        let mut measures = Self {
            macros,
            asked: HashMap::new(),
            now: 0,
            sites: HashMap::new(),
            loops: Vec::new(),
            bound: HashMap::new(),
            closure: 0,
            compared: HashSet::new(),
            parts: HashMap::new(),
            made_of: HashMap::new(),
            in_condition: false,
            against: None,
        };
        measures.visit_block(body);
        measures
    }

    /// The place of the expression at this address.
    pub(crate) fn site<T>(&self, expression: &T) -> Site {
        let unknown = Site { before: usize::MAX, after: usize::MAX, closure: usize::MAX };
        self.sites.get(&std::ptr::from_ref(expression).addr()).copied().unwrap_or(unknown)
    }

    fn visited<T>(&mut self, expression: &T, visit: impl FnOnce(&mut Self)) {
        let before = self.step();
        visit(self);
        let site = Site { before, after: self.step(), closure: self.closure };
        self.sites.insert(std::ptr::from_ref(expression).addr(), site);
    }

    fn step(&mut self) -> usize {
        self.now += 1;
        self.now
    }

    fn has(&self, name: &str, among: &[&str], site: Option<Site>) -> bool {
        self.shows(name, among, site, 0)
    }

    /// Whether one of these checks may show that the element with this index is there.
    fn shows(&self, name: &str, among: &[&str], site: Option<Site>, index: usize) -> bool {
        let is_one = |check: &Check| {
            among.contains(&check.method.as_str())
                && check.shows.is_none_or(|last| last >= index)
                && site.is_none_or(|site| self.is_on_the_way(name, check, site))
        };
        self.asked.get(name).is_some_and(|asked| asked.iter().any(is_one))
    }

    /// Whether the check comes before this place, or in an earlier round of a loop.
    fn is_on_the_way(&self, name: &str, check: &Check, site: Site) -> bool {
        let at = site.after;
        if check.at <= at {
            return !check.blind.iter().any(|&(start, end)| start < at && at <= end);
        }
        let is_bound_in = |start: usize, end: usize| {
            self.bound.get(name).is_some_and(|bound| bound.iter().any(|one| (start..=end).contains(one)))
        };
        let mut around = self.loops.iter().filter(|(start, end)| *start <= at && check.at <= *end);
        site.closure != check.closure || around.any(|&(start, end)| !is_bound_in(start, end))
    }

    /// Whether it, or the value that it is a part of, had this check.
    fn whole_has(&self, name: &str, among: &[&str], site: Site) -> bool {
        self.has(name, among, Some(site))
            || self.parts.get(name).is_some_and(|whole| self.has(whole, among, Some(site)))
    }

    /// Whether a bound in the string was searched for before this place.
    pub(crate) fn finds(&self, name: &str, site: Site) -> bool {
        self.has(name, &FINDS, Some(site)) || self.has(name, &["(asked)", "all"], Some(site))
    }

    /// Whether its length was checked before this place.
    pub(crate) fn counts(&self, name: &str, site: Site) -> bool {
        self.whole_has(name, &COUNTS, site) || self.has(name, &GROWS, Some(site))
    }

    /// Whether a check before this place may show that the element with this index is there: `is_empty` does so for the first one only.
    pub(crate) fn counts_to(&self, name: &str, index: usize, site: Site) -> bool {
        let shows = |name: &str| self.shows(name, &COUNTS, Some(site), index);
        shows(name)
            || self.parts.get(name).is_some_and(|whole| shows(whole))
            || self.has(name, &GROWS, Some(site))
    }

    /// Whether its kind was checked before this place.
    pub(crate) fn answers(&self, name: &str, site: Site) -> bool {
        const OTHERS: [&str; 6] =
            ["starts_with", "contains", "contains_key", "is_object", "is_u64", "is_i64"];
        self.whole_has(name, &ANSWERS, site) || self.has(name, &OTHERS, Some(site))
    }

    fn note(&mut self, name: Option<String>, method: impl Into<String>) {
        self.note_to(name, method, None);
    }

    fn note_to(&mut self, name: Option<String>, method: impl Into<String>, shows: Option<usize>) {
        if let Some(name) = name {
            let (at, closure) = (self.step(), self.closure);
            let check = Check { method: method.into(), at, shows, blind: Vec::new(), closure };
            self.asked.entry(name).or_default().push(check);
        }
    }

    /// The checks between these places say nothing at those.
    fn hide(&mut self, checks: (usize, usize), places: (usize, usize)) {
        let checks = self.asked.values_mut().flatten().filter(|one| checks.0 < one.at && one.at <= checks.1);
        checks.for_each(|one| one.blind.push(places));
    }

    fn in_loop(&mut self, visit: impl FnOnce(&mut Self)) {
        let start = self.step();
        visit(self);
        let end = self.step();
        self.loops.push((start, end));
    }

    fn apart(&mut self, visit: impl FnOnce(&mut Self)) {
        let begin = self.step();
        let outer = std::mem::replace(&mut self.closure, begin);
        visit(self);
        self.closure = outer;
    }

    /// The names of the pattern have a new value from here on.
    fn bind(&mut self, pattern: &dyn ToTokens) {
        let at = self.step();
        for name in words_of(pattern) {
            self.bound.entry(name).or_default().push(at);
        }
    }

    /// Every word in it is compared with something.
    fn compare(&mut self, tokens: &dyn ToTokens) {
        each_word(tokens.to_token_stream(), &mut |word| {
            self.compared.insert(word.to_string());
        });
    }

    /// Whether a number was compared with another, or was passed to a function that checks it, under this name or as the value
    /// that it was bound from.
    pub(crate) fn compares(&self, words: &dyn ToTokens) -> bool {
        let mut left = words_of(words);
        let mut seen = HashSet::new();
        while let Some(word) = left.pop() {
            // A message that is matched on is not a number that is.
            let direct = if seen.is_empty() { "(pattern)" } else { "(number)" };
            if self.compared.contains(&word) || self.has(&word, &["(asked)", direct], None) {
                return true;
            }
            left.extend(self.made_of.get(&word).into_iter().flatten().cloned());
            seen.insert(word);
            left.retain(|word| !seen.contains(word));
        }
        false
    }

    /// The names of the pattern are bound from this.
    fn make(&mut self, pattern: &dyn ToTokens, value: &dyn ToTokens) {
        self.bind(pattern);
        let is_name = |word: &String| word != "await" && word.starts_with(|first: char| first.is_lowercase());
        let value: HashSet<_> = words_of(value).into_iter().filter(is_name).collect();
        for name in words_of(pattern).into_iter().filter(is_name) {
            self.made_of.entry(name).or_default().extend(value.iter().cloned());
        }
    }

    fn method(&mut self, call: &ExprMethodCall) {
        let method = call.method.to_string();
        if self.in_condition || FINDS.contains(&method.as_str()) || GROWS.contains(&method.as_str()) {
            let shows = self.shown_by(&method, call);
            self.note_to(root(&call.receiver), method.clone(), shows);
        }
        if matches!(method.as_str(), "send" | "feed" | "try_send") {
            // Whether it could be sent says nothing about its kind.
            self.visit_expr(&call.receiver);
            let before = std::mem::replace(&mut self.in_condition, false);
            call.args.iter().for_each(|one| self.visit_expr(one));
            self.in_condition = before;
            return;
        }
        if matches!(
            method.as_str(),
            "get" | "get_mut" | "contains" | "contains_key" | "min" | "clamp" | "rem_euclid"
        ) {
            self.compare(call);
        }
        visit::visit_expr_method_call(self, call);
    }

    /// The last element that a method of the list itself can show to be there.
    fn shown_by(&self, method: &str, call: &ExprMethodCall) -> Option<usize> {
        let is_of_list = is_part(&call.receiver);
        match method {
            "is_empty" | "first" if is_of_list => Some(0),
            "get" if is_of_list => number(call.args.first()?),
            // From `len() < 3` to the element 2, from `len() <= 3` to the element 3.
            "len" if is_of_list => self.against,
            _ => None,
        }
    }

    fn condition(&mut self, look: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.in_condition, true);
        look(self);
        self.in_condition = before;
    }
}

impl<'ast> Visit<'ast> for Measures<'_> {
    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        self.visited(index, |this| visit::visit_expr_index(this, index));
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        self.apart(|this| visit::visit_expr_closure(this, closure));
    }

    fn visit_expr_loop(&mut self, repeat: &'ast syn::ExprLoop) {
        self.in_loop(|this| visit::visit_expr_loop(this, repeat));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.visited(call, |this| this.method(call));
    }
    fn visit_expr_if(&mut self, branch: &'ast syn::ExprIf) {
        let start = self.step();
        self.condition(|this| this.visit_expr(&branch.cond));
        let asked = self.step();
        self.visit_block(&branch.then_branch);
        if let Some((_, other)) = &branch.else_branch {
            self.visit_expr(other);
        } else if goes_on(&branch.then_branch) {
            self.hide((start, asked), (self.now, usize::MAX));
        }
    }

    fn visit_expr_while(&mut self, repeat: &'ast syn::ExprWhile) {
        self.in_loop(|this| {
            this.condition(|this| this.visit_expr(&repeat.cond));
            this.visit_block(&repeat.body);
        });
    }

    fn visit_expr_for_loop(&mut self, repeat: &'ast syn::ExprForLoop) {
        self.in_loop(|this| {
            this.condition(|this| this.visit_expr(&repeat.expr));
            this.bind(&repeat.pat);
            this.visit_block(&repeat.body);
        });
    }

    fn visit_expr_match(&mut self, branch: &'ast syn::ExprMatch) {
        let replaces = branch.arms.iter().any(|arm| replaces(&arm.pat, &branch.expr));
        if !replaces && matches!(&*branch.expr, Expr::Path(_) | Expr::Reference(_) | Expr::Field(_)) {
            self.note(root(&branch.expr), "(pattern)");
        }
        if branch.arms.iter().any(|arm| has_number(&arm.pat)) {
            self.note(root(&branch.expr), "(number)");
        }
        self.condition(|this| this.visit_expr(&branch.expr));
        let mut guards: Vec<(&syn::Pat, (usize, usize))> = Vec::new();
        for arm in &branch.arms {
            let start = self.step();
            self.make(&arm.pat, &branch.expr);
            if let syn::Pat::Guard(guarded) = &arm.pat {
                self.condition(|this| this.visit_expr(&guarded.guard));
                let asked = (start, self.step());
                guards.push((&*guarded.pat, asked));
            }
            self.visit_expr(&arm.body);
            let end = self.step();
            let others =
                guards.iter().filter(|(guarded, asked)| asked.1 < start && are_apart(guarded, &arm.pat));
            let others: Vec<_> = others.map(|(_, asked)| *asked).collect();
            for asked in others {
                self.hide(asked, (start, end));
            }
        }
    }

    fn visit_expr_let(&mut self, test: &'ast syn::ExprLet) {
        if !replaces(&test.pat, &test.expr)
            && matches!(&*test.expr, Expr::Path(_) | Expr::Reference(_) | Expr::Field(_))
        {
            self.note(root(&test.expr), "(pattern)");
        }
        self.make(&test.pat, &test.expr);
        visit::visit_expr_let(self, test);
    }

    /// A function that takes a value may have validated it.
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        self.visited(call, |this| {
            if this.in_condition && !is_variant(&call.func) && !only_reads(&call.func) {
                for argument in &call.args {
                    this.note(root(argument), "(asked)");
                }
            }
            visit::visit_expr_call(this, call);
        });
    }

    fn visit_expr_try(&mut self, tried: &'ast syn::ExprTry) {
        visit::visit_expr_try(self, tried);
        if let Expr::Call(call) = &*tried.expr
            && !is_variant(&call.func)
        {
            call.args.iter().for_each(|one| self.note(root(one), "(asked)"));
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let compares = matches!(
            binary.op,
            BinOp::Lt(_)
                | BinOp::Le(_)
                | BinOp::Gt(_)
                | BinOp::Ge(_)
                | BinOp::Eq(_)
                | BinOp::Ne(_)
                | BinOp::Rem(_)
        );
        if compares {
            self.compare(binary);
            let against = number(&binary.right).or_else(|| number(&binary.left));
            let before = std::mem::replace(&mut self.against, against);
            self.condition(|this| visit::visit_expr_binary(this, binary));
            self.against = before;
        } else {
            // `len() - 3 > 0` shows more than the number says.
            let before = self.against.take();
            visit::visit_expr_binary(self, binary);
            self.against = before;
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let Some(init) = &local.init else { return };
        self.make(&local.pat, &init.expr);
        if let (syn::Pat::Ident(name), true) = (&local.pat, is_part(&init.expr))
            && let Some(whole) = root(&init.expr)
        {
            self.parts.insert(name.ident.to_string(), whole);
        }
        // `let n = parts.len();` or `let [a, b] = ..`
        if is_measure(&init.expr) || init.diverge.is_some() {
            if matches!(&*init.expr, Expr::Path(_) | Expr::Reference(_))
                || matches!(local.pat, syn::Pat::Slice(_))
            {
                self.note(root(&init.expr), "(pattern)");
            }
            self.condition(|this| this.visit_expr(&init.expr));
        } else {
            self.visit_expr(&init.expr);
        }
        if let Some((_, diverge)) = &init.diverge {
            self.visit_expr(diverge);
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = macro_name(call);
        if name == "select" {
            for branch in self.macros.branches(call).unwrap_or_default() {
                branch.future.iter().for_each(|future| self.visit_expr(future));
                branch.pattern.iter().for_each(|pattern| self.bind(pattern));
                branch.guard.iter().for_each(|guard| self.condition(|this| this.visit_expr(guard)));
                self.visit_expr(&branch.handler);
            }
            return;
        }
        let asks = matches!(
            name.as_str(),
            "assert" | "assert_eq" | "ensure" | "matches" | "debug_assert" | "assert_ne"
        );
        if name == "matches" {
            let first = call.tokens.clone().into_iter().find_map(|token| match token {
                proc_macro2::TokenTree::Ident(word) => Some(word.to_string()),
                _ => None,
            });
            self.note(first, "(pattern)");
        }
        for argument in self.macros.arguments(call) {
            if asks {
                self.condition(|this| this.visit_expr(argument));
            } else {
                self.visit_expr(argument);
            }
        }
    }
}

/// Whether what follows runs in any case: it only logs or sends something.
fn goes_on(block: &Block) -> bool {
    let is_send = |value: &Expr| match value {
        Expr::MethodCall(call) => call.method == "send",
        _ => false,
    };
    let sends = |value: &Expr| match value {
        Expr::Await(awaited) => is_send(&awaited.base),
        Expr::Try(tried) => matches!(&*tried.expr, Expr::Await(awaited) if is_send(&awaited.base)),
        _ => false,
    };
    let goes_on = |statement: &Stmt| match statement {
        Stmt::Macro(call) => is_log(&call.mac),
        Stmt::Expr(Expr::Macro(call), _) => is_log(&call.mac),
        Stmt::Expr(value, _) => sends(value),
        _ => false,
    };
    block.stmts.iter().all(goes_on)
}

/// Whether no value fits both, since they consist of different literals: `"dim"` and `"on" | "off"`.
fn are_apart(one: &syn::Pat, other: &syn::Pat) -> bool {
    let both = literals(one).zip(literals(other));
    both.is_some_and(|(one, other)| one.iter().all(|literal| !other.contains(literal)))
}

/// The literals of which the pattern consists.
fn literals(pattern: &syn::Pat) -> Option<Vec<String>> {
    match pattern {
        syn::Pat::Lit(lit) => Some(vec![lit.to_token_stream().to_string()]),
        syn::Pat::Or(or) => {
            let all: Option<Vec<_>> = or.cases.iter().map(literals).collect();
            all.map(|all| all.concat())
        }
        syn::Pat::Paren(inner) => literals(&inner.pat),
        syn::Pat::Guard(guarded) => literals(&guarded.pat),
        syn::Pat::TupleStruct(some) if some.elems.len() == 1 => literals(&some.elems[0]),
        _ => None,
    }
}

/// `parts.len()`, `parsed.is_ok()`, or a comparison: a condition may use it later.
fn is_measure(value: &Expr) -> bool {
    match value {
        Expr::MethodCall(call) => {
            let method = call.method.to_string();
            [&COUNTS[..], &ANSWERS[..]].iter().any(|known| known.contains(&method.as_str()))
        }
        Expr::Unary(unary) => is_measure(&unary.expr),
        Expr::Paren(inner) => is_measure(&inner.expr),
        Expr::Binary(binary) => matches!(binary.op, BinOp::And(_) | BinOp::Or(_)),
        _ => false,
    }
}

/// A field of a value, or its bytes.
fn is_part(value: &Expr) -> bool {
    const SAME: [&str; 8] =
        ["as_bytes", "into_bytes", "into_data", "as_slice", "as_ref", "to_vec", "clone", "as_deref"];
    match value {
        Expr::Path(_) => true,
        Expr::Field(field) => is_part(&field.base),
        Expr::Reference(lent) => is_part(&lent.expr),
        Expr::Paren(inner) => is_part(&inner.expr),
        Expr::MethodCall(call) => SAME.contains(&call.method.to_string().as_str()) && is_part(&call.receiver),
        _ => false,
    }
}

/// A number that is written there.
pub(crate) fn number(value: &Expr) -> Option<usize> {
    match value {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    }
}

fn words_of(tokens: &dyn ToTokens) -> Vec<String> {
    let mut found = Vec::new();
    each_word(tokens.to_token_stream(), &mut |word| found.push(word.to_string()));
    found
}

/// Whether it makes something of a text and says nothing of the text.
fn only_reads(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| kinds::reads(&last.ident.to_string())))
}

/// Whether it looks for a number, or for several: `3`, `at @ 0..=63`, `Some(0..8)`.
fn has_number(pattern: &syn::Pat) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_pat(&mut self, pattern: &'ast syn::Pat) {
            let is_number = |lit: &syn::ExprLit| matches!(lit.lit, syn::Lit::Int(_));
            self.0 |= match pattern {
                syn::Pat::Lit(lit) => is_number(lit),
                syn::Pat::Range(_) => true,
                _ => false,
            };
            visit::visit_pat(self, pattern);
        }
    }
    let mut search = Search(false);
    search.visit_pat(pattern);
    search.0
}

/// Whether the pattern binds the same name as the value that it matches: `Ok(Message::Text(message)) = message`. Then the name is a
/// value that was not checked.
fn replaces(pattern: &syn::Pat, value: &Expr) -> bool {
    let Expr::Path(path) = value else { return false };
    let Some(name) = path.path.get_ident() else { return false };
    let bound = match pattern {
        syn::Pat::TupleStruct(made) if made.elems.len() == 1 => &made.elems[0],
        _ => return false,
    };
    match bound {
        syn::Pat::Ident(ident) => ident.subpat.is_none() && ident.ident == *name,
        inner => replaces(inner, value),
    }
}

/// `Some(..)`, `Command::Say(..)`.
pub(super) fn is_variant(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident.to_string().starts_with(|first: char| first.is_uppercase())))
}
