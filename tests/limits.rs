//! Limits: how many may connect, how fast they may talk, how long they may say nothing.

use std::{net::SocketAddr, time::Duration};

use axum::extract::Path;
use futures_util::{StreamExt as _, future::select_all};
use http::{HeaderValue, StatusCode};
use sockeye::{Handshake, Limits, Server, ws_endpoint};
use sockeye_tests::{
    Client, PATIENCE, Running, close_of, dial, hear, logs,
    raw::{self, HEAD, RawSocket, frame},
    refusal, say, start, within,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{
    Message,
    client::IntoClientRequest,
    handshake::client::{Request, generate_key},
};
use tracing::Level;

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Ends in every way.
#[ws_endpoint("/ends/{how}")]
async fn ends(handshake: Handshake, Path(how): Path<String>) -> sockeye::Result {
    match how.as_str() {
        "rejects" => return Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first")),
        "fails" => return Err(std::io::Error::other("no such table").into()),
        "panics" => panic!("no such table"),
        "waits" => std::future::pending().await,
        _ => {}
    }
    let mut socket = handshake.accept().await?;
    match how.as_str() {
        "accepts and panics" => panic!("no such table"),
        "accepts and fails" => return Err(std::io::Error::other("no such table").into()),
        _ => while socket.recv().await?.is_some() {},
    }
    Ok(())
}

async fn server(limits: Limits) -> Running {
    logs::listen();
    start(Server::new().limits(limits)).await
}

fn request(server: &Running) -> Request {
    server.url("/echo").into_client_request().expect("a request")
}

fn forwarded(server: &Running, clients: &str) -> Request {
    let mut request = request(server);
    request.headers_mut().insert("x-forwarded-for", HeaderValue::from_str(clients).expect("a value"));
    request
}

async fn accepted(request: Request) -> Client {
    within(tokio_tungstenite::connect_async(request)).await.expect("accepted").0
}

/// Connects as soon as there is a place again: the server learns of a client's end a moment after the client.
async fn accepted_soon(server: &Running) -> Client {
    let connect = async {
        loop {
            let mut request = request(server);
            let key = generate_key().parse().expect("a value");
            request.headers_mut().insert("sec-websocket-key", key);
            if let Ok((client, _)) = tokio_tungstenite::connect_async(request).await {
                return client;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(connect).await
}

#[tokio::test]
async fn a_full_server_says_so_until_somebody_leaves() {
    let server = server(Limits::new().max_connections(2)).await;
    let mut first = accepted(request(&server)).await;
    let _second = accepted(request(&server)).await;
    let answer = raw::ask(server.addr, &format!("GET /echo HTTP/1.1\r\n{HEAD}\r\n")).await;
    // A client on loopback may have all there is: it is the total that is reached.
    assert_eq!((answer.status, answer.header("sockeye-rule")), (503, "server_full"), "{answer:?}");
    first.close(None).await.expect("closes");
    accepted_soon(&server).await;
}

#[tokio::test]
async fn the_total_counts_whoever_asks() {
    let server = server(Limits::new().max_connections(2).trusted_proxies(1)).await;
    let _open = [
        accepted(forwarded(&server, "203.0.113.1")).await,
        accepted(forwarded(&server, "203.0.113.2")).await,
    ];
    let head = format!("GET /echo HTTP/1.1\r\n{HEAD}X-Forwarded-For: 203.0.113.3\r\n\r\n");
    let answer = raw::ask(server.addr, &head).await;
    assert_eq!((answer.status, answer.header("sockeye-rule")), (503, "server_full"), "{answer:?}");
    assert_eq!(answer.header("retry-after"), "5");
    assert!(answer.body.contains("reached its connection limit; try again later"), "{}", answer.body);
    assert!(!answer.body.contains("2 open WebSockets"), "the client is told no figures: {}", answer.body);

    let mut lines = logs::with("reason", "the limit of 2 open WebSockets is reached");
    lines.retain(|line| line.get("client") == "203.0.113.3");
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.level, line.get("endpoint"), line.get("status")), (Level::WARN, "echo", "503"));
    assert!(line.get("remedy").starts_with("raise `Limits::max_connections`, or"), "{line:?}");
}

#[tokio::test]
async fn one_client_cannot_take_every_place() {
    let server = server(Limits::new().max_connections(100).max_connections_per_client(2)).await;
    let _open = [accepted(request(&server)).await, accepted(request(&server)).await];
    let (status, rule, body) = refusal(request(&server)).await;
    assert_eq!((status, rule.as_str()), (429, "client_limit"));
    assert!(body.contains("too many connections from your address"), "{body}");
    let reason = "the address 127.0.0.1 has reached the limit of 2 WebSockets per client";
    let lines = logs::with("reason", reason);
    assert!(
        lines.iter().any(|line| line.get("remedy").contains("set `Limits::trusted_proxies(1)`")),
        "{lines:?}"
    );

    // The header of a client is not believed as long as nobody says that a proxy writes it.
    assert_eq!(refusal(forwarded(&server, "203.0.113.9")).await.1, "client_limit");
}

#[tokio::test]
async fn a_small_server_is_not_filled_by_one_client() {
    let server = server(Limits::new().max_connections(8).trusted_proxies(1)).await;
    let of_one = [
        accepted(forwarded(&server, "203.0.113.1")).await,
        accepted(forwarded(&server, "203.0.113.1")).await,
    ];
    let (status, rule, _) = refusal(forwarded(&server, "203.0.113.1")).await;
    assert_eq!((status, rule.as_str()), (429, "client_limit"));
    let reason = "the address 203.0.113.1 has reached the limit of 2 WebSockets per client";
    assert_eq!(logs::with("reason", reason).len(), 1);
    drop(of_one);
}

/// A test or a load generator on the same machine is one client.
#[tokio::test]
async fn a_small_server_is_filled_over_loopback() {
    for address in ["127.0.0.1", "::1"] {
        let server = server(Limits::new().max_connections(5).trusted_proxies(1)).await;
        let mut open = Vec::new();
        for _ in 0..5 {
            open.push(accepted(forwarded(&server, address)).await);
        }
        assert_eq!(refusal(forwarded(&server, address)).await.1, "server_full");
    }
}

#[tokio::test]
async fn behind_a_proxy_clients_are_told_apart_by_what_the_proxy_says() {
    let server = server(Limits::new().max_connections_per_client(1).trusted_proxies(1)).await;
    let _open = [
        accepted(forwarded(&server, "203.0.113.1")).await,
        accepted(forwarded(&server, "203.0.113.1, 203.0.113.2")).await,
        accepted(forwarded(&server, "2001:db8::1")).await,
    ];
    for (spoofed, client) in
        [("198.51.100.1, 203.0.113.1", "address 203.0.113.1"), ("2001:db8::2", "network 2001:db8::/64")]
    {
        assert_eq!(refusal(forwarded(&server, spoofed)).await.1, "client_limit", "{spoofed}");
        let reason = format!("the {client} has reached the limit of 1 WebSocket per client");
        assert_eq!(logs::with("reason", &reason).len(), 1);
    }
}

/// A proxy that does not set the header makes one client of all.
#[tokio::test]
async fn a_proxy_that_says_nothing_of_its_clients_is_named_as_the_cause() {
    let server = server(Limits::new().max_connections_per_client(1).trusted_proxies(2)).await;
    let _open = accepted(request(&server)).await;
    let head = format!("GET /echo HTTP/1.1\r\n{HEAD}X-Forwarded-For: unknown\r\n\r\n");
    let answer = raw::ask(server.addr, &head).await;
    assert_eq!((answer.status, answer.header("sockeye-rule")), (429, "client_limit"), "{answer:?}");
    let lines = logs::with("rule", "client_limit");
    let told = "have the proxy in front add the client's address to `X-Forwarded-For`";
    assert!(lines.iter().any(|line| line.get("remedy").starts_with(told)), "{lines:?}");
}

/// Says who it is told that it talks to.
#[ws_endpoint("/whoami")]
async fn whoami(handshake: Handshake) -> sockeye::Result {
    let named = handshake.client();
    let mut socket = handshake.accept().await?;
    assert_eq!(named, socket.client());
    socket
        .send(sockeye::Message::text(format!("{:?}", socket.client().map(|client| client.to_string()))))
        .await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

async fn whoami_behind(server: &Running, lines: &[&[u8]]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
    whoami_with(server, &lines).await
}

async fn whoami_with(server: &Running, headers: &[(&'static str, &[u8])]) -> String {
    let mut request = server.url("/whoami").into_client_request().expect("a request");
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_bytes(value).expect("a value"));
    }
    let mut client = accepted(request).await;
    let Message::Text(text) = hear(&mut client).await else { panic!("no text") };
    text.to_string()
}

#[tokio::test]
async fn a_handler_is_told_who_stands_behind_the_proxy() {
    let server = server(Limits::new().trusted_proxies(1)).await;
    for (lines, client) in [
        (&[&b"203.0.113.9"[..]][..], "203.0.113.9"),
        (&[b"\xff, 203.0.113.9:4711"], "203.0.113.9"),
        (&[b"\xff", b"[2001:db8::7]:80"], "2001:db8::7"),
        (&[b"::ffff:203.0.113.9"], "203.0.113.9"),
        (&[], "127.0.0.1"),
    ] {
        assert_eq!(whoami_behind(&server, lines).await, format!("Some({client:?})"), "{lines:?}");
    }
    let direct = self::server(Limits::new()).await;
    assert_eq!(whoami_behind(&direct, &[b"203.0.113.9"]).await, "Some(\"127.0.0.1\")");
}

/// `Forwarded` (RFC 7239) is not read (decision 0018): a proxy in front need not remove it, so that it is the client's word.
#[tokio::test]
async fn the_header_that_no_proxy_sets_is_not_believed() {
    let server = server(Limits::new().trusted_proxies(1)).await;
    let long = format!("for=198.51.100.1{}", ", for=198.51.100.1".repeat(3_000));
    for forwarded in [
        &b"for=198.51.100.1"[..],
        b"for=198.51.100.1;proto=https;by=10.0.0.1, for=198.51.100.2",
        b"For=\"[2001:db8:cafe::17]:4711\"",
        b"for=_hidden, for=unknown, for=\"_SEVKISEK:_port\"",
        b"for=\"198.51.100.1",
        b"for=\"\\\"198.51.100.1\\\", for=x\"",
        b"for=\xff\xfe;;;,,,=",
        b"",
        long.as_bytes(),
    ] {
        let alone = whoami_with(&server, &[("forwarded", forwarded)]).await;
        assert_eq!(alone, "Some(\"127.0.0.1\")", "{forwarded:?}");
        let twice = [
            ("forwarded", forwarded),
            ("x-forwarded-for", b"203.0.113.9"),
            ("forwarded", b"for=198.51.100.3"),
        ];
        assert_eq!(whoami_with(&server, &twice).await, "Some(\"203.0.113.9\")", "{forwarded:?}");
    }
    let head = format!("GET /whoami HTTP/1.1\r\n{HEAD}Forwarded: for={}\r\n\r\n", "x".repeat(64 * 1024));
    let answer = raw::ask(server.addr, &head).await;
    assert_eq!(answer.status, 431, "{answer:?}");
}

/// Entries that are no addresses, as RFC 7239 has them, are none of a proxy's that writes `X-Forwarded-For`.
#[tokio::test]
async fn an_entry_that_is_no_address_counts_for_the_proxy() {
    let server = server(Limits::new().trusted_proxies(1)).await;
    for entry in [
        &b"_hidden"[..],
        b"unknown",
        b"\"203.0.113.9\"",
        b"for=203.0.113.9",
        b"203.0.113.9:_port",
        b"[2001:db8::7]:_port",
        b"[2001:db8::7]:99999",
        b"203.0.113.9;proto=https",
        b"203.0.113.256",
        b"0203.0.113.9",
        b"203.0.113.9 203.0.113.8",
        b"\xd9\xa1.0.113.9",
        b"203.0.113.9, _hidden",
    ] {
        assert_eq!(whoami_behind(&server, &[entry]).await, "Some(\"127.0.0.1\")", "{entry:?}");
    }
    let long = format!("{}203.0.113.9", "_hidden, ".repeat(7_000));
    assert_eq!(whoami_behind(&server, &[long.as_bytes()]).await, "Some(\"203.0.113.9\")");
}

/// What a client writes before the proxy's entry cannot make it another client.
#[tokio::test]
async fn bytes_that_are_no_text_buy_no_place() {
    let server = server(Limits::new().max_connections_per_client(1).trusted_proxies(1)).await;
    let behind = |value: &[u8]| {
        let mut request = request(&server);
        request.headers_mut().insert("x-forwarded-for", HeaderValue::from_bytes(value).expect("a value"));
        request
    };
    let _open = accepted(behind(b"203.0.113.40")).await;
    for value in [
        &b"\xff, 203.0.113.40"[..],
        b"\xff,\xfe,203.0.113.40:80",
        b", ,203.0.113.40",
        b"[\xff, ::ffff:203.0.113.40",
    ] {
        assert_eq!(refusal(behind(value)).await.1, "client_limit", "{value:?}");
    }
}

#[tokio::test]
async fn the_log_names_who_stands_behind_the_proxy() {
    let server = server(Limits::new().trusted_proxies(1)).await;
    let refused = format!(
        "GET /echo HTTP/1.1\r\n{HEAD}Origin: https://behind-a-proxy.example\r\nX-Forwarded-For: 203.0.113.50\r\n\r\n"
    );
    assert_eq!(raw::ask(server.addr, &refused).await.status, 403);
    let lines = logs::with("client", "203.0.113.50");
    assert_eq!((lines.len(), lines[0].get("rule")), (1, "origin_refused"), "{lines:?}");
    let mut client = accepted(forwarded(&server, "203.0.113.51")).await;
    client.close(None).await.expect("closes");
    while client.next().await.is_some_and(|message| message.is_ok()) {}
    let closed = || {
        logs::with("client", "203.0.113.51")
            .into_iter()
            .find(|line| line.get("message") == "connection closed")
    };
    within(async {
        while closed().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;

    let direct = self::server(Limits::new()).await;
    assert_eq!(raw::ask(direct.addr, &refused.replace("behind-a", "no")).await.status, 403);
    let lines = logs::with("origin", "https://no-proxy.example");
    assert_eq!((lines.len(), lines[0].get("client")), (1, ""), "{lines:?}");
}

#[tokio::test]
async fn a_client_that_connects_too_often_is_told_when_to_come_back() {
    let server = server(Limits::new().max_handshake_rate(1, 3).trusted_proxies(1)).await;
    let from = |client: &str, more: &str| {
        format!("GET /echo HTTP/1.1\r\n{HEAD}X-Forwarded-For: {client}\r\n{more}\r\n")
    };
    // A refusal that calls no handler does not count.
    for _ in 0..5 {
        let foreign = from("203.0.113.61", "Origin: https://evil.example\r\n");
        assert_eq!(raw::ask(server.addr, &foreign).await.header("sockeye-rule"), "origin_refused");
    }
    let accepted = async || raw::ask(server.addr, &from("203.0.113.61", "")).await.status;
    assert_eq!([accepted().await, accepted().await, accepted().await], [101; 3]);
    let answer = raw::ask(server.addr, &from("203.0.113.61", "")).await;
    assert_eq!((answer.status, answer.header("sockeye-rule")), (429, "handshake_rate_limited"), "{answer:?}");
    assert_eq!(answer.header("retry-after"), "1");
    let told = "websocket handshake refused [handshake_rate_limited]: too many handshakes from your address; try again later\n";
    assert_eq!(answer.body, told);

    let mut lines = logs::with("rule", "handshake_rate_limited");
    lines.retain(|line| line.get("client") == "203.0.113.61");
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.level, line.get("endpoint"), line.get("status")), (Level::WARN, "echo", "429"));
    let reason = "the address 203.0.113.61 sends more than 1 handshake per second after a burst of 3";
    assert_eq!(line.get("reason"), reason);
    let remedy = "have the client wait between its attempts, or raise `Limits::max_handshake_rate`";
    assert_eq!(line.get("remedy"), remedy);
    // Other clients have a burst of their own.
    let other = raw::ask(server.addr, &from("203.0.113.62", "")).await;
    assert_eq!(other.status, 101, "{other:?}");
}

/// Without the right proxies all clients are one, and so is a proxy that does not name them.
#[tokio::test]
async fn a_proxy_whose_clients_connect_too_often_is_named_as_the_cause() {
    for (proxies, told) in [
        (0, "if this is the address of your own proxy, set `Limits::trusted_proxies(1)`"),
        (2, "have the proxy in front add the client's address to `X-Forwarded-For`"),
    ] {
        let server = server(Limits::new().max_handshake_rate(1, 1).trusted_proxies(proxies)).await;
        let path = format!("/ends/proxies-{proxies}");
        let request = format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n");
        assert_eq!(raw::ask(server.addr, &request).await.status, 101);
        assert_eq!(raw::ask(server.addr, &request).await.header("sockeye-rule"), "handshake_rate_limited");
        let lines = logs::with("rule", "handshake_rate_limited");
        assert!(lines.iter().any(|line| line.get("remedy").contains(told)), "{lines:?}");
    }
}

#[tokio::test]
async fn a_client_that_talks_too_fast_is_closed_with_1008() {
    let server = server(Limits::new().max_message_rate(1, 3)).await;
    let mut client = RawSocket::open(server.addr, "/echo").await;
    let peer = client.stream.local_addr().expect("an address").to_string();
    let burst =
        [frame(0x81, b"1"), frame(0x89, b"2"), frame(0x81, b"3"), frame(0x81, b"4"), frame(0x81, b"5")];
    client.send(&burst.concat()).await;
    let mut frames = client.rest().await;
    let (first, payload) = frames.pop().expect("a close frame");
    assert_eq!(first, 0x88);
    assert_eq!(raw::close(&payload), (1008, "more than 1 message per second after a burst of 3".to_owned()));
    frames.sort();
    let answered = [(0x81, b"1".to_vec()), (0x81, b"3".to_vec()), (0x8a, b"2".to_vec())];
    assert_eq!(frames, answered, "what came before is answered");
    drop(client);

    let line = logs::closing_of(&peer).await;
    assert_eq!((line.level, line.get("rule"), line.get("code")), (Level::WARN, "rate_limited", "1008"));
    assert_eq!(line.get("reason"), "more than 1 message per second after a burst of 3");
}

#[tokio::test]
async fn answers_to_the_servers_own_pings_are_free_and_other_pongs_are_not() {
    let limits = Limits::new().max_message_rate(1, 1);
    let heartbeat = sockeye::Heartbeat::every(Duration::from_millis(20)).timeout(PATIENCE);
    logs::listen();
    let server = start(Server::new().limits(limits).heartbeat(heartbeat)).await;
    let mut client = RawSocket::open(server.addr, "/echo").await;
    for _ in 0..20 {
        assert_eq!(client.frame().await, Some((0x89, Vec::new())));
        client.send(&frame(0x8a, b"")).await;
    }
    client.send(&frame(0x81, b"still here")).await;
    let mut frames = Vec::new();
    while !frames.contains(&(0x81, b"still here".to_vec())) {
        frames.push(client.frame().await.expect("an echo"));
    }
    client.send(&[frame(0x8a, b""), frame(0x8a, b""), frame(0x8a, b"")].concat()).await;
    let (first, payload) = client.rest().await.pop().expect("a close frame");
    assert_eq!((first, raw::close(&payload).0), (0x88, 1008));
}

/// Sends something, then one byte at a time, and waits for the server to hang up. Says what the server said.
async fn dawdle(addr: SocketAddr, at_once: &[u8], drip: u8) -> Vec<u8> {
    let (mut from, mut to) = dial(addr).await.into_split();
    to.write_all(at_once).await.expect("sent");
    let dripping = async {
        while to.write_all(&[drip]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut said = Vec::new();
    tokio::select! {
        () = dripping => unreachable!("it waits to be dropped"),
        // A reset is an end too: the server need not read what comes after it has hung up.
        _ = within(from.read_to_end(&mut said)) => said,
    }
}

#[tokio::test]
async fn clients_that_dawdle_are_disconnected_whatever_they_have_said() {
    let server = server(
        Limits::new().handshake_timeout(Duration::from_millis(300)).close_timeout(Duration::from_millis(100)),
    )
    .await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = [&preface[..], &[0, 0, 0, 4, 0, 0, 0, 0, 0]].concat();
    let ping = [&settings[..], &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]].concat();
    for (what, at_once, drip) in [
        ("a request line", &b"GET /echo"[..], b'x'),
        ("headers", b"GET /echo HTTP/1.1\r\nHost: localhost\r\nX: ", b'x'),
        ("many headers", b"GET /echo HTTP/1.1\r\nHost: localhost\r\n", b'\n'),
        ("empty lines", b"", b'\n'),
        ("half a preface", &preface[..5], b'x'),
        ("a preface", &preface[..], 0),
        ("settings", &settings, 0),
        ("a ping", &ping, 0),
    ] {
        let said = dawdle(server.addr, at_once, drip).await;
        assert!(!said.starts_with(b"HTTP/1.1 101"), "{what}");
    }
    // Those who say nothing at all.
    let mut silent = dial(server.addr).await;
    assert_eq!(within(silent.read(&mut [0; 1])).await.unwrap_or(0), 0);
    assert!(!logs::with("message", "idle client disconnected").is_empty());
    let mut client = server.connect("/echo").await;
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client).await, Message::text("hello"));
}

#[tokio::test]
async fn connections_that_ask_nothing_are_counted_and_turned_away() {
    let server = server(Limits::new().max_http_connections(2).handshake_timeout(PATIENCE)).await;
    let silent = [dial(server.addr).await, dial(server.addr).await];
    let mut third = dial(server.addr).await;
    third.write_all(b"GET /echo HTTP/1.1\r\n").await.expect("sent");
    let mut answer = String::new();
    within(third.read_to_string(&mut answer)).await.expect("an answer, and its end");
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    for said in
        ["sockeye-rule: server_full\r\n", "retry-after: 5\r\n", "connection: close\r\n", "try again later"]
    {
        assert!(answer.contains(said), "{answer}");
    }
    let lines = logs::with("reason", "the limit of 2 open HTTP connections is reached");
    let [line] = &lines[..] else { panic!("{lines:?}") };
    let facts = [line.get("message"), line.get("rule"), line.get("status")];
    assert_eq!(facts, ["connection turned away", "server_full", "503"]);
    assert!(line.get("remedy").starts_with("raise `Limits::max_http_connections`"), "{line:?}");
    drop(silent);
    accepted_soon(&server).await;
}

#[tokio::test]
async fn a_websocket_takes_no_place_among_the_http_connections() {
    let server = server(Limits::new().max_http_connections(1)).await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(accepted_soon(&server).await);
    }
    for client in &mut open {
        say(client, "hello").await;
        assert_eq!(hear(client).await, Message::text("hello"));
    }
}

/// What the one of these clients is told that gets no place. It need not be the last: `dial` may connect more than once, and a dropped
/// connection keeps its place for a moment.
async fn turned_away(clients: impl IntoIterator<Item = TcpStream>) -> String {
    let answers = clients.into_iter().map(|mut client| {
        Box::pin(async move {
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.expect("an answer, and its end");
            (answer, client)
        })
    });
    // The others keep their places until there is an answer.
    within(select_all(answers)).await.0.0
}

#[tokio::test]
async fn one_address_cannot_take_every_http_connection() {
    let server = server(
        Limits::new().max_http_connections(100).max_connections_per_client(1).handshake_timeout(PATIENCE),
    )
    .await;
    let answer = turned_away([dial(server.addr).await, dial(server.addr).await]).await;
    assert!(
        answer.starts_with("HTTP/1.1 429 Too Many Requests\r\nsockeye-rule: client_limit\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn behind_a_proxy_whoever_asks_nothing_has_half_of_the_places() {
    let limits = Limits::new().max_http_connections(6).trusted_proxies(1).handshake_timeout(PATIENCE);
    let server = server(limits).await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        let mut stream = dial(server.addr).await;
        let request = "GET /nowhere HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.7\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("sent");
        within(stream.read_exact(&mut [0; 12])).await.expect("an answer");
        asked.push(stream);
    }
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(dial(server.addr).await);
    }
    let answer = turned_away(silent).await;
    assert!(answer.contains("\r\nsockeye-rule: client_limit\r\n"), "{answer}");
    drop(asked);
}

/// One client's short life.
async fn live(addr: SocketAddr, number: usize) {
    let paths =
        ["rejects", "fails", "panics", "waits", "accepts%20and%20panics", "accepts%20and%20fails", "echo"];
    let path = paths[number % paths.len()];
    let mut stream = TcpStream::connect(addr).await.expect("connects");
    let request = format!("GET /ends/{path} HTTP/1.1\r\n{HEAD}\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    match number / paths.len() % 4 {
        0 => _ = stream.set_zero_linger(),
        1 => _ = stream.shutdown().await,
        2 => _ = stream.write_all(&frame(0x88, &[0x03, 0xe8])).await,
        _ => {}
    }
    if !(number / paths.len()).is_multiple_of(3) && path != "waits" {
        // Whatever comes.
        _ = tokio::time::timeout(PATIENCE, stream.read(&mut [0; 512])).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_place_comes_back_whatever_became_of_the_client() {
    const PLACES: usize = 40;
    // A client that has sent more than its request and leaves is not noticed before the handshake's time is over.
    let short = Duration::from_secs(1);
    let limits = Limits::new()
        .max_connections(PLACES)
        .max_http_connections(100)
        .close_timeout(short)
        .handshake_timeout(short);
    let mut server = server(limits).await;
    let addr = server.addr;
    let lives = (0..3000).map(|number| live(addr, number));
    let mut lives = futures_util::stream::iter(lives).buffer_unordered(PLACES);
    while lives.next().await.is_some() {}
    let mut open = Vec::new();
    for _ in 0..PLACES {
        open.push(accepted_soon(&server).await);
    }
    let (status, rule, _) = refusal(request(&server)).await;
    assert_eq!((status, rule.as_str()), (503, "server_full"), "not one place too many came back");
    server.stop();
    for client in &mut open {
        assert_eq!(close_of(client).await.0, 1001);
    }
    server.ended().await;
}
