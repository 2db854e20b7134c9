//! The functions and types of a package, parsed from its files on demand.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
    path::{Path, PathBuf},
    rc::Rc,
};

use proc_macro2::{Group, TokenStream, TokenTree};

use super::{
    super::nesting,
    demand,
    facts::{Call, Facts, Function},
};

/// A package, by its files.
pub(super) struct Index {
    files: Vec<File>,
    /// The files in which a name is defined, by their numbers.
    defined: RefCell<HashMap<String, Vec<usize>>>,
}

struct File {
    path: PathBuf,
    text: String,
    facts: OnceCell<Facts>,
}

impl Index {
    pub(super) fn new(files: Vec<(PathBuf, String)>) -> Self {
        let file = |(path, text)| File { path, text, facts: OnceCell::new() };
        Self { files: files.into_iter().map(file).collect(), defined: RefCell::default() }
    }

    /// The function at a line of a file.
    pub(super) fn at(&self, path: &Path, line: usize) -> Option<Rc<Function>> {
        let file = self.files.iter().find(|file| file.path == path)?;
        file.facts().at(line).cloned()
    }

    /// The function that is called, if it is known.
    pub(super) fn called(&self, call: &Call, from: &Function) -> Option<Rc<Function>> {
        let (name, before) = demand::name(call)?;
        if !call.receiver.is_empty() {
            return self.method(name, before, from);
        }
        let of_self = before == Some("Self");
        let is_type = before.is_some_and(|one| one.starts_with(|first: char| first.is_uppercase()));
        let mut found = Vec::new();
        for file in self.defining("fn", name) {
            let named = file.facts().functions.iter().filter(|one| one.name == name);
            found.extend(named.map(|one| (file, Rc::clone(one))));
        }
        if of_self {
            found.retain(|(_, one)| one.of == from.of);
        } else if is_type {
            found.retain(|(_, one)| one.of.as_deref() == before);
        } else {
            found.retain(|(_, one)| one.of.is_none());
        }
        if found.len() > 1 && !is_type {
            let is_near = |file: &File| match before {
                Some(module) if !["self", "super", "crate"].contains(&module) => file.is_module(module),
                _ => file.facts.get().is_some_and(|facts| {
                    facts.functions.iter().any(|one| std::ptr::eq(Rc::as_ptr(one), from))
                }),
            };
            found.retain(|(file, _)| is_near(file));
        }
        let mut found = found.into_iter();
        found.next().filter(|_| found.next().is_none()).map(|(_, one)| one)
    }

    /// The method with this name: that of the type, or if the type is not known the only one that may check a request.
    fn method(&self, name: &str, of: Option<&str>, from: &Function) -> Option<Rc<Function>> {
        let functions = self.defining("fn", name).into_iter().flat_map(|file| &file.facts().functions);
        let named: Vec<_> = functions.filter(|one| one.name == name && one.of.is_some()).collect();
        let of = if of == Some("Self") { from.of.as_deref() } else { of };
        let mut of_type = named.iter().filter(|one| one.of.as_deref() == of);
        match (of_type.next(), of_type.next(), &named[..]) {
            (Some(only), None, _) => Some(Rc::clone(only)),
            (None, None, [only]) if only.checks_requests() => Some(Rc::clone(only)),
            _ => None,
        }
    }

    /// Whether the function gets the upgrade of who calls it: as a parameter, or in `self`.
    pub(super) fn takes_upgrade(&self, function: &Function) -> bool {
        let holds = |of: &String| {
            let mut structs = self.defining("struct", of).into_iter().flat_map(|file| &file.facts().structs);
            structs.any(|one| one.name == *of && one.holds_upgrade)
        };
        function.upgrades().next().is_some() || function.of.as_ref().is_some_and(holds)
    }

    /// The tokens, with the strings of constants in place of their names.
    pub(super) fn with_constants(&self, tokens: TokenStream) -> TokenStream {
        tokens.into_iter().map(|token| self.with_constant(token)).collect()
    }

    fn with_constant(&self, token: TokenTree) -> TokenTree {
        match token {
            TokenTree::Ident(name) => {
                let text = self.constant(&name.to_string());
                text.unwrap_or_else(|| TokenTree::from(name))
            }
            TokenTree::Group(group) => {
                Group::new(group.delimiter(), self.with_constants(group.stream())).into()
            }
            other => other,
        }
    }

    fn constant(&self, name: &str) -> Option<TokenTree> {
        let is_name = |one: char| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_';
        if !name.starts_with(|first: char| first.is_ascii_uppercase()) || !name.chars().all(is_name) {
            return None;
        }
        let files = ["const", "static"].into_iter().flat_map(|word| self.defining(word, name));
        let mut constants = files.flat_map(|file| &file.facts().constants).filter(|(one, _)| one == name);
        constants.next().map(|(_, text)| text.clone())
    }

    /// The fields of a struct, and whether each may be missing.
    pub(super) fn fields(&self, name: &str) -> Vec<(String, bool)> {
        let structs = self.defining("struct", name).into_iter().flat_map(|file| &file.facts().structs);
        structs.filter(|one| one.name == name).flat_map(|one| one.fields.clone()).collect()
    }

    /// The functions of the extractor with this name.
    pub(super) fn extractor(&self, name: &str) -> Option<TokenStream> {
        let files = self.defining("for", name).into_iter();
        let mut found = files.flat_map(|file| &file.facts().extractors).filter(|(of, _)| of == name);
        found.next().map(|(_, body)| body.clone())
    }

    /// The functions that read the extractor with this name from a request.
    pub(super) fn extracting(&self, name: &str) -> Vec<Rc<Function>> {
        let files = self.defining("for", name).into_iter();
        let functions = files.flat_map(|file| &file.facts().functions);
        let reads = |one: &&Rc<Function>| {
            one.of.as_deref() == Some(name)
                && ["from_request_parts", "from_request"].contains(&one.name.as_str())
        };
        functions.filter(reads).cloned().collect()
    }

    /// The functions that mention another by its name.
    pub(super) fn mentioning(&self, name: &str) -> Vec<Rc<Function>> {
        let files = self.files.iter().filter(|file| file.text.contains(name));
        let functions = files.flat_map(|file| &file.facts().functions);
        let mentions = |one: &&Rc<Function>| {
            one.name != name && one.calls.iter().any(|call| call.path.last().is_some_and(|last| last == name))
        };
        functions.filter(mentions).cloned().collect()
    }

    /// The files with `fn name` and the like.
    fn defining(&self, word: &str, name: &str) -> Vec<&File> {
        let wanted = format!("{word} {name}");
        let mut defined = self.defined.borrow_mut();
        let numbers = defined.entry(wanted).or_insert_with_key(|wanted| {
            let has = |file: &File| {
                file.text.match_indices(wanted.as_str()).any(|(at, _)| {
                    let next = file.text[at + wanted.len()..].chars().next();
                    next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
                })
            };
            self.files.iter().enumerate().filter(|(_, file)| has(file)).map(|(number, _)| number).collect()
        });
        numbers.iter().map(|&number| &self.files[number]).collect()
    }
}

impl File {
    fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| {
            let tokens: Option<TokenStream> = self.text.parse().ok();
            let tokens = tokens.filter(|tokens| nesting::too_deep(tokens, &self.text).is_none());
            let tree = tokens.and_then(|tokens| syn::parse2(tokens).ok());
            tree.map(|tree| Facts::of(&tree)).unwrap_or_default()
        })
    }

    fn is_module(&self, name: &str) -> bool {
        self.path.with_extension("").ends_with(name) || self.path.ends_with(format!("{name}/mod.rs"))
    }
}
