//! Handshakes that no endpoint answers: one event and one count for each, whoever answered it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{MatchedPath, Path, Request, WebSocketUpgrade},
    middleware::{Next, from_fn},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, StatusCode, Uri, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::ext::Protocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use sockeye::{Handshake, Message, Server, ws_endpoint};
use sockeye_tests::{
    Running, dial, hear, logs,
    raw::{Answer, HEAD},
    start, within,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tower_http::normalize_path::NormalizePathLayer;

/// Says its own route.
#[ws_endpoint("/ws/tick")]
async fn tick(handshake: Handshake, matched: MatchedPath) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(Message::text(matched.as_str())).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Says its number.
#[ws_endpoint("/ws/rooms/{id}")]
async fn room(handshake: Handshake, Path(id): Path<u32>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(Message::text(id.to_string())).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Shares its path with a route of the user's, where there is one.
#[ws_endpoint("/graphql")]
async fn graphql(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(Message::text("subscribed")).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The same, with a parameter.
#[ws_endpoint("/rpc/{version}")]
async fn rpc(handshake: Handshake, Path(version): Path<u32>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(Message::text(format!("version {version}"))).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Of another server.
#[ws_endpoint("/admin/logs", group = "admin")]
async fn admin(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// Never decides.
#[ws_endpoint("/ws/slow")]
async fn slow(_handshake: Handshake) -> sockeye::Result {
    std::future::pending().await
}

/// What was counted, by `route`, `outcome` and `rule`.
type Counts = BTreeMap<(String, String, String), u64>;

fn counts() -> Counts {
    static RECORDER: OnceLock<Snapshotter> = OnceLock::new();
    static COUNTS: Mutex<Counts> = Mutex::new(Counts::new());
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let snapshotter = RECORDER.get_or_init(|| {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        recorder.install().expect("the only recorder");
        snapshotter
    });
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let key = key.key();
        if let (sockeye::metrics::HANDSHAKES, DebugValue::Counter(more)) = (key.name(), value) {
            let label = |name: &str| {
                let label = key.labels().find(|label| label.key() == name);
                label.map(|label| label.value().to_owned()).unwrap_or_default()
            };
            *counts.entry((label("route"), label("outcome"), label("rule"))).or_default() += more;
        }
    }
    counts.clone()
}

fn count(route: &str, outcome: &str, rule: &str) -> u64 {
    counts().get(&(route.to_owned(), outcome.to_owned(), rule.to_owned())).copied().unwrap_or_default()
}

/// Tests of one program share its recorder: one at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn server(server: Server) -> Running {
    logs::listen();
    counts();
    start(server).await
}

/// An answer, and the events that came of its request.
struct Told {
    answer: Answer,
    lines: Vec<logs::Line>,
}

impl Told {
    #[track_caller]
    fn one(&self) -> &logs::Line {
        assert_eq!(self.lines.len(), 1, "one event: {:?} of {:?}", self.lines, self.answer);
        &self.lines[0]
    }

    /// One event with this rule and status, and these words in its reason and remedy.
    #[track_caller]
    fn is(&self, rule: &str, status: u16, words: &[&str]) {
        let line = self.one();
        assert_eq!((line.get("rule"), line.get("status")), (rule, status.to_string().as_str()), "{line:?}");
        for word in words {
            let found = line.get("reason").contains(word) || line.get("remedy").contains(word);
            assert!(found, "`{word}` is not in {line:?}");
        }
    }
}

/// Sends a whole request, and reads the answer to its end.
async fn tell(server: &Running, request: &str) -> Told {
    let mut stream = dial(server.addr).await;
    let peer = stream.local_addr().unwrap().to_string();
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read(&mut stream).await;
    Told { answer, lines: events_of(&peer) }
}

async fn handshake(server: &Running, path: &str) -> Told {
    tell(server, &format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n")).await
}

/// What is at least as loud as a warning.
fn events_of(peer: &str) -> Vec<logs::Line> {
    let lines = logs::with("peer", peer).into_iter();
    lines.filter(|line| line.level <= tracing::Level::WARN).collect()
}

async fn read(stream: &mut TcpStream) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(stream.read_u8()).await.expect("a whole head"));
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: String::new() };
    let mut body = vec![0; answer.header("content-length").parse().unwrap_or(0)];
    within(stream.read_exact(&mut body)).await.unwrap();
    answer.body = String::from_utf8(body).unwrap();
    answer
}

#[tokio::test]
async fn an_unknown_path_is_explained_told_and_counted() {
    let _alone = ALONE.lock().await;
    let server = server(Server::new()).await;
    let before = count("", "refused", "unknown_route");
    for (path, help) in [
        ("/ws/tick/", "did you mean `/ws/tick`? it has no trailing slash"),
        ("/WS/tick", "did you mean `/ws/tick`? upper and lower case differ"),
        ("//ws/tick", "did you mean `/ws/tick`? the path has a double slash"),
        ("/api/ws/rooms/7", "did you mean `/ws/rooms/{id}`? remove `/api` from the start of the path"),
        ("/tick", "did you mean `/ws/tick`? the path lacks the first segments of the route"),
        ("/ws/tik?token=secret", "did you mean `/ws/tick`?"),
        ("/nothing/like/it", "connect to the"),
    ] {
        let told = handshake(&server, path).await;
        let asked = path.split('?').next().unwrap();
        assert_eq!(
            (told.answer.status, told.answer.header("sockeye-rule")),
            (404, "unknown_route"),
            "{path}"
        );
        assert_eq!(told.answer.header("content-type"), "text/plain; charset=utf-8");
        assert!(
            told.answer.body.contains(&format!("no endpoint has the path `{asked}`")),
            "{}",
            told.answer.body
        );
        assert!(told.answer.body.contains(help), "{}", told.answer.body);
        told.is("unknown_route", 404, &[asked, help]);
        assert_eq!(told.one().level, tracing::Level::WARN);
        assert!(!format!("{:?}", told.one()).contains("secret"), "{:?}", told.one());
    }
    assert_eq!(count("", "refused", "unknown_route") - before, 7);
    // What other groups have is for the log alone.
    let told = handshake(&server, "/admin/logs").await;
    told.is("unknown_route", 404, &["endpoint `admin` has this route, but is in the group \"admin\""]);
    assert!(!told.answer.body.contains("group"), "{}", told.answer.body);
}

#[tokio::test]
async fn a_panic_of_a_route_of_ones_own_is_told_too() {
    let _alone = ALONE.lock().await;
    let own = get(async |_: WebSocketUpgrade| -> Response { panic!("no database") });
    let server = server(Server::new().router(Router::new().route("/own", own))).await;
    let told = handshake(&server, "/own").await;
    assert_eq!((told.answer.status, told.answer.header("sockeye-rule")), (500, "layer_panic"));
    told.is("layer_panic", 500, &["panicked: no database"]);
    assert_eq!(told.one().get("endpoint"), "");
}

#[tokio::test]
async fn what_asks_badly_for_no_endpoint_is_one_refusal() {
    let _alone = ALONE.lock().await;
    let server = server(Server::new()).await;
    let stripped = HEAD.replace("Upgrade: websocket\r\n", "").replace("Connection: Upgrade\r\n", "");
    for request in [
        format!("POST /nowhere HTTP/1.1\r\nContent-Length: 0\r\n{HEAD}\r\n"),
        format!("GET /nowhere HTTP/1.0\r\n{HEAD}\r\n"),
        format!("GET /nowhere HTTP/1.1\r\n{stripped}\r\n"),
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\n\r\n".to_owned(),
    ] {
        let told = tell(&server, &request).await;
        assert_eq!(
            (told.answer.status, told.answer.header("sockeye-rule")),
            (404, "unknown_route"),
            "{request}"
        );
        told.is("unknown_route", 404, &["/nowhere"]);
    }
    for (request, status, rule) in [
        (format!("POST /ws/tick HTTP/1.1\r\nContent-Length: 0\r\n{HEAD}\r\n"), 405, "not_an_upgrade"),
        (format!("GET /ws/tick HTTP/1.0\r\n{HEAD}\r\n"), 426, "upgrade_stripped"),
    ] {
        let told = tell(&server, &request).await;
        assert_eq!((told.answer.status, told.answer.header("sockeye-rule")), (status, rule), "{request}");
        told.is(rule, status, &[]);
    }
}

#[tokio::test]
async fn plain_requests_are_left_alone() {
    let _alone = ALONE.lock().await;
    let server = server(Server::new().layer(NormalizePathLayer::trim_trailing_slash())).await;
    for request in
        ["GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n"]
    {
        let told = tell(&server, request).await;
        assert_eq!((told.answer.status, told.answer.body.as_str()), (404, ""));
        assert_eq!(told.answer.header("sockeye-rule"), "");
        assert!(told.lines.is_empty(), "{:?}", told.lines);
    }
}

#[tokio::test]
async fn the_answer_of_a_fallback_goes_out_unchanged_and_is_told() {
    let _alone = ALONE.lock().await;
    let before = count("", "refused", "unknown_route");
    let page = Router::new()
        .route("/page", get(async || "a page"))
        .route("/form", post(async || "posted"))
        .fallback(async || Html("<title>app</title>"));
    let first = server(Server::new().router(page)).await;
    let told = handshake(&first, "/ws/tik").await;
    assert_eq!((told.answer.status, told.answer.body.as_str()), (200, "<title>app</title>"));
    assert_eq!(told.answer.header("sockeye-rule"), "");
    told.is(
        "unknown_route",
        200,
        &["`/ws/tik`; the program's fallback answered with 200 OK", "did you mean `/ws/tick`?"],
    );

    let told = handshake(&first, "/page").await;
    assert_eq!((told.answer.status, told.answer.body.as_str()), (200, "a page"));
    told.is("unknown_route", 200, &["the program's route `/page` answered with 200 OK"]);
    let told = handshake(&first, "/form").await;
    assert_eq!(
        (told.answer.status, told.answer.body.as_str(), told.answer.header("allow")),
        (405, "", "post")
    );
    told.is("unknown_route", 405, &["the program's route `/form` answered with 405 Method Not Allowed"]);

    // One that answers as axum's own does is the user's nevertheless.
    let second = server(Server::new().router(Router::new().fallback(async || StatusCode::NOT_FOUND))).await;
    let told = handshake(&second, "/nowhere").await;
    assert_eq!((told.answer.status, told.answer.body.as_str()), (404, ""));
    told.is("unknown_route", 404, &["the program's fallback answered with 404 Not Found"]);

    let away = Router::new()
        .route("/", get(async || "home"))
        .fallback(async || Redirect::permanent("/login?next=secret"));
    let third = server(Server::new().router(away)).await;
    let told = handshake(&third, "/nowhere").await;
    assert_eq!(told.answer.status, 308);
    told.is("unknown_route", 308, &["308 Permanent Redirect (to `/login`)"]);

    let nested =
        Router::new().nest("/api", Router::new().fallback(async || (StatusCode::NOT_FOUND, "no such api")));
    let fourth = server(Server::new().router(nested)).await;
    let told = handshake(&fourth, "/api/ws").await;
    assert_eq!((told.answer.status, told.answer.body.as_str()), (404, "no such api"));
    told.is("unknown_route", 404, &["the program's fallback answered"]);
    assert_eq!(count("", "refused", "unknown_route") - before, 6);
}

#[tokio::test]
async fn a_websocket_of_axums_own_is_no_refusal() {
    let _alone = ALONE.lock().await;
    let open = async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(|_| std::future::ready(()));
    let own = Router::new().route("/own", get(open)).route("/any", axum::routing::any(open));
    let server = server(Server::new().router(own)).await;
    let before = count("", "accepted", "");
    let told = handshake(&server, "/own").await;
    assert_eq!(told.answer.status, 101, "{:?}", told.answer);
    assert!(told.lines.is_empty(), "{:?}", told.lines);
    assert_eq!(count("", "accepted", "") - before, 1);
    let (mut client, peer) = http2(&server).await;
    let request = http::Request::connect(format!("http://{}/any", server.addr))
        .version(Version::HTTP_2)
        .header("sec-websocket-version", "13")
        .extension(Protocol::from_static("websocket"));
    let response = within(client.send_request(request.body(Empty::new()).unwrap())).await.unwrap();
    assert_eq!((response.status(), events_of(&peer).len()), (StatusCode::OK, 0));
    assert_eq!(count("", "accepted", "") - before, 2);
    // What axum refuses is told.
    let bad = HEAD.replace("Version: 13", "Version: 8");
    let told = tell(&server, &format!("GET /own HTTP/1.1\r\n{bad}\r\n")).await;
    assert_eq!(told.answer.status, 400);
    told.is("unknown_route", 400, &["the program's route `/own`", "if `/own` opens WebSockets itself"]);
}

async fn needs_a_token(request: Request, next: Next) -> Response {
    if sockeye::is_startup_probe(request.extensions()) || request.headers().contains_key("x-token") {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, "who are you").into_response()
    }
}

