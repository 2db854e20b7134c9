//! Walks a syntax tree.

use std::{collections::HashSet, mem, rc::Rc};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use sockeye_rules::syntax::{
    self, Function, Functions, Imports, Neighbours, Scopes, Surroundings, has_names, last_segment,
};
use syn::{
    Attribute, Block, ExprClosure, ExprMethodCall, File, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod,
    Signature, TraitItemFn, Visibility,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::{
    Scanned, attribute, closure,
    handler::{self, Handler, Judged},
    macro_rules,
    upgrades::Upgrades,
};
use crate::check::{finding::Finding, source::Source};

/// Collects the handlers of a file.
pub(super) struct Visitor<'a> {
    source: &'a Source,
    /// Whether `on_upgrade` is axum's here.
    is_axum: bool,
    upgrades: Upgrades,
    /// How many functions with a body are around this place.
    depth: usize,
    scopes: Scopes,
    neighbours: Rc<Neighbours>,
    functions: Functions,
    /// The type of the `impl` block around this place.
    of: Option<String>,
    /// How many of the items around this place are conditional, or hide their contents.
    conditions: usize,
    scanned: Scanned,
}

/// A function, free or not. Its block is empty if `Functions` has its body.
struct Parts<'a> {
    attrs: &'a [Attribute],
    vis: &'a Visibility,
    sig: &'a Signature,
    block: &'a Block,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(
        source: &'a Source,
        neighbours: Rc<Neighbours>,
        functions: Functions,
        package: Imports,
    ) -> Self {
        Self {
            source,
            is_axum: source.text().contains("axum") || package.is_axum(),
            upgrades: Upgrades::default(),
            depth: 0,
            scopes: Scopes::around(package),
            neighbours,
            functions,
            of: None,
            conditions: 0,
            scanned: Scanned::default(),
        }
    }

    pub(super) fn finish(mut self) -> Scanned {
        self.scanned.unseen = self.upgrades.unseen();
        // A closure is also checked with the enclosing function, if that follows it.
        let mut known = HashSet::new();
        let place = |one: &Finding| {
            (one.rule.name, one.message.clone(), one.place.start.line, one.place.start.column)
        };
        self.scanned.findings.retain(|one| known.insert(place(one)));
        self.scanned
    }

    /// What is known about this place.
    fn around(&self) -> Surroundings {
        Surroundings::in_file(self.scopes.imports().clone(), &self.neighbours, self.of.clone())
    }

    /// Enters the function, and then runs the rules on it.
    fn function(&mut self, parts: &Parts<'_>) {
        let known = self.functions.take(parts.sig);
        let block = known.as_ref().and_then(Function::block).unwrap_or(parts.block);
        self.inside(parts.sig, block);
        let has_names = has_names(block);
        if has_names {
            self.scopes.enter_block(block);
        }
        let judged = self.judge(parts, known);
        if has_names {
            self.scopes.leave();
        }
        let has_upgrade =
            judged.as_ref().is_some_and(|(judged, _)| judged.has_upgrade || judged.is_of_axum());
        let bytes = parts.sig.fn_token.span.byte_range().start..parts.block.span().byte_range().end;
        let line = parts.sig.ident.span().start().line;
        self.upgrades.function(bytes, parts.sig.ident.to_string(), line, has_upgrade);
        if let Some((judged, conditional)) = judged {
            self.take(&parts.sig.ident, judged, conditional || attribute::is_conditional(parts.attrs));
        }
    }

    /// The findings for a function, and whether `cfg_attr` decides that it is an endpoint.
    fn judge(&self, parts: &Parts<'_>, known: Option<Function>) -> Option<(Judged, bool)> {
        let (around, source) = (self.around(), self.source);
        let imports = around.imports();
        if let Some(ours) = attribute::find("ws_endpoint", parts.attrs, imports) {
            let item = parts.item(ours.index, known);
            let judged = handler::endpoint(&ours, item, &around, self.scopes.constants(), source);
            return Some((judged, ours.conditional));
        }
        if let Some(ours) = attribute::find("ws_lifecycle", parts.attrs, imports) {
            return Some((handler::helper(&ours, parts.item(ours.index, known), &around, source), true));
        }
        let function = known.or_else(|| syn::parse2(parts.tokens(None)).ok())?;
        Some((handler::function(&function, &around, source)?, true))
    }

    /// The attribute on an item that is not a function is a mistake with its own rule.
    fn other(&mut self, item: &dyn ToTokens, attrs: &[Attribute]) {
        let (around, source) = (self.around(), self.source);
        let imports = around.imports();
        let item = || syntax::Item::parse(item.to_token_stream());
        let judged = if let Some(ours) = attribute::find("ws_endpoint", attrs, imports) {
            handler::endpoint(&ours, item(), &around, self.scopes.constants(), source)
        } else if let Some(ours) = attribute::find("ws_lifecycle", attrs, imports) {
            handler::helper(&ours, item(), &around, source)
        } else {
            return;
        };
        let span = attrs.first().map_or_else(Span::call_site, |first| first.pound_token.span);
        self.take(&Ident::new("_", span), judged, true);
    }

    fn take(&mut self, name: &Ident, judged: Judged, conditional: bool) {
        let line = name.span().start().line;
        self.scanned.handlers.push(Handler { name: name.to_string(), line, kind: judged.kind, note: None });
        self.scanned.findings.extend(judged.findings);
        self.scanned.routes.extend(judged.route.filter(|_| !conditional && self.conditions == 0));
    }

    /// Adds the names of a block while it is visited.
    fn within<T>(&mut self, block: &Block, look: impl FnOnce(&mut Self) -> T) -> T {
        if !has_names(block) {
            return look(self);
        }
        self.scopes.enter_block(block);
        let seen = look(self);
        self.scopes.leave();
        seen
    }

    /// Enters a function.
    fn inside(&mut self, sig: &Signature, block: &Block) {
        self.depth += 1;
        self.visit_signature(sig);
        self.visit_block(block);
        self.depth -= 1;
    }

    /// A closure that takes an upgrade, or a socket that nothing else has checked.
    fn closure(&mut self, closure: &ExprClosure) {
        let Some(function) = closure::as_function(closure).and_then(|text| syn::parse2(text).ok()) else {
            return;
        };
        let Some(judged) = handler::function(&function, &self.around(), self.source) else { return };
        if !judged.has_upgrade {
            return;
        }
        let span = closure.inputs_begin.span();
        let bytes = span.byte_range().start..closure.body.span().byte_range().end;
        self.upgrades.function(bytes, "closure".to_owned(), span.start().line, true);
        self.take(&Ident::new("closure", span), judged, true);
    }

    /// Enters conditional code.
    fn under(&mut self, condition: bool, go: impl FnOnce(&mut Self)) {
        self.conditions += usize::from(condition);
        go(self);
        self.conditions -= usize::from(condition);
    }
}

