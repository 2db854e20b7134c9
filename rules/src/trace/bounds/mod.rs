//! What a function has made sure of before it uses a number or a key that the client sent.
//!
//! A [`Fact`] says that something bounds a value between two places of the source, such as the block after `if at < len`.

mod conditions;
mod values;

use std::collections::{HashMap, HashSet};

use syn::{
    BinOp, Block, Expr, Macro, Pat,
    visit::{self, Visit},
};

use self::{
    conditions::{Said, said, used},
    values::{is_number_pattern, paths_of, plain},
};
use crate::flow::{Macros, macro_name};

pub(crate) use values::{operands, path_of};

/// The bounds of the values of a function.
pub(crate) struct Bounds<'m> {
    macros: &'m Macros,
    /// How far the walk is.
    now: usize,
    /// The places of expressions, by address.
    sites: HashMap<usize, usize>,
    facts: Vec<Fact>,
    /// For each block around this place, the facts that end with it.
    open: Vec<Vec<usize>>,
    /// Other names for a value: `at` for `mv.to`.
    same: HashMap<String, HashSet<String>>,
    /// The values of which a name is computed.
    computed: HashMap<String, Vec<String>>,
    /// Names for conditions.
    named: HashMap<String, Expr>,
    /// Where a value was first compared with anything.
    compared: HashMap<String, usize>,
    /// The facts that end with the innermost arm, loop or closure around this place.
    kept: Vec<Vec<usize>>,
    /// The parameters of closures, which are not the names around them.
    shadows: Vec<(String, usize, usize)>,
    /// Names that have another value later.
    assigned: HashSet<String>,
    /// The numbers of elements that are written there, by the name of the list.
    sizes: HashMap<String, u64>,
}

/// What the caller knows about the values of the function.
pub(crate) trait Known {
    /// Whether the client chose the value of this path.
    fn is_given(&self, path: &str) -> bool;
    /// Whether a value fits if it is no larger than this.
    fn fits(&self, against: &Expr) -> bool;
}

/// A value is bounded from one place to another.
struct Fact {
    of: String,
    /// What it is compared with; nothing if a function has looked at it.
    against: Option<Expr>,
    from: usize,
    to: usize,
}

impl<'m> Bounds<'m> {
    pub(crate) fn of(body: &Block, macros: &'m Macros) -> Self {
        let mut bounds = Self {
            macros,
            now: 0,
            sites: HashMap::new(),
            facts: Vec::new(),
            open: vec![Vec::new()],
            same: HashMap::new(),
            computed: HashMap::new(),
            named: HashMap::new(),
            compared: HashMap::new(),
            kept: vec![Vec::new()],
            shadows: Vec::new(),
            assigned: HashSet::new(),
            sizes: HashMap::new(),
        };
        bounds.visit_block(body);
        bounds
    }

    /// The number of elements of a list, if it is written there.
    pub(crate) fn size(&self, list: &Expr) -> Option<u64> {
        self.sizes.get(&path_of(list)?).copied()
    }

    /// Whether something makes sure of every value that the client chose in this number, before the expression at this address.
    pub(crate) fn bounds<T>(&self, number: &Expr, at: &T, known: &dyn Known) -> bool {
        let Some(paths) = operands(number) else { return true };
        let Some(at) = self.site(at) else { return true };
        paths
            .iter()
            .all(|path| !known.is_given(path) || self.is_bounded(path, at, known, &mut HashSet::new()))
    }

    /// Whether it is asked before this place whether the number is zero.
    pub(crate) fn is_compared<T>(&self, number: &Expr, at: &T) -> bool {
        let Some(paths) = operands(number) else { return true };
        let Some(at) = self.site(at) else { return true };
        let is_compared = |path: &String| self.compared.get(path).is_some_and(|first| *first <= at);
        paths.iter().any(|path| is_compared(path) || self.others(path).iter().any(is_compared))
    }

    fn site<T>(&self, expression: &T) -> Option<usize> {
        self.sites.get(&std::ptr::from_ref(expression).addr()).copied()
    }

