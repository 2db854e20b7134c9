//! The one table of rules. A rule is a line here, and its page (and check) under `src/<phase>/`.

/// A kind of failure, with its name, level and page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The name, as in `[missing_state]`.
    pub name: &'static str,
    /// The directory of its files, and when it is first checked.
    pub phase: Phase,
    /// The consequence when it fires.
    pub level: Level,
    /// The page in Markdown: what it reports, why, bad and good code, how to allow it.
    pub page: &'static str,
}

/// When a rule is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// At `cargo check`: the handler's signature and route.
    Signature,
    /// At `cargo check`: what the handler does with its handshake and socket.
    Lifecycle,
    /// In `Server::check`, before the port is bound.
    Startup,
    /// For each handshake and each connection.
    Run,
    /// By `cargo sockeye check`: handlers that use axum's own WebSockets.
    Axum,
    /// By `cargo sockeye check`, before any rule: the file itself.
    Source,
}

impl Phase {
    /// All phases, in chronological order.
    pub const ALL: [Self; 6] =
        [Self::Signature, Self::Lifecycle, Self::Startup, Self::Run, Self::Axum, Self::Source];

    /// The directory of the phase's rules and its name in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Lifecycle => "lifecycle",
            Self::Startup => "startup",
            Self::Run => "run",
            Self::Axum => "axum",
            Self::Source => "source",
        }
    }
}

/// What happens when a rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// An error, always.
    Forbid,
    /// An error, unless the endpoint says `allow(rule, reason = "..")`.
    Deny,
    /// A warning, unless the endpoint says `allow(rule, reason = "..")`.
    Warn,
    /// An event in the log of a running server, which continues.
    Event(EventLevel),
}

/// The level of an event, as in `tracing`. A refusal that is the program's fault (status 500) is always an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventLevel {
    /// Something is wrong with the program or its machine.
    Error,
    /// A client was refused, or disconnected for what it did.
    Warn,
    /// Nothing is wrong.
    Info,
}

impl EventLevel {
    /// Its name, as `tracing` writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
        }
    }
}

impl Level {
    /// Whether breaking the rule is an error; otherwise it is a warning.
    pub const fn is_error(self) -> bool {
        matches!(self, Self::Forbid | Self::Deny)
    }

    /// How reports name it: `error` or `warning`; for an event, its level.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Forbid | Self::Deny => "error",
            Self::Warn => "warning",
            Self::Event(level) => level.name(),
        }
    }

    /// Whether `allow(rule, reason = "..")` turns the rule off.
    pub const fn can_be_allowed(self) -> bool {
        matches!(self, Self::Deny | Self::Warn)
    }
}

impl Rule {
    /// One sentence: the first paragraph of the page, after its heading.
    pub fn summary(&self) -> &'static str {
        self.page
            .split("\n\n")
            .map(str::trim)
            .find(|block| !block.is_empty() && !block.starts_with('#'))
            .unwrap_or("")
    }
}

/// The rule with this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

/// Defines the statics, the list and the modules of the checks. A rule that is checked on syntax names its check, which
/// is the function `check` in the file beside its page; listing the file here declares it as a module.
macro_rules! rules {
    (
        syntax { $($CheckedPhase:ident in mod $module:ident $folder:literal, $CHECKS:ident of $subject:path { $(mod $check:ident: $CHECKED:ident $Checked:ident,)* })* }
        elsewhere { $($Phase:ident in $directory:literal { $($CONSTANT:ident $name:literal $Level:ident $(($event:ident))?,)* })* }
    ) => {
        /// Every rule, by phase.
        pub static RULES: &[&Rule] = &[$($(&$CHECKED,)*)* $($(&$CONSTANT,)*)*];

        $($(rule!($CHECKED stringify!($check), $folder, $CheckedPhase, $Checked);)*)*
        $($(rule!($CONSTANT $name, $directory, $Phase, $Level $(($event))?);)*)*

        $(
            #[cfg(feature = "syntax")]
            #[path = $folder]
            mod $module {
                $(pub(super) mod $check;)*
            }
        )*

        $(
            /// The checks of a phase, in the order of the table.
            #[cfg(feature = "syntax")]
            pub(crate) static $CHECKS: &[fn(&$subject, &mut crate::syntax::Sink)] = &[$($module::$check::check,)*];
        )*
    };
}

