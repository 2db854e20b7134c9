//! The functions of a file, as far as they authenticate clients.

use std::{collections::HashMap, ops::RangeInclusive, rc::Rc};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use sockeye_rules::syntax::{generic_arguments, last_segment};
use syn::{
    Block, Expr, ExprAssign, ExprCall, ExprClosure, ExprMethodCall, Fields, File, FnArg, ImplItemConst,
    ImplItemFn, ItemConst, ItemFn, ItemImpl, ItemStatic, ItemStruct, Local, Pat, PatType, Signature, Type,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::{layers::Layers, words};

/// The functions and types of one file.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) functions: Vec<Rc<Function>>,
    pub(super) structs: Vec<Struct>,
    /// The types that are extractors, with their functions.
    pub(super) extractors: Vec<(String, TokenStream)>,
    /// The string literals that constants and statics are made of.
    pub(super) constants: Vec<(String, TokenTree)>,
}

/// A function, or a closure that takes an upgrade.
pub(super) struct Function {
    pub(super) name: String,
    /// The type of the `impl` block around it.
    pub(super) of: Option<String>,
    pub(super) lines: RangeInclusive<usize>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: TokenStream,
    pub(super) blocks: Vec<Block>,
    pub(super) calls: Vec<Call>,
    pub(super) layers: Layers,
}

/// A parameter, by its names and its type.
pub(super) struct Parameter {
    pub(super) names: Vec<String>,
    pub(super) ty: Type,
}

/// A function that is called, or passed to another.
#[derive(Default)]
pub(super) struct Call {
    pub(super) path: Vec<String>,
    /// The names in its arguments.
    pub(super) arguments: Vec<String>,
    /// The names in what a method is called on.
    pub(super) receiver: Vec<String>,
}

impl Call {
    /// A function or a method with only a name.
    pub(super) fn named(name: String) -> Self {
        Self { path: vec![name], ..Self::default() }
    }

    /// Whether this is among what it is given, or a method is called on it.
    pub(super) fn gets(&self, name: &str) -> bool {
        self.arguments.iter().chain(&self.receiver).any(|one| one == name)
    }
}

/// The type of a receiver that is not written in the function.
pub(super) const UNKNOWN: &str = "?";

/// The fields of a struct, and whether each may be missing.
pub(super) struct Struct {
    pub(super) name: String,
    pub(super) fields: Vec<(String, bool)>,
    /// Whether an upgrade is in one of them.
    pub(super) holds_upgrade: bool,
}

impl Facts {
    pub(super) fn of(file: &File) -> Self {
        let mut reader = Reader { of: None, facts: Self::default() };
        reader.visit_file(file);
        reader.facts
    }

    /// The innermost function at a line.
    pub(super) fn at(&self, line: usize) -> Option<&Rc<Function>> {
        let around = self.functions.iter().filter(|one| one.lines.contains(&line));
        around.min_by_key(|one| one.lines.end() - one.lines.start())
    }
}

impl Function {
    /// Whether it is about the credentials of a request: it is given headers, or its name says so.
    pub(super) fn checks_requests(&self) -> bool {
        const GIVEN: [&str; 4] = ["HeaderMap", "HeaderValue", "Parts", "Uri"];
        let is_given = |one: &Parameter| {
            words::idents(one.ty.to_token_stream()).any(|name| GIVEN.contains(&name.as_str()))
        };
        words::is_login(&self.name) || self.parameters.iter().any(is_given)
    }

    /// The names of the parameters that are upgrades.
    pub(super) fn upgrades(&self) -> impl Iterator<Item = &str> {
        self.parameters
            .iter()
            .filter(|one| is_of_upgrade(&one.ty))
            .flat_map(|one| one.names.iter().map(String::as_str))
    }
}

impl Parameter {
    fn of(pattern: &PatType) -> Self {
        Self { names: words::idents(pattern.pat.to_token_stream()).collect(), ty: (*pattern.ty).clone() }
    }

    /// The inner type of an extractor with this name: `Ticket` of `Query<Ticket>`.
    pub(super) fn within(&self, extractor: &str) -> Option<Type> {
        within(&self.ty, extractor)
    }
}

fn within(ty: &Type, extractor: &str) -> Option<Type> {
    let last = last_segment(ty)?.ident.to_string();
    let first = generic_arguments(ty).into_iter().next()?.clone();
    if last == extractor { Some(first) } else { within(&first, extractor) }
}

fn is_of_upgrade(ty: &Type) -> bool {
    words::idents(ty.to_token_stream()).any(|name| name.contains("Upgrade"))
}

struct Reader {
    of: Option<String>,
    facts: Facts,
}

impl Reader {
    fn function(&mut self, name: String, parameters: Vec<Parameter>, body: &Block, all: &dyn Spanned) {
        let mut parts = Parts::default();
        parts.visit_block(body);
        parts.blocks.push(body.clone());
        // A parameter hides the function of that name.
        let is_parameter = |name: &String| parameters.iter().any(|one| one.names.contains(name));
        parts.calls.retain(|call| !matches!(&call.path[..], [name] if is_parameter(name)));
        let span = all.span();
        self.facts.functions.push(Rc::new(Function {
            name,
            of: self.of.clone(),
            lines: span.start().line..=span.end().line,
            parameters,
            body: body.to_token_stream(),
            blocks: parts.blocks,
            calls: parts.calls,
            layers: parts.layers,
        }));
    }

    fn constant(&mut self, name: &syn::Ident, value: &Expr) {
        let mut texts =
            words::flat(value.to_token_stream()).into_iter().filter(|one| words::text(one).is_some());
        if let (Some(text), None) = (texts.next(), texts.next()) {
            self.facts.constants.push((name.to_string(), text));
        }
    }
}

