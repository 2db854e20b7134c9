//! The way through a syntax tree.

use std::{mem, rc::Rc};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use sockeye_rules::syntax::{Neighbours, Scopes, Surroundings, has_names, last_segment};
use syn::{
    Attribute, Block, File, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, Signature, TraitItemFn, Visibility,
    visit::{self, Visit},
};

use super::{
    Scanned, attribute,
    handler::{self, Handler, Judged},
};
use crate::check::source::Source;

/// Collects the handlers of a file.
pub(super) struct Visitor<'a> {
    source: &'a Source,
    scopes: Scopes,
    neighbours: Rc<Neighbours>,
    /// The type of the `impl` block around this place.
    of: Option<String>,
    /// How many of the items around this place may not be there, or hide what is in them.
    conditions: usize,
    scanned: Scanned,
}

/// A function, free or not.
struct Parts<'a> {
    attrs: &'a [Attribute],
    vis: &'a Visibility,
    sig: &'a Signature,
    block: &'a Block,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(source: &'a Source, neighbours: Rc<Neighbours>) -> Self {
        Self {
            source,
            scopes: Scopes::default(),
            neighbours,
            of: None,
            conditions: 0,
            scanned: Scanned::default(),
        }
    }

    pub(super) fn finish(self) -> Scanned {
        self.scanned
    }

    /// What is known of this place.
    fn around(&self) -> Surroundings {
        Surroundings::in_file(self.scopes.imports().clone(), &self.neighbours, self.of.clone())
    }

    fn function(&mut self, parts: &Parts<'_>) {
        let judged = self.within(parts.block, |this| this.judge(parts));
        if let Some((judged, conditional)) = judged {
            self.take(&parts.sig.ident, judged, conditional || attribute::is_conditional(parts.attrs));
        }
    }

    /// What the rules say of a function, and whether `cfg_attr` decides that it is an endpoint.
    fn judge(&self, parts: &Parts<'_>) -> Option<(Judged, bool)> {
        let (around, source) = (self.around(), self.source);
        let imports = around.imports();
        if let Some(ours) = attribute::find("ws_endpoint", parts.attrs, imports) {
            return Some((
                handler::endpoint(
                    &ours,
                    parts.tokens(Some(ours.index)),
                    &around,
                    self.scopes.constants(),
                    source,
                ),
                ours.conditional,
            ));
        }
        if let Some(ours) = attribute::find("ws_lifecycle", parts.attrs, imports) {
            return Some((handler::helper(&ours, parts.tokens(Some(ours.index)), &around, source), true));
        }
        let function = syn::parse2(parts.tokens(None)).ok()?;
        Some((handler::function(&function, &around, source)?, true))
    }

    /// The attribute on something that is no function is a mistake that a rule knows.
    fn other(&mut self, item: &dyn ToTokens, attrs: &[Attribute]) {
        let (around, source) = (self.around(), self.source);
        let imports = around.imports();
        let tokens = || item.to_token_stream();
        let judged = if let Some(ours) = attribute::find("ws_endpoint", attrs, imports) {
            handler::endpoint(&ours, tokens(), &around, self.scopes.constants(), source)
        } else if let Some(ours) = attribute::find("ws_lifecycle", attrs, imports) {
            handler::helper(&ours, tokens(), &around, source)
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

    /// Adds the names of a block for as long as it is looked at.
    fn within<T>(&mut self, block: &Block, look: impl FnOnce(&mut Self) -> T) -> T {
        if !has_names(block) {
            return look(self);
        }
        self.scopes.enter_block(block);
        let seen = look(self);
        self.scopes.leave();
        seen
    }

    /// Goes into what may not be there.
    fn under(&mut self, condition: bool, go: impl FnOnce(&mut Self)) {
        self.conditions += usize::from(condition);
        go(self);
        self.conditions -= usize::from(condition);
    }
}

impl Parts<'_> {
    /// What the macro would see: the function without the attribute of that index, and without `default`.
    fn tokens(&self, without: Option<usize>) -> TokenStream {
        let kept =
            self.attrs.iter().enumerate().filter(|(index, _)| Some(*index) != without).map(|(_, one)| one);
        let attrs = kept.filter(|one| attribute::is_outer(one));
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
        self.visit_block(block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let ImplItemFn { attrs, vis, sig, block, .. } = item;
        self.function(&Parts { attrs, vis, sig, block });
        self.visit_block(block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        let Some(block) = &item.default else { return self.other(item, &item.attrs) };
        self.function(&Parts { attrs: &item.attrs, vis: &Visibility::Inherited, sig: &item.sig, block });
        self.visit_block(block);
    }

    /// A block may stand under a condition that is not looked for here.
    fn visit_block(&mut self, block: &'ast Block) {
        self.within(block, |this| this.under(true, |this| visit::visit_block(this, block)));
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}