macro_rules! rule {
    ($CONSTANT:ident $name:expr, $directory:literal, $Phase:ident, $Level:ident $(($event:ident))?) => {
        #[doc = include_str!(concat!($directory, "/", $name, ".md"))]
        #[allow(clippy::doc_markdown, reason = "the heading of a page is the rule's bare name")]
        pub static $CONSTANT: Rule = Rule {
            name: $name,
            phase: Phase::$Phase,
            level: Level::$Level $((EventLevel::$event))?,
            page: include_str!(concat!($directory, "/", $name, ".md")),
        };
    };
}

rules! {
    syntax {
        Signature in mod signature "signature", SIGNATURE of crate::syntax::Endpoint {
            mod not_a_function: NOT_A_FUNCTION Forbid,
            mod not_async: NOT_ASYNC Forbid,
            mod missing_handshake: MISSING_HANDSHAKE Forbid,
            mod message_type: MESSAGE_TYPE Forbid,
            mod misplaced_handshake: MISPLACED_HANDSHAKE Forbid,
            mod duplicate_handshake: DUPLICATE_HANDSHAKE Forbid,
            mod borrowed_parameter: BORROWED_PARAMETER Forbid,
            mod raw_upgrade: RAW_UPGRADE Forbid,
            mod body_extractor: BODY_EXTRACTOR Forbid,
            mod not_an_extractor: NOT_AN_EXTRACTOR Forbid,
            mod self_receiver: SELF_RECEIVER Forbid,
            mod generic_handler: GENERIC_HANDLER Forbid,
            mod unsupported_qualifier: UNSUPPORTED_QUALIFIER Forbid,
            mod return_type: RETURN_TYPE Forbid,
            mod route_syntax: ROUTE_SYNTAX Forbid,
            mod path_arity: PATH_ARITY Forbid,
            mod unused_path_parameter: UNUSED_PATH_PARAMETER Forbid,
            mod unknown_option: UNKNOWN_OPTION Forbid,
            mod invalid_option: INVALID_OPTION Forbid,
            mod origin_syntax: ORIGIN_SYNTAX Forbid,
        }
        Lifecycle in mod lifecycle "lifecycle", LIFECYCLE of crate::flow::Flow<'_> {
            mod axum_api: AXUM_API Forbid,
            mod never_accepted: NEVER_ACCEPTED Forbid,
            mod io_before_accept: IO_BEFORE_ACCEPT Forbid,
            mod accepted_twice: ACCEPTED_TWICE Forbid,
            mod io_after_close: IO_AFTER_CLOSE Forbid,
            mod missing_await: MISSING_AWAIT Deny,
            mod no_receive_loop: NO_RECEIVE_LOOP Deny,
            mod deaf_loop: DEAF_LOOP Deny,
            mod spinning_loop: SPINNING_LOOP Deny,
            mod swallowed_error: SWALLOWED_ERROR Deny,
            mod panicking_io: PANICKING_IO Warn,
            mod blocking_call: BLOCKING_CALL Deny,
            mod detached_task: DETACHED_TASK Deny,
            mod lagged_feed: LAGGED_FEED Warn,
            mod skipped_cleanup: SKIPPED_CLEANUP Warn,
            mod panics_on_input: PANICS_ON_INPUT Warn,
            mod lock_across_io: LOCK_ACROSS_IO Warn,
            mod fan_out_in_turn: FAN_OUT_IN_TURN Warn,
            mod secret_in_log: SECRET_IN_LOG Warn,
            mod login_deadline: LOGIN_DEADLINE Warn,
            mod unbounded_queue: UNBOUNDED_QUEUE Warn,
            mod orphaned_task: ORPHANED_TASK Warn,
            mod kind_ends_loop: KIND_ENDS_LOOP Warn,
            mod cancelled_read: CANCELLED_READ Warn,
            mod unanswered_call: UNANSWERED_CALL Deny,
            mod undocumented_endpoint: UNDOCUMENTED_ENDPOINT Warn,
        }
        Axum in mod axum "axum", AXUM of crate::flow::Flow<'_> {
            mod unchecked_origin: UNCHECKED_ORIGIN Warn,
            mod dropped_upgrade: DROPPED_UPGRADE Deny,
            mod no_deadline: NO_DEADLINE Warn,
        }
    }
    elsewhere {
        Signature in "signature" {
            // rustc itself detects it, by a name that the expansion defines: an endpoint cannot see the others.
            DUPLICATE_ROUTE "duplicate_route" Forbid,
        }
        Lifecycle in "lifecycle" {
            // Checked after all other rules.
            UNNEEDED_ALLOW "unneeded_allow" Warn,
        }
        Startup in "startup" {
            NO_ENDPOINTS "no_endpoints" Forbid,
            MISSING_ENDPOINT "missing_endpoint" Forbid,
            CONFLICTING_ROUTE "conflicting_route" Forbid,
            MISSING_STATE "missing_state" Forbid,
            MISSING_EXTENSION "missing_extension" Forbid,
            MISSING_CONNECT_INFO "missing_connect_info" Forbid,
            PATH_FIELDS "path_fields" Forbid,
            ORIGIN_WILDCARD_WITH_CREDENTIALS "origin_wildcard_with_credentials" Forbid,
            INVALID_HOST "invalid_host" Forbid,
            INVALID_LIMITS "invalid_limits" Forbid,
            FEW_DESCRIPTORS "few_descriptors" Warn,
            INVALID_SUBPROTOCOL "invalid_subprotocol" Forbid,
            SUBPROTOCOL_FORMATS "subprotocol_formats" Forbid,
            COMPONENT_NOT_READY "component_not_ready" Forbid,
            PANIC_ABORTS "panic_aborts" Warn,
            UNREACHABLE_ENDPOINT "unreachable_endpoint" Forbid,
            UNGUARDED_ENDPOINT "unguarded_endpoint" Forbid,
            UNCOVERED_ENDPOINT "uncovered_endpoint" Deny,
            LOG_UNHEARD "log_unheard" Warn,
            DEVELOPMENT_EXPOSED "development_exposed" Forbid,
            NO_HEARTBEAT_MESSAGE "no_heartbeat_message" Warn,
            UNUSED_TLS "unused_tls" Warn,
            BIND_FAILED "bind_failed" Forbid,
        }
        Run in "run" {
            NOT_AN_UPGRADE "not_an_upgrade" Event(Warn),
            UPGRADE_STRIPPED "upgrade_stripped" Event(Warn),
            UNKNOWN_ROUTE "unknown_route" Event(Warn),
            REFUSED_BY_LAYER "refused_by_layer" Event(Warn),
            LAYER_PANIC "layer_panic" Event(Error),
            ORIGIN_REFUSED "origin_refused" Event(Warn),
            HOST_REFUSED "host_refused" Event(Warn),
            CONSOLE_REFUSED "console_refused" Event(Warn),
            SUBPROTOCOL_REFUSED "subprotocol_refused" Event(Warn),
            EXTRACTOR_REFUSED "extractor_refused" Event(Warn),
            HANDLER_REFUSED "handler_refused" Event(Warn),
            SERVER_FULL "server_full" Event(Warn),
            CLIENT_LIMIT "client_limit" Event(Warn),
            HANDSHAKE_RATE_LIMITED "handshake_rate_limited" Event(Warn),
            RATE_LIMITED "rate_limited" Event(Warn),
            TOO_MANY_CALLS "too_many_calls" Event(Warn),
            MESSAGE_TOO_BIG "message_too_big" Event(Warn),
            SLOW_CONSUMER "slow_consumer" Event(Warn),
            IDLE_TIMEOUT "idle_timeout" Event(Info),
            SESSION_EXPIRED "session_expired" Event(Info),
            SLOW_CLIENT "slow_client" Event(Warn),
            ACCEPT_FAILED "accept_failed" Event(Error),
            MALFORMED_REQUEST "malformed_request" Event(Warn),
            PLAIN_HTTP "plain_http" Event(Warn),
            TLS_FAILED "tls_failed" Event(Warn),
            HEAD_TOO_LARGE "head_too_large" Event(Warn),
            BACKPLANE_LOST "backplane_lost" Event(Warn),
            INVALID_MESSAGE "invalid_message" Event(Warn),
            CALL_FAILED "call_failed" Event(Warn),
            PROTOCOL_VIOLATION "protocol_violation" Event(Warn),
            HEARTBEAT_MISSED "heartbeat_missed" Event(Warn),
            HANDLER_ERROR "handler_error" Event(Error),
            HANDLER_PANIC "handler_panic" Event(Error),
            LINGERING_HANDLER "lingering_handler" Event(Error),
            BLOCKED_THREAD "blocked_thread" Event(Error),
            SHUTTING_DOWN "shutting_down" Event(Info),
        }
        Source in "source" {
            UNREADABLE_SOURCE "unreadable_source" Forbid,
        }
    }
}

