//! What the functions of a file do with the handles that they borrow.

use std::rc::Rc;

use super::{Neighbours, Place, collect::Found};
use crate::{
    catalogue::{Parses, Unheard, lasts, may_last, may_start, starts, takes_only, takes_only_of, unheard},
    check,
    flow::{Deed, Flow, Lasts},
    syntax::is_called,
};

/// What a function does with the handles that it borrows, as far as that is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Deeds {
    pub(super) by_place: Vec<(Place, Deed)>,
    /// The kinds of messages for which it returns something; empty if it does not distinguish them.
    pub(super) takes_only: Vec<String>,
    /// The same for a message that it is given.
    pub(super) takes_only_of: Parses,
    /// What keeps it running after the client has left, if it is a task.
    pub(super) lasts: Option<Lasts>,
    /// The same for the task that it starts, and whose handle it returns.
    pub(super) starts: Option<Lasts>,
    /// The queues that it sends into without looking at the result.
    pub(super) unheard: Unheard,
}

impl Deeds {
    pub(super) fn of(found: &Found, file: &Rc<Neighbours>) -> Self {
        let around = found.around(file);
        let function = &found.function;
        let unheard = unheard(function, || Flow::of_helper(function, &found.imports, &around));
        let takes_only_of = takes_only_of(function, || Flow::of_helper(function, &found.imports, &around));
        let may_last = may_last(function) || may_start(function);
        let flow = Flow::of_borrower(function, &around)
            .or_else(|| may_last.then(|| Flow::of_taker(function, &around)).flatten());
        let Some(flow) = flow else { return Self { takes_only_of, unheard, ..Self::default() } };
        let borrowed = flow
            .roots
            .iter()
            .enumerate()
            .filter(|(connection, root)| root.borrowed && !flow.owns(*connection));
        let deed = |(connection, _)| Some((flow.place(connection)?, check::deed(&flow, connection)?));
        let mut by_place: Vec<_> = borrowed.filter_map(deed).collect();
        let receives = by_place
            .iter()
            .any(|(_, deed)| matches!(deed, Deed::Receives | Deed::ReceivesSome | Deed::ReceivesTried));
        let takes_only = if receives { takes_only(&flow) } else { Vec::new() };
        let gives_option = || function.output().is_some_and(|output| is_called(output, "Option"));
        if !takes_only.is_empty() && gives_option() {
            for (_, deed) in by_place.iter_mut().filter(|(_, deed)| *deed == Deed::Receives) {
                *deed = Deed::ReceivesSome;
            }
        }
        Self { by_place, takes_only, takes_only_of, lasts: lasts(&flow), starts: starts(&flow), unheard }
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.by_place.is_empty()
            && self.lasts.is_none()
            && self.starts.is_none()
            && self.unheard.is_empty()
            && self.takes_only_of.kinds.is_empty()
    }
}
