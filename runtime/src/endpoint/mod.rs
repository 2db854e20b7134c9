//! What `#[ws_endpoint]` registers: constant data and one function pointer for each endpoint.
//!
//! The macro writes a [`Registered`] for every handler and submits it to `inventory`. Nothing here is computed before
//! `Server::check`, so an unused endpoint costs only its constant data.

mod args;
mod bind;
mod constant_route;
mod described;
mod param;
mod requirement;
mod requirements;

pub use args::Args;
pub use bind::{
    Bound, First, FirstParameter, Handler, Made, Outcome, Returned, bind, bind0, bind1, bind2, bind3, bind4,
    first, made, outcome,
};
pub use constant_route::constant_route;
pub use described::Describe;
pub use param::{AnyParameter, Arg, DeclaredParameter, Extractor, HeadExtractor, Parameter, SharedState};
pub use requirement::Requirement;
pub use requirements::{Requirements, Requires, state};

pub(crate) use bind::{Call, Running};
pub(crate) use requirements::ParameterRequirement;

/// One endpoint, as the macro saw it. Everything in it is known at compile time.
#[derive(Debug, Clone, Copy)]
pub struct Registered {
    /// Name of the handler function: the endpoint's name in every log line and report.
    pub name: &'static str,
    /// The route, in axum's syntax.
    pub route: &'static str,
    /// The group that the endpoint belongs to; empty when the attribute names none.
    pub group: &'static str,
    /// `module_path!()` of the handler.
    pub module: &'static str,
    /// The source of the handler's signature.
    pub source: Source,
    /// Every parameter after the handshake, in order.
    pub params: &'static [Param],
    /// The options of the attribute.
    pub options: Options,
    /// Whether the handler's body reads the header `cookie`.
    pub reads_cookies: bool,
    /// Whether a panic of the handler can be caught: `cfg!(panic = "unwind")` of its crate.
    pub unwinds: bool,
    /// Resolves the handler's types; called by `Server::check`.
    pub bind: fn() -> Bound,
    /// Tells what is documented of the endpoint, with the feature `asyncapi`.
    pub describe: Describe,
}

inventory::collect!(Registered);

/// The source text of an endpoint's attribute and signature, embedded because a deployed binary has no sources.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// Path as returned by `file!()`.
    pub file: &'static str,
    /// Line, from 1, of the first line of `text`.
    pub line: u32,
    /// Whole lines, from the attribute to the end of the signature. Never empty.
    pub text: &'static str,
    /// The route literal in `text`.
    pub route: Mark,
    /// The handler's name in `text`.
    pub name: Mark,
}

/// A range of bytes in [`Source::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// One parameter of a handler.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// The type as written, on one line.
    pub ty: &'static str,
    /// The whole parameter (pattern and type) in [`Source::text`].
    pub mark: Mark,
}

/// The options of the attribute. `None` means that the server's setting applies.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// `state = AppState`: the type as written.
    pub state: Option<&'static str>,
    /// `origins = any` or `origins = [..]`, already checked for syntax.
    pub origins: Option<OriginOption>,
    /// `subprotocols = [..]`, in order of preference.
    pub subprotocols: &'static [&'static str],
    /// `max_message_size = "64 KiB"`, in bytes.
    pub max_message_size: Option<usize>,
    /// `compression = off` or `compression = "deflate"`.
    pub compression: Option<CompressionOption>,
    /// `heartbeat = off` or `heartbeat = "30s"`.
    pub heartbeat: Option<HeartbeatOption>,
    /// `heartbeat_message` or `heartbeat_message = "30s"`.
    pub heartbeat_message: Option<HeartbeatMessageOption>,
    /// `guarded`: a layer in front authenticates the endpoint.
    pub guarded: bool,
    /// `allow(rule, reason = "..")`.
    pub allow: &'static [Allowed],
}

impl Options {
    /// None is written.
    pub const NONE: Self = Self {
        state: None,
        origins: None,
        subprotocols: &[],
        max_message_size: None,
        compression: None,
        heartbeat: None,
        heartbeat_message: None,
        guarded: false,
        allow: &[],
    };
}

/// The `origins` option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginOption {
    /// `origins = any`.
    Any,
    /// `origins = ["https://app.example.com"]`.
    List(&'static [&'static str]),
}

/// The `compression` option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompressionOption {
    /// `compression = off`.
    Off,
    /// `compression = "deflate"`: as the server compresses, or with the defaults. Needs the feature `compression` of `sockeye`.
    #[cfg(feature = "compression")]
    Deflate,
}

/// The `heartbeat_message` option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeartbeatMessageOption {
    /// `heartbeat_message`: at the interval of the server.
    OfServer,
    /// `heartbeat_message = "30s"`, in milliseconds.
    Every(u64),
}

/// The `heartbeat` option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeartbeatOption {
    /// `heartbeat = off`.
    Off,
    /// `heartbeat = "30s"`, in milliseconds.
    Every(u64),
}

/// A rule that the endpoint turns off, with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// Name of the rule.
    pub rule: &'static str,
    /// Why, in the user's words.
    pub reason: &'static str,
}
