/// Who has published an event of a hub.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// This program.
    Here,
    /// Another machine.
    Backplane,
}