/// Faults in the values of options, for attributes other than `#[ws_endpoint]`.
#[cfg(feature = "syntax")]
pub(crate) use signature::invalid_option::check as invalid_options;

/// Whether an endpoint takes a socket instead of its handshake, according to the imports of its file.
#[cfg(feature = "syntax")]
pub(crate) use signature::missing_handshake::check_handle as takes_socket;

/// Whether the handshake of an endpoint has a codec, and types of messages for it, according to its file.
#[cfg(feature = "syntax")]
pub(crate) use signature::message_type::check_codec as has_codec;

/// Whether an endpoint takes the body of a request, by what the names in its file stand for.
#[cfg(feature = "syntax")]
pub(crate) use signature::body_extractor::check_imported as has_no_body;

/// Whether an endpoint returns `Box<dyn Error>`, according to the imports of its file.
#[cfg(feature = "syntax")]
pub(crate) use signature::return_type::check_box as has_sendable_error;

/// Whether `?` can convert Sockeye's errors into that of an endpoint, if its type is of the standard library.
#[cfg(feature = "syntax")]
pub(crate) use signature::return_type::check_conversion as converts_errors;

/// Whether an endpoint returns the standard library's `Result` without a type of errors, according to the imports of its file.
#[cfg(feature = "syntax")]
pub(crate) use signature::return_type::check_incomplete as names_error;