#[tokio::test]
async fn a_layer_that_answers_is_named_with_its_status() {
    let _alone = ALONE.lock().await;
    let server = server(Server::new().layer(from_fn(needs_a_token))).await;
    let before =
        (count("/ws/rooms/{id}", "refused", "refused_by_layer"), count("", "refused", "refused_by_layer"));
    let told = handshake(&server, "/ws/rooms/7").await;
    assert_eq!((told.answer.status, told.answer.body.as_str()), (401, "who are you"));
    assert_eq!(told.answer.header("sockeye-rule"), "");
    told.is("refused_by_layer", 401, &["a layer in front of the endpoint answered with 401 Unauthorized"]);
    assert_eq!(told.one().get("endpoint"), "room");

    let told = handshake(&server, "/ws/tick/").await;
    assert_eq!(told.answer.status, 401);
    told.is("refused_by_layer", 401, &["no endpoint has the path `/ws/tick/`", "did you mean `/ws/tick`?"]);
    let after =
        (count("/ws/rooms/{id}", "refused", "refused_by_layer"), count("", "refused", "refused_by_layer"));
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));

    // What the endpoint itself refuses is told by the endpoint alone.
    let told = tell(
        &server,
        &format!("GET /ws/tick HTTP/1.1\r\nX-Token: 1\r\nOrigin: https://evil.example\r\n{HEAD}\r\n"),
    )
    .await;
    assert_eq!(told.answer.status, 403);
    told.is("origin_refused", 403, &[]);
    let told = tell(&server, &format!("GET /ws/nowhere HTTP/1.1\r\nX-Token: 1\r\n{HEAD}\r\n")).await;
    assert_eq!((told.answer.status, told.answer.header("sockeye-rule")), (404, "unknown_route"));
    told.is("unknown_route", 404, &[]);
}

