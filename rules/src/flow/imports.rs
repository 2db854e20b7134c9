use std::collections::HashMap;

use syn::{Block, File, Item, Path, Stmt, UseTree};

/// What the names of a file stand for: its `use` items at the top, and those in the bodies of its modules.
///
/// A macro cannot know them; the command line can.
#[derive(Debug, Default, Clone)]
pub struct Imports {
    paths: HashMap<String, String>,
    checks_origin: bool,
}

impl Imports {
    /// Reads the `use` items of a file.
    pub fn of(file: &File) -> Self {
        Self::of_items(&file.items)
    }

    /// Those of a function that uses Sockeye's own types by their names.
    pub(crate) fn of_sockeye() -> Self {
        let mut imports = Self::default();
        for name in ["Handshake", "Socket", "Sender", "Receiver"] {
            imports.paths.insert(name.to_owned(), format!("sockeye::{name}"));
        }
        imports
    }

    /// Reads the `use` items among these.
    pub fn of_items(items: &[Item]) -> Self {
        let mut imports = Self::default();
        for item in items {
            if let Item::Use(item) = item {
                imports.add("", &item.tree);
            }
        }
        imports
    }

    /// Says that the `Origin` of requests is looked at somewhere around these functions, which no rule can see in them.
    #[must_use]
    pub fn with_origin_check(mut self) -> Self {
        self.checks_origin = true;
        self
    }

    pub(crate) fn checks_origin(&self) -> bool {
        self.checks_origin
    }

    fn add(&mut self, prefix: &str, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.add(&format!("{prefix}{}::", path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => {
                let path = prefix.trim_end_matches("::");
                let last = path.rsplit("::").next().unwrap_or(path);
                self.paths.insert(last.to_owned(), path.to_owned());
            }
            UseTree::Name(name) => {
                self.paths.insert(name.ident.to_string(), format!("{prefix}{}", name.ident));
            }
            UseTree::Rename(rename) => {
                self.paths.insert(rename.rename.to_string(), format!("{prefix}{}", rename.ident));
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(prefix, tree)),
            UseTree::Glob(_) => {
                let glob = self.paths.entry("*".to_owned()).or_default();
                glob.push_str(prefix);
                glob.push(' ');
            }
        }
    }

    /// These, and those that stand at the top of a body.
    pub(crate) fn with(&self, body: &Block) -> Self {
        let mut imports = self.clone();
        for statement in &body.stmts {
            if let Stmt::Item(Item::Use(item)) = statement {
                imports.add("", &item.tree);
            }
        }
        imports
    }

    /// The full path that this one stands for, without generic arguments.
    pub(crate) fn resolve_path(&self, path: &Path) -> String {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.resolve(&names.join("::"))
    }

    /// The full path that a written one stands for, as far as the imports tell: `ws::WebSocket` is
    /// `axum::extract::ws::WebSocket` after `use axum::extract::ws`.
    pub fn resolve(&self, written: &str) -> String {
        let written = written.trim_start_matches("::");
        let (first, rest) = written.split_once("::").map_or((written, ""), |(first, rest)| (first, rest));
        match self.paths.get(first) {
            Some(full) if rest.is_empty() => full.clone(),
            Some(full) => format!("{full}::{rest}"),
            None => written.to_owned(),
        }
    }
}
