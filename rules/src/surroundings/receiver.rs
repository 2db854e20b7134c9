//! The type of a variable, or the function that created it, if the function shows it.

use std::collections::HashMap;

use syn::{
    Block, Expr, ExprLet, ExprMatch, ExprMethodCall, Generics, Local, Pat, PatType, Type, TypeParamBound,
    WherePredicate,
    visit::{self, Visit},
};

use super::Shapes;
use crate::{
    flow::{Imports, has_word},
    syntax::{Function, generic_arguments, last_segment, peel, segments},
};

/// Wrappers whose methods are called on the inner value.
const WRAPPERS: [&str; 12] = [
    "State",
    "Extension",
    "Arc",
    "Rc",
    "Box",
    "Data",
    "Mutex",
    "RwLock",
    "LazyLock",
    "OnceLock",
    "Lazy",
    "OnceCell",
];

/// The paths of the types of names, or of the functions or methods that created them. A name that is bound twice is
/// unknown.
#[derive(Debug, Default)]
pub(crate) struct Types(HashMap<String, Option<String>>);

impl Types {
    pub(crate) fn of(function: &Function, body: &Block, imports: &Imports) -> Self {
        let mut search = Search { types: Self::default(), imports, generics: &function.sig.generics };
        for parameter in &function.parameters {
            search.parameter(&parameter.node);
        }
        search.visit_block(body);
        search.types
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref()
    }
}

struct Search<'i> {
    types: Types,
    imports: &'i Imports,
    generics: &'i Generics,
}

impl Search<'_> {
    fn parameter(&mut self, parameter: &PatType) {
        match only_name(&parameter.pat) {
            Some(name) => {
                let of = self.within(&parameter.ty);
                self.bind(name, of);
            }
            None => self.visit_pat(&parameter.pat),
        }
    }

    /// A name that is bound a second time may be something else there.
    fn bind(&mut self, name: String, of: Option<String>) {
        self.types.0.entry(name).and_modify(|known| *known = None).or_insert(of);
    }

    fn made(&self, value: &Expr) -> Option<String> {
        maker(value, self.imports).or_else(|| method(value))
    }

    /// Binds the name in `Ok(child)` or `Some(child)`; whether it is such a pattern.
    fn taken_out(&mut self, pattern: &Pat, made: Option<&String>) -> bool {
        let Pat::TupleStruct(variant) = pattern else { return false };
        let is_good =
            variant.path.segments.last().is_some_and(|last| last.ident == "Ok" || last.ident == "Some");
        let (1, true, Some(Pat::Ident(name))) = (variant.elems.len(), is_good, variant.elems.first()) else {
            return false;
        };
        self.bind(name.ident.to_string(), made.filter(|path| !path.starts_with('.')).cloned());
        true
    }

    fn within(&self, ty: &Type) -> Option<String> {
        self.bound(ty).or_else(|| type_path(ty, self.imports))
    }

    /// The trait behind a type parameter of the function.
    fn bound(&self, ty: &Type) -> Option<String> {
        match peel(ty) {
            Type::Reference(reference) => self.bound(&reference.elem),
            Type::Path(path) => {
                let name = path.path.get_ident()?;
                let declared = self.generics.type_params().find(|one| one.ident == *name)?;
                let clauses = self.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
                let bounds = clauses.filter_map(|predicate| match predicate {
                    WherePredicate::Type(one) if is_named(&one.bounded_ty, name) => Some(&one.bounds),
                    _ => None,
                });
                bounds.chain([&declared.bounds]).find_map(|bounds| trait_path(bounds, self.imports))
            }
            _ => None,
        }
    }
}

fn is_named(ty: &Type, name: &syn::Ident) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}

/// The path of the first trait that has methods.
fn trait_path<'b>(bounds: impl IntoIterator<Item = &'b TypeParamBound>, imports: &Imports) -> Option<String> {
    const MARKERS: [&str; 6] = ["Send", "Sync", "Unpin", "Sized", "Clone", "Copy"];
    bounds.into_iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last()?;
            let is_marker = MARKERS.iter().any(|marker| last.ident == marker);
            (!is_marker).then(|| imports.resolve_path(&bound.path))
        }
        _ => None,
    })
}

/// The path of the type inside wrappers and references; that of the trait, of a trait object.
pub(crate) fn type_path(ty: &Type, imports: &Imports) -> Option<String> {
    match peel(ty) {
        Type::Reference(reference) => type_path(&reference.elem, imports),
        Type::TraitObject(object) => trait_path(&object.bounds, imports),
        Type::ImplTrait(hidden) => trait_path(&hidden.bounds, imports),
        Type::Path(path) if path.qself.is_none() => {
            let last = last_segment(ty)?.ident.to_string();
            match generic_arguments(ty).first() {
                Some(inner) if WRAPPERS.contains(&last.as_str()) => type_path(inner, imports),
                _ => Some(imports.resolve_path(&path.path)),
            }
        }
        _ => None,
    }
}

