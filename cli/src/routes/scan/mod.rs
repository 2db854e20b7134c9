//! Finds the endpoints in the sources of a crate, the way the compiler reaches them: file by file, from the first one.

mod attribute;
mod modules;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::PackageId;
use quote::ToTokens as _;
use sockeye_rules::syntax;
use syn::{Attribute, Item, ItemFn, ItemMod, spanned::Spanned as _};

use modules::Place;

/// A crate whose code can be in the program.
#[derive(Debug, Clone)]
pub(super) struct Crate {
    pub(super) package_id: PackageId,
    /// As Rust writes it.
    pub(super) name: String,
    /// Its first file.
    pub(super) root: PathBuf,
    /// Whether it is the program itself: nothing of that is dropped.
    pub(super) is_program: bool,
}

/// An endpoint as it stands in the sources.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) name: String,
    /// As it is written, when it is a constant: its value is the compiler's.
    pub(super) route: String,
    pub(super) is_constant: bool,
    pub(super) group: String,
    /// `crate_name::module`.
    pub(super) module: String,
    pub(super) file: PathBuf,
    /// The line of the attribute.
    pub(super) line: usize,
    /// `cfg(..)` that it stands under, the outermost first: the compiler may not see it.
    pub(super) conditions: Vec<String>,
    /// The crate that it is in.
    pub(super) krate: Crate,
}

/// Every endpoint of the crate. What cannot be read or understood is passed over: the compiler judges it.
pub(super) fn scan(krate: &Crate) -> Vec<Found> {
    let mut walk = Walk { krate, read: BTreeSet::new(), found: Vec::new() };
    walk.file(&krate.root, &Place::root(&krate.root, &krate.name), &[]);
    walk.found
}

struct Walk<'a> {
    krate: &'a Crate,
    /// Files on the way, so that one that names itself does not go round forever.
    read: BTreeSet<PathBuf>,
    found: Vec<Found>,
}

impl Walk<'_> {
    fn file(&mut self, file: &Path, place: &Place, conditions: &[String]) {
        let Ok(file) = file.canonicalize() else { return };
        if !self.read.insert(file.clone()) {
            return;
        }
        let parsed = fs::read_to_string(&file).ok().and_then(|text| syn::parse_file(&text).ok());
        if let Some(parsed) = parsed {
            let conditions = with(conditions, &parsed.attrs);
            self.items(&parsed.items, &file, place, &conditions);
        }
        self.read.remove(&file);
    }

    fn items(&mut self, items: &[Item], file: &Path, place: &Place, conditions: &[String]) {
        for item in items {
            match item {
                Item::Fn(function) => self.function(function, file, place, conditions),
                Item::Mod(module) => self.module(module, file, place, conditions),
                _ => {}
            }
        }
    }

    fn module(&mut self, module: &ItemMod, file: &Path, place: &Place, conditions: &[String]) {
        let conditions = with(conditions, &module.attrs);
        match &module.content {
            Some((_, items)) => self.items(items, file, &place.inline(module, file), &conditions),
            None => {
                if let Some((file, place)) = place.in_file(module, file) {
                    self.file(&file, &place, &conditions);
                }
            }
        }
    }

    fn function(&mut self, function: &ItemFn, file: &Path, place: &Place, conditions: &[String]) {
        let Some((attribute, arguments)) = attribute::endpoint(&function.attrs) else { return };
        let endpoint = syntax::parse(arguments, function.to_token_stream());
        let Some(written) = endpoint.written_route() else { return };
        let literal = endpoint.route().map(|route| route.text.clone());
        let group = endpoint.options.group.as_ref().map(syn::LitStr::value);
        self.found.push(Found {
            name: function.sig.ident.to_string().trim_start_matches("r#").to_owned(),
            is_constant: literal.is_none(),
            route: literal.unwrap_or_else(|| syntax::one_line(&written)),
            group: group.unwrap_or_default(),
            module: place.module.clone(),
            file: file.to_owned(),
            line: attribute.span().start().line,
            conditions: with(conditions, &function.attrs),
            krate: self.krate.clone(),
        });
    }
}

fn with(conditions: &[String], attributes: &[Attribute]) -> Vec<String> {
    conditions.iter().cloned().chain(attribute::conditions(attributes)).collect()
}
