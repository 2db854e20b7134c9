use std::{collections::HashMap, fmt::Write, rc::Rc, sync::Arc};

use foldhash::fast::FixedState;
use syn::{Block, File, Item, Path, Stmt, UseTree};

use super::{
    Flavor,
    roots::{self, Alias},
    value::Kind,
};
use crate::{
    surroundings::Package,
    syntax::{Set, segments},
};

/// The meaning of the names in a file: its `use` items at the top, and those in the bodies of its modules.
///
/// A macro cannot know them; the command line can.
#[derive(Debug, Default, Clone)]
pub struct Imports {
    /// Every function of a file has a copy, so they share the names.
    names: Rc<Names>,
    package: Option<Arc<Package>>,
    checks_origin: bool,
}

#[derive(Debug, Default, Clone)]
struct Names {
    paths: HashMap<String, String, FixedState>,
    /// The traits that are imported as `_`.
    unnamed: Vec<String>,
    /// The path before each `*`.
    globs: Vec<String>,
    /// The `type` items that stand for handles.
    aliases: HashMap<String, Alias>,
    /// Whether a macro may define more names.
    has_unseen: bool,
}

impl Imports {
    /// Parses the `use` items of a file.
    pub fn of(file: &File) -> Self {
        Self::of_items(&file.items)
    }

    /// The imports of a function that uses Sockeye's own types by name, in a file of which nothing else is known.
    pub(crate) fn of_sockeye() -> Self {
        let mut names = Names { has_unseen: true, ..Names::default() };
        for name in ["Handshake", "Socket", "Sender", "Receiver"] {
            names.paths.insert(name.to_owned(), format!("sockeye::{name}"));
        }
        Self { names: Rc::new(names), ..Self::default() }
    }

    /// Parses the `use` items among these.
    pub fn of_items(items: &[Item]) -> Self {
        Self::default().with_items(items)
    }

    /// The imports of a file of this package.
    #[must_use]
    pub fn of_package(package: Arc<Package>) -> Self {
        Self { package: Some(package), ..Self::default() }
    }

    /// These, and the imports of more items.
    pub(crate) fn with_items(mut self, items: &[Item]) -> Self {
        for item in items {
            match item {
                Item::Use(item) => self.names_mut().add("", &item.tree),
                Item::Type(item) => {
                    let path = format!("self::{}", item.ident);
                    self.names_mut().paths.insert(item.ident.to_string(), path);
                }
                Item::Macro(item) if item.ident.is_none() => self.names_mut().has_unseen = true,
                _ => {}
            }
        }
        for item in items {
            if let Item::Type(item) = item
                && let Some(alias) = roots::alias(&item.ty, &self)
            {
                self.names_mut().aliases.insert(item.ident.to_string(), alias);
            }
        }
        self
    }