/// What the path of a type stands for, if it is an alias of the file.
pub(crate) fn without_alias(path: &str, shapes: &Shapes, imports: &Imports) -> String {
    let alias = path.strip_prefix("self::").and_then(|name| shapes.alias(name));
    let behind = alias.and_then(|alias| type_path(&syn::parse_str(alias).ok()?, imports));
    behind.unwrap_or_else(|| path.to_owned())
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_local(&mut self, local: &'ast Local) {
        let made = local.init.as_ref().and_then(|init| self.made(&init.expr));
        match &local.pat {
            pattern if self.taken_out(pattern, made.as_ref()) => {}
            Pat::Ident(name) => self.bind(name.ident.to_string(), made),
            Pat::Type(typed) => self.parameter(typed),
            // Both ends of a channel.
            Pat::Tuple(pair) => {
                for one in &pair.elems {
                    match only_name(one) {
                        Some(name) => self.bind(name, made.clone()),
                        None => self.visit_pat(one),
                    }
                }
            }
            other => self.visit_pat(other),
        }
        if let Some(init) = &local.init {
            visit::visit_local_init(self, init);
        }
    }

    fn visit_expr_let(&mut self, test: &'ast ExprLet) {
        let made = self.made(&test.expr);
        if !self.taken_out(&test.pat, made.as_ref()) {
            self.visit_pat(&test.pat);
        }
        self.visit_expr(&test.expr);
    }

    fn visit_expr_match(&mut self, branch: &'ast ExprMatch) {
        let made = self.made(&branch.expr);
        self.visit_expr(&branch.expr);
        for arm in &branch.arms {
            if !self.taken_out(&arm.pat, made.as_ref()) {
                self.visit_pat(&arm.pat);
            }
            if let Pat::Guard(guarded) = &arm.pat {
                self.visit_expr(&guarded.guard);
            }
            self.visit_expr(&arm.body);
        }
    }

    fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
        self.bind(name.ident.to_string(), None);
        visit::visit_pat_ident(self, name);
    }
}

/// The function at the beginning of the expression for the value: `Store::open` of `Store::open(..).await?`.
pub(crate) fn maker(made: &Expr, imports: &Imports) -> Option<String> {
    match made {
        Expr::Await(inner) => maker(&inner.base, imports),
        Expr::Try(inner) => maker(&inner.expr, imports),
        Expr::Paren(inner) => maker(&inner.expr, imports),
        Expr::MethodCall(call) if keeps(&call.method.to_string()) => maker(&call.receiver, imports),
        Expr::Struct(literal) => Some(imports.resolve_path(&literal.path)),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            let path = imports.resolve_path(&path.path);
            let wraps = segments::before_last(&path).is_some_and(|of| WRAPPERS.contains(&of));
            match call.args.first() {
                Some(inner) if wraps => maker(inner, imports),
                _ => Some(path),
            }
        }
        _ => None,
    }
}

/// The last method of a chain with an unknown beginning: `.subscribe` of `events.subscribe()`.
fn method(made: &Expr) -> Option<String> {
    match made {
        Expr::Await(inner) => method(&inner.base),
        Expr::Try(inner) => method(&inner.expr),
        Expr::Paren(inner) => method(&inner.expr),
        Expr::MethodCall(call) if keeps(&call.method.to_string()) || ignores_poison(call) => {
            method(&call.receiver)
        }
        Expr::MethodCall(call) => Some(format!(".{}", call.method)),
        _ => None,
    }
}

/// Methods whose result is still the value from the beginning of the chain, as far as its own methods are concerned.
fn keeps(method: &str) -> bool {
    const RESULT: [&str; 6] = ["unwrap", "expect", "map_err", "context", "with_context", "ok"];
    const COMMAND: [&str; 8] = ["arg", "args", "env", "current_dir", "stdin", "stdout", "stderr", "spawn"];
    method == "clone" || RESULT.contains(&method) || COMMAND.contains(&method)
}

/// `lock().unwrap_or_else(PoisonError::into_inner)`
pub(crate) fn ignores_poison(call: &ExprMethodCall) -> bool {
    call.method == "unwrap_or_else" && call.args.iter().any(|one| has_word(one, &["into_inner"]))
}

/// The one name of `State(name)`, `Extension(name)` or `name`.
fn only_name(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(name) if name.subpat.is_none() => Some(name.ident.to_string()),
        Pat::TupleStruct(wrapped) if wrapped.elems.len() == 1 => only_name(&wrapped.elems[0]),
        _ => None,
    }
}