#[tokio::test]
async fn a_layer_that_redirects_is_named_with_where_it_leads() {
    let _alone = ALONE.lock().await;
    let to_https = from_fn(async |request: Request, next: Next| {
        if sockeye::is_startup_probe(request.extensions()) {
            next.run(request).await
        } else {
            Redirect::permanent("https://example.com/ws/tick?ticket=secret").into_response()
        }
    });
    let server = server(Server::new().layer(to_https)).await;
    let told = handshake(&server, "/ws/tick").await;
    assert_eq!(
        (told.answer.status, told.answer.header("location")),
        (308, "https://example.com/ws/tick?ticket=secret")
    );
    told.is("refused_by_layer", 308, &["(to `https://example.com/ws/tick`)", "do not follow redirects"]);
}

/// Gives up on what takes longer than a moment.
async fn impatient(request: Request, next: Next) -> Response {
    match tokio::time::timeout(Duration::from_millis(50), next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "too slow").into_response(),
    }
}

#[tokio::test]
async fn a_layer_that_gives_up_is_told_once_and_not_as_abandoned() {
    let _alone = ALONE.lock().await;
    let server = server(Server::new().layer(from_fn(impatient))).await;
    let before = (count("/ws/slow", "refused", "refused_by_layer"), count("/ws/slow", "abandoned", ""));
    let told = handshake(&server, "/ws/slow").await;
    assert_eq!((told.answer.status, told.answer.body.as_str()), (408, "too slow"));
    told.is("refused_by_layer", 408, &["before the handler had decided"]);
    let after = (count("/ws/slow", "refused", "refused_by_layer"), count("/ws/slow", "abandoned", ""));
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 0));
}