    fn is_bounded(&self, path: &str, at: usize, known: &dyn Known, seen: &mut HashSet<String>) -> bool {
        if !seen.insert(path.to_owned()) {
            return false;
        }
        let root = path.split('.').next().unwrap_or_default();
        if self.assigned.contains(root) {
            return true;
        }
        let shadows = self.shadows.iter().filter(|(name, from, to)| name == root && *from <= at && at <= *to);
        let since = shadows.map(|(_, from, _)| *from).max().unwrap_or(0);
        let is_it = |fact: &Fact| {
            let is_same = match &fact.against {
                Some(against) => fact.of == path && known.fits(against),
                None => fact.of == path || is_inside(path, &fact.of),
            };
            is_same && since <= fact.from && fact.from <= at && at <= fact.to
        };
        if self.facts.iter().any(is_it) {
            return true;
        }
        let mut others = self.others(path);
        others.retain(|other| !seen.contains(other));
        if others.iter().any(|other| self.is_bounded(other, at, known, seen)) {
            return true;
        }
        let parts = self.computed.get(path).filter(|parts| parts.iter().any(|part| known.is_given(part)));
        parts.is_some_and(|parts| {
            let is_sure = |part: &String| {
                part != path && (!known.is_given(part) || self.is_bounded(part, at, known, &mut seen.clone()))
            };
            parts.iter().all(is_sure)
        })
    }

    /// The other paths of the same value.
    fn others(&self, path: &str) -> Vec<String> {
        let (root, rest) = path.split_once('.').unwrap_or((path, ""));
        let joined = |other: &String| if rest.is_empty() { other.clone() } else { format!("{other}.{rest}") };
        let whole = self.same.get(path).into_iter().flatten().cloned();
        let by_root = self.same.get(root).into_iter().flatten().map(joined);
        whole.chain(by_root).collect()
    }

    fn step(&mut self) -> usize {
        self.now += 1;
        self.now
    }

    fn visited<T>(&mut self, expression: &T) {
        let at = self.step();
        self.sites.insert(std::ptr::from_ref(expression).addr(), at);
    }

    /// What was said holds between these places.
    fn hold(&mut self, all: &[Said], from: usize, to: usize) {
        for one in all {
            for of in self.with_parts(&one.of) {
                self.facts.push(Fact { of, against: one.against.clone(), from, to });
            }
        }
    }

    /// What was said holds up to the end of the block.
    fn hold_on(&mut self, all: &[Said]) {
        let first = self.facts.len();
        let from = self.step();
        self.hold(all, from, usize::MAX);
        let added = first..self.facts.len();
        self.open.last_mut().into_iter().for_each(|open| open.extend(added.clone()));
    }

    /// It holds up to the end of the arm, loop or closure.
    fn keep(&mut self, all: &[Said]) {
        let first = self.facts.len();
        let from = self.step();
        self.hold(all, from, usize::MAX);
        let added = first..self.facts.len();
        self.kept.last_mut().into_iter().for_each(|kept| kept.extend(added.clone()));
    }

    /// Code that does not always run, or runs at another time.
    fn apart(&mut self, look: impl FnOnce(&mut Self)) {
        self.kept.push(Vec::new());
        look(self);
        let end = self.step();
        for fact in self.kept.pop().unwrap_or_default() {
            self.facts[fact].to = end;
        }
    }

    fn compare(&mut self, paths: impl IntoIterator<Item = String>) {
        let at = self.step();
        paths.into_iter().for_each(|path| _ = self.compared.entry(path).or_insert(at));
    }

    /// A bound of a sum is one of its parts.
    fn with_parts(&self, of: &str) -> Vec<String> {
        let parts = self.computed.get(of).into_iter().flatten().cloned();
        parts.chain([of.to_owned()]).collect()
    }

    fn said(&self, condition: &Expr, is: bool) -> Vec<Said> {
        said(condition, is, &self.named)
    }

    fn name(&mut self, name: String, other: String) {
        if name == other || other.starts_with(&format!("{name}.")) {
            return;
        }
        self.same.entry(name.clone()).or_default().insert(other.clone());
        self.same.entry(other).or_default().insert(name);
    }

    /// The names of the pattern are parts of the value at this path.
    fn alias(&mut self, pattern: &Pat, path: &str) {
        match pattern {
            Pat::Ident(name) => self.name(name.ident.to_string(), path.to_owned()),
            Pat::Paren(inner) => self.alias(&inner.pat, path),
            Pat::Reference(inner) => self.alias(&inner.pat, path),
            Pat::Type(inner) => self.alias(&inner.pat, path),
            Pat::Guard(inner) => self.alias(&inner.pat, path),
            Pat::TupleStruct(one) if one.elems.len() == 1 => self.alias(&one.elems[0], path),
            Pat::Struct(fields) => {
                for field in &fields.fields {
                    let member = quote::ToTokens::to_token_stream(&field.member);
                    self.alias(&field.pat, &format!("{path}.{member}"));
                }
            }
            _ => {}
        }
    }

