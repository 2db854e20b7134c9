//! The names, for configuring a recorder.

/// Gauge: WebSockets that are open.
pub const CONNECTIONS: &str = "sockeye_connections";
/// Gauge: handlers that still run after their connection has ended, or after they have rejected it.
pub const LINGERING_HANDLERS: &str = "sockeye_lingering_handlers";
/// Gauge: handlers that run, from their call to their end, whatever becomes of their connection.
pub const HANDLERS: &str = "sockeye_handlers";
/// Gauge: tasks that handlers have spawned on their connection.
pub const TASKS: &str = "sockeye_tasks";
/// Counter: handshakes, by outcome and rule.
pub const HANDSHAKES: &str = "sockeye_handshakes_total";
/// Counter: scripts that asked how a handshake would be answered, by rule; the rule is empty if it would be accepted.
pub const EXPLANATIONS: &str = "sockeye_explanations_total";
/// Counter: TCP connections that were refused before a request, by rule.
pub const TURNED_AWAY: &str = "sockeye_turned_away_total";
/// Counter: HTTP faults before a request reached an endpoint, by rule.
pub const HTTP_FAULTS: &str = "sockeye_http_faults_total";
/// Counter: handlers that blocked a thread of the runtime.
pub const BLOCKED_THREADS: &str = "sockeye_blocked_threads_total";
/// Counter: messages, by direction.
pub const MESSAGES: &str = "sockeye_messages_total";
/// Counter: bytes of messages, by direction.
pub const MESSAGE_BYTES: &str = "sockeye_message_bytes_total";
/// Counter: messages that an endpoint's codec could not read.
pub const UNDECODABLE: &str = "sockeye_undecodable_messages_total";
/// Counter: connections that ended, by close code and rule.
pub const CLOSES: &str = "sockeye_closes_total";
/// Histogram: how long connections were open, in seconds.
pub const CONNECTION_SECONDS: &str = "sockeye_connection_seconds";
/// Gauge: subscribers of hubs.
pub const HUB_SUBSCRIBERS: &str = "sockeye_hub_subscribers";
/// Counter: events that hubs received, by source.
pub const HUB_PUBLISHED: &str = "sockeye_hub_published_total";
/// Histogram: how many events were waiting for a topic's slowest subscriber when one more was published.
pub const HUB_QUEUE_DEPTH: &str = "sockeye_hub_queue_depth";
/// Counter: events that were dropped before a slow subscriber took them.
pub const HUB_MISSED: &str = "sockeye_hub_missed_total";
/// Counter: subscribers that were disconnected because they were too slow.
pub const HUB_DISCONNECTED: &str = "sockeye_hub_disconnected_total";
/// Counter: events of other machines that were lost on the way.
pub const HUB_LOST: &str = "sockeye_hub_lost_total";
/// Counter: events that did not reach other machines.
pub const HUB_UNSENT: &str = "sockeye_hub_unsent_total";
