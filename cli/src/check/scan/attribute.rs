//! The attributes that make a function a handler.

use std::{borrow::Cow, ops::Range};

use proc_macro2::{Span, TokenStream};
use sockeye_rules::syntax::Imports;
use syn::{
    AttrStyle, Attribute, Item, Meta, Path, Token,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

/// `#[ws_endpoint(..)]` or `#[ws_lifecycle(..)]`, perhaps within a `cfg_attr`.
pub(super) struct Ours {
    /// Its index among the attributes.
    pub(super) index: usize,
    /// The contents of its parentheses.
    pub(super) arguments: TokenStream,
    /// Whether it is inside a `cfg_attr`.
    pub(super) conditional: bool,
    /// Its `#` and its last bracket.
    span: (Span, Span),
}

impl Ours {
    /// Its place.
    pub(super) fn bytes(&self) -> Range<usize> {
        self.span.0.byte_range().start..self.span.1.byte_range().end
    }
}

/// The first attribute with this name.
pub(super) fn find(name: &str, attributes: &[Attribute], imports: &Imports) -> Option<Ours> {
    attributes.iter().enumerate().find_map(|(index, attribute)| {
        let (meta, conditional) = named(name, attribute, imports)?;
        let span = (attribute.pound_token.span, attribute.bracket_token.span.close());
        Some(Ours { index, arguments: arguments(&meta), conditional, span })
    })
}

/// The attribute itself, or the one that `cfg_attr` puts in its place.
fn named(name: &str, attribute: &Attribute, imports: &Imports) -> Option<(Meta, bool)> {
    if is_named(name, attribute.path(), imports) {
        return Some((attribute.meta.clone(), false));
    }
    if !attribute.path().is_ident("cfg_attr") {
        return None;
    }
    let inner = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let found = inner.into_iter().skip(1).find(|meta| is_named(name, meta.path(), imports))?;
    Some((found, true))
}

/// By the last segment, or through an import.
fn is_named(name: &str, path: &Path, imports: &Imports) -> bool {
    let written: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    written.last().is_some_and(|last| last == name)
        || imports.resolve(&written.join("::")).strip_prefix("sockeye::") == Some(name)
}

fn arguments(meta: &Meta) -> TokenStream {
    match meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

/// Whether the item is under a `cfg`.
pub(super) fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

/// Whether it is an outer attribute.
pub(super) fn is_outer(attribute: &Attribute) -> bool {
    matches!(attribute.style, AttrStyle::Outer)
}

/// The attributes of an item that is not a function with a body.
pub(super) fn of_item(item: &Item) -> Cow<'_, [Attribute]> {
    Cow::Borrowed(match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Verbatim(tokens) => return Cow::Owned(leading(tokens)),
        _ => &[],
    })
}

/// The attributes of an item that the parser kept as tokens, such as a function without a body.
fn leading(tokens: &TokenStream) -> Vec<Attribute> {
    let read = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<TokenStream>().map(|_| attributes)
    };
    read.parse2(tokens.clone()).unwrap_or_default()
}
