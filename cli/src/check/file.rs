//! One file, from its path to what the rules find in it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{duplicates, finding::Finding, parse, scan, scan::Handler, source::Source, walk::SourceFile};

/// What became of a file.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was searched for handlers, or could not be.
    Checked(FileReport),
    /// It has no word of WebSockets in it.
    Unrelated {
        /// As reports show it.
        path: String,
    },
    /// A rule or a parser is broken.
    Panicked {
        /// As reports show it.
        path: String,
        /// What the panic said.
        words: String,
    },
}

/// What is in a file.
#[derive(Debug)]
pub(super) struct FileReport {
    /// As reports show it.
    pub(super) path: String,
    /// In the order of the source.
    pub(super) handlers: Vec<Handler>,
    /// In the order of the source.
    pub(super) findings: Vec<Finding>,
}

impl Outcome {
    pub(super) fn report(&self) -> Option<&FileReport> {
        match self {
            Self::Checked(report) => Some(report),
            _ => None,
        }
    }
}

/// Checks a file. A panic ends with it: the other files are still checked, and the command says which it was.
pub(super) fn check(file: &SourceFile) -> Outcome {
    let outcome = catch_unwind(AssertUnwindSafe(|| look_at(file)));
    // The spans of this file are not needed any more; without this they would fill the memory.
    proc_macro2::extra::invalidate_current_thread_spans();
    outcome.unwrap_or_else(|panic| Outcome::Panicked { path: file.shown.clone(), words: words(&*panic) })
}

fn look_at(file: &SourceFile) -> Outcome {
    let path = file.shown.clone();
    let source = match Source::read(&file.path) {
        Ok(source) => source,
        Err(error) => return unreadable(path, parse::no_text(&error)),
    };
    if !source.mentions_websockets() {
        return Outcome::Unrelated { path };
    }
    match parse::parse(&source) {
        Ok(tree) => Outcome::Checked(report(path, &source, &tree)),
        Err(finding) => unreadable(path, finding),
    }
}

fn report(path: String, source: &Source, tree: &syn::File) -> FileReport {
    let mut scanned = scan::scan(tree, source);
    let mut findings = scanned.findings;
    findings.extend(duplicates::among(&scanned.routes, source));
    findings.sort_by_cached_key(Finding::order);
    scanned.handlers.sort_by_key(|handler| handler.line);
    FileReport { path, handlers: scanned.handlers, findings }
}

fn unreadable(path: String, finding: Box<Finding>) -> Outcome {
    Outcome::Checked(FileReport { path, handlers: Vec::new(), findings: vec![*finding] })
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)").to_owned()
}
