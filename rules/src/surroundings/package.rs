//! What other files of a package define: names of axum's WebSockets, and of Sockeye itself.

use std::collections::HashMap;

use syn::{Fields, Item};

use super::collect::fields_of;
use crate::{
    flow::{Alias, Flavor, Imports, Kind},
    syntax::segments,
};

/// The fields of a struct that hold handles.
type Handles = Vec<(String, (Flavor, Kind))>;

/// What is known about a package, without its syntax trees: shared by all checks of its files.
#[derive(Debug, Default)]
pub struct Package {
    /// The name of the crate `sockeye` in `Cargo.toml`, if it is renamed.
    sockeye: Option<String>,
    /// Its name in `Cargo.toml`.
    name: Option<String>,
    uses_axum: bool,
    /// Names that files of the package import from axum.
    names: HashMap<String, String>,
    aliases: HashMap<String, Alias>,
    fields: HashMap<String, Handles>,
}

impl Package {
    /// Reads the manifest, and the items at the top of these files that define names.
    pub fn of<'a>(manifest: &str, files: impl IntoIterator<Item = &'a str>) -> Self {
        let mut package = Self {
            sockeye: renamed(manifest, "sockeye"),
            name: package_name(manifest),
            uses_axum: manifest.lines().any(|line| line.trim_start().starts_with("axum")),
            ..Self::default()
        };
        let mut own = Vec::new();
        for file in files {
            package.read(&items(file), &mut own);
        }
        for name in own {
            package.names.remove(&name);
        }
        package
    }

    /// A package that renames the crate `sockeye`, of which nothing else is known.
    pub fn with_sockeye_as(name: &str) -> Self {
        Self { sockeye: Some(name.replace('-', "_")), ..Self::default() }
    }

    fn read(&mut self, items: &[Item], own: &mut Vec<String>) {
        let imports = Imports::of_items(items);
        for (name, full) in imports.all() {
            let last = segments::last(full);
            if full.starts_with("axum") && matches!(last, "WebSocketUpgrade" | "WebSocket" | "Message" | "ws")
            {
                self.names.insert(name.to_owned(), full.to_owned());
            }
        }
        for name in ["WebSocketUpgrade", "WebSocket", "Message", "ws"] {
            let full = imports.resolve(name);
            if full != name && full.starts_with("axum") {
                self.names.insert(name.to_owned(), full);
            }
        }
        for item in items {
            match item {
                Item::Type(item) => {
                    if let Some(alias) = imports.alias(&item.ident.to_string()) {
                        self.aliases.insert(item.ident.to_string(), alias);
                    }
                }
                Item::Struct(item) => {
                    own.push(item.ident.to_string());
                    if !matches!(item.fields, Fields::Unit) {
                        let fields = fields_of(&item.fields, &imports).collect();
                        self.fields.insert(item.ident.to_string(), fields);
                    }
                }
                _ => {}
            }
        }
    }

    /// The name of the crate `sockeye` in `Cargo.toml`, if it is renamed.
    pub fn sockeye(&self) -> Option<&str> {
        self.sockeye.as_deref()
    }

    /// Its name in `Cargo.toml`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether it depends on axum.
    pub fn uses_axum(&self) -> bool {
        self.uses_axum
    }

    pub(crate) fn alias(&self, name: &str) -> Option<Alias> {
        self.aliases.get(name).copied()
    }

    pub(crate) fn fields(&self, of: &str) -> impl Iterator<Item = (&str, (Flavor, Kind))> {
        self.fields.get(of).into_iter().flatten().map(|(name, handle)| (name.as_str(), *handle))
    }

    /// Whether any file imports a name from axum.
    pub(crate) fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// The path in axum of a name that some file of the package imports from there.
    pub(crate) fn axum_name(&self, path: &str) -> Option<String> {
        match segments::split_first(path) {
            None if path != "ws" => self.names.get(path).cloned(),
            Some(("ws", rest)) if !rest.contains("::") && rest.starts_with("WebSocket") => {
                Some(format!("{}::{rest}", self.names.get("ws")?))
            }
            _ => None,
        }
    }
}

