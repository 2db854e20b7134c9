//! The one table of rules. A rule is a line here, and its page (and check) under `src/<phase>/`.

/// A way to fail, with its name, level and page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The name, as in `[missing_state]`.
    pub name: &'static str,
    /// Where its files are, and when it is first checked.
    pub phase: Phase,
    /// What happens when it fires.
    pub level: Level,
    /// The page: what it does, why, bad, good, how to allow it (Markdown).
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
    /// All phases, in the order in which they come.
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
}

impl Level {
    /// Whether breaking the rule is an error; otherwise it is a warning.
    pub const fn is_error(self) -> bool {
        matches!(self, Self::Forbid | Self::Deny)
    }

    /// How reports name it: `error` or `warning`.
    pub const fn word(self) -> &'static str {
        if self.is_error() { "error" } else { "warning" }
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

/// The rule of that name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

/// Writes the statics, the list and the modules of the checks. A rule that is checked on syntax names its check, which
/// is `check` in the file beside its page; the file is a module by being in the table.
macro_rules! rules {
    (
        syntax { $($CheckedPhase:ident in $module:ident $folder:literal, $CHECKS:ident of $subject:path { $($CHECKED:ident $check:ident $Checked:ident,)* })* }
        elsewhere { $($Phase:ident in $directory:literal { $($CONSTANT:ident $name:literal $Level:ident,)* })* }
    ) => {
        /// Every rule, by phase.
        pub static RULES: &[&Rule] = &[$($(&$CHECKED,)*)* $($(&$CONSTANT,)*)*];

        $($(rule!($CHECKED stringify!($check), $folder, $CheckedPhase, $Checked);)*)*
        $($(rule!($CONSTANT $name, $directory, $Phase, $Level);)*)*

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
    ($CONSTANT:ident $name:expr, $directory:literal, $Phase:ident, $Level:ident) => {
        #[doc = include_str!(concat!($directory, "/", $name, ".md"))]
        #[allow(clippy::doc_markdown, reason = "the heading of a page is the rule's bare name")]
        pub static $CONSTANT: Rule = Rule {
            name: $name,
            phase: Phase::$Phase,
            level: Level::$Level,
            page: include_str!(concat!($directory, "/", $name, ".md")),
        };
    };
}

rules! {
    syntax {
        Signature in signature "signature", SIGNATURE of crate::syntax::Endpoint {
            NOT_A_FUNCTION not_a_function Forbid,
            NOT_ASYNC not_async Forbid,
            MISSING_HANDSHAKE missing_handshake Forbid,
            MISPLACED_HANDSHAKE misplaced_handshake Forbid,
            DUPLICATE_HANDSHAKE duplicate_handshake Forbid,
            BORROWED_PARAMETER borrowed_parameter Forbid,
            RAW_UPGRADE raw_upgrade Forbid,
            BODY_EXTRACTOR body_extractor Forbid,
            NOT_AN_EXTRACTOR not_an_extractor Forbid,
            SELF_RECEIVER self_receiver Forbid,
            GENERIC_HANDLER generic_handler Forbid,
            UNSUPPORTED_QUALIFIER unsupported_qualifier Forbid,
            RETURN_TYPE return_type Forbid,
            ROUTE_SYNTAX route_syntax Forbid,
            PATH_ARITY path_arity Forbid,
            UNUSED_PATH_PARAMETER unused_path_parameter Forbid,
            UNKNOWN_OPTION unknown_option Forbid,
            INVALID_OPTION invalid_option Forbid,
            ORIGIN_SYNTAX origin_syntax Forbid,
        }
        Lifecycle in lifecycle "lifecycle", LIFECYCLE of crate::flow::Flow<'_> {
            NEVER_ACCEPTED never_accepted Forbid,
            IO_BEFORE_ACCEPT io_before_accept Forbid,
            ACCEPTED_TWICE accepted_twice Forbid,
            IO_AFTER_CLOSE io_after_close Forbid,
            MISSING_AWAIT missing_await Deny,
            NO_RECEIVE_LOOP no_receive_loop Deny,
            DEAF_LOOP deaf_loop Deny,
            SPINNING_LOOP spinning_loop Deny,
            SWALLOWED_ERROR swallowed_error Deny,
            PANICKING_IO panicking_io Warn,
            BLOCKING_CALL blocking_call Deny,
            DETACHED_TASK detached_task Deny,
            UNDOCUMENTED_ENDPOINT undocumented_endpoint Warn,
        }
        Axum in axum "axum", AXUM of crate::flow::Flow<'_> {
            UNCHECKED_ORIGIN unchecked_origin Warn,
            DROPPED_UPGRADE dropped_upgrade Deny,
        }
    }
    elsewhere {
        Signature in "signature" {
            // rustc itself finds it, by a name that the expansion defines: one endpoint cannot see another.
            DUPLICATE_ROUTE "duplicate_route" Forbid,
        }
        Lifecycle in "lifecycle" {
            // Judged when every other rule has spoken.
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
            COMPONENT_NOT_READY "component_not_ready" Forbid,
            PANIC_ABORTS "panic_aborts" Warn,
            UNREACHABLE_ENDPOINT "unreachable_endpoint" Forbid,
            UNGUARDED_ENDPOINT "unguarded_endpoint" Forbid,
            UNCOVERED_ENDPOINT "uncovered_endpoint" Deny,
            LOG_UNHEARD "log_unheard" Warn,
            BIND_FAILED "bind_failed" Forbid,
        }
        Run in "run" {
            NOT_AN_UPGRADE "not_an_upgrade" Forbid,
            UPGRADE_STRIPPED "upgrade_stripped" Forbid,
            UNKNOWN_ROUTE "unknown_route" Forbid,
            REFUSED_BY_LAYER "refused_by_layer" Forbid,
            LAYER_PANIC "layer_panic" Forbid,
            ORIGIN_REFUSED "origin_refused" Forbid,
            HOST_REFUSED "host_refused" Forbid,
            SUBPROTOCOL_REFUSED "subprotocol_refused" Forbid,
            EXTRACTOR_REFUSED "extractor_refused" Forbid,
            HANDLER_REFUSED "handler_refused" Forbid,
            SERVER_FULL "server_full" Forbid,
            CLIENT_LIMIT "client_limit" Forbid,
            RATE_LIMITED "rate_limited" Forbid,
            MESSAGE_TOO_BIG "message_too_big" Forbid,
            SLOW_CONSUMER "slow_consumer" Forbid,
            IDLE_TIMEOUT "idle_timeout" Forbid,
            SLOW_CLIENT "slow_client" Forbid,
            ACCEPT_FAILED "accept_failed" Forbid,
            MALFORMED_REQUEST "malformed_request" Forbid,
            HEAD_TOO_LARGE "head_too_large" Forbid,
            BACKPLANE_LOST "backplane_lost" Forbid,
            INVALID_MESSAGE "invalid_message" Forbid,
            PROTOCOL_VIOLATION "protocol_violation" Forbid,
            HEARTBEAT_MISSED "heartbeat_missed" Forbid,
            HANDLER_ERROR "handler_error" Forbid,
            HANDLER_PANIC "handler_panic" Forbid,
            LINGERING_HANDLER "lingering_handler" Forbid,
            BLOCKED_THREAD "blocked_thread" Forbid,
            SHUTTING_DOWN "shutting_down" Forbid,
        }
        Source in "source" {
            UNREADABLE_SOURCE "unreadable_source" Forbid,
        }
    }
}

/// What is wrong with the values of options, for attributes other than `#[ws_endpoint]`.
#[cfg(feature = "syntax")]
pub(crate) use signature::invalid_option::check as invalid_options;

/// What the parameters of an endpoint take of a route that the rule cannot see.
#[cfg(feature = "syntax")]
pub(crate) use signature::path_arity::arities;
