//! What a function does with a handle that it is given, as its caller sees it.

/// What a helper does with one borrowed handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It neither sends nor receives.
    Looks,
    /// It sends what it was given.
    Sends(Tells),
    /// It sends in a loop what it waits for, until that ends or a send fails.
    Streams,
    /// It receives, but not in a loop.
    Receives,
    /// It receives once, and returns `None` at the end, for an error, and for kinds of messages that it does not take.
    ReceivesSome,
    /// It receives once, and returns `Ok(None)` at the end, and perhaps for some messages.
    ReceivesTried,
    /// It receives once, and its result does not say whether that was the end.
    ReceivesUnseen,
    /// It closes the connection, however it ends.
    Closes,
}

impl Deed {
    /// Whether the result of the helper does not say what became of its operation.
    pub(crate) fn is_opaque(self) -> bool {
        !matches!(
            self,
            Self::ReceivesSome
                | Self::ReceivesTried
                | Self::ReceivesUnseen
                | Self::Sends(Tells::Errors | Tells::Nothing)
        )
    }
}

/// What the result of a helper says about its operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tells {
    /// It is an `Err` wherever a send fails.
    Errors,
    /// There is no result.
    Nothing,
    /// Something else.
    Something,
}

/// What a task waits for that keeps it running after its client has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// A timer.
    Timer,
    /// A feed of the whole program.
    Feed,
}