#[tokio::test]
async fn a_client_that_goes_away_is_no_failure() {
    let _alone = ALONE.lock().await;
    let hangs = from_fn(async |request: Request, next: Next| {
        let hang = !sockeye::is_startup_probe(request.extensions()) && request.uri().path() == "/ws/tick";
        if hang { std::future::pending().await } else { next.run(request).await }
    });
    let server = server(Server::new().layer(hangs)).await;
    for (path, route) in [("/ws/slow", "/ws/slow"), ("/ws/tick", "/ws/tick")] {
        let before = count(route, "abandoned", "");
        let mut stream = dial(server.addr).await;
        let peer = stream.local_addr().unwrap().to_string();
        stream.write_all(format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(stream);
        within(async {
            while count(route, "abandoned", "") == before {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        assert_eq!(count(route, "abandoned", "") - before, 1, "{path}");
        assert!(events_of(&peer).is_empty(), "{:?}", events_of(&peer));
    }
}

#[tokio::test]
async fn a_panic_in_a_layer_is_answered_told_and_counted() {
    let _alone = ALONE.lock().await;
    let panics = from_fn(async |request: Request, next: Next| {
        assert!(!request.headers().contains_key("x-panic"), "the ticket is hunter22");
        next.run(request).await
    });
    let server = server(Server::new().layer(panics)).await;
    let before = count("/ws/tick", "refused", "layer_panic");
    let told =
        tell(&server, &format!("GET /ws/tick?ticket=hunter22 HTTP/1.1\r\nX-Panic: 1\r\n{HEAD}\r\n")).await;
    assert_eq!((told.answer.status, told.answer.header("sockeye-rule")), (500, "layer_panic"));
    assert!(told.answer.body.contains("the server log says why"), "{}", told.answer.body);
    told.is("layer_panic", 500, &["panicked: the ticket is [hidden]"]);
    assert_eq!((told.one().level, told.one().get("endpoint")), (tracing::Level::ERROR, "tick"));
    assert_eq!(count("/ws/tick", "refused", "layer_panic") - before, 1);
    // The server goes on.
    hear(&mut server.connect("/ws/tick").await).await;

    // Plain HTTP ends as it does under axum alone, and the log has it.
    let mut stream = dial(server.addr).await;
    stream.write_all(b"GET /plain/panic?a=b HTTP/1.1\r\nHost: a\r\nX-Panic: 1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    within(stream.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    let lines = logs::with("path", "/plain/panic");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((lines[0].level, lines[0].get("rule")), (tracing::Level::ERROR, "layer_panic"));
}

#[tokio::test]
async fn a_trailing_slash_can_be_normalized() {
    let _alone = ALONE.lock().await;
    let pages = Router::new().route("/about", get(async |matched: MatchedPath| matched.as_str().to_owned()));
    let layer = NormalizePathLayer::trim_trailing_slash();
    let server = server(Server::new().router(pages).layer(layer)).await;
    for path in ["/ws/tick/", "/ws/tick", "/ws/tick//"] {
        assert_eq!(
            hear(&mut server.connect(path).await).await,
            Message::text("/ws/tick").as_text().unwrap().into(),
            "{path}"
        );
    }
    assert_eq!(hear(&mut server.connect("/ws/rooms/7/").await).await.to_text().unwrap(), "7");
    let told = tell(&server, "GET /about/ HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!((told.answer.status, told.answer.body.as_str()), (200, "/about"));
    // What is unknown stays so.
    let told = handshake(&server, "/nowhere/").await;
    assert_eq!((told.answer.status, told.answer.header("sockeye-rule")), (404, "unknown_route"));
    told.is("unknown_route", 404, &["`/nowhere/`"]);
}

/// Takes `/api` off the path.
async fn without_prefix(mut request: Request, next: Next) -> Response {
    if let Some(rest) = request.uri().path_and_query().and_then(|path| path.as_str().strip_prefix("/api")) {
        *request.uri_mut() = rest.parse::<Uri>().unwrap();
    }
    next.run(request).await
}

#[tokio::test]
async fn a_prefix_can_be_stripped_even_under_a_page_for_every_path() {
    let _alone = ALONE.lock().await;
    let pages = || {
        Router::new()
            .route("/{*path}", get(async |Path(path): Path<String>| format!("page {path}")))
            .route("/api/users", get(async |uri: Uri| uri.path().to_owned()))
    };
    let server = server(Server::new().router(pages()).layer(from_fn(without_prefix))).await;
    assert_eq!(hear(&mut server.connect("/api/ws/rooms/7").await).await.to_text().unwrap(), "7");
    assert_eq!(hear(&mut server.connect("/api/ws/tick").await).await.to_text().unwrap(), "/ws/tick");
    // The user's own routes keep what axum gives them.
    for (path, body) in [("/api/ws/tick", "page api/ws/tick"), ("/api/users", "/users"), ("/x", "page x")] {
        let told = tell(&server, &format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        assert_eq!((told.answer.status, told.answer.body.as_str()), (200, body), "{path}");
    }
    let told =
        tell(&server, &format!("GET /api/ws/rooms/7 HTTP/1.1\r\nOrigin: https://evil.example\r\n{HEAD}\r\n"))
            .await;
    told.is("origin_refused", 403, &[]);
}

#[tokio::test]
async fn layers_read_the_matched_path_as_before() {
    let _alone = ALONE.lock().await;
    let notes = from_fn(async |request: Request, next: Next| {
        let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let mut response = next.run(request).await;
        response
            .headers_mut()
            .insert("x-matched", matched.unwrap_or_else(|| "none".to_owned()).parse().unwrap());
        response
    });
    let pages = Router::new().route("/users/{id}", get(async || "a user"));
    let server =
        server(Server::new().router(pages).layer(NormalizePathLayer::trim_trailing_slash()).layer(notes))
            .await;
    for (path, matched) in [("/users/7", "/users/{id}"), ("/nowhere", "none")] {
        let told = tell(&server, &format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        assert_eq!(told.answer.header("x-matched"), matched);
    }
    let told = handshake(&server, "/ws/rooms/7").await;
    assert_eq!((told.answer.status, told.answer.header("x-matched")), (101, "/ws/rooms/{id}"));
    // An explained 404 keeps what layers have put on it.
    let told = handshake(&server, "/nowhere").await;
    assert_eq!(
        (told.answer.header("sockeye-rule"), told.answer.header("x-matched")),
        ("unknown_route", "none")
    );
}

#[tokio::test]
async fn one_path_serves_http_and_websocket() {
    let _alone = ALONE.lock().await;
    let pages = Router::new()
        .route("/graphql", get(async || "a page").post(async |body: String| format!("data {body}")))
        .route("/rpc/{version}", post(async |Path(version): Path<String>| version));
    let server = server(Server::new().router(pages).layer(NormalizePathLayer::trim_trailing_slash())).await;
    for (path, text) in [("/graphql", "subscribed"), ("/graphql/", "subscribed"), ("/rpc/2", "version 2")] {
        assert_eq!(hear(&mut server.connect(path).await).await.to_text().unwrap(), text);
    }
    for (request, status, body) in [
        ("GET /graphql HTTP/1.1\r\nHost: a\r\n\r\n", 200, "a page"),
        ("POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n42", 200, "data 42"),
        ("PUT /graphql HTTP/1.1\r\nHost: a\r\n\r\n", 405, ""),
        ("POST /rpc/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 200, "2"),
        ("GET /rpc/2 HTTP/1.1\r\nHost: a\r\n\r\n", 405, ""),
    ] {
        let told = tell(&server, request).await;
        assert_eq!((told.answer.status, told.answer.body.as_str()), (status, body), "{request}");
        assert!(told.lines.is_empty(), "{:?}", told.lines);
    }
    let told = tell(&server, &format!("POST /graphql HTTP/1.1\r\nContent-Length: 0\r\n{HEAD}\r\n")).await;
    assert_eq!((told.answer.status, told.answer.header("sockeye-rule")), (405, "not_an_upgrade"));
    told.is("not_an_upgrade", 405, &[]);
    // Where there is no such route, a plain request is told to upgrade.
    let told = tell(&server, "GET /ws/tick HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!((told.answer.status, told.answer.header("sockeye-rule")), (426, "not_an_upgrade"));
}

/// A client of HTTP/2.
async fn http2(server: &Running) -> (hyper::client::conn::http2::SendRequest<Empty<Bytes>>, String) {
    let stream = dial(server.addr).await;
    let peer = stream.local_addr().unwrap().to_string();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    // The server's settings have to be there before an extended CONNECT is sent.
    let plain = http::Request::get(format!("http://{}/plain", server.addr)).body(Empty::new()).unwrap();
    within(client.send_request(plain)).await.unwrap();
    (client, peer)
}

#[tokio::test]
async fn http_2_is_told_of_in_the_same_words() {
    let _alone = ALONE.lock().await;
    let pages = Router::new().route("/graphql", post(async || "data"));
    let layers = (from_fn(needs_a_token), NormalizePathLayer::trim_trailing_slash());
    let server = server(Server::new().router(pages).layer(layers.1).layer(layers.0)).await;
    for (method, path, token, status, rule, answered) in [
        (Method::CONNECT, "/ws/tik", true, 404, "unknown_route", "unknown_route"),
        (Method::GET, "/ws/tik", true, 404, "unknown_route", "unknown_route"),
        (Method::GET, "/ws/tick", true, 405, "not_an_upgrade", "not_an_upgrade"),
        (Method::CONNECT, "/ws/tick", false, 401, "refused_by_layer", ""),
        (Method::CONNECT, "/ws/tick/", true, 200, "", ""),
        (Method::CONNECT, "/graphql", true, 200, "", ""),
    ] {
        let (mut client, peer) = http2(&server).await;
        let mut request = http::Request::builder()
            .method(method.clone())
            .uri(format!("http://{}{path}", server.addr))
            .version(Version::HTTP_2)
            .header("sec-websocket-version", "13");
        if method == Method::CONNECT {
            request = request.extension(Protocol::from_static("websocket"));
        }
        if token {
            request = request.header("x-token", "1");
        }
        let response = within(client.send_request(request.body(Empty::new()).unwrap())).await.unwrap();
        let named =
            response.headers().get("sockeye-rule").map_or("", |rule| rule.to_str().unwrap()).to_owned();
        assert_eq!((response.status().as_u16(), named.as_str()), (status, answered), "{method} {path}");
        if !answered.is_empty() {
            let body = within(response.into_body().collect()).await.unwrap().to_bytes();
            assert!(String::from_utf8_lossy(&body).contains(&format!("[{rule}]")), "{body:?}");
        }
        let rules: Vec<_> = events_of(&peer).iter().map(|line| line.get("rule").to_owned()).collect();
        assert_eq!(rules, if rule.is_empty() { vec![] } else { vec![rule.to_owned()] }, "{method} {path}");
    }
}

#[tokio::test]
async fn a_server_of_ones_own_is_observed_too() {
    let _alone = ALONE.lock().await;
    logs::listen();
    let layer = NormalizePathLayer::trim_trailing_slash();
    let router =
        Server::new().layer(from_fn(needs_a_token)).layer(layer).check().await.unwrap().into_router();
    // Mounted under a path, against the advice.
    let outer = Router::new().nest("/outer", router.clone());
    for (router, prefix) in [(router, ""), (outer, "/outer")] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let app = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        let served = tokio::spawn(async move { axum::serve(listener, app).await });
        for (path, head, status, rule) in [
            ("/ws/tick", "", 401, "refused_by_layer"),
            ("/ws/tick", "X-Token: 1\r\n", 101, ""),
            ("/ws/tick/", "X-Token: 1\r\n", 101, ""),
            ("/ws/tik", "X-Token: 1\r\n", 404, "unknown_route"),
        ]
        .into_iter()
        // axum leaves what a nested router has no route for to the outer one.
        .filter(|(path, ..)| prefix.is_empty() || *path == "/ws/tick")
        {
            let mut stream = dial(addr).await;
            let peer = stream.local_addr().unwrap().to_string();
            stream
                .write_all(format!("GET {prefix}{path} HTTP/1.1\r\n{head}{HEAD}\r\n").as_bytes())
                .await
                .unwrap();
            assert_eq!(read(&mut stream).await.status, status, "{prefix}{path}");
            let lines = events_of(&peer);
            let rules: Vec<_> = lines.iter().map(|line| line.get("rule").to_owned()).collect();
            assert_eq!(rules, if rule.is_empty() { vec![] } else { vec![rule.to_owned()] }, "{prefix}{path}");
            if rule == "refused_by_layer" {
                assert_eq!(lines[0].get("endpoint"), "tick");
            }
        }
        served.abort();
    }
}

#[tokio::test]
async fn a_router_can_still_be_added_to() {
    let _alone = ALONE.lock().await;
    logs::listen();
    let router = Server::new().check().await.unwrap().into_router();
    let more = Router::new().route("/more", get(async || "more")).fallback(async || "nothing");
    let router = router.merge(more);
    for (path, body) in [("/more", "more"), ("/else", "nothing")] {
        let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(router.clone(), request).now_or_never().unwrap();
        let response = response.unwrap_or_else(|never: Infallible| match never {});
        let bytes = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(bytes, body.as_bytes());
    }
}