    /// Every name, with its path.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let named = self.names.paths.iter().map(|(name, full)| (name.as_str(), full.as_str()));
        named.chain(self.names.unnamed.iter().map(|full| ("_", full.as_str())))
    }

    /// Whether the methods of streams, such as `next`, are in scope: a `StreamExt` is imported, under any name.
    pub(crate) fn have_stream_methods(&self) -> bool {
        const CRATES: [&str; 4] = ["futures", "futures_util", "futures_lite", "tokio_stream"];
        let is_of_streams = |glob: &String| CRATES.contains(&segments::first(glob));
        self.all().any(|(_, full)| full.ends_with("StreamExt")) || self.names.globs.iter().any(is_of_streams)
    }

    /// The handle that a `type` item stands for, in this file or in another of the package.
    pub(crate) fn alias(&self, written: &str) -> Option<Alias> {
        let full = self.written(written);
        let own = full.strip_prefix("self::").and_then(|name| self.names.aliases.get(name));
        let of_package = || {
            let name = self.name_in_package(&full)?;
            self.package.as_ref()?.alias(name)
        };
        own.copied().or_else(of_package)
    }

    /// The handle in a field of a struct of the package.
    pub(crate) fn fields_in_package(&self, of: &str) -> impl Iterator<Item = (&str, (Flavor, Kind))> {
        self.package.iter().flat_map(move |package| package.fields(of))
    }

    /// The paths before each `*`.
    pub(crate) fn globs(&self) -> impl Iterator<Item = &str> {
        self.names.globs.iter().map(String::as_str)
    }

    /// Whether axum's WebSockets are used here, and no others with the same names.
    pub fn is_axum(&self) -> bool {
        let begins = |path: &str, names: &[&str]| names.iter().any(|name| path.starts_with(name));
        let all = || self.names.paths.values().chain(&self.names.unnamed).chain(&self.names.globs);
        let others = ["warp::", "poem::", "salvo::", "viz::"];
        !all().any(|path| begins(path, &others))
            && (all().any(|path| begins(path, &["axum"]))
                || self.package.as_ref().is_some_and(|one| one.uses_axum()))
    }

    /// Records that the `Origin` of requests is checked somewhere around these functions, where no rule can see it.
    #[must_use]
    pub fn with_origin_check(mut self) -> Self {
        self.checks_origin = true;
        self
    }

    /// Whether any of these words, or a word in the path that one stands for, satisfies the predicate.
    pub(crate) fn mean(&self, words: &Set, is_meant: impl Fn(&str) -> bool) -> bool {
        words.iter().any(|word| is_meant(word))
            || self.stand_for(words).any(|path| segments::segments(path).any(&is_meant))
    }

    /// The paths of the imported names among these words. A file has fewer imports than a function has words.
    pub(crate) fn stand_for<'i>(&'i self, words: &'i Set) -> impl Iterator<Item = &'i str> {
        let paths = self.names.paths.iter().filter(|(name, _)| words.contains(*name));
        paths.map(|(_, path)| path.as_str())
    }

    pub(crate) fn checks_origin(&self) -> bool {
        self.checks_origin
    }

    /// Whether a `*` or a macro may define names that are not known.
    pub(crate) fn may_have_more(&self) -> bool {
        const KNOWN: [&str; 10] = [
            "sockeye",
            "std",
            "core",
            "axum",
            "futures",
            "futures_util",
            "futures_lite",
            "tokio",
            "tokio_stream",
            "serde",
        ];
        let renamed = self.package.as_ref().and_then(|package| package.sockeye());
        let is_known = |glob: &String| {
            let first = segments::first(glob);
            KNOWN.contains(&first) || Some(first) == renamed
        };
        self.names.has_unseen || !self.names.globs.iter().all(is_known)
    }

    fn names_mut(&mut self) -> &mut Names {
        Rc::make_mut(&mut self.names)
    }

    /// These, and the imports at the top of a body.
    pub(crate) fn with(&self, body: &Block) -> Self {
        let mut imports = self.clone();
        for statement in &body.stmts {
            match statement {
                Stmt::Item(Item::Use(item)) => imports.names_mut().add("", &item.tree),
                Stmt::Item(Item::Enum(item)) => imports.define(&item.ident),
                Stmt::Item(Item::Struct(item)) => imports.define(&item.ident),
                _ => {}
            }
        }
        imports
    }

    /// A type that is defined here.
    fn define(&mut self, name: &syn::Ident) {
        self.names_mut().paths.insert(name.to_string(), format!("self::{name}"));
    }

    /// The full path of a path, without generic arguments.
    pub(crate) fn resolve_path(&self, path: &Path) -> String {
        self.resolve(&written(path))
    }

    /// The full path of a path in the source, as far as the imports show it: `ws::WebSocket` is
    /// `axum::extract::ws::WebSocket` after `use axum::extract::ws`. The name of the Sockeye crate in the package does not
    /// matter.
    pub fn resolve(&self, written: &str) -> String {
        let full = self.written(written);
        let full = self.through_package(&full).unwrap_or(full);
        match self.package.as_ref().and_then(|package| package.sockeye()) {
            Some(name) if segments::first(&full) == name => full.replacen(name, "sockeye", 1),
            _ => full,
        }
    }

    fn written(&self, written: &str) -> String {
        let written = written.strip_prefix("::").unwrap_or(written);
        let (first, rest) = segments::split_first(written).unwrap_or((written, ""));
        match self.names.paths.get(first) {
            Some(full) if rest.is_empty() => full.clone(),
            Some(full) => format!("{full}::{rest}"),
            None => self
                .through_globs(written, first)
                .or_else(|| self.through_glob_of_sockeye(written, first))
                .unwrap_or_else(|| written.to_owned()),
        }
    }

    /// The names that axum's own glob imports provide.
    fn through_globs(&self, written: &str, first: &str) -> Option<String> {
        let from = match first {
            "WebSocket" | "Message" | "CloseFrame" => &["axum::extract::ws::"][..],
            "WebSocketUpgrade" => &["axum::extract::ws::", "axum::extract::"],
            "ws" => &["axum::extract::"],
            "extract" => &["axum::"],
            _ => return None,
        };
        let globs = self.names.globs.iter().map(|glob| match segments::split_first(glob) {
            Some((first, rest)) => {
                self.names.paths.get(first).map_or_else(|| glob.clone(), |full| format!("{full}::{rest}"))
            }
            None => glob.clone(),
        });
        let glob = globs.into_iter().find(|glob| from.contains(&glob.as_str()))?;
        Some(format!("{glob}{written}"))
    }

    /// The names that `use sockeye::*` provides, if no other `*` or macro in the file may provide them.
    fn through_glob_of_sockeye(&self, written: &str, first: &str) -> Option<String> {
        const NAMES: [&str; 5] = ["Handshake", "Socket", "Sender", "Receiver", "Message"];
        if !NAMES.contains(&first) || self.names.has_unseen {
            return None;
        }
        let renamed = self.package.as_ref().and_then(|package| package.sockeye());
        let is_sockeye = |glob: &String| glob.strip_suffix("::") == Some(renamed.unwrap_or("sockeye"));
        let (first_glob, others) = self.names.globs.split_first()?;
        let is_only = is_sockeye(first_glob) && others.iter().all(is_sockeye);
        is_only.then(|| format!("{first_glob}{written}"))
    }

    /// The meaning of a name that comes from another file of the package.
    fn through_package(&self, full: &str) -> Option<String> {
        let package = self.package.as_ref().filter(|package| package.has_names())?;
        package.axum_name(self.name_in_package(full)?)
    }

    /// The part of the path after the name of another file of the package, if it may come from there.
    fn name_in_package<'p>(&self, full: &'p str) -> Option<&'p str> {
        let (first, rest) = segments::split_first(full).unwrap_or((full, ""));
        let is_module = |name: &str| name.starts_with(|first: char| first.is_lowercase());
        match first {
            "crate" | "super" => {
                let mut rest = rest;
                // `ws::WebSocket` may be an imported module, or one of the package.
                while let Some((module, after)) =
                    segments::split_first(rest).filter(|(module, _)| is_module(module) && *module != "ws")
                {
                    let _ = module;
                    rest = after;
                }
                Some(rest)
            }
            "self" => rest.contains("::").then_some(rest),
            _ if self.names.paths.contains_key(first) => None,
            _ => self.names.globs.iter().any(|glob| is_of_package(glob)).then_some(full),
        }
    }
}