    fn bind(&mut self, pattern: &Pat, value: &Expr) {
        match (pattern, plain(value)) {
            (Pat::Tuple(names), Expr::Tuple(values)) if names.elems.len() == values.elems.len() => {
                names.elems.iter().zip(&values.elems).for_each(|(name, value)| self.bind(name, value));
            }
            (Pat::Type(typed), value) => self.bind(&typed.pat, value),
            (pattern, value) => {
                if let Some(path) = path_of(value) {
                    self.alias(pattern, &path);
                }
                if let Pat::Ident(name) = pattern {
                    self.compute(name.ident.to_string(), value);
                }
            }
        }
    }

    fn compute(&mut self, name: String, value: &Expr) {
        match value {
            Expr::Binary(_) | Expr::MethodCall(_) => {
                match operands(value) {
                    Some(paths) => _ = self.computed.insert(name.clone(), paths),
                    // `max`, or something else that makes sure of it.
                    None => self.compare([name.clone()]),
                }
            }
            // One of the branches has compared it, or it is not used in them.
            Expr::If(_) | Expr::Match(_) if values::compares(value) => {
                self.hold_on(&[Said { of: name.clone(), against: None }]);
            }
            _ => {}
        }
        if let Some(size) = values::size(value) {
            self.sizes.insert(name.clone(), size);
        }
        if conditions::is_condition(value) {
            self.named.insert(name, value.clone());
        }
    }

    fn block(&mut self, block: &Block) {
        self.open.push(Vec::new());
        block.stmts.iter().for_each(|statement| self.visit_stmt(statement));
        let end = self.step();
        for fact in self.open.pop().unwrap_or_default() {
            self.facts[fact].to = end;
        }
    }

    /// What holds only inside of `look`.
    fn while_holding(&mut self, all: &[Said], look: impl FnOnce(&mut Self)) {
        let first = self.facts.len();
        let from = self.step();
        self.hold(all, from, usize::MAX);
        let added = first..self.facts.len();
        look(self);
        let end = self.step();
        added.for_each(|fact| self.facts[fact].to = end);
    }
}

/// Whether `mv.to` is a part of `mv`.
fn is_inside(path: &str, whole: &str) -> bool {
    path.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'))
}

