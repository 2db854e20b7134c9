//! `Socket::forward`: the handler of a client that only listens.

use std::{convert::Infallible, time::Duration};

use axum::extract::State;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use sockeye::{
    CloseCode, Error, Handshake, Hub, Json, Limits, Message, Server, SlowPolicy, Socket,
    testing::{TestClient, TestSocket},
    ws_endpoint,
};
use sockeye_tests::{Running, close_of, frames::masked, hear, logs, raw::RawSocket, say, start, within};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as Theirs;

/// Pushes numbers, in three lines.
#[ws_endpoint("/numbers")]
async fn numbers(handshake: Handshake<Json<(), u32>>, State(hub): State<Hub<u32>>) -> sockeye::Result {
    let numbers = hub.topic("numbers").subscribe();
    let socket = handshake.accept().await?;
    socket.forward(numbers).await
}

/// The same on a socket of text.
#[ws_endpoint("/raw")]
async fn raw(handshake: Handshake, State(hub): State<Hub<u32>>) -> sockeye::Result {
    let numbers = hub.topic("numbers").subscribe();
    handshake.accept().await?.forward(numbers).await
}

/// Everything that a stream may consist of, and then the end.
#[ws_endpoint("/kinds")]
async fn kinds(handshake: Handshake, State(reports): State<mpsc::Sender<String>>) -> sockeye::Result {
    let kind = handshake.uri().query().unwrap_or_default().to_owned();
    let socket = handshake.accept().await?;
    let texts = ["one", "two"];
    let forwarded = match kind.as_str() {
        "text" => socket.forward(stream::iter(texts)).await,
        "owned" => socket.forward(stream::iter(texts).map(str::to_owned)).await,
        "messages" => socket.forward(stream::iter(texts).map(Message::text)).await,
        "results" => socket.forward(stream::iter(texts).map(Ok::<_, Infallible>)).await,
        "own" => socket.forward(stream::iter(texts).map(Ok::<_, Error>)).await,
        other => unreachable!("{other}"),
    };
    _ = reports.send(format!("{forwarded:?}")).await;
    forwarded
}

/// Borrowed values, and `StreamExt` in scope.
#[ws_endpoint("/borrowed")]
async fn borrowed(handshake: Handshake<Json<(), Vec<u8>>>) -> sockeye::Result {
    let lists = [vec![1], vec![2, 3]];
    handshake.accept().await?.forward(stream::iter(&lists)).await
}

/// A source that fails, and a handler that still has to tidy up.
#[ws_endpoint("/fails/{how}")]
async fn fails(
    handshake: Handshake,
    axum::extract::Path(how): axum::extract::Path<String>,
) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let fault = match how.as_str() {
        "own" => Error::close(CloseCode::TRY_AGAIN_LATER, "come back later"),
        "other" => Error::from(std::io::Error::other("the disk is full")),
        other => unreachable!("{other}"),
    };
    let forwarded = socket.forward(stream::iter([Ok("one"), Err(fault), Ok("three")])).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    forwarded
}

/// A hub whose slow subscribers are disconnected, and a handler that tidies up.
#[ws_endpoint("/strict")]
async fn strict(handshake: Handshake, State(hub): State<Hub<String>>) -> sockeye::Result {
    let lines = hub.topic("lines").subscribe();
    let socket = handshake.accept().await?;
    // The subscription is too slow already.
    for n in 0..10 {
        hub.topic("lines").publish(&n.to_string())?;
    }
    let forwarded = socket.forward(lines).await;
    tokio::task::yield_now().await;
    forwarded
}

/// Never waits.
#[ws_endpoint("/endless")]
async fn endless(handshake: Handshake, State(reports): State<mpsc::Sender<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let forwarded = socket.forward(stream::repeat("again")).await;
    _ = reports.send(format!("{forwarded:?}")).await;
    forwarded
}

/// Another handle of the same connection.
#[ws_endpoint("/kicked")]
async fn kicked(handshake: Handshake, State(hub): State<Hub<u32>>) -> sockeye::Result {
    let numbers = hub.topic("numbers").subscribe();
    let mut kicks = hub.topic("kicks").subscribe();
    let socket: Socket = handshake.accept().await?;
    tokio::select! {
        forwarded = socket.forward(numbers) => forwarded,
        kick = kicks.next() => kick.map(drop),
    }
}

struct Around {
    hub: Hub<u32>,
    reports: mpsc::Receiver<String>,
}

fn server() -> (Server, Around) {
    let (sender, reports) = mpsc::channel(8);
    let hub = Hub::<u32>::new();
    let strict = Hub::<String>::builder().queue(4).slow(SlowPolicy::Disconnect).build();
    (Server::new().state(hub.clone()).state(strict).state(sender), Around { hub, reports })
}

async fn running() -> (Running, Around) {
    logs::listen();
    let (server, around) = server();
    (start(server).await, around)
}

async fn expect(socket: &mut TestSocket, text: &str) {
    assert_eq!(socket.recv_text().await.unwrap(), text);
}

#[tokio::test]
async fn a_client_that_only_listens_gets_every_event_until_it_leaves() {
    let (server, around) = server();
    let client = TestClient::new(server).await.unwrap();
    for path in ["/numbers", "/raw"] {
        let mut socket = client.connect(path).await.unwrap();
        for n in 0..500 {
            around.hub.topic("numbers").publish(&n).unwrap();
            expect(&mut socket, &n.to_string()).await;
        }
        // It says what nobody reads, which need not be JSON.
        for _ in 0..500 {
            socket.send("{").await.unwrap();
        }
        around.hub.topic("numbers").publish(&7).unwrap();
        expect(&mut socket, "7").await;
        let round = socket.ping("still there?").await;
        assert!(round.is_ok(), "{round:?}");
        drop(socket);
        client.assert_idle().await;
    }
}

