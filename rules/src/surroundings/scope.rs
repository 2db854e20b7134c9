//! The meaning of names at a place in a file.

use quote::quote;
use syn::{Block, File, Item, Stmt, UseTree, parse_quote};

use super::Constants;
use crate::flow::Imports;

/// The modules and blocks around a place, the innermost last.
#[derive(Default)]
pub struct Scopes {
    inner: Vec<Scope>,
    none: Scope,
}

/// The names of a module or block, including those from outside.
#[derive(Default)]
struct Scope {
    /// What is known about the package around the file.
    package: Imports,
    uses: Vec<Item>,
    imports: Imports,
    constants: Constants,
}

impl Scope {
    /// A later definition shadows an earlier one.
    fn new(package: Imports, uses: Vec<Item>, constants: Constants) -> Self {
        Self { imports: package.clone().with_items(&uses), package, uses, constants }
    }
}

impl Scope {
    /// The names of inner items, which see these.
    fn with<'a>(&self, items: impl IntoIterator<Item = &'a Item> + Clone) -> Self {
        let uses = self.uses.iter().cloned().chain(names(items.clone())).collect();
        Self::new(self.package.clone(), uses, self.constants.within(Constants::of(items)))
    }
}

impl Scopes {
    /// The names of a file in a package of which this is known.
    pub fn around(package: Imports) -> Self {
        let none = Scope::new(package, Vec::new(), Constants::default());
        Self { inner: Vec::new(), none }
    }

    /// The top of a file.
    pub fn enter_file(&mut self, file: &File) {
        self.inner.push(self.none.with(&file.items));
    }

    /// A module has only its own names, unless it has `use super::*`.
    pub fn enter_module(&mut self, items: &[Item]) {
        let takes_all = items.iter().any(|item| matches!(item, Item::Use(item) if is_super_glob(&item.tree)));
        let outer = self.inner.last().filter(|_| takes_all).unwrap_or(&self.none);
        self.inner.push(outer.with(items));
    }

    /// A block sees all names around it.
    pub fn enter_block(&mut self, block: &Block) {
        let outer = self.inner.last().unwrap_or(&self.none);
        self.inner.push(outer.with(items(block)));
    }

    /// Ends the innermost scope.
    pub fn leave(&mut self) {
        self.inner.pop();
    }

    /// The names of the innermost scope, including those from outside.
    pub fn imports(&self) -> &Imports {
        &self.inner.last().unwrap_or(&self.none).imports
    }

    /// The constants of the innermost scope, including those from outside.
    pub fn constants(&self) -> &Constants {
        &self.inner.last().unwrap_or(&self.none).constants
    }
}

/// Whether the block adds names.
pub fn has_names(block: &Block) -> bool {
    names(items(block)).next().is_some()
}

fn items(block: &Block) -> impl Iterator<Item = &Item> + Clone {
    block.stmts.iter().filter_map(|statement| match statement {
        Stmt::Item(item) => Some(item),
        _ => None,
    })
}

/// The imports, the macros that may define names, and the types that are defined here: a `struct Handshake` in this file is
/// not Sockeye's.
fn names<'a>(items: impl IntoIterator<Item = &'a Item>) -> impl Iterator<Item = Item> {
    items.into_iter().filter_map(|item| {
        let defined = match item {
            Item::Use(_) | Item::Type(_) => return Some(item.clone()),
            Item::Macro(made) if made.ident.is_none() => return Some(item.clone()),
            Item::Enum(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Union(item) => &item.ident,
            _ => return None,
        };
        let import = quote!(use self::#defined;);
        Some(parse_quote!(#import))
    })
}

fn is_super_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) if path.ident == "super" => reaches_glob(&path.tree),
        UseTree::Group(group) => group.items.iter().any(is_super_glob),
        _ => false,
    }
}

fn reaches_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Glob(_) => true,
        UseTree::Group(group) => group.items.iter().any(reaches_glob),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(file: &str) -> Scopes {
        let mut scopes = Scopes::default();
        scopes.enter_file(&syn::parse_str(file).unwrap());
        scopes
    }

    fn module(text: &str) -> Vec<Item> {
        syn::parse_str::<File>(text).unwrap().items
    }

    #[test]
    fn a_module_begins_anew_unless_it_takes_all() {
        let mut scopes = scopes("use axum::extract::ws::WebSocket; struct Handshake;");
        assert_eq!(scopes.imports().resolve("WebSocket"), "axum::extract::ws::WebSocket");
        assert_eq!(scopes.imports().resolve("Handshake"), "self::Handshake");
        scopes.enter_module(&module("use std::fs;"));
        assert_eq!(scopes.imports().resolve("WebSocket"), "WebSocket");
        scopes.leave();
        scopes.enter_module(&module("use super::{*, other}; use sockeye::Handshake;"));
        assert_eq!(scopes.imports().resolve("WebSocket"), "axum::extract::ws::WebSocket");
        assert_eq!(scopes.imports().resolve("Handshake"), "sockeye::Handshake");
    }

    #[test]
    fn a_block_sees_what_is_around_it() {
        let mut scopes = scopes("use axum::extract::ws::WebSocket;");
        let block: Block = syn::parse_str("{ use std::fs; f(); }").unwrap();
        assert!(has_names(&block));
        scopes.enter_block(&block);
        assert_eq!(scopes.imports().resolve("WebSocket"), "axum::extract::ws::WebSocket");
        assert_eq!(scopes.imports().resolve("fs::read"), "std::fs::read");
    }
}
