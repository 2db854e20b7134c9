//! The startup gate: every registered endpoint is judged together with the server it is to run on, before the port is
//! bound. Everything is collected; nothing stops at the first problem.

mod allow;
mod collect;
mod components;
mod context;
mod error;
mod mount;
mod problem;
mod routes;
mod taken;
mod types;
mod user_router;
mod wording;

mod bind_failed;
mod component_not_ready;
mod conflicting_route;
mod duplicate_route;
mod few_descriptors;
mod invalid_host;
mod invalid_limits;
mod invalid_subprotocol;
mod log_unheard;
mod missing_connect_info;
mod missing_endpoint;
mod missing_extension;
mod missing_state;
mod no_endpoints;
mod origin_syntax;
mod origin_wildcard_with_credentials;
mod panic_aborts;
mod path_fields;
mod uncovered_endpoint;
mod unguarded_endpoint;
mod unreachable_endpoint;

pub use error::StartupError;
pub use problem::Problem;

pub(crate) use allow::Allowance;
pub(crate) use bind_failed::{bind_failed, unresolved};
pub(crate) use collect::collect;
pub(crate) use components::{Component, Unready, ask};
pub(crate) use conflicting_route::no_place_for_health;
pub(crate) use context::{Candidate, Clash, Context};
pub(crate) use mount::{caught, mount};
pub(crate) use problem::Place;
#[cfg(test)]
pub(crate) use routes::names;
pub(crate) use routes::sample;
pub(crate) use user_router::UserRouter;

/// One rule: looks at all endpoints and adds what it finds.
type Check = fn(&Context, &mut Vec<Problem>);

/// Every rule of the startup gate. `bind_failed` is not among them: it is only known when all of these are content.
const CHECKS: &[Check] = &[
    allow::check,
    no_endpoints::check,
    missing_endpoint::check,
    duplicate_route::check,
    conflicting_route::check,
    missing_state::check,
    missing_extension::check,
    path_fields::check,
    origin_syntax::check,
    origin_wildcard_with_credentials::check,
    invalid_host::check,
    invalid_limits::check,
    invalid_subprotocol::check,
    panic_aborts::check,
    unreachable_endpoint::check,
    unguarded_endpoint::check,
    uncovered_endpoint::check,
    component_not_ready::check,
    log_unheard::check,
];

/// Rules about what only the listener can give. They count where Sockeye itself listens, and not for a router that goes
/// to somebody else's `axum::serve`.
const LISTENER_CHECKS: &[Check] = &[missing_connect_info::check, few_descriptors::check];

/// Every problem of every rule, warnings included, that nobody allows.
pub(crate) fn judge(context: &Context) -> Vec<Problem> {
    run(CHECKS, context)
}

/// Every problem of the rules about the listener that nobody allows.
pub(crate) fn judge_listener(context: &Context) -> Vec<Problem> {
    run(LISTENER_CHECKS, context)
}

fn run(checks: &[Check], context: &Context) -> Vec<Problem> {
    let mut problems = Vec::new();
    for check in checks {
        check(context, &mut problems);
    }
    problems.retain(|problem| !allow::covers(&context.allowed, problem));
    problems
}