/// Whether an endpoint returns a status as its error, according to the imports of its file.
#[cfg(feature = "syntax")]
pub(crate) use signature::return_type::check_status as returns_no_status;

/// Whether a parameter has a type of the file that is not an extractor, or an `Option` of one.
#[cfg(feature = "syntax")]
pub(crate) use signature::not_an_extractor::check_data as is_extracted;

/// Whether an endpoint is in an `impl` block, which is only visible in its file.
#[cfg(feature = "syntax")]
pub(crate) use signature::self_receiver::check_place as is_registered;

/// What the parameters of an endpoint take from a route whose value the rule cannot see.
#[cfg(feature = "syntax")]
pub(crate) use signature::path_arity::arities;

/// Whether a function sends to many clients in turn, with or without a connection of its own.
#[cfg(feature = "syntax")]
pub(crate) use lifecycle::fan_out_in_turn::check as sends_in_turn;

/// Whether a function holds a lock while it sends to another client, with or without a connection of its own.
#[cfg(feature = "syntax")]
pub(crate) use lifecycle::lock_across_io::check as holds_a_lock;

/// Whether a function answers the calls that it is given, with or without a connection of its own.
#[cfg(feature = "syntax")]
pub(crate) use lifecycle::unanswered_call::{check as answers_calls, takes_calls};

/// Whether a function pings, or does something about time.
#[cfg(feature = "syntax")]
pub(crate) use axum::no_deadline::keeps_time;

/// What goes wrong in a function with what a parameter is given.
#[cfg(feature = "syntax")]
pub(crate) use lifecycle::{
    panics_on_input::{find as panics_on, may_panic},
    secret_in_log::{find as logs_secret, may_log},
};

/// What a function does with a connection, as its callers need to know it.
#[cfg(feature = "syntax")]
pub(crate) use lifecycle::{
    deaf_loop::{is_deaf, waits_in_a_loop},
    detached_task::{abandons, lasts, may_last, may_start, starts},
    kind_ends_loop::{Parses, takes_only, takes_only_of},
    orphaned_task::{Unheard, pushes_rarely, unheard},
    swallowed_error::is_ignored,
};
