/// The publisher of a hub's event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// This program.
    Here,
    /// Another machine.
    Backplane,
}
