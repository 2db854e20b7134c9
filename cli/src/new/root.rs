//! The root file of the program: where the module and the state of the endpoint belong.

use std::ops::Range;

use syn::{Item, Stmt, spanned::Spanned as _};

use super::chain::{self, Chain};

/// What has to be in the root file.
pub(super) struct Addition<'a> {
    pub(super) name: &'a str,
    pub(super) state: Option<String>,
}

/// The root file after the change.
pub(super) struct Changed {
    pub(super) text: String,
    /// What was added, for people.
    pub(super) added: Vec<String>,
}

/// A replacement of these bytes.
type Edit = (Range<usize>, String);

/// Why the file is left as it is.
pub(super) enum Refusal {
    /// A module of this name is there.
    Taken,
    /// What was expected and is not there.
    NotUnderstood(&'static str),
}

/// The program that takes the place of the one that `cargo new` writes.
const SERVES: &str = "#[tokio::main]\nasync fn main() -> Result<(), sockeye::StartupError> {\n    sockeye::Server::new().serve(\"127.0.0.1:3000\").await\n}\n";

/// Adds the module, the state, and the function `server`, if the file is as most are.
pub(super) fn add(text: &str, addition: &Addition<'_>) -> Result<Changed, Refusal> {
    let file: syn::File = syn::parse_str(text).map_err(|_| Refusal::NotUnderstood("it cannot be parsed"))?;
    if only_greets(&file) {
        let mut changed = add(SERVES, addition)?;
        changed.added.push("a `main` that serves, in place of `Hello, world!`".to_owned());
        return Ok(changed);
    }
    if file.items.iter().any(|item| declares(item, addition.name)) {
        return Err(Refusal::Taken);
    }
    let chain = chain::find(&file).map_err(Refusal::NotUnderstood)?;
    let mut edits = vec![module(&file, addition.name)];
    let mut added = vec![format!("`mod {};`", addition.name)];
    let state = addition.state.clone().unwrap_or_default();
    if !state.is_empty() {
        added.push(format!("`{state}`"));
    }
    match chain {
        Chain::InServer { new } => edits.push((new.end..new.end, state)),
        Chain::InMain { new, builder, path, end_of_main } => {
            let rest = &text[builder.end..];
            let space = rest.len() - rest.trim_start().len();
            let server = format!("{}{state}{}", &text[new.clone()], &text[new.end..builder.end]);
            edits.push((builder.start..builder.end + space, "server()".to_owned()));
            edits.push((end_of_main..end_of_main, function(&path, &server)));
            added.push("`fn server()`, which tests share with `main`".to_owned());
        }
    }
    Ok(Changed { text: apply(text, edits), added })
}

/// Whether it is the file that `cargo new` writes.
fn only_greets(file: &syn::File) -> bool {
    let [Item::Fn(main)] = &file.items[..] else { return false };
    let [Stmt::Macro(only)] = &main.block.stmts[..] else { return false };
    main.sig.ident == "main"
        && only.mac.path.is_ident("println")
        && only.mac.tokens.to_string() == "\"Hello, world!\""
}

fn function(path: &str, body: &str) -> String {
    format!(
        "\n\n/// The whole program except its port, so that tests have the same one.\nfn server() -> {path} {{\n    {body}\n}}"
    )
}

fn declares(item: &Item, name: &str) -> bool {
    match item {
        Item::Mod(module) => module.ident == name,
        Item::Use(item) => imports(&item.tree, name),
        Item::ExternCrate(item) => item.ident == name,
        _ => false,
    }
}

fn imports(tree: &syn::UseTree, name: &str) -> bool {
    match tree {
        syn::UseTree::Path(path) => imports(&path.tree, name),
        syn::UseTree::Name(one) => one.ident == name,
        syn::UseTree::Rename(one) => one.rename == name,
        syn::UseTree::Group(group) => group.items.iter().any(|tree| imports(tree, name)),
        syn::UseTree::Glob(_) => false,
    }
}

/// In the order of the other modules; before everything else if there are none.
fn module(file: &syn::File, name: &str) -> Edit {
    let modules: Vec<_> = file.items.iter().filter_map(declared).collect();
    let before = modules.iter().find(|(other, _)| other.as_str() > name);
    let (at, text) = match (before, modules.last(), file.items.first()) {
        (Some((_, range)), ..) => (range.start, format!("mod {name};\n")),
        (None, Some((_, range)), _) => (range.end, format!("\nmod {name};")),
        (None, None, Some(first)) => (first.span().byte_range().start, format!("mod {name};\n\n")),
        (None, None, None) => (0, format!("mod {name};\n")),
    };
    (at..at, text)
}

/// `mod rooms;`, without attributes: a module of tests is apart from the others.
fn declared(item: &Item) -> Option<(String, Range<usize>)> {
    match item {
        Item::Mod(module) if module.content.is_none() && module.attrs.is_empty() => {
            Some((module.ident.to_string(), module.span().byte_range()))
        }
        _ => None,
    }
}

fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, new) in edits {
        text.replace_range(range, &new);
    }
    text
}
