//! What the grammar can say: a handler as a tree, from which its text is printed.
//!
//! The tree says nothing that can be wrong: every loop that receives has its way out, every way through a handler answers
//! the handshake, and every end is meant. What does not fit where it stands (a `break` outside of a loop, a `split` of
//! halves) is printed as something harmless.

/// A handler.
#[derive(Debug, Clone)]
pub(crate) struct Handler {
    pub(crate) documented: bool,
    pub(crate) before: Vec<Before>,
    pub(crate) accept: Accept,
    pub(crate) middle: Vec<Stmt>,
    pub(crate) end: End,
}

/// What happens before the handshake is answered.
#[derive(Debug, Clone)]
pub(crate) enum Before {
    Pure(Pure),
    Look,
    Rename,
    RejectIf,
    StatusIf,
    /// A function looks at the handshake.
    Enter,
    Wrong(Wrong),
}

/// How the handshake is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    Plain,
    Header,
    Timeout,
    Builder,
    Match,
    LetElse,
    IfElse,
    Arms,
    Block,
    Split,
    /// By a function.
    Helper,
}

/// What has nothing to do with the connection.
#[derive(Debug, Clone)]
pub(crate) enum Pure {
    Count,
    Log,
    Let,
    Closure,
    If(Vec<Pure>, Vec<Pure>),
    Match(Vec<Pure>, Vec<Pure>),
    For(Vec<Pure>),
    While,
    Loop,
    Sleep,
    Block(Vec<Pure>),
    AsyncBlock,
    /// A channel whose ends are called like halves of a socket.
    Channel,
    SpawnBlocking,
    SpawnOther,
    NestedFn,
    Thread,
    LetElse,
}

/// What happens while the connection is open.
#[derive(Debug, Clone)]
pub(crate) enum Stmt {
    Pure(Pure),
    Send(Send),
    /// Sends what was received, in a loop that receives.
    Echo,
    Recv(Recv),
    If(Vec<Stmt>, Vec<Stmt>),
    Match(Vec<Stmt>, Vec<Stmt>),
    For(Vec<Stmt>),
    Labelled(Vec<Stmt>, Vec<Stmt>),
    Talk(Talk),
    LeaveIf(Leave),
    Jump(Jump),
    Quiet(Quiet),
    /// A function takes it by reference.
    Call,
    Shadow(Vec<Pure>),
    Reborrow(Send),
    /// Under another name from here on; only in the function's own block.
    Rename,
    /// As halves from here on; only in the function's own block.
    Split,
    Both(Both),
    Task,
    /// A task that ends with a channel of the function's own; only in the function's own block, and only of halves.
    ChannelTask,
    /// Sends again and again while something else is worked on.
    Progress(bool),
    /// What waits in a queue, sent as well as it goes.
    LastWords,
    Wrong(Wrong),
}

/// A send whose failure is seen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Send {
    Question,
    Kept,
    Timeout,
    MapErr,
    IsErr,
    IfLet,
    Match,
    LetElse,
    TryJoin,
    Block,
    Chosen,
    Feed,
    Instrument,
    BoxPin,
    Join,
    JoinInFor,
    /// By a macro that nobody knows.
    Macro,
}

/// A send whose failure nobody needs to see, because something else does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Quiet {
    Let,
    Ok,
    Assign,
}

/// One message, with a way out when there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Recv {
    LetElse,
    Match,
    Kept,
    Timeout,
    OkOr,
    /// Asks first, and unwraps then.
    IsNone,
    Flatten,
}

/// Leaves the function early, in a way that tells the client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leave {
    Close,
    Error,
    ErrorQuestion,
}

/// Leaves or repeats the loop it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Jump {
    Break,
    Continue,
    BreakOuter,
    ContinueOuter,
}

/// A loop that receives until the peer has closed.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) form: Form,
    /// Whether the end is a `return`.
    pub(crate) returns: bool,
    pub(crate) labelled: bool,
    pub(crate) body: Vec<Stmt>,
    /// What the other branch does, where there is one.
    pub(crate) other: Vec<Stmt>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    WhileSome,
    OkSome,
    Match,
    LetElse,
    IfLet,
    Lenient,
    Done,
    IsNone,
    Ahead,
    Timeout,
    SelectTick,
    SelectEvents,
    SelectElse,
    SelectCondition,
}

/// Two futures side by side, one of which receives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Both {
    Select,
    TryJoin,
}

/// How the handler ends.
#[derive(Debug, Clone)]
pub(crate) enum End {
    Talk(Talk),
    TalkClose(Talk),
    /// A loop that is only left by `return`.
    Endless(Vec<Stmt>),
    Close,
    Error,
    /// A function takes it over.
    HandOver,
    Both(Both),
    /// A channel between two futures.
    Channel,
    Wrong(Wrong),
}

/// A mistake, for the mutated handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    SendEarly,
    ReturnEarly,
    AcceptAgain,
    Unawaited,
    UnawaitedLet,
    Unwrap,
    ExpectRecv,
    BlockingSleep,
    BlockingRead,
    Detached,
    NoLoop,
    DeafLoop,
    SpinningLoop,
    SpinningMatch,
    SwallowedError,
    SendLate,
    Undocumented,
}

impl Wrong {
    pub(crate) const ALL: [Self; 17] = [
        Self::SendEarly,
        Self::ReturnEarly,
        Self::AcceptAgain,
        Self::Unawaited,
        Self::UnawaitedLet,
        Self::Unwrap,
        Self::ExpectRecv,
        Self::BlockingSleep,
        Self::BlockingRead,
        Self::Detached,
        Self::NoLoop,
        Self::DeafLoop,
        Self::SpinningLoop,
        Self::SpinningMatch,
        Self::SwallowedError,
        Self::SendLate,
        Self::Undocumented,
    ];

    /// The rule that must report it.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Self::SendEarly => "io_before_accept",
            Self::ReturnEarly => "never_accepted",
            Self::AcceptAgain => "accepted_twice",
            Self::Unawaited | Self::UnawaitedLet => "missing_await",
            Self::Unwrap | Self::ExpectRecv => "panicking_io",
            Self::BlockingSleep | Self::BlockingRead => "blocking_call",
            Self::Detached => "detached_task",
            Self::NoLoop => "no_receive_loop",
            Self::DeafLoop => "deaf_loop",
            Self::SpinningLoop | Self::SpinningMatch => "spinning_loop",
            Self::SwallowedError => "swallowed_error",
            Self::SendLate => "io_after_close",
            Self::Undocumented => "undocumented_endpoint",
        }
    }
}