fn parameters(signature: &Signature) -> Vec<Parameter> {
    let typed = signature.inputs.iter().filter_map(|one| match one {
        FnArg::Typed(one) => Some(Parameter::of(one)),
        FnArg::Receiver(_) => None,
    });
    typed.collect()
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(item.sig.ident.to_string(), parameters(&item.sig), &item.block, item);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(item.sig.ident.to_string(), parameters(&item.sig), &item.block, item);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let name = last_segment(&item.self_ty).map(|last| last.ident.to_string());
        let extracts = item.trait_.as_ref().and_then(|(path, ..)| path_last(path));
        if let (Some(name), Some(extracts)) = (&name, extracts)
            && (extracts.starts_with("FromRequest") || extracts == "OptionalFromRequestParts")
        {
            self.facts.extractors.push((name.clone(), item.to_token_stream()));
        }
        let outer = std::mem::replace(&mut self.of, name);
        visit::visit_item_impl(self, item);
        self.of = outer;
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        let Fields::Named(fields) = &item.fields else { return };
        let field = |field: &syn::Field| {
            let name = field.ident.as_ref()?.to_string();
            let is_optional = last_segment(&field.ty).is_some_and(|last| last.ident == "Option");
            let has_default =
                field.attrs.iter().any(|one| one.to_token_stream().to_string().contains("default"));
            Some((name, is_optional || has_default))
        };
        let holds_upgrade = fields.named.iter().any(|field| is_of_upgrade(&field.ty));
        let fields = fields.named.iter().filter_map(field).collect();
        self.facts.structs.push(Struct { name: item.ident.to_string(), fields, holds_upgrade });
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.constant(&item.ident, &item.expr);
    }

    fn visit_impl_item_const(&mut self, item: &'ast ImplItemConst) {
        self.constant(&item.ident, &item.expr);
    }

    fn visit_item_static(&mut self, item: &'ast ItemStatic) {
        self.constant(&item.ident, &item.expr);
    }

    /// A handler without a name of its own.
    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let typed = closure.inputs.iter().filter_map(|one| match one {
            Pat::Type(one) => Some(Parameter::of(one)),
            _ => None,
        });
        let typed: Vec<_> = typed.collect();
        if typed.iter().any(|one| is_of_upgrade(&one.ty)) {
            let body = &closure.body;
            self.function("closure".to_owned(), typed, &syn::parse_quote!({ #body }), closure);
        }
        visit::visit_expr_closure(self, closure);
    }
}

fn path_last(path: &syn::Path) -> Option<String> {
    Some(path.segments.last()?.ident.to_string())
}

/// The type that an expression makes, as far as it is written: `Session` of `Session { .. }` and `Session::new(..)`.
fn made_by(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Struct(made) => path_last(&made.path),
        Expr::Call(call) => {
            let Expr::Path(function) = &*call.func else { return None };
            let of = function.path.segments.iter().rev().nth(1)?.ident.to_string();
            of.starts_with(|first: char| first.is_uppercase()).then_some(of)
        }
        Expr::Await(inner) => made_by(&inner.base),
        Expr::Try(inner) => made_by(&inner.expr),
        Expr::Paren(inner) => made_by(&inner.expr),
        _ => None,
    }
}

/// The calls in a body, and its separate blocks.
#[derive(Default)]
struct Parts {
    blocks: Vec<Block>,
    calls: Vec<Call>,
    layers: Layers,
    /// The types of variables, by their names.
    types: HashMap<String, String>,
}

impl Parts {
    /// The type of a receiver, as far as it is written: `self`, a variable, or what makes the value.
    fn type_of(&self, receiver: &Expr) -> Option<String> {
        match receiver {
            Expr::Path(path) if path.path.is_ident("self") => Some("Self".to_owned()),
            Expr::Path(path) => self.types.get(&path.path.get_ident()?.to_string()).cloned(),
            other => made_by(other),
        }
    }

    fn add(&mut self, path: &syn::Path, arguments: Vec<String>) {
        let path = path.segments.iter().map(|one| one.ident.to_string()).collect();
        self.calls.push(Call { path, arguments, ..Call::default() });
    }
}

impl<'ast> Visit<'ast> for Parts {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func {
            self.add(&path.path, words::idents(call.args.to_token_stream()).collect());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let method = call.method.to_string();
        let arguments: Vec<_> = words::idents(call.args.to_token_stream()).collect();
        self.layers.call(call);
        let of = self.type_of(&call.receiver).unwrap_or_else(|| UNKNOWN.to_owned());
        let receiver = words::idents(call.receiver.to_token_stream()).collect();
        self.calls.push(Call { path: vec![of, method], arguments, receiver });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        self.layers.variable(local);
        let (pattern, typed) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, last_segment(&typed.ty).map(|last| last.ident.to_string())),
            plain => (plain, None),
        };
        let of = typed.or_else(|| made_by(&local.init.as_ref()?.expr));
        if let (Pat::Ident(name), Some(of)) = (pattern, of) {
            self.types.insert(name.ident.to_string(), of);
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_assign(&mut self, assign: &'ast ExprAssign) {
        self.layers.assignment(assign);
        visit::visit_expr_assign(self, assign);
    }

    /// A function that is passed to another may be called by it.
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.add(&path.path, Vec::new());
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        if let Expr::Block(block) = &*closure.body {
            self.blocks.push(block.block.clone());
        }
        visit::visit_expr_closure(self, closure);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.blocks.push(block.block.clone());
        visit::visit_expr_async(self, block);
    }
}
