//! How-to guides, one page for each task.
//!
//! In a program that depends on Sockeye, `cargo doc -p sockeye --open` shows them, and what the program's features add; `--all-features` works only in a clone
//! of the repository.
//!
//! | page | what it is about |
//! | --- | --- |
//! | [`getting_started`] | the first endpoint |
//! | [`messages`] | JSON, MessagePack, CBOR, Protocol Buffers, formats of your own, constraints |
//! | [`moving_from_axum`] | an axum application, route by route |
//! | [`authentication`] | cookies, layers, bearer tokens, tokens from a browser |
//! | [`pushing_and_broadcasting`] | hubs, slow subscribers, tasks beside a handler |
//! | [`state_and_readiness`] | what handlers share, and what must work before the server listens |
//! | [`outages`] | outages that have happened, and the startup report of each |
//! | [`limits_and_defaults`] | every default, and what a client sees at each limit |
//! | [`mistakes`] | common mistakes, and the message that reports each |
//! | [`rules`] | every rule, with a link to its page |
//! | [`documenting`] | a document of all endpoints, and types for the page |
//! | [`testing`] | the whole server inside a test |
//! | [`deployment`] | nginx, Caddy, HAProxy, systemd, Kubernetes |
//! | [`observability`] | logs, metrics, console, health |
//! | [`security`] | the OWASP cheat sheet, point by point |
//! | [`troubleshooting`] | by symptom: a status, a close code, silence |

// A page is read in two places: here, and as a file in the repository. At its end it has a definition for each of its links, which leads to
// another file. Where a link is defined twice, Markdown takes the first, so `guide_links.md` comes before the page: the same links, to items.

/// Your first endpoint.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/getting_started.md")]
pub mod getting_started {}

/// Messages and their formats.
#[cfg(all(feature = "cbor", feature = "garde", feature = "msgpack", feature = "protobuf"))]
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/messages.md")]
pub mod messages {}

/// Moving an axum application, route by route.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/moving_from_axum.md")]
pub mod moving_from_axum {}

/// Identifying the client.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/authentication.md")]
pub mod authentication {}

/// Sending events to many clients, and to one.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/pushing_and_broadcasting.md")]
pub mod pushing_and_broadcasting {}

/// State that handlers share, and components that must work before the server listens.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/state_and_readiness.md")]
pub mod state_and_readiness {}

/// Outages that have happened, and their startup reports.
#[doc = include_str!("../docs/outages.md")]
pub mod outages {}

/// Every default.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/limits_and_defaults.md")]
pub mod limits_and_defaults {}

/// An AsyncAPI document of all endpoints, and TypeScript for the page.
#[cfg(feature = "asyncapi")]
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/documenting.md")]
pub mod documenting {}

/// Common mistakes, and the message that reports each.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/mistakes.md")]
pub mod mistakes {}

/// Every rule, with a link to its page.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/rules.md")]
pub mod rules {}

/// The whole server inside a test.
#[cfg(feature = "testing")]
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

/// Proxies, service managers, orchestrators.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/deployment.md")]
pub mod deployment {}

/// Logs, metrics, health.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/observability.md")]
pub mod observability {}

/// The OWASP WebSocket Security Cheat Sheet, point by point.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/security.md")]
pub mod security {}

/// Troubleshooting by symptom.
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}