/// The path as written, without generic arguments.
pub(crate) fn written(path: &Path) -> String {
    let mut text = String::new();
    for segment in &path.segments {
        if !text.is_empty() {
            text.push_str("::");
        }
        // Writing to a string cannot fail.
        let _: std::fmt::Result = write!(text, "{}", segment.ident);
    }
    text
}

impl Names {
    fn add(&mut self, prefix: &str, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.add(&format!("{prefix}{}::", path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => {
                let path = prefix.trim_end_matches("::");
                let last = segments::last(path);
                self.paths.insert(last.to_owned(), path.to_owned());
            }
            UseTree::Name(name) => {
                self.paths.insert(name.ident.to_string(), format!("{prefix}{}", name.ident));
            }
            // `fs::{self as files}`
            UseTree::Rename(rename) if rename.ident == "self" => {
                let path = prefix.trim_end_matches("::").to_owned();
                self.paths.insert(rename.rename.to_string(), path);
            }
            UseTree::Rename(rename) if rename.rename == "_" => {
                self.unnamed.push(format!("{prefix}{}", rename.ident));
            }
            UseTree::Rename(rename) => {
                self.paths.insert(rename.rename.to_string(), format!("{prefix}{}", rename.ident));
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(prefix, tree)),
            UseTree::Glob(_) => self.globs.push(prefix.to_owned()),
        }
    }
}

/// Whether the path before a `*` is a module of the package, or a prelude, which may re-export anything.
fn is_of_package(glob: &str) -> bool {
    ["crate::", "super::", "self::"].iter().any(|first| glob.starts_with(first)) || glob.contains("prelude")
}
