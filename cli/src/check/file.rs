//! One file, from its path to its findings.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    duplicates,
    finding::Finding,
    modules, origin,
    package::Packages,
    parse, scan,
    scan::{Handler, Scanned, Unseen},
    source::Source,
    walk::SourceFile,
};

/// The outcome of a file.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was searched for handlers, or could not be parsed.
    Checked(FileReport),
    /// It does not mention WebSockets.
    Unrelated {
        /// As reports show it.
        path: String,
    },
    /// A rule or a parser has a bug.
    Panicked {
        /// As reports show it.
        path: String,
        /// The panic message.
        words: String,
    },
}

/// The findings of a file.
#[derive(Debug)]
pub(super) struct FileReport {
    /// As reports show it.
    pub(super) path: String,
    /// In source order.
    pub(super) handlers: Vec<Handler>,
    /// Functions that use an upgrade and could not be checked.
    pub(super) unseen: Vec<Unseen>,
    /// In source order.
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

/// Checks a file. A panic affects only this file: the others are still checked, and the command names this one.
pub(super) fn check(file: &SourceFile, packages: &Packages, modules: &mut modules::Read) -> Outcome {
    let outcome = catch_unwind(AssertUnwindSafe(|| look_at(file, packages, modules)));
    // The spans of this file are not needed any more; otherwise they would fill the memory.
    proc_macro2::extra::invalidate_current_thread_spans();
    outcome.unwrap_or_else(|panic| Outcome::Panicked { path: file.shown.clone(), words: words(&*panic) })
}

fn look_at(file: &SourceFile, packages: &Packages, modules: &mut modules::Read) -> Outcome {
    let path = file.shown.clone();
    let source = match Source::read(&file.path) {
        Ok(source) => source,
        Err(error) => return unreadable(path, parse::no_text(&error)),
    };
    if !source.mentions_websockets() {
        return Outcome::Unrelated { path };
    }
    match parse::parse(&source) {
        Ok(tree) => {
            let package = packages.around(&file.path);
            let elsewhere = modules.around(&file.path, &package);
            let scanned = scan::scan(tree, &source, Arc::clone(&package.names), elsewhere);
            Outcome::Checked(report(file, &source, scanned))
        }
        Err(finding) => unreadable(path, finding),
    }
}

fn report(file: &SourceFile, source: &Source, mut scanned: Scanned) -> FileReport {
    let path = file.shown.clone();
    let mut findings = scanned.findings;
    findings.extend(duplicates::among(&scanned.routes, source));
    findings.sort_by_cached_key(Finding::order);
    origin::leave_out_tests(file, source, &mut findings);
    scanned.handlers.sort_by_key(|handler| handler.line);
    FileReport { path, handlers: scanned.handlers, unseen: scanned.unseen, findings }
}

fn unreadable(path: String, finding: Box<Finding>) -> Outcome {
    Outcome::Checked(FileReport { path, handlers: Vec::new(), unseen: Vec::new(), findings: vec![*finding] })
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)").to_owned()
}