#[tokio::test]
async fn a_stream_of_values_or_of_results_is_sent_and_then_the_connection_closes_with_1000() {
    let (server, mut around) = running().await;
    for kind in ["text", "owned", "messages", "results", "own"] {
        let mut client = server.connect(&format!("/kinds?{kind}")).await;
        assert_eq!(hear(&mut client).await, Theirs::text("one"), "{kind}");
        assert_eq!(hear(&mut client).await, Theirs::text("two"), "{kind}");
        assert_eq!(close_of(&mut client).await, (1000, String::new()), "{kind}");
        assert_eq!(within(around.reports.recv()).await.unwrap(), "Ok(())");
    }
    let mut client = server.connect("/borrowed").await;
    assert_eq!(hear(&mut client).await, Theirs::text("[1]"));
    assert_eq!(hear(&mut client).await, Theirs::text("[2,3]"));
    assert_eq!(close_of(&mut client).await.0, 1000);
}

fn peer_of(client: &sockeye_tests::Client) -> String {
    match client.get_ref() {
        tokio_tungstenite::MaybeTlsStream::Plain(stream) => stream.local_addr().unwrap().to_string(),
        _ => unreachable!("no TLS here"),
    }
}

#[tokio::test]
async fn the_error_of_a_stream_closes_at_once_with_its_code_and_is_logged_once() {
    let (server, _around) = running().await;
    for (how, code, reason, rule, words) in [
        ("own", 1013, "come back later", "", "come back later"),
        ("other", 1011, "internal error", "handler_error", "the disk is full"),
    ] {
        let mut client = server.connect(&format!("/fails/{how}")).await;
        assert_eq!(hear(&mut client).await, Theirs::text("one"));
        assert_eq!(close_of(&mut client).await, (code, reason.to_owned()));
        let line = logs::closing_of(&peer_of(&client)).await;
        assert_eq!((line.get("rule"), line.get("reason")), (rule, words), "{line:?}");
    }
}

#[tokio::test]
async fn a_slow_subscriber_is_told_so_though_the_handler_tidies_up_first() {
    let (server, _around) = running().await;
    let mut client = server.connect("/strict").await;
    assert_eq!(close_of(&mut client).await.0, 1013);
    let line = logs::closing_of(&peer_of(&client)).await;
    assert_eq!(line.get("rule"), "slow_consumer", "{line:?}");
}

#[tokio::test]
async fn a_stream_that_never_waits_does_not_keep_the_client_from_leaving() {
    let (server, mut around) = running().await;
    let mut client = server.connect("/endless").await;
    for n in 0..2000 {
        if n % 10 == 0 {
            say(&mut client, "talk").await;
        }
        assert_eq!(hear(&mut client).await, Theirs::text("again"));
    }
    within(client.send(Theirs::Close(None))).await.unwrap();
    while within(client.next()).await.is_some_and(|message| message.is_ok()) {}
    assert_eq!(within(around.reports.recv()).await.unwrap(), "Ok(())");
    // And one that disappears.
    drop(server.connect("/endless").await);
    assert!(within(around.reports.recv()).await.unwrap().starts_with("Err("));
}

#[tokio::test]
async fn a_client_that_never_stops_talking_hears_every_event() {
    let (server, around) = running().await;
    let client = server.connect("/raw").await;
    let (mut talk, mut listen) = client.split();
    let talking = tokio::spawn(async move { while talk.feed(Theirs::text("talk")).await.is_ok() {} });
    for n in 0..100 {
        around.hub.topic("numbers").publish(&n).unwrap();
        let heard = within(async {
            loop {
                match listen.next().await.unwrap().unwrap() {
                    Theirs::Ping(_) | Theirs::Pong(_) => {}
                    other => break other,
                }
            }
        });
        assert_eq!(heard.await, Theirs::text(n.to_string()));
    }
    talking.abort();
}

#[tokio::test]
async fn what_a_client_may_not_send_still_ends_the_connection() {
    let (server, _around) = server();
    let server = start(server.limits(Limits::new().max_message_size(1000))).await;
    let mut socket = RawSocket::open(server.addr, "/raw").await;
    socket.send(&masked(0x81, &[b'x'; 2000])).await;
    let (first, payload) = within(socket.frame()).await.expect("a close frame");
    assert_eq!((first, u16::from_be_bytes([payload[0], payload[1]])), (0x88, 1009));
}

#[tokio::test]
async fn a_dropped_forward_closes_with_1000() {
    let (server, around) = server();
    let client = TestClient::new(server).await.unwrap();
    let mut socket = client.connect("/kicked").await.unwrap();
    around.hub.topic("numbers").publish(&7).unwrap();
    expect(&mut socket, "7").await;
    around.hub.topic("kicks").publish(&0).unwrap();
    assert_eq!(socket.closed().await.unwrap().code, CloseCode::NORMAL);
    client.assert_idle().await;
}

#[tokio::test]
async fn a_server_that_stops_ends_it() {
    let (server, _around) = server();
    let client = TestClient::new(server).await.unwrap();
    let mut socket = client.connect("/numbers").await.unwrap();
    client.stop();
    assert_eq!(socket.closed().await.unwrap().code, CloseCode::GOING_AWAY);
    client.shutdown().await.unwrap();
}
