use std::time::Duration;

use sockeye::{Handshake, Heartbeat, Limits, Server, ws_endpoint};

use crate::{report, rules};

/// Any endpoint.
#[ws_endpoint("/ws", group = "invalid_limits")]
async fn endpoint(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn limits_of_nothing() {
    let none = Duration::ZERO;
    let limits =
        Limits::new().max_message_size(0).handshake_timeout(none).send_timeout(none).close_timeout(none);
    let limits = limits.handler_exit_timeout(none).shutdown_timeout(none);
    let limits = limits
        .max_connections(0)
        .max_connections_per_client(0)
        .max_http_connections(0)
        .max_http2_streams(0)
        .max_message_rate(0, 0)
        .max_handshake_rate(0, 0)
        .max_open_calls(0);
    let server = Server::new().group("invalid_limits").limits(limits);
    insta::assert_snapshot!(
        report(server.heartbeat(Heartbeat::every(none).timeout(none).message_interval(none))).await
    );
}

#[tokio::test]
async fn a_limit_that_cannot_be_reached() {
    let limits = Limits::new().max_connections(100).max_connections_per_client(500);
    insta::assert_snapshot!(report(Server::new().group("invalid_limits").limits(limits)).await);
}

#[tokio::test]
async fn the_default_for_one_client_follows_the_total() {
    let limits = Limits::new().max_connections(5);
    assert_eq!(rules(Server::new().group("invalid_limits").limits(limits)).await, Vec::<&str>::new());
}

#[tokio::test]
async fn a_heartbeat_may_be_off_and_a_drain_short() {
    let server = Server::new()
        .group("invalid_limits")
        .limits(Limits::new().shutdown_timeout(Duration::ZERO))
        .heartbeat(Heartbeat::off().timeout(Duration::ZERO));
    assert_eq!(rules(server).await, Vec::<&str>::new());
}

#[tokio::test]
async fn an_interval_of_less_than_a_millisecond() {
    let short = Duration::from_micros(500);
    let heartbeat = Heartbeat::every(short).message_interval(short);
    let report = report(Server::new().group("invalid_limits").heartbeat(heartbeat)).await;
    for part in [
        "the server's heartbeat interval is 500µs: the server would send pings continuously",
        "the server's interval of heartbeat messages is 500µs: the server would send messages continuously",
        "write `.message_interval(Duration::from_secs(30))` or another value of at least 1 ms, or remove it",
    ] {
        assert!(report.contains(part), "{report}");
    }
}

#[tokio::test]
async fn a_head_that_cannot_be_read() {
    let limits = Limits::new().max_request_head_size(8191);
    let report = report(Server::new().group("invalid_limits").limits(limits)).await;
    let message =
        "error[invalid_limits]: the server's request head limit is 8191 bytes: it must be at least 8192";
    assert!(report.contains(message), "{report}");
    let limits = Limits::new().max_request_head_size(8192);
    assert_eq!(rules(Server::new().group("invalid_limits").limits(limits)).await, Vec::<&str>::new());
}
