//! `sockeye::testing`: what a user's own tests see.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderName, Method, StatusCode},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use sockeye::{
    CloseCode, Handshake, Json, Message, Server,
    testing::{TestClient, TestError, TestStream},
    ws_endpoint,
};
use sockeye_tests::{
    logs,
    raw::{HEAD, frame},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

mod readme_example;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Echoes; closes when it is told to.
#[ws_endpoint("/echo", subprotocols = ["v2", "v1"])]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().header("x-echo", "yes").await?;
    while let Some(message) = socket.recv().await? {
        if message.as_text() == Some("leave") {
            return socket.close(CloseCode::new(4000).expect("legal"), "as you wish").await;
        }
        socket.send(message).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Question {
    of: Vec<i64>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Answer {
    sum: i64,
}

/// Adds up.
#[ws_endpoint("/sum")]
async fn sum(handshake: Handshake<Json<Question, Answer>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(question) = socket.recv().await? {
        socket.send(Answer { sum: question.of.iter().sum() }).await?;
    }
    Ok(())
}

/// Says who connects.
#[ws_endpoint("/who")]
async fn who(handshake: Handshake, ConnectInfo(peer): ConnectInfo<SocketAddr>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(peer.to_string()).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Lets nobody in.
#[ws_endpoint("/private")]
async fn private(handshake: Handshake) -> sockeye::Result {
    Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"))
}

/// Never decides.
#[ws_endpoint("/think")]
async fn think(_handshake: Handshake) -> sockeye::Result {
    std::future::pending().await
}

/// Says nothing and hears nothing.
#[ws_endpoint("/stuck")]
async fn stuck(handshake: Handshake) -> sockeye::Result {
    let _socket = handshake.accept().await?;
    std::future::pending().await
}

/// Needs a state that its server does not have.
#[ws_endpoint("/stateless", group = "stateless")]
async fn stateless(handshake: Handshake, State(_): State<u128>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Needs an address that no listener of Sockeye's gives.
#[ws_endpoint("/elsewhere", group = "elsewhere")]
async fn elsewhere(handshake: Handshake, ConnectInfo(_): ConnectInfo<String>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

async fn client() -> TestClient {
    logs::listen();
    TestClient::new(Server::new()).await.unwrap()
}

/// What `assert_idle` says when it panics.
async fn idle_panic(client: &TestClient) -> String {
    let waiting = std::panic::AssertUnwindSafe(client.assert_idle());
    let panic = futures_util::FutureExt::catch_unwind(waiting).await.unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[tokio::test]
async fn text_bytes_and_json_go_both_ways() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    socket.send("héllo").await?;
    assert_eq!(socket.recv_text().await?, "héllo");
    socket.send(vec![0, 255]).await?;
    assert_eq!(socket.recv_binary().await?, [0, 255].as_slice());
    socket.send(Message::text("either")).await?;
    assert_eq!(socket.recv().await?, Message::text("either"));

    let mut sums = client.connect("/sum").await?;
    sums.send_json(&serde_json::json!({ "of": [1, 2, 3] })).await?;
    assert_eq!(sums.recv_json::<Answer>().await?, Answer { sum: 6 });
    Ok(())
}

#[tokio::test]
async fn much_goes_both_ways_at_once() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    let big = Message::binary(vec![7; 60_000]);
    for _ in 0..100 {
        socket.send(big.clone()).await?;
    }
    for _ in 0..100 {
        assert_eq!(socket.recv().await?, big);
    }
    Ok(())
}

#[tokio::test]
async fn the_answer_to_the_handshake_can_be_seen() -> Tested {
    let client = client().await;
    let socket = client.request("/echo").subprotocol("v1").subprotocol("v2").connect().await?;
    assert_eq!(socket.subprotocol(), Some("v2"));
    assert_eq!(socket.headers()["x-echo"], "yes");
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_a_value() -> Tested {
    let client = client().await;
    let refusal = client.request("/private").refused().await?;
    assert_eq!((refusal.status(), refusal.rule()), (StatusCode::UNAUTHORIZED, Some("handler_refused")));
    assert_eq!(refusal.reason(), "log in first");
    assert_eq!(refusal.body(), "websocket handshake refused [handler_refused]: log in first\n");

    let stripped = client.request("/echo").without_header("upgrade").refused().await?;
    assert_eq!((stripped.status().as_u16(), stripped.rule()), (426, Some("upgrade_stripped")));
    assert_eq!(stripped.headers()["upgrade"], "websocket");
    assert_eq!(
        stripped.reason(),
        "the request is a WebSocket handshake, but `Upgrade: websocket` is missing"
    );

    let nowhere = client.request("/nowhere").refused().await?;
    assert_eq!((nowhere.status().as_u16(), nowhere.rule()), (404, Some("unknown_route")));
    assert_eq!(nowhere.reason(), "no endpoint has the path `/nowhere`");

    let error = client.request("/echo").origin("https://evil.example").connect().await.unwrap_err();
    assert_eq!(error.refusal().and_then(|refusal| refusal.rule()), Some("origin_refused"));
    assert_eq!(
        error.to_string(),
        "on `/echo`: waited for the handshake to be accepted, but the handshake was refused with 403 Forbidden \
         [origin_refused]: this page is not allowed to connect to this endpoint"
    );
    client.request("/echo").origin("http://localhost").connect().await?;
    let error = client.request("/echo").refused().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "on `/echo`: waited for the handshake to be refused, but the handshake was accepted"
    );
    Ok(())
}

#[tokio::test]
async fn a_failing_startup_is_a_value() {
    for (group, rule) in [("stateless", "missing_state"), ("elsewhere", "missing_connect_info")] {
        let report = TestClient::new(Server::new().group(group)).await.unwrap_err();
        let rules: Vec<_> = report.problems().iter().map(sockeye::Problem::rule).collect();
        assert_eq!(rules, [rule]);
    }
}

#[tokio::test]
async fn the_peer_is_known() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/who").await?;
    assert_eq!(socket.recv_text().await?, socket.peer().to_string());
    let mut other = client.connect("/who").await?;
    assert_ne!(other.recv_text().await?, socket.peer().to_string());
    let peer: SocketAddr = "192.0.2.7:4000".parse()?;
    let mut far = client.request("/who").peer(peer).connect().await?;
    assert_eq!((far.recv_text().await?, far.peer()), (peer.to_string(), peer));
    Ok(())
}

#[tokio::test]
async fn the_users_routes_and_layers_are_served() -> Tested {
    let pages = Router::new().route("/page", get(async || "a page"));
    let server =
        Server::new().router(pages).layer(tower_http::set_header::SetResponseHeaderLayer::overriding(
            http::header::SERVER,
            http::HeaderValue::from_static("tested"),
        ));
    let client = TestClient::new(server).await?;
    assert_eq!(client.connect("/echo").await?.headers()["server"], "tested");
    let mut stream = client.stream();
    stream.write_all(b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("a page"), "{answer}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_error_says_what_was_waited_for_and_what_came() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    let error = socket.recv_text().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "on `/echo`: waited for a text message, but nothing happened within 10s");

    socket.send(vec![1, 2, 3]).await?;
    let error = socket.recv_text().await.unwrap_err();
    assert_eq!(error.message(), Some(&Message::binary(vec![1, 2, 3])));
    assert!(error.to_string().ends_with("but a binary message of 3 bytes arrived"), "{error}");

    socket.send("two words").await?;
    let error = socket.recv_json::<Answer>().await.unwrap_err();
    assert!(error.to_string().contains("but the text message \"two words\" arrived: expected"), "{error}");

    socket.send("early").await?;
    let error = socket.closed().await.unwrap_err();
    assert!(
        error.to_string().ends_with("waited for a close frame, but the text message \"early\" arrived"),
        "{error}"
    );

    socket.send("leave").await?;
    let error = socket.recv_binary().await.unwrap_err();
    assert_eq!(error.close_frame().map(|frame| u16::from(frame.code)), Some(4000));
    assert!(error.to_string().ends_with("but the server closed with 4000: as you wish"), "{error}");
    socket.ended().await?;
    let error = socket.send("too late").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "on `/echo`: waited for a message to be sent, but the connection is closed"
    );

    let error = client.request("/echo").header("x", "line\nbreak").connect().await.unwrap_err();
    assert!(error.to_string().ends_with("but the value of `x` is not a valid header value"), "{error}");
    Ok(())
}

#[tokio::test]
async fn closes_are_seen_from_both_sides() -> Tested {
    let client = client().await;
    let mut leaving = client.connect("/echo").await?;
    leaving.send("leave").await?;
    let frame = leaving.closed().await?;
    assert_eq!((u16::from(frame.code), &*frame.reason), (4000, "as you wish"));
    leaving.ended().await?;
    assert_eq!(leaving.closed().await?, frame, "and again");

    let mut socket = client.connect("/echo").await?;
    socket.send("last").await?;
    assert_eq!(socket.close(CloseCode::GOING_AWAY, "bye").await?.code, CloseCode::GOING_AWAY);
    assert_eq!(socket.recv_text().await?, "last", "what came before the close is still there");
    socket.ended().await?;
    let line = logs::closing_of(&socket.peer().to_string()).await;
    assert_eq!(line.get("reason"), "the peer closed the connection with 1001 GOING_AWAY: \"bye\"");
    client.assert_idle().await;
    Ok(())
}

#[tokio::test]
async fn clients_leave_in_ugly_ways() -> Tested {
    let client = client().await;
    let dropped = client.connect("/echo").await?;
    let reset = client.connect("/echo").await?;
    let mut half = client.connect("/echo").await?;
    let peers = [dropped.peer(), reset.peer(), half.peer()];
    drop(dropped);
    reset.reset();
    half.half_close().await?;
    half.ended().await?;
    client.assert_idle().await;
    let mut reasons = Vec::new();
    for peer in peers {
        reasons.push(logs::closing_of(&peer.to_string()).await.get("reason").to_owned());
    }
    let gone = "the connection ended without a close frame";
    assert_eq!(reasons, [gone, "connection reset", gone]);
    Ok(())
}

#[tokio::test]
async fn bytes_can_be_sent_as_they_are() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    socket.send_raw(frame(0x01, b"in two ")).await?;
    socket.send_raw(frame(0x80, b"parts")).await?;
    assert_eq!(socket.recv_text().await?, "in two parts");
    socket.send_raw(frame(0x83, b"no such opcode")).await?;
    assert_eq!(socket.closed().await?.code, CloseCode::PROTOCOL_ERROR);
    client.assert_idle().await;
    Ok(())
}

#[tokio::test]
async fn pings_are_answered_by_both_sides() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    socket.ping("are you there").await?;
    socket.ping("").await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_answers_pings_while_its_test_sleeps() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    tokio::time::sleep(Duration::from_hours(1)).await;
    socket.send("still here").await?;
    assert_eq!(socket.recv_text().await?, "still here");
    socket.recv_ping().await?;
    socket.nothing_for(Duration::from_hours(1)).await?;
    socket.send("something").await?;
    let error = socket.nothing_for(Duration::from_secs(1)).await.unwrap_err();
    assert!(
        error.to_string().ends_with("nothing to arrive, but the text message \"something\" arrived"),
        "{error}"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn handlers_that_are_left_are_named() -> Tested {
    let client = client().await.patience(Duration::from_secs(5));
    let stuck = client.connect("/stuck").await?.peer();
    let mut undecided = client.stream();
    undecided.write_all(format!("GET /think HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await?;
    assert_eq!(
        idle_panic(&client).await,
        format!(
            "2 handlers still run after 5s:\n  `stuck` for {stuck} still runs after its connection ended\n  \
             `think` for {} has not answered the handshake",
            undecided.peer()
        )
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_server_is_stopped_by_its_test() -> Tested {
    let client = client().await;
    let mut socket = client.connect("/echo").await?;
    client.shutdown().await?;
    assert_eq!(socket.closed().await?.code, CloseCode::GOING_AWAY);
    client.assert_idle().await;
    let error: TestError = client.connect("/echo").await.unwrap_err();
    assert!(error.to_string().contains("the connection ended without a response"), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_server_stops_when_its_shutdown_future_ends() -> Tested {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = Server::new().shutdown(async { drop(stopped.await) });
    let client = TestClient::new(server).await?;
    let mut socket = client.connect("/echo").await?;
    drop(stop);
    assert_eq!(socket.closed().await?.code, CloseCode::GOING_AWAY);
    Ok(())
}

#[tokio::test]
async fn a_server_lives_as_long_as_its_client_or_a_socket() -> Tested {
    let mut socket = TestClient::new(Server::new()).await?.connect("/echo").await?;
    socket.send("alone").await?;
    assert_eq!(socket.recv_text().await?, "alone");
    Ok(())
}

#[test]
fn the_test_in_the_readme_is_one_of_these() {
    assert!(include_str!("../README.md").contains(include_str!("readme_example.rs")));
}

#[tokio::test(start_paused = true)]
async fn idle_is_who_has_taken_up_what_was_written() -> Tested {
    let client = client().await.patience(Duration::from_secs(1));
    let mut stream = client.stream();
    stream.write_all(format!("GET /think HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await?;
    // The server has not run since.
    let left = idle_panic(&client).await;
    assert!(left.contains("has not answered the handshake"), "{left}");
    drop(stream);
    client.assert_idle().await;
    Ok(())
}

/// How often the user's route was asked, and how often it has answered.
type Progress = Arc<[AtomicUsize; 2]>;

#[tokio::test(start_paused = true)]
async fn idle_is_who_answers_nobody() -> Tested {
    let progress = Progress::default();
    let slow = async |State(progress): State<Progress>| {
        progress[0].fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(5)).await;
        progress[1].fetch_add(1, Ordering::SeqCst);
    };
    let router = Router::new().route("/slow", get(slow)).with_state(Arc::clone(&progress));
    let client = TestClient::new(Server::new().router(router)).await?;
    let mut stream = client.stream();
    let request = "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for rounds in 1..=2 {
        stream.write_all(request.as_bytes()).await?;
        client.assert_idle().await;
        assert_eq!(progress[1].load(Ordering::SeqCst), rounds);
    }
    // The connection stays open and asks nothing; half a request is none.
    stream.write_all(&request.as_bytes()[..20]).await?;
    client.assert_idle().await;
    let patient = client.patience(Duration::from_secs(1));
    stream.write_all(&request.as_bytes()[20..]).await?;
    assert_eq!(idle_panic(&patient).await, "1 request unanswered after 1s");
    Ok(())
}

#[tokio::test]
async fn who_vanishes_at_once_leaves_nothing() -> Tested {
    let client = client().await;
    for path in ["/think", "/echo", "/private", "/nowhere"] {
        for vanish in [drop, TestStream::reset] {
            let mut stream = client.stream();
            stream.write_all(format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await?;
            vanish(stream);
            client.assert_idle().await;
        }
    }
    client.shutdown().await?;
    client.assert_idle().await;
    Ok(())
}

#[derive(Deserialize, Serialize, PartialEq, Debug)]
struct Item {
    name: String,
}

#[tokio::test]
async fn ordinary_requests_are_sent_too() -> Tested {
    let router = Router::new()
        .route(
            "/headers",
            get(async |headers: HeaderMap| {
                headers
                    .keys()
                    .map(HeaderName::as_str)
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect::<Vec<_>>()
                    .join(" ")
            }),
        )
        .route(
            "/items",
            post(async |axum::Json(item): axum::Json<Item>| (StatusCode::CREATED, axum::Json(item))),
        );
    let client = TestClient::new(Server::new().router(router)).await?;
    let headers = client.get("/headers").await?;
    assert_eq!((headers.status().as_u16(), headers.text()), (200, "host"));
    assert_eq!(headers.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!((headers.header("x-none"), headers.headers().len()), (None, 3));

    let request = client.request("/headers").header("x-mine", "1").header("upgrade", "h2c");
    assert_eq!(request.send().await?.text(), "host upgrade x-mine");

    let item = Item { name: "salmon".to_owned() };
    let made = client.request("/items").method(Method::POST).json(&item).send().await?;
    assert_eq!((made.status(), made.json::<Item>()?), (StatusCode::CREATED, item));
    let wrong = client.request("/items").method(Method::POST).body("salmon").send().await?;
    assert_eq!(wrong.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let error = wrong.json::<Item>().unwrap_err().to_string();
    assert!(
        error.starts_with("on `/items`: waited for JSON, but got 415 Unsupported Media Type: Expected"),
        "{error}"
    );
    assert_eq!(client.get("/echo").await?.status(), 426);
    Ok(())
}
