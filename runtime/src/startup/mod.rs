//! The startup gate: every registered endpoint is checked together with its server, before the port is bound. All
//! problems are collected; nothing stops at the first one.

mod allow;
mod collect;
mod components;
mod context;
mod error;
mod likeness;
mod mount;
mod problem;
mod taken;
mod types;
mod user_router;
mod wording;

mod bind_failed;
mod development_exposed;

use sockeye_rules::Rule;

pub use error::StartupError;
pub use problem::Problem;

pub(crate) use allow::Allowance;
pub(crate) use bind_failed::{bind_failed, unresolved};
pub(crate) use collect::collect;
#[cfg(feature = "asyncapi")]
pub(crate) use collect::{registered, settings};
pub(crate) use components::{Component, Unready, ask};
#[cfg(feature = "console")]
pub(crate) use conflicting_route::no_place_for_console;
pub(crate) use conflicting_route::no_place_for_health;
pub(crate) use context::{Candidate, Clash, Context};
pub(crate) use development_exposed::development_exposed;
pub(crate) use mount::{alone, caught, mount};
pub(crate) use problem::Place;
pub(crate) use user_router::UserRouter;

/// One rule: looks at all endpoints and adds what it finds.
type Check = fn(&Context, &mut Vec<Problem>);

/// Declares the modules of the rules, and the list of their checks.
macro_rules! checks {
    ($(#[$doc:meta])* $CHECKS:ident { $(mod $check:ident: $RULE:ident,)* }) => {
        $(mod $check;)*

        $(#[$doc])*
        const $CHECKS: &[(&Rule, Check)] = &[$((&sockeye_rules::$RULE, $check::check),)*];
    };
}

checks! {
    /// Every rule of the startup gate, in the order in which they run. `bind_failed` and `development_exposed` are not among them: the
    /// address is only known when all of these pass.
    CHECKS {
        mod no_endpoints: NO_ENDPOINTS,
        mod missing_endpoint: MISSING_ENDPOINT,
        mod duplicate_route: DUPLICATE_ROUTE,
        mod conflicting_route: CONFLICTING_ROUTE,
        mod missing_state: MISSING_STATE,
        mod missing_extension: MISSING_EXTENSION,
        mod path_fields: PATH_FIELDS,
        mod origin_syntax: ORIGIN_SYNTAX,
        mod origin_wildcard_with_credentials: ORIGIN_WILDCARD_WITH_CREDENTIALS,
        mod invalid_host: INVALID_HOST,
        mod invalid_limits: INVALID_LIMITS,
        mod invalid_subprotocol: INVALID_SUBPROTOCOL,
        mod subprotocol_formats: SUBPROTOCOL_FORMATS,
        mod panic_aborts: PANIC_ABORTS,
        mod unreachable_endpoint: UNREACHABLE_ENDPOINT,
        mod unguarded_endpoint: UNGUARDED_ENDPOINT,
        mod uncovered_endpoint: UNCOVERED_ENDPOINT,
        mod component_not_ready: COMPONENT_NOT_READY,
        mod log_unheard: LOG_UNHEARD,
        mod no_heartbeat_message: NO_HEARTBEAT_MESSAGE,
    }
}

checks! {
    /// Rules about the listener. They apply to Sockeye's own listener, and not to a router that is passed to another
    /// `axum::serve`.
    LISTENER_CHECKS {
        mod missing_connect_info: MISSING_CONNECT_INFO,
        mod few_descriptors: FEW_DESCRIPTORS,
    }
}

checks! {
    /// Rules about a server that becomes a router, for a listener of the program.
    ROUTER_CHECKS {
        mod unused_tls: UNUSED_TLS,
    }
}

/// Every problem of every rule, including warnings, that is not allowed.
pub(crate) fn judge(context: &Context) -> Vec<Problem> {
    let mut problems = run(CHECKS, context);
    allow::check(context, &mut problems);
    problems
}

/// Every problem of the rules about the listener that is not allowed.
pub(crate) fn judge_listener(context: &Context) -> Vec<Problem> {
    run(LISTENER_CHECKS, context)
}

/// Every problem of the rules about a router that is not allowed.
pub(crate) fn judge_router(context: &Context) -> Vec<Problem> {
    run(ROUTER_CHECKS, context)
}

/// The same as [`judge_listener`] for a listener that knows no addresses, without those that every listener has.
pub(crate) fn judge_listener_without_addresses(context: &Context) -> Vec<Problem> {
    run(&[(&sockeye_rules::MISSING_CONNECT_INFO, missing_connect_info::without_addresses)], context)
}

fn run(checks: &[(&Rule, Check)], context: &Context) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (_, check) in checks {
        check(context, &mut problems);
    }
    problems.retain(|problem| !allow::covers(&context.allowed, problem));
    problems
}

#[cfg(test)]
mod tests {
    use sockeye_rules::{BIND_FAILED, DEVELOPMENT_EXPOSED, Phase, RULES};

    use super::{CHECKS, LISTENER_CHECKS, ROUTER_CHECKS};

    #[test]
    fn every_startup_rule_has_its_check() {
        let checked: Vec<_> =
            [CHECKS, LISTENER_CHECKS, ROUTER_CHECKS].concat().iter().map(|(rule, _)| rule.name).collect();
        let of_address = [BIND_FAILED.name, DEVELOPMENT_EXPOSED.name];
        let startup = RULES.iter().filter(|rule| rule.phase == Phase::Startup);
        for rule in startup.filter(|rule| !of_address.contains(&rule.name)) {
            assert_eq!(checked.iter().filter(|name| **name == rule.name).count(), 1, "{}", rule.name);
        }
    }
}
