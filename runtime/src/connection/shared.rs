use std::{
    borrow::Borrow,
    fmt,
    ops::Deref,
    sync::{Arc, Weak},
};

use super::Cell;

/// The share of a handle in its connection.
///
/// For each handler rustc proves that its future is `Send`, and what dropping it needs. Behind `dyn` it does not look into the cell each time, which
/// was a tenth of the work of checking an endpoint (`docs/decisions/0065`).
#[derive(Clone)]
pub(crate) struct Shared(Arc<dyn Borrow<Cell> + Send + Sync>);

/// A share that keeps no connection open.
#[derive(Clone)]
pub(crate) struct WeakShared(Weak<dyn Borrow<Cell> + Send + Sync>);

impl Shared {
    pub(super) fn new(cell: Arc<Cell>) -> Self {
        Self(cell)
    }

    pub(super) fn downgrade(&self) -> WeakShared {
        WeakShared(Arc::downgrade(&self.0))
    }
}

impl Deref for Shared {
    type Target = Cell;

    #[inline]
    fn deref(&self) -> &Cell {
        (*self.0).borrow()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl WeakShared {
    /// The connection, if it is still there.
    pub(crate) fn upgrade(&self) -> Option<Shared> {
        self.0.upgrade().map(Shared)
    }

    /// Whether the connection is still there.
    pub(crate) fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl fmt::Debug for WeakShared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
