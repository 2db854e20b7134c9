//! The surroundings of an endpoint in its file.

use std::{cell::RefCell, collections::HashMap, path::PathBuf, rc::Rc, time::SystemTime};

use proc_macro2::Span;
use sockeye_rules::syntax::{Endpoint, Imports, Neighbours, Surroundings};

use crate::{root, source};

type Known = HashMap<PathBuf, (SystemTime, Option<Rc<Neighbours>>)>;

thread_local! {
    /// The parsed files, with their modification times; plain data, since tokens do not outlive a macro call.
    static FILES: RefCell<Known> = RefCell::default();
}

/// What is known about the place of this function; empty if its file cannot be read.
pub(crate) fn surroundings(endpoint: &Endpoint) -> Surroundings {
    let found = || {
        let name = endpoint.function()?.name().to_string();
        neighbours(Span::call_site().local_file()?)?.around(&name)
    };
    found().unwrap_or_default()
}

/// The functions of a file; each file is read once, however many endpoints it has.
fn neighbours(path: PathBuf) -> Option<Rc<Neighbours>> {
    let changed = source::changed(&path)?;
    let known = FILES.with_borrow(|files| {
        files.get(&path).filter(|(when, _)| *when == changed).map(|(_, neighbours)| neighbours.clone())
    });
    if let Some(known) = known {
        return known;
    }
    let neighbours = source::text_of(&path).and_then(|text| syn::parse_file(&text).ok());
    let around = Imports::of_package(root::package());
    let neighbours = neighbours.map(|file| Neighbours::with_faults(file, &around));
    FILES.with_borrow_mut(|files| files.insert(path, (changed, neighbours.clone())));
    neighbours
}
