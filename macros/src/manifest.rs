//! The name of the crate `sockeye` in a `Cargo.toml` that renames it: `ws = { package = "sockeye" }`.
//!
//! Read line by line: a TOML parser would cost compile time for everyone, and for a form that this does not recognize
//! there is the option `crate = ws`.

use std::{
    fs,
    path::{Path, PathBuf},
};

const NAME: &str = "sockeye";

/// How a package depends on the crate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Name {
    /// Under its own name, or in a form that this does not recognize.
    Own,
    /// Under this name.
    Renamed(String),
    /// Not at all.
    Absent,
}

/// The name of the crate in the package of this manifest.
pub(crate) fn name(manifest: &Path) -> Name {
    let Ok(text) = fs::read_to_string(manifest) else { return Name::Own };
    let own = dependencies(&text);
    let is_itself = text.lines().any(|line| value(line, "name").and_then(string).as_deref() == Some(NAME));
    if is_itself || own.iter().any(Dependency::is_ours_by_name) {
        return Name::Own;
    }
    if let Some(found) = own.iter().find(|one| one.package.as_deref() == Some(NAME)) {
        return Name::Renamed(found.name.clone());
    }
    inherited(&own, manifest)
}

/// `ws.workspace = true`, with the package in the manifest of the workspace.
fn inherited(own: &[Dependency], manifest: &Path) -> Name {
    if !own.iter().any(|one| one.inherits) {
        return Name::Absent;
    }
    let Some(workspace) = workspace_of(manifest) else { return Name::Own };
    let ours = dependencies(&workspace).into_iter().find(|one| {
        one.package.as_deref() == Some(NAME) && own.iter().any(|own| own.inherits && own.name == one.name)
    });
    ours.map_or(Name::Absent, |one| Name::Renamed(one.name))
}

fn workspace_of(manifest: &Path) -> Option<String> {
    let above = manifest.ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
    above
        .filter_map(|path: PathBuf| fs::read_to_string(path).ok())
        .find(|text| text.lines().any(|line| line.trim_start().starts_with("[workspace")))
}

/// One line of a table of dependencies, or a table for one dependency.
#[derive(Debug, PartialEq)]
struct Dependency {
    name: String,
    package: Option<String>,
    inherits: bool,
}

impl Dependency {
    fn is_ours_by_name(&self) -> bool {
        self.name == NAME && self.package.as_deref().is_none_or(|package| package == NAME)
    }

    fn read(name: &str, rest: &str) -> Self {
        let inherits = value(rest, "workspace").is_some_and(|value| value.starts_with("true"));
        Self { name: unquoted(name).to_owned(), package: value(rest, "package").and_then(string), inherits }
    }
}

/// Every dependency, of whatever kind and target.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut all: Vec<Dependency> = Vec::new();
    let mut table = "";
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
            all.extend(of_table(table).map(|name| Dependency::read(name, "")));
        } else if table.ends_with("dependencies") {
            all.extend(of_line(line));
        } else if of_table(table).is_some() {
            let Some(last) = all.last_mut() else { continue };
            let more = Dependency::read("", line);
            last.package = last.package.take().or(more.package);
            last.inherits |= more.inherits;
        }
    }
    all
}

/// `ws` of `[dependencies.ws]`.
fn of_table(header: &str) -> Option<&str> {
    let (kind, name) = header.rsplit_once('.')?;
    kind.ends_with("dependencies").then_some(name)
}

/// `ws = { .. }`, `ws = ".."`, `ws.package = ".."`.
fn of_line(line: &str) -> Option<Dependency> {
    if line.starts_with('#') {
        return None;
    }
    let (key, _) = line.split_once('=')?;
    let name = key.split('.').next()?.trim();
    Some(Dependency::read(name, line.get(name.len()..)?))
}

/// The text after `key =`.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut places = text.match_indices(key).map(|(at, _)| at);
    places.find_map(|at| {
        let whole =
            !text[..at].ends_with(|before: char| before.is_alphanumeric() || "_-\"'".contains(before));
        let after = text[at + key.len()..].trim_start().strip_prefix('=')?;
        whole.then(|| after.trim_start())
    })
}

fn string(value: &str) -> Option<String> {
    let quote = value.chars().next().filter(|quote| "\"'".contains(*quote))?;
    value[1..].split(quote).next().map(str::to_owned)
}

fn unquoted(name: &str) -> &str {
    name.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<String>)> {
        dependencies(text).into_iter().map(|one| (one.name, one.package)).collect()
    }

    #[test]
    fn every_way_of_writing_a_rename_is_read() {
        for text in [
            "[dependencies]\nws = { package = \"sockeye\", path = \"..\" }",
            "[dependencies]\nws = { version = '1', package = 'sockeye' } # renamed",
            "[dependencies]\nws={package=\"sockeye\"}",
            "[dependencies]\n\"ws\" = { package = \"sockeye\" }",
            "[dependencies]\nws.package = \"sockeye\"\n",
            "[dependencies.ws]\nversion = \"1\"\npackage = \"sockeye\"\n[dev-dependencies]",
            "[target.'cfg(unix)'.dependencies]\nws = { package = \"sockeye\" }",
            "[dev-dependencies]\nws = { package = \"sockeye\" }",
        ] {
            assert_eq!(read(text), [("ws".to_owned(), Some("sockeye".to_owned()))], "{text}");
        }
    }

    #[test]
    fn other_tables_and_keys_are_no_dependencies() {
        let text = "[package]\nname = \"app\"\n[features]\nws = [\"package = sockeye\"]\n[dependencies]\n# ws = { package = \"sockeye\" }\n\
                    a = { sub-package = \"sockeye\" }\nb = \"1\"";
        assert_eq!(read(text), [("a".to_owned(), None), ("b".to_owned(), None)]);
    }
}