/// The name in the table `[package]` of a manifest.
pub fn package_name(manifest: &str) -> Option<String> {
    let package = manifest.split("[package]").nth(1)?;
    let mut lines = package.lines().take_while(|line| !line.starts_with('['));
    let (_, name) = lines.find_map(|line| line.split_once('=').filter(|(key, _)| key.trim() == "name"))?;
    Some(name.trim().trim_matches('"').to_owned())
}

/// The name of a dependency that is renamed in the manifest: `ws = { package = "sockeye", .. }`.
fn renamed(manifest: &str, package: &str) -> Option<String> {
    let wanted = format!("package=\"{package}\"");
    let mut table = "";
    for line in manifest.lines() {
        let line = line.trim();
        if let Some(head) = line.strip_prefix('[') {
            table = head.trim_end_matches(']').rsplit('.').next().unwrap_or_default();
        }
        if line.replace(' ', "").contains(&wanted) {
            let inline = line.split_once('=').filter(|(name, _)| name.trim() != "package");
            let name = inline.map_or(table, |(name, _)| name.trim());
            return Some(name.replace('-', "_"));
        }
    }
    None
}

/// The imports, aliases and structs at the beginning of a line. The file is not parsed as a whole here.
fn items(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = &text[at..];
        let end = line.find('\n').map_or(text.len(), |end| at + end + 1);
        if let Some(item) = begins(line).then(|| item(line)).flatten() {
            items.push(item);
        }
        at = end;
    }
    items
}

fn begins(line: &str) -> bool {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) => rest
            .trim_start()
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .map_or(rest, |(_, rest)| rest),
        None => line,
    };
    ["use ", "type ", "struct "].iter().any(|word| line.trim_start().starts_with(word))
}

fn item(text: &str) -> Option<Item> {
    const LONGEST: usize = 8 * 1024;
    let is_struct = text.split_once("struct ").is_some_and(|(before, _)| !before.contains(['\n', ';']));
    let ends: &[char] = if is_struct { &[';', '}'] } else { &[';'] };
    let end = text.find(ends)?;
    let text = text.get(..=end).filter(|text| text.len() < LONGEST)?;
    syn::parse_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_files_are_known() {
        let prelude = "pub use axum::extract::ws::{WebSocket, WebSocketUpgrade as Upgrade};\npub(crate) type Out = SplitSink<WebSocket, Message>;\n";
        let globs = "    use axum::extract::ws::*;\npub struct Client {\n    pub socket: WebSocket,\n}\n";
        let package = Package::of("[dependencies]\naxum = \"0.8\"\n", [prelude, globs]);
        assert_eq!(package.axum_name("Upgrade").as_deref(), Some("axum::extract::ws::WebSocketUpgrade"));
        assert_eq!(package.axum_name("WebSocket").as_deref(), Some("axum::extract::ws::WebSocket"));
        assert!(package.alias("Out").is_some_and(|alias| alias.kind == Kind::Sender));
        assert_eq!(package.fields("Client").collect::<Vec<_>>(), [("socket", (Flavor::Axum, Kind::Socket))]);
    }

    #[test]
    fn a_type_of_the_packages_own_is_not_axums() {
        let package = Package::of("", ["use axum::extract::ws::WebSocket;", "pub struct WebSocket(u8);"]);
        assert_eq!(package.axum_name("WebSocket"), None);
    }

    #[test]
    fn a_crate_may_have_another_name() {
        for manifest in [
            "[dependencies]\nws = { package = \"sockeye\", version = \"0.1\" }\n",
            "[dependencies]\nws={package=\"sockeye\"}\n",
            "[dependencies.ws]\npackage = \"sockeye\"\n",
        ] {
            assert_eq!(renamed(manifest, "sockeye").as_deref(), Some("ws"), "{manifest}");
        }
        assert_eq!(renamed("[dependencies]\nsockeye = \"0.1\"\n", "sockeye"), None);
    }
}
