//! The names, for whoever configures a recorder.

/// Gauge: WebSockets that are open.
pub const CONNECTIONS: &str = "sockeye_connections";
/// Counter: handshakes, by outcome and rule.
pub const HANDSHAKES: &str = "sockeye_handshakes_total";
/// Counter: TCP connections that were turned away, by rule.
pub const TURNED_AWAY: &str = "sockeye_turned_away_total";
/// Counter: messages, by direction.
pub const MESSAGES: &str = "sockeye_messages_total";
/// Counter: bytes of messages, by direction.
pub const MESSAGE_BYTES: &str = "sockeye_message_bytes_total";
/// Counter: connections that ended, by close code and rule.
pub const CLOSES: &str = "sockeye_closes_total";
/// Histogram: how long connections were open, in seconds.
pub const CONNECTION_SECONDS: &str = "sockeye_connection_seconds";
