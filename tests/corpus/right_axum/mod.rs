//! Right handlers of plain axum: none of them may ever get a diagnostic.

mod cancelled;
mod deeds;
mod examples;
mod feeds;
mod fresh;
mod fresh_services;
mod gathered;
mod guards;
mod halves;
mod hands;
mod heads;
mod kinds;
mod mapped;
mod pings;
mod places;
mod presence;
mod pushers;
mod subscriptions;
mod task_ends;
mod told;
mod unusual;
mod upgrades;
mod various;
