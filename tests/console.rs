//! The console: who may use it, what it answers, and what it does not show. `tests/browser/test_console.py` has the page.

use std::net::SocketAddr;

use axum::{Router, body::Body, extract::ConnectInfo, routing::get};
use futures_util::{SinkExt as _, StreamExt as _};
use http::Request;
use http_body_util::BodyExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sockeye::{Console, Handshake, Hub, Json, Server, ws_endpoint};
use sockeye_tests::{
    Running,
    raw::{Answer, ask},
    start,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;
use tower::ServiceExt as _;

#[derive(Deserialize, JsonSchema)]
struct Question {
    left: i64,
    right: i64,
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    sum: i64,
}

/// Adds two numbers.
#[ws_endpoint("/add", subprotocols = ["v1"])]
async fn add(handshake: Handshake<Json<Question, Sum>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Question { left, right }) = socket.recv().await? {
        socket.send(Sum { sum: left + right }).await?;
    }
    Ok(())
}

/// In the way of a console.
#[ws_endpoint("/taken/{_name}", group = "taken")]
async fn taken(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn server() -> Server {
    Server::new().console("/_sockeye")
}

/// Asks over a real socket, with these headers.
async fn fetch(running: &Running, path: &str, headers: &str) -> Answer {
    ask(running.addr, &format!("GET {path} HTTP/1.1\r\n{headers}\r\n\r\n")).await
}

async fn read(running: &Running, path: &str) -> Value {
    let answer = fetch(running, path, "Host: localhost").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{answer:?}");
    serde_json::from_str(&answer.body).expect("JSON")
}

/// Waits until what the console knows is like this.
async fn wait(running: &Running, is_so: impl Fn(&Value) -> bool) -> Value {
    sockeye_tests::within(async {
        loop {
            let live = read(running, "/_sockeye/live.json").await;
            if is_so(&live) {
                return live;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
}

/// The status and the body, of a client that the socket of a test cannot have.
async fn status_of(server: Server, peer: Option<&str>, host: &str) -> (u16, String) {
    let router = server.check().await.expect("no problem").into_router();
    let mut request =
        Request::get("/_sockeye/live.json").header("host", host).body(Body::empty()).expect("a request");
    if let Some(peer) = peer {
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.parse().expect("an address")));
    }
    let answer = router.oneshot(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn the_page_and_its_files_have_their_types_and_a_strict_policy() {
    let running = start(server()).await;
    let bare = fetch(&running, "/_sockeye", "Host: localhost").await;
    assert_eq!((bare.status, bare.header("location")), (307, "_sockeye/"));
    for (name, kind, part) in [
        ("", "text/html; charset=utf-8", "<!doctype html>"),
        ("app.js", "text/javascript; charset=utf-8", "startDocument"),
        ("style.css", "text/css; charset=utf-8", ":root {"),
    ] {
        let answer = fetch(&running, &format!("/_sockeye/{name}"), "Host: localhost").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{name}");
        assert!(answer.body.contains(part), "{name}");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    }
    for name in ["secrets.txt", "%ff", "..%2flive.json", "%00"] {
        let none = fetch(&running, &format!("/_sockeye/{name}"), "Host: localhost").await;
        assert_eq!((none.status, &*none.body), (404, "the console has no such file\n"), "{name}");
    }
    assert_eq!(fetch(&running, "/live.json", "Host: localhost").await.status, 404);
}

#[tokio::test]
async fn endpoints_are_listed_with_their_schemas_and_sources() {
    let running = start(server()).await;
    let read = read(&running, "/_sockeye/endpoints.json").await;
    let channel = &read["document"]["channels"]["add"];
    assert_eq!(channel["summary"], "Adds two numbers.");
    assert_eq!(channel["x-sockeye"]["subprotocols"][0], "v1");
    let question = &read["document"]["components"]["schemas"]["Question"];
    assert_eq!(question["properties"]["left"]["type"], "integer");
    assert!(read["sources"]["/add"].as_str().unwrap().starts_with("tests/console.rs:"), "{read}");
    // The console is not an endpoint itself.
    assert_eq!(read["document"]["channels"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn connections_messages_and_ends_are_counted_without_their_contents() {
    let running = start(server()).await;
    let mut client = running.connect("/add?token=hunter2").await;
    client.send(Message::text(r#"{"left":20260,"right":22}"#)).await.unwrap();
    let live = wait(&running, |live| live["endpoints"][0]["messages_out"] == 1).await;
    let endpoint = &live["endpoints"][0];
    assert_eq!(
        (&endpoint["route"], &endpoint["open"], &endpoint["messages_in"]),
        (&"/add".into(), &1.into(), &1.into())
    );
    assert_eq!((&endpoint["bytes_in"], &endpoint["bytes_out"]), (&25.into(), &13.into()));
    let connection = &live["connections"]["shown"][0];
    assert_eq!((&connection["stage"], &connection["messages_in"]), (&"open".into(), &1.into()));
    assert!(connection["client"].as_str().unwrap().starts_with("127.0.0.1:"));
    let text = live.to_string();
    assert!(!text.contains("hunter2") && !text.contains("20260") && !text.contains("20282"), "{text}");

    client.send(Message::text("{}")).await.unwrap();
    while client.next().await.is_some_and(|message| message.is_ok()) {}
    let live = wait(&running, |live| live["ends"]["total"] == 1).await;
    let end = &live["ends"]["shown"][0];
    assert_eq!(
        (&end["code"], &end["rule"], &end["route"]),
        (&1007.into(), &"invalid_message".into(), &"/add".into())
    );
    assert!(end["remedy"].as_str().unwrap().contains("make the client's messages match"), "{end}");
    assert_eq!((&live["endpoints"][0]["open"], &live["endpoints"][0]["faults"]), (&0.into(), &1.into()));
}

#[tokio::test]
async fn a_refused_handshake_is_shown_with_its_rule_and_remedy() {
    let running = start(server()).await;
    let handshake = format!("{}Origin: http://evil.example\r\nCookie: id=hunter2", sockeye_tests::raw::HEAD);
    for _ in 0..3 {
        assert_eq!(fetch(&running, "/add?token=hunter2", &handshake).await.status, 403);
    }
    let live = read(&running, "/_sockeye/live.json").await;
    assert_eq!((&live["refusals"]["total"], &live["endpoints"][0]["refused"]), (&3.into(), &3.into()));
    let shown = live["refusals"]["shown"].as_array().unwrap();
    assert_eq!(shown.len(), 1, "repetitions are one entry");
    let refusal = &shown[0];
    assert_eq!(
        (&refusal["rule"], &refusal["status"], &refusal["times"]),
        (&"origin_refused".into(), &403.into(), &3.into())
    );
    assert!(refusal["remedy"].as_str().unwrap().contains("http://evil.example"), "{refusal}");
    assert!(!live.to_string().contains("hunter2"), "{live}");
}

#[tokio::test]
async fn what_is_listed_is_bounded_and_what_is_counted_is_not() {
    let running = start(server()).await;
    for number in 0..230 {
        let path = format!("/nowhere-{number}");
        assert_eq!(fetch(&running, &path, sockeye_tests::raw::HEAD.trim_end()).await.status, 404);
    }
    let live = read(&running, "/_sockeye/live.json").await;
    assert_eq!(live["refusals"]["total"], 230);
    let shown = live["refusals"]["shown"].as_array().unwrap();
    assert_eq!((shown.len(), &shown[0]["rule"]), (200, &"unknown_route".into()));
    assert!(shown[0]["reason"].as_str().unwrap().contains("`/nowhere-229`"), "the newest is first");
}

#[tokio::test]
async fn hubs_are_shown_with_the_lag_of_their_slowest_subscriber() {
    let running = start(server()).await;
    let hub = Hub::<u32>::builder().name("hub of the console's test").build();
    let topic = hub.topic("numbers");
    let _slow = topic.subscribe();
    let mut quick = topic.subscribe();
    for number in 0..5 {
        topic.publish(&number).unwrap();
        let _taken = quick.next().await.unwrap();
    }
    let topics = topics_of(&running, "hub of the console's test").await;
    assert_eq!(topics.to_string(), r#"[{"lag":5,"name":"numbers","queued":5,"subscribers":2}]"#);
    drop(hub);

    // What a client sends may be part of a name.
    let hub = Hub::<u32>::builder().name("hub of long names").build();
    let name = |number: usize| format!("{number}\u{202e}\u{1b}[31m<script>{}", "x".repeat(1 << 20));
    let _subscribed: Vec<_> = (0..3).map(|number| hub.topic(name(number)).subscribe()).collect();
    let topics = topics_of(&running, "hub of long names").await;
    let shown = topics.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap());
    for (number, shown) in shown.enumerate() {
        assert!(shown.starts_with(&format!("{number}\\u{{202e}}\\u{{1b}}[31m<script>xxx")), "{shown}");
        assert!(shown.len() <= 1200 && shown.ends_with("x… (1048593 bytes)"), "{shown}");
    }
    drop(hub);

    let many: Vec<_> = (0..150).map(|_| Hub::<u32>::builder().name("one of many").build()).collect();
    let hubs = &read(&running, "/_sockeye/live.json").await["hubs"];
    assert_eq!(hubs["shown"].as_array().unwrap().len(), 100);
    assert!(hubs["total"].as_u64().unwrap() >= 150, "{}", hubs["total"]);
    drop(many);
}

async fn topics_of(running: &Running, hub: &str) -> Value {
    let live = read(running, "/_sockeye/live.json").await;
    let found = live["hubs"]["shown"].as_array().unwrap().iter().find(|one| one["name"] == hub);
    found.expect("the hub")["topics"].clone()
}

#[tokio::test]
async fn a_stranger_is_refused_and_told_why() {
    let running = start(server()).await;
    for (headers, status, reason) in [
        ("Host: evil.example", 421, "the request names the host `evil.example`"),
        (
            "Host: localhost\r\nX-Forwarded-For: 203.0.113.7",
            403,
            "the request has the header `x-forwarded-for`",
        ),
        ("Host: localhost\r\nForwarded: for=203.0.113.7", 403, "the request has the header `forwarded`"),
        ("Host: localhost\r\nOrigin: http://evil.example", 403, "a page of `http://evil.example` requests"),
        ("Host: localhost\r\nOrigin: null", 403, "a page of `null` requests"),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site", 403, "a page of another origin requests"),
        (
            "Host: localhost\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors",
            403,
            "a page of another origin",
        ),
    ] {
        for path in ["/_sockeye", "/_sockeye/", "/_sockeye/app.js", "/_sockeye/live.json", "/_sockeye/%ff"] {
            let answer = fetch(&running, path, headers).await;
            assert_eq!(
                (answer.status, answer.header("sockeye-rule")),
                (status, "console_refused"),
                "{headers}"
            );
            let told = format!("console refused [console_refused]: {reason}");
            assert!(answer.body.starts_with(&told), "{headers}: {}", answer.body);
            assert!(answer.body.contains("\nhelp: open the console"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_client_of_a_proxy_is_a_stranger() {
    let running = start(server().hosts(["dev.example.com"]).public_url("https://app.example.com")).await;
    let port = running.addr.port();
    let connection = "the request has a `Connection` header that no browser sends";
    for (head, reason) in [
        // nginx, as it is configured for WebSockets, and as it is not.
        ("1.1\r\nHost: 127.0.0.1\r\nConnection: upgrade".to_owned(), connection),
        ("1.1\r\nHost: 127.0.0.1\r\nConnection: close".to_owned(), connection),
        ("1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\nConnection: x-hop".to_owned(), connection),
        ("1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket".to_owned(), connection),
        ("1.0\r\nHost: 127.0.0.1".to_owned(), "the request is HTTP/1.0, which no browser speaks"),
        (
            "1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Port: 443".to_owned(),
            "the request has the header `x-forwarded-port`",
        ),
        (
            "1.1\r\nHost: 127.0.0.1\r\nCF-Connecting-IP: 203.0.113.7".to_owned(),
            "the request has the header `cf-connecting-ip`",
        ),
        (
            "1.1\r\nHost: dev.example.com".to_owned(),
            "the request names the host `dev.example.com`, at which the server does not listen itself",
        ),
        (format!("1.1\r\nHost: app.example.com:{port}"), "the request names the host `app.example.com:"),
    ] {
        let answer = ask(running.addr, &format!("GET /_sockeye/live.json HTTP/{head}\r\n\r\n")).await;
        assert_eq!((answer.status, answer.header("sockeye-rule")), (403, "console_refused"), "{head}");
        assert!(answer.body.contains(reason), "{head}: {}", answer.body);
        assert!(
            answer.body.contains(", so it comes through a proxy\nhelp: open the console on"),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn nothing_but_reading_is_answered() {
    let running = start(server()).await;
    for method in ["POST", "OPTIONS", "PUT", "DELETE", "TRACE"] {
        for path in ["/_sockeye", "/_sockeye/", "/_sockeye/live.json"] {
            let of = |host: &str| format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            let answer = ask(running.addr, &of("localhost")).await;
            assert_eq!((answer.status, answer.header("allow")), (405, "get, head"), "{method} {path}");
            assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{method}");
            assert_eq!(ask(running.addr, &of("evil.example")).await.status, 421, "{method} {path}");
        }
    }
    // After the head of the page comes the next answer, and no body.
    let mut stream = tokio::net::TcpStream::connect(running.addr).await.unwrap();
    let both =
        "HEAD /_sockeye/ HTTP/1.1\r\nHost: localhost\r\n\r\nGET /none HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(both.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"HTTP/1.1 404 ") {
        read.push(sockeye_tests::within(stream.read_u8()).await.unwrap());
    }
    let read = String::from_utf8(read).unwrap();
    assert!(read.starts_with("HTTP/1.1 200 ") && !read.contains("<html"), "{read}");
}

#[tokio::test]
async fn the_developer_is_let_in() {
    let running = start(server().hosts(["dev.example.com"])).await;
    let own = running.addr;
    for headers in [
        format!("Host: {own}\r\nConnection: keep-alive"),
        format!("Host: {own}"),
        format!("Host: {own}\r\nOrigin: http://{own}\r\nSec-Fetch-Site: same-origin"),
        "Host: localhost:3000\r\nSec-Fetch-Site: none".to_owned(),
        "Host: [::1]:3000".to_owned(),
        format!("Host: dev.example.com:{}", own.port()),
        // A link on another page.
        "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate".to_owned(),
    ] {
        assert_eq!(fetch(&running, "/_sockeye/", &headers).await.status, 200, "{headers}");
    }
}

#[tokio::test]
async fn another_machine_is_let_in_only_if_that_is_allowed() {
    let (there, here) = (Some("203.0.113.7:50000"), Some("127.0.0.1:50000"));
    assert_eq!(status_of(server(), here, "localhost").await.0, 200);
    let (status, told) = status_of(server(), there, "198.51.100.1").await;
    assert_eq!(status, 403);
    assert!(
        told.contains(
            "the client's address is not a loopback address\nhelp: open the console on the machine"
        ),
        "{told}"
    );
    let (status, told) = status_of(server(), None, "localhost").await;
    assert_eq!(status, 403);
    assert!(told.contains("the address of the client is not known\nhelp: serve the router with"), "{told}");

    let remote = || Server::new().console(Console::at("/_sockeye").allow_remote());
    assert_eq!(status_of(remote(), there, "198.51.100.1").await.0, 200);
    assert_eq!(status_of(remote(), None, "198.51.100.1").await.0, 200);
    // A name could be that of any site.
    assert_eq!(status_of(remote(), there, "app.example.com").await.0, 421);
    assert_eq!(
        status_of(remote().public_url("https://app.example.com"), there, "app.example.com").await.0,
        200
    );
}

async fn message(server: Server) -> String {
    let report = server.check().await.expect_err("a problem");
    let problem = &report.problems()[0];
    assert_eq!((report.problems().len(), problem.rule()), (1, "conflicting_route"), "{report}");
    assert_eq!(
        problem.help(),
        Some(
            "pass `.console(..)` a path that begins with `/` and that no other route has, such as `/_sockeye`"
        )
    );
    problem.message().to_owned()
}

#[tokio::test]
async fn a_path_that_another_route_has_is_reported_with_both() {
    let page = || get(async || "page");
    let with = |route: &str| server().router(Router::new().route(route, page()));
    assert_eq!(
        message(with("/_sockeye")).await,
        "the console at `/_sockeye` conflicts with the route `/_sockeye`"
    );
    assert_eq!(
        message(with("/_sockeye/{id}")).await,
        "the console at `/_sockeye` conflicts with the route `/_sockeye/{id}`"
    );
    assert_eq!(
        message(server().health("/_sockeye")).await,
        "the console at `/_sockeye` conflicts with the route `/_sockeye`"
    );
    assert_eq!(
        message(Server::new().group("taken").console("/taken/")).await,
        "the console at `/taken` conflicts with the route `/taken/{_name}` of endpoint `taken`"
    );
    for (path, words) in [
        ("/", "`/` cannot be the path of the console: a server has other pages at its root"),
        ("sockeye", "`sockeye` cannot be the path of the console: a route must begin with `/`"),
        ("/{any}", "`/{any}` cannot be the path of the console: it has parameters"),
        ("/ä", "`/ä` cannot be the path of the console: a browser sends another path for it"),
        ("/a b", "`/a b` cannot be the path of the console: a browser sends another path for it"),
        ("/a?b", "`/a?b` cannot be the path of the console: a browser sends another path for it"),
        ("/a/../b", "`/a/../b` cannot be the path of the console: a browser sends another path for it"),
        ("//a", "`//a` cannot be the path of the console: a browser sends another path for it"),
    ] {
        assert_eq!(message(Server::new().console(path)).await, words);
    }
}

#[tokio::test]
async fn routes_beside_the_console_stay() {
    let pages = Router::new()
        .route("/{*rest}", get(async || "page"))
        .route("/_sockeye/own/page", get(async || "own"));
    let running = start(server().router(pages)).await;
    for (path, body) in [("/", ""), ("/other", "page"), ("/_sockeye/own/page", "own")] {
        assert_eq!(fetch(&running, path, "Host: localhost").await.body, body, "{path}");
    }
    assert_eq!(fetch(&running, "/_sockeye/", "Host: localhost").await.status, 200);
}
