//! Determines whether any web page can open an axum handler.
//!
//! Such a handler has no origin check of its own, and often it is not in the same function: a layer or an extractor may have it. So
//! `unchecked_origin` is decided at the end: a package with code that reads the header is assumed to check it, except for code that
//! does not apply to axum handlers (`code`): tests and Sockeye endpoints. It is not a hazard either if the client must present
//! something that a page of another site does not have (`demand`), or if a package that uses a library looks at origins (`dependents`).
//! A helper and its callers are one hazard.

mod code;
mod demand;
mod dependents;
mod facts;
mod index;
mod layers;
mod modules;
mod words;

use std::{
    collections::HashMap,
    path::{Path, PathBuf, absolute},
    rc::Rc,
};

use sockeye_rules::{UNCHECKED_ORIGIN, check::is_habit};

use self::dependents::Workspaces;
use self::{code::Code, demand::Proof, facts::Function, index::Index};
use super::{
    file::{FileReport, Outcome},
    finding::Finding,
    package, pool,
    source::Source,
    walk,
    walk::SourceFile,
};

/// Removes the findings about origins for packages that check them, for handlers that pages of other sites cannot open,
/// and for tests, which browsers do not reach.
pub(super) fn settle(files: &[SourceFile], outcomes: &mut [Outcome]) -> Result<(), String> {
    pool::alone(|| {
        let mut known = Known::default();
        for (file, outcome) in files.iter().zip(outcomes) {
            let Outcome::Checked(report) = outcome else { continue };
            if !report.findings.iter().any(is_about_origin) {
                continue;
            }
            match judge(file, &mut known)? {
                Some(index) => report_open(file, report, &index),
                None => report.findings.retain(|finding| !is_about_origin(finding)),
            }
        }
        Ok(())
    })?
}

/// What was read for earlier files.
#[derive(Default)]
struct Known {
    /// The functions of each package; `None` if it checks origins.
    packages: HashMap<PathBuf, Option<Rc<Index>>>,
    workspaces: Workspaces,
}

fn is_about_origin(finding: &Finding) -> bool {
    finding.rule == &UNCHECKED_ORIGIN
}

/// Keeps the findings of handlers that any page can open, and notes the reason for the others.
fn report_open(file: &SourceFile, report: &mut FileReport, index: &Index) {
    let code = Code::tests(&text(&file.path));
    let mut notes = Vec::new();
    report.findings.retain_mut(|finding| {
        if !is_about_origin(finding) {
            return true;
        }
        let line = finding.place.start.line;
        if code.is_test(line) {
            return false;
        }
        match hazard(file, line, index) {
            Hazard::Open { callers } => {
                finding.notes.extend(by(&callers));
                true
            }
            Hazard::None(why) => {
                notes.push((line, why));
                false
            }
        }
    });
    for (line, why) in notes {
        let handler = report.handlers.iter_mut().rev().find(|handler| handler.line <= line);
        if let Some(handler) = handler {
            handler.note = Some(why);
        }
    }
}

enum Hazard {
    /// Any page can open it, through these handlers that pass it their upgrade.
    Open { callers: Vec<String> },
    /// Why it is not a hazard.
    None(String),
}

fn hazard(file: &SourceFile, line: usize, index: &Index) -> Hazard {
    let open = Hazard::Open { callers: Vec::new() };
    let Some(handler) = absolute(&file.path).ok().and_then(|path| index.at(&path, line)) else { return open };
    if let Some(helper) = helper(&handler, index) {
        return Hazard::None(format!("its upgrade is passed to `{}`, which is checked", helper.name));
    }
    let proof = demand::of_handler(&handler, index);
    if let Proof::Secret(what) = &proof {
        return Hazard::None(asks(what));
    }
    let callers: Vec<_> = callers(&handler, index);
    if callers.is_empty() || proof == Proof::Cookie {
        return open;
    }
    let proofs: Vec<_> = callers.iter().map(|caller| demand::of_handler(caller, index)).collect();
    if let Some(Proof::Secret(what)) = proofs.iter().find(|_| proofs.iter().all(Proof::is_secret)) {
        return Hazard::None(asks(what));
    }
    let open = callers.iter().zip(&proofs).filter(|(_, proof)| !proof.is_secret());
    Hazard::Open { callers: open.map(|(caller, _)| caller.name.clone()).collect() }
}

fn asks(what: &str) -> String {
    format!("a page of another site cannot open it: it requires {what}")
}

