//! Every startup rule, read as a person reads it: each module has endpoints with a mistake, in a group of its own, and
//! the whole report in `snapshots/`.

mod all_at_once;
mod allow;
mod component_not_ready;
mod conflicting_route;
mod constant_route;
mod duplicate_route;
mod expected;
mod groups;
mod invalid_limits;
mod layers;
mod log_unheard;
mod missing_connect_info;
mod missing_extension;
mod missing_state;
mod no_heartbeat_message;
mod origins;
mod panic_aborts;
mod path_fields;
mod public_url;
mod registered_by_hand;
mod requires;
mod right;
mod subprotocol_formats;
mod uncovered_endpoint;
mod user_router;

use sockeye::Server;

/// The report of a server that must not start.
async fn report(server: Server) -> String {
    server.check().await.expect_err("the server starts").to_string()
}

/// The names of the rules that keep a server from starting.
async fn rules(server: Server) -> Vec<&'static str> {
    match server.check().await {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().iter().map(sockeye::Problem::rule).collect(),
    }
}