impl<'ast> Visit<'ast> for Bounds<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        self.block(block);
    }

    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        self.visited(index);
        visit::visit_expr_index(self, index);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.visit_expr(&call.receiver);
        self.visited(call);
        call.args.iter().for_each(|one| self.visit_expr(one));
        // What was put there is there.
        if matches!(call.method.to_string().as_str(), "entry" | "insert" | "try_insert" | "get" | "get_mut") {
            let keys = call.args.iter().take(1).filter_map(path_of);
            let all: Vec<_> = keys.map(|of| Said { of, against: None }).collect();
            let is_set = call.method == "insert" && call.args.len() == 1;
            if call.method.to_string().starts_with("get") {
                self.hold_on(&all);
            } else if !is_set {
                self.keep(&all);
            }
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.visit_expr(&binary.left);
        self.visited(binary);
        match binary.op {
            BinOp::And(_) | BinOp::Or(_) => {
                let all = self.said(&binary.left, matches!(binary.op, BinOp::And(_)));
                self.while_holding(&all, |this| this.visit_expr(&binary.right));
            }
            BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) | BinOp::Eq(_) | BinOp::Ne(_) => {
                self.compare([paths_of(&binary.left), paths_of(&binary.right)].concat());
                self.visit_expr(&binary.right);
            }
            _ => self.visit_expr(&binary.right),
        }
    }

    fn visit_expr_if(&mut self, branch: &'ast syn::ExprIf) {
        self.visit_expr(&branch.cond);
        let (then, otherwise) = (self.said(&branch.cond, true), self.said(&branch.cond, false));
        self.while_holding(&then, |this| this.visit_block(&branch.then_branch));
        if let Some((_, other)) = &branch.else_branch {
            self.while_holding(&otherwise, |this| this.visit_expr(other));
            if values::ends(other) {
                self.hold_on(&then);
            }
        }
        if values::block_ends(&branch.then_branch) {
            self.hold_on(&otherwise);
        }
    }

    fn visit_expr_while(&mut self, repeat: &'ast syn::ExprWhile) {
        self.visit_expr(&repeat.cond);
        let all = self.said(&repeat.cond, true);
        self.apart(|this| this.while_holding(&all, |this| this.visit_block(&repeat.body)));
    }

    fn visit_expr_loop(&mut self, repeat: &'ast syn::ExprLoop) {
        self.apart(|this| visit::visit_expr_loop(this, repeat));
    }

    fn visit_expr_for_loop(&mut self, repeat: &'ast syn::ExprForLoop) {
        self.apart(|this| visit::visit_expr_for_loop(this, repeat));
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let from = self.step();
        let names: Vec<_> = closure.inputs.iter().flat_map(values::names_of).collect();
        self.apart(|this| visit::visit_expr_closure(this, closure));
        let to = self.step();
        self.shadows.extend(names.into_iter().map(|name| (name, from, to)));
    }

    fn visit_expr_let(&mut self, test: &'ast syn::ExprLet) {
        self.visit_expr(&test.expr);
        self.bind(&test.pat, &test.expr);
    }

    fn visit_expr_match(&mut self, branch: &'ast syn::ExprMatch) {
        self.visit_expr(&branch.expr);
        let paths = paths_of(&branch.expr);
        let asked: Vec<_> = used(&branch.expr);
        let all = || paths.iter().map(|of| Said { of: of.clone(), against: None }).collect::<Vec<_>>();
        let (mut passed, mut has_number) = (Vec::new(), false);
        for arm in &branch.arms {
            self.bind(&arm.pat, &branch.expr);
            let mut held = asked.clone();
            held.extend(passed.iter().cloned());
            if is_number_pattern(&arm.pat) {
                has_number = true;
                held.extend(all());
                held.extend(values::names_of(&arm.pat).map(|of| Said { of, against: None }));
                self.compare(paths.iter().cloned().chain(values::names_of(&arm.pat)));
            }
            if let Pat::Guard(guarded) = &arm.pat {
                let before = held.clone();
                self.while_holding(&before, |this| this.visit_expr(&guarded.guard));
                held.extend(self.said(&guarded.guard, true));
                passed.extend(self.passed_by(guarded, &paths));
            }
            self.apart(|this| this.while_holding(&held, |this| this.visit_expr(&arm.body)));
        }
        let may_end = branch.arms.iter().any(|arm| values::ends(&arm.body));
        if may_end {
            let numbers = if has_number { all() } else { Vec::new() };
            self.hold_on(&[asked, passed, numbers].concat());
        }
    }

    fn visit_expr_try(&mut self, tried: &'ast syn::ExprTry) {
        visit::visit_expr_try(self, tried);
        let all = used(&tried.expr);
        self.hold_on(&all);
    }

    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        visit::visit_expr_assign(self, assign);
        if let Expr::Path(path) = &*assign.left
            && let Some(name) = path.path.get_ident()
        {
            self.assigned.insert(name.to_string());
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let Some(init) = &local.init else { return };
        self.visit_expr(&init.expr);
        if let Some((_, diverge)) = &init.diverge {
            self.visit_expr(diverge);
        }
        self.bind(&local.pat, &init.expr);
        if init.diverge.is_some() {
            let mut all = used(&init.expr);
            if is_number_pattern(&local.pat) {
                let names = values::names_of(&local.pat).chain(paths_of(&init.expr));
                all.extend(names.map(|of| Said { of, against: None }));
            }
            self.hold_on(&all);
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = macro_name(call);
        let macros = self.macros;
        if name == "select" {
            for branch in macros.branches(call).unwrap_or_default() {
                branch.future.iter().for_each(|future| self.visit_expr(future));
                let all: Vec<_> = branch.guard.iter().flat_map(|guard| self.said(guard, true)).collect();
                branch.guard.iter().for_each(|guard| self.visit_expr(guard));
                self.apart(|this| this.while_holding(&all, |this| this.visit_expr(&branch.handler)));
            }
            return;
        }
        macros.arguments(call).iter().for_each(|argument| self.visit_expr(argument));
        if matches!(name.as_str(), "assert" | "ensure" | "debug_assert") {
            let all: Vec<_> =
                macros.arguments(call).iter().take(1).flat_map(|one| self.said(one, true)).collect();
            self.hold_on(&all);
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

impl Bounds<'_> {
    /// What holds in the arms after one with a guard: the guard was false.
    fn passed_by(&self, guarded: &syn::PatGuard, paths: &[String]) -> Vec<Said> {
        let names: Vec<_> = values::names_of(&guarded.pat).collect();
        let false_there = self.said(&guarded.guard, false);
        let is_matched = |one: &Said| {
            let root = one.of.split('.').next().unwrap_or_default();
            paths.iter().any(|path| path == root || path == &one.of) || names.iter().any(|name| name == root)
        };
        false_there.into_iter().filter(is_matched).collect()
    }
}