/// The function that gets the handler's upgrade, if the handler does not use it itself.
fn helper(handler: &Rc<Function>, index: &Index) -> Option<Rc<Function>> {
    if words::idents(handler.body.clone()).any(|name| name == "on_upgrade") {
        return None;
    }
    hands_on(handler, index)
}

/// The function that gets the handler's upgrade, even if only on some paths.
fn hands_on(handler: &Rc<Function>, index: &Index) -> Option<Rc<Function>> {
    let upgrades: Vec<_> = handler.upgrades().collect();
    let gets = |call: &&facts::Call| upgrades.iter().any(|name| call.gets(name));
    let called = handler.calls.iter().filter(gets).filter_map(|call| index.called(call, handler));
    called.into_iter().find(|called| index.takes_upgrade(called))
}

/// The handlers that pass their upgrade to this one.
fn callers(handler: &Rc<Function>, index: &Index) -> Vec<Rc<Function>> {
    let mut callers = index.mentioning(&handler.name);
    callers.retain(|caller| hands_on(caller, index).is_some_and(|helper| Rc::ptr_eq(&helper, handler)));
    callers
}

fn by(callers: &[String]) -> Option<String> {
    let names: Vec<_> = callers.iter().map(|name| format!("`{name}`")).collect();
    let (last, others) = names.split_last()?;
    Some(if others.is_empty() {
        format!("{last} passes its upgrade to it")
    } else {
        format!("{} and {last} pass their upgrades to it", others.join(", "))
    })
}

/// Checks a package once: its functions, unless it checks origins or is a test. A file outside of any package is checked
/// separately.
fn judge(file: &SourceFile, known: &mut Known) -> Result<Option<Rc<Index>>, String> {
    let Some(package) = package::of(&file.path) else {
        let path = absolute(&file.path).map_err(|error| error.to_string())?;
        return Ok(index(vec![(path, text(&file.path))]));
    };
    if is_for_tests(&package, &file.path) {
        return Ok(None);
    }
    if let Some(known) = known.packages.get(&package) {
        return Ok(known.clone());
    }
    let files = walk::files(std::slice::from_ref(&package))?;
    let own = |file: &&SourceFile| package::of(&file.path).as_ref() == Some(&package);
    let files = files.iter().filter(own).filter(|file| !is_for_tests(&package, &file.path));
    let texts = files.filter_map(|file| Some((absolute(&file.path).ok()?, text(&file.path)))).collect();
    let judged = match index(texts) {
        Some(_) if known.workspaces.look_at_origins(&package)? => None,
        judged => judged,
    };
    known.packages.insert(package, judged.clone());
    Ok(judged)
}

/// The functions of these files, unless any of the files checks origins.
fn index(texts: Vec<(PathBuf, String)>) -> Option<Rc<Index>> {
    let mut with_origin = texts.iter().filter(|(_, text)| code::mentions_origin(text));
    let looks = with_origin.any(|(_, text)| Code::read(text).looks_at_origins);
    (!looks).then(|| Rc::new(Index::new(texts)))
}

/// Removes the findings about good practice in code that is compiled only for tests.
pub(super) fn leave_out_tests(file: &SourceFile, source: &Source, findings: &mut Vec<Finding>) {
    if !findings.iter().any(|finding| is_habit(finding.rule)) {
        return;
    }
    if is_test_file(&file.path) {
        findings.retain(|finding| !is_habit(finding.rule));
    }
    let code = Code::tests(source.text());
    findings.retain(|finding| !(is_habit(finding.rule) && code.is_test(finding.place.start.line)));
}

/// Whether the file is a test or a benchmark, or a module that only tests have.
fn is_test_file(file: &Path) -> bool {
    package::of(file).is_some_and(|package| is_beside(&package, file, &["tests", "benches"]))
}

/// Visitors of a page do not reach tests, benchmarks and examples.
fn is_for_tests(package: &Path, file: &Path) -> bool {
    is_beside(package, file, &["tests", "benches", "examples"])
}

/// Whether the file is in one of these folders of the package, or a module that only tests have.
fn is_beside(package: &Path, file: &Path, folders: &[&str]) -> bool {
    let Ok(file) = absolute(file) else { return false };
    let within = file.strip_prefix(package).ok().and_then(|path| path.components().next());
    within.is_some_and(|first| folders.iter().any(|folder| first.as_os_str() == *folder))
        || modules::is_test(package, &file)
}

/// A file that cannot be read contributes nothing.
fn text(path: &Path) -> String {
    Source::read(path).map(|source| source.text().to_owned()).unwrap_or_default()
}
