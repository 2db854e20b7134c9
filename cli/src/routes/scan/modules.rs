//! Where the files of modules are, as the Rust reference has it (Items, Modules).

use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, ExprLit, ItemMod, Lit, Meta};

/// A module, seen from within.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// `crate_name::module`.
    pub(super) module: String,
    /// Where the files of its modules are.
    folder: PathBuf,
    /// Whether it stands between the braces of another one in the same file.
    is_inline: bool,
}

impl Place {
    pub(super) fn root(file: &Path, crate_name: &str) -> Self {
        Self { module: crate_name.to_owned(), folder: parent(file), is_inline: false }
    }

    /// The module between the braces.
    pub(super) fn inline(&self, module: &ItemMod, file: &Path) -> Self {
        let folder = match path_of(&module.attrs) {
            Some(path) => self.base(file).join(path),
            None => self.folder.join(name(module)),
        };
        Self { module: self.named(module), folder, is_inline: true }
    }

    /// The file of a module and the module in it; `None` when there is none.
    pub(super) fn in_file(&self, module: &ItemMod, file: &Path) -> Option<(PathBuf, Self)> {
        let within = |folder| Self { module: self.named(module), folder, is_inline: false };
        if let Some(path) = path_of(&module.attrs) {
            let file = self.base(file).join(path);
            let folder = parent(&file);
            return Some((file, within(folder)));
        }
        let folder = self.folder.join(name(module));
        let files = [folder.with_added_extension("rs"), folder.join("mod.rs")];
        files.into_iter().find(|file| file.is_file()).map(|file| (file, within(folder)))
    }

    /// What `#[path]` is relative to.
    fn base(&self, file: &Path) -> PathBuf {
        if self.is_inline { self.folder.clone() } else { parent(file) }
    }

    fn named(&self, module: &ItemMod) -> String {
        format!("{}::{}", self.module, name(module))
    }
}

fn parent(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}

fn name(module: &ItemMod) -> String {
    module.ident.to_string().trim_start_matches("r#").to_owned()
}

/// `#[path = ".."]`.
fn path_of(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}
