//! Files that are compiled only for tests: `#[cfg(test)] mod tests;` and its children.

use std::path::Path;

use super::{code::Code, text};

/// Whether the module that the file is, or one around it, is declared as a test.
pub(super) fn is_test(package: &Path, file: &Path) -> bool {
    let is_mod = file.file_stem().is_some_and(|stem| stem == "mod");
    let module = if is_mod { file.parent() } else { Some(file) };
    let around = module.into_iter().flat_map(Path::ancestors).take_while(|path| *path != package);
    around.into_iter().any(is_declared_as_test)
}

/// In the file of the parent module, wherever it may be.
fn is_declared_as_test(module: &Path) -> bool {
    let (Some(name), Some(directory)) = (module.file_stem(), module.parent()) else { return false };
    let name = name.to_string_lossy();
    let inside = ["mod.rs", "lib.rs", "main.rs"].map(|root| directory.join(root));
    let parents = inside.into_iter().chain([directory.with_extension("rs")]);
    parents.filter(|parent| parent != module).any(|parent| {
        let text = text(&parent);
        // Lexing is the expensive part.
        text.contains("test")
            && has_module(&text, &name)
            && Code::read(&text).test_modules.iter().any(|test| *test == name)
    })
}

/// Whether `mod` and the name follow each other in the text.
fn has_module(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].strip_suffix("r#").unwrap_or(&text[..at]);
        before.ends_with(char::is_whitespace) && before.trim_end().ends_with("mod")
    })
}
