//! What is looked for in a Markdown file.

mod document;
mod fences;
mod headings;
mod links;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::document::Document;
use crate::domain::Finding;

/// One step of a workflow over one file of this directory.
pub(crate) fn check(step: usize, root: &Path, file: &str) -> Vec<Finding> {
    let document = match Document::read(root, file) {
        Ok(document) => document,
        Err(error) if step == 0 => return vec![unreadable(&error)],
        // The first step has said so.
        Err(_) => return Vec::new(),
    };
    match step {
        0 => Vec::new(),
        1 => links::check(&document),
        2 => headings::check(&document),
        _ => fences::check(&document),
    }
}

fn unreadable(error: &std::io::Error) -> Finding {
    Finding { check: "files".to_owned(), line: 1, message: format!("cannot be read: {error}"), fix: None }
}
