//! Reads the files of the corpus: their functions, as the rules see them, and their markers.

use std::{
    fs, mem,
    path::{Path, PathBuf},
    rc::Rc,
};

use proc_macro2::TokenStream;
use quote::ToTokens;
use sockeye_rules::check;
use sockeye_rules::syntax::{self, Diagnostic, Imports, Neighbours, Surroundings};
use syn::{
    Attribute, Block, ImplItemFn, ItemFn, ItemImpl, ItemMod, Meta, TraitItemFn,
    spanned::Spanned as _,
    visit::{self, Visit},
};

/// A file, and what the rules say about it.
pub(crate) struct Source {
    /// Folder and name: `wrong/loops.rs`.
    pub(crate) name: String,
    /// Every function.
    pub(crate) functions: Vec<Judged>,
    /// What must be reported, and where.
    pub(crate) markers: Vec<Marker>,
}

/// A function and its diagnostics.
pub(crate) struct Judged {
    pub(crate) name: String,
    /// Its first line, attributes included, and its last.
    pub(crate) lines: (usize, usize),
    /// Whether it takes a handshake, a socket or a half of one, as far as the rules can tell.
    pub(crate) followed: bool,
    pub(crate) found: Vec<Found>,
}

/// A diagnostic, by its place.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) line: usize,
    pub(crate) rule: &'static str,
    pub(crate) text: String,
}

/// `//~ rule`, or `//~? rule` when it is known to be missed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) line: usize,
    pub(crate) rule: String,
    pub(crate) known_miss: bool,
}

/// Every file of a folder of the corpus, in the order of their names.
pub(crate) fn read(folder: &str) -> Vec<Source> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == "rs") && !path.ends_with("mod.rs"));
    paths.sort();
    paths.iter().map(|path| Source::of(path, folder)).collect()
}

/// Where the corpus is.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

impl Source {
    fn of(path: &Path, folder: &str) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let name = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
        let functions = judge(&text).unwrap_or_else(|error| panic!("{name} cannot be parsed: {error}"));
        Self { functions, markers: markers(&text), name }
    }
}

/// What the rules say about each function of this text.
pub(crate) fn judge(text: &str) -> syn::Result<Vec<Judged>> {
    let file = syn::parse_file(text)?;
    let imports = Imports::of(&file);
    let origin_is_read = mentions_origin(&file.to_token_stream());
    let is_about_deadlines = text.contains("//~ no_deadline");
    let neighbours = Neighbours::of(&file, &Imports::default());
    let mut functions =
        Functions { imports, neighbours, of: None, origin_is_read, is_about_deadlines, judged: Vec::new() };
    functions.visit_file(&file);
    Ok(functions.judged)
}

/// The command line asks the whole file (and package) before it reports `unchecked_origin`.
fn mentions_origin(tokens: &TokenStream) -> bool {
    tokens.to_string().to_ascii_lowercase().contains("origin")
}

struct Functions {
    imports: Imports,
    neighbours: Rc<Neighbours>,
    /// The type of the `impl` block around.
    of: Option<String>,
    origin_is_read: bool,
    /// The command line says it once for a package, whatever else is right there.
    is_about_deadlines: bool,
    judged: Vec<Judged>,
}

impl<'ast> Visit<'ast> for Functions {
    /// A module begins with names of its own.
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let Some((_, items)) = &item.content else { return };
        let outer = mem::replace(&mut self.imports, Imports::of_items(items));
        visit::visit_item_mod(self, item);
        self.imports = outer;
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let of = syntax::last_segment(&item.self_ty).map(|last| last.ident.to_string());
        let outer = mem::replace(&mut self.of, of);
        visit::visit_item_impl(self, item);
        self.of = outer;
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let plain = ItemFn { attrs: others(&item.attrs), ..item.clone() };
        self.function(&item.attrs, plain.to_token_stream(), item.span(), item.sig.ident.to_string());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let plain = ImplItemFn { attrs: others(&item.attrs), ..item.clone() };
        self.function(&item.attrs, plain.to_token_stream(), item.span(), item.sig.ident.to_string());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(Block { .. }) = item.default {
            let plain = TraitItemFn { attrs: others(&item.attrs), ..item.clone() };
            self.function(&item.attrs, plain.to_token_stream(), item.span(), item.sig.ident.to_string());
        }
        visit::visit_trait_item_fn(self, item);
    }
}

impl Functions {
    /// What the macros and the command line would say about it.
    fn function(&mut self, attrs: &[Attribute], item: TokenStream, span: proc_macro2::Span, name: String) {
        let around = Surroundings::in_file(self.imports.clone(), &self.neighbours, self.of.clone());
        let found = if let Some(arguments) = arguments(attrs, "ws_endpoint") {
            Some(check::endpoint(&syntax::parse(arguments, item), &around))
        } else if let Some(arguments) = arguments(attrs, "ws_lifecycle") {
            Some(check::lifecycle(&syntax::parse(arguments, item), &around))
        } else {
            let parsed = syntax::parse(TokenStream::new(), item);
            parsed.function().and_then(|function| check::function(function, &around))
        };
        let followed = found.is_some();
        let found = found.unwrap_or_default();
        let found = found.iter().map(Found::of).filter(|found| !self.is_silenced(found)).collect();
        self.judged.push(Judged { name, lines: (span.start().line, span.end().line), followed, found });
    }

    fn is_silenced(&self, found: &Found) -> bool {
        match found.rule {
            "unchecked_origin" => self.origin_is_read,
            "no_deadline" => !self.is_about_deadlines,
            _ => false,
        }
    }
}

impl Found {
    fn of(diagnostic: &Diagnostic) -> Self {
        Self { line: diagnostic.start.start().line, rule: diagnostic.rule.name, text: diagnostic.text() }
    }
}

fn is_ours(attr: &Attribute, name: &str) -> bool {
    attr.path().segments.last().is_some_and(|segment| segment.ident == name)
}

fn others(attrs: &[Attribute]) -> Vec<Attribute> {
    let ours = |attr: &&Attribute| !is_ours(attr, "ws_endpoint") && !is_ours(attr, "ws_lifecycle");
    attrs.iter().filter(ours).cloned().collect()
}

/// What stands in the parentheses of the attribute, if it is there.
fn arguments(attrs: &[Attribute], name: &str) -> Option<TokenStream> {
    let attr = attrs.iter().find(|attr| is_ours(attr, name))?;
    match &attr.meta {
        Meta::List(list) => Some(list.tokens.clone()),
        _ => Some(TokenStream::new()),
    }
}

fn markers(text: &str) -> Vec<Marker> {
    let mut markers = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, marker)) = line.split_once("//~") else { continue };
        let (known_miss, rules) = marker.strip_prefix('?').map_or((false, marker), |rules| (true, rules));
        for rule in rules.split(',').map(str::trim) {
            assert!(sockeye_rules::find(rule).is_some(), "unknown rule `{rule}`: {line}");
            markers.push(Marker { line: index + 1, rule: rule.to_owned(), known_miss });
        }
    }
    markers
}