impl Parts<'_> {
    /// The input of the macro for the attribute with this index.
    fn item(&self, without: usize, known: Option<Function>) -> syntax::Item {
        let Some(mut known) = known else { return syntax::Item::parse(self.tokens(Some(without))) };
        known.attrs = self.kept(Some(without)).cloned().collect();
        known.vis = self.vis.clone();
        syntax::Item::Function(Box::new(known))
    }

    /// The attributes without the one with this index.
    fn kept(&self, without: Option<usize>) -> impl Iterator<Item = &Attribute> {
        let all = self.attrs.iter().enumerate();
        let kept = all.filter(move |(index, _)| Some(*index) != without).map(|(_, one)| one);
        kept.filter(|one| attribute::is_outer(one))
    }

    /// The input of the macro: the function without the attribute with this index, and without `default`.
    fn tokens(&self, without: Option<usize>) -> TokenStream {
        let attrs = self.kept(without);
        let (vis, sig, block) = (self.vis, self.sig, self.block);
        quote!(#(#attrs)* #vis #sig #block)
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_file(&mut self, file: &'ast File) {
        self.scopes.enter_file(file);
        visit::visit_file(self, file);
        self.scopes.leave();
    }

    fn visit_item(&mut self, item: &'ast Item) {
        let attrs = attribute::of_item(item);
        if !matches!(item, Item::Fn(_)) {
            self.other(item, &attrs);
        }
        self.under(attribute::is_conditional(&attrs), |this| visit::visit_item(this, item));
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let Some((_, items)) = &module.content else { return };
        self.scopes.enter_module(items);
        visit::visit_item_mod(self, module);
        self.scopes.leave();
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let outer =
            mem::replace(&mut self.of, last_segment(&item.self_ty).map(|last| last.ident.to_string()));
        visit::visit_item_impl(self, item);
        self.of = outer;
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let ItemFn { attrs, vis, sig, block, .. } = item;
        self.function(&Parts { attrs, vis, sig, block });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let ImplItemFn { attrs, vis, sig, block, .. } = item;
        self.function(&Parts { attrs, vis, sig, block });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        let Some(block) = &item.default else { return self.other(item, &item.attrs) };
        self.function(&Parts { attrs: &item.attrs, vis: &Visibility::Inherited, sig: &item.sig, block });
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.closure(closure);
        visit::visit_expr_closure(self, closure);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if self.is_axum && call.method == "on_upgrade" {
            self.upgrades.mention(call.method.span());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let upgrade = path.segments.iter().find(|one| one.ident == "WebSocketUpgrade");
        if let Some(upgrade) = upgrade.filter(|_| self.is_axum && self.depth > 0) {
            self.upgrades.mention(upgrade.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.mac.path.is_ident("macro_rules") {
            for file in macro_rules::bodies(item.mac.tokens.clone()) {
                // The values of the macro's own parameters are unknown, so routes in it are not routes of this file.
                self.under(true, |this| file.items.iter().for_each(|item| visit::visit_item(this, item)));
            }
        }
    }

    /// A block may be under a condition that is not searched for here.
    fn visit_block(&mut self, block: &'ast Block) {
        self.within(block, |this| this.under(true, |this| visit::visit_block(this, block)));
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}
