//! Heartbeat messages that no client gets.

use std::time::Duration;

use sockeye::{Codec, Error, Handshake, Heartbeat, Limits, Message, Server, ws_endpoint};

use crate::report;

/// A codec that writes no heartbeat messages.
struct Silent;

impl Codec for Silent {
    type In = Message;
    type Out = Message;

    fn decode(message: Message) -> Result<Message, Error> {
        Ok(message)
    }

    fn encode(value: &Message) -> Result<Message, Error> {
        Ok(value.clone())
    }

    fn heartbeat_message(_: Duration) -> Option<Message> {
        None
    }
}

macro_rules! endpoint {
    ($name:ident, $codec:ty, $($options:tt)*) => {
        /// Receives.
        #[ws_endpoint($($options)*)]
        async fn $name(handshake: Handshake<$codec>) -> sockeye::Result {
            let mut socket = handshake.accept().await?;
            while socket.recv().await?.is_some() {}
            Ok(())
        }
    };
}

endpoint!(without, sockeye::Raw, "/ws", group = "without_option");
endpoint!(own, sockeye::Raw, "/ws", group = "own_interval", heartbeat_message = "10s");
endpoint!(of_server, sockeye::Raw, "/ws", group = "interval_of_server", heartbeat_message);

/// Has the option, and a codec that does nothing with it.
#[ws_endpoint("/ws/silent", group = "silent_codec", heartbeat_message = "10s")]
async fn silent(handshake: Handshake<Silent>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Has the option, and a format without messages that all clients tell apart.
#[ws_endpoint("/ws/protobuf", group = "protobuf", heartbeat_message = "10s")]
async fn protobuf(handshake: Handshake<sockeye::Protobuf<()>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn with_interval(group: &str) -> Server {
    Server::new().group(group).heartbeat(Heartbeat::default().message_interval(Duration::from_secs(5)))
}

/// The warnings of a server that starts.
async fn warnings(server: Server) -> Vec<String> {
    let checked = server.check().await.expect("nothing is wrong");
    let each = checked
        .warnings()
        .iter()
        .map(|one| format!("{}: {}; {}", one.rule(), one.message(), one.help().unwrap_or_default()));
    each.collect()
}

#[tokio::test]
async fn an_interval_that_no_endpoint_has_is_reported() {
    assert_eq!(
        warnings(with_interval("without_option")).await,
        [
            "no_heartbeat_message: the server's interval of heartbeat messages has no effect: no endpoint has the option \
          `heartbeat_message`; add `heartbeat_message` to the attribute of an endpoint, or remove `.message_interval(..)`"
        ]
    );
    assert_eq!(
        warnings(with_interval("own_interval")).await,
        [
            "no_heartbeat_message: the server's interval of heartbeat messages has no effect: each endpoint with \
          `heartbeat_message` has an interval of its own; write `heartbeat_message` without a value in the attribute of an \
          endpoint, or remove `.message_interval(..)`"
        ]
    );
}

#[tokio::test]
async fn one_that_an_endpoint_has_is_not() {
    assert_eq!(warnings(with_interval("interval_of_server")).await, [""; 0]);
    assert_eq!(
        warnings(Server::new().group("without_option").heartbeat(Heartbeat::default())).await,
        [""; 0]
    );
    let allowed =
        with_interval("without_option").allow("no_heartbeat_message", "all our servers have these settings");
    assert_eq!(warnings(allowed).await, [""; 0]);
}

#[tokio::test]
async fn an_endpoint_whose_codec_writes_none_is_reported() {
    assert_eq!(
        warnings(Server::new().group("silent_codec")).await,
        [
            "no_heartbeat_message: endpoint `silent` sends no heartbeat messages: its codec has none; return a message from \
          `Codec::heartbeat_message`, or remove the option"
        ]
    );
    let protobuf = warnings(Server::new().group("protobuf")).await;
    assert_eq!(protobuf.len(), 1, "{protobuf:?}");
    assert!(protobuf[0].contains("endpoint `protobuf` sends no heartbeat messages"), "{protobuf:?}");
}

#[tokio::test]
async fn the_report_shows_the_option() {
    let limits = Limits::new().max_message_size(0);
    let report = report(Server::new().group("silent_codec").limits(limits)).await;
    let heading =
        "warning[no_heartbeat_message]: endpoint `silent` sends no heartbeat messages: its codec has none\n";
    assert!(report.contains(heading), "{report}");
    let line = "#[ws_endpoint(\"/ws/silent\", group = \"silent_codec\", heartbeat_message = \"10s\")]\n";
    assert!(report.contains(line) && report.contains("^^^^^^^^^^^^^^^^^ has no effect\n"), "{report}");
}
