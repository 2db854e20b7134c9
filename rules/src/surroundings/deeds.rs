//! What the functions of a file do with the handles that they borrow.

use std::rc::Rc;

use super::{Neighbours, Place, Surroundings, collect::Found};
use crate::{
    check,
    flow::{Deed, Flow},
};

/// What a function does with each handle that it borrows, as far as that is known.
pub(super) fn deeds(found: &Found, file: &Rc<Neighbours>) -> Vec<(Place, Deed)> {
    let around = Surroundings::in_file(found.imports.clone(), file, found.of.clone());
    let Some(flow) = Flow::of_borrower(&found.function, &around) else { return Vec::new() };
    let borrowed = flow.roots.iter().enumerate().filter(|(_, root)| root.borrowed);
    let deed = |(connection, _)| Some((flow.place(connection)?, check::deed(&flow, connection)?));
    borrowed.filter_map(deed).collect()
}
