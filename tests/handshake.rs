//! The opening handshake, right and wrong, byte by byte.

use axum::extract::{Path, Query};
use http::StatusCode;
use serde::Deserialize;
use sockeye::{Handshake, Server, ws_endpoint};
use sockeye_tests::{
    hear, logs,
    raw::{Answer, HEAD, ask},
    refusal, say, start, within,
};
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest};

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Says what was negotiated.
#[ws_endpoint("/protocols", subprotocols = ["v2", "v1"])]
async fn protocols(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().header("x-served-by", "sockeye").await?;
    let chosen = socket.subprotocol().unwrap_or("none").to_owned();
    socket.send(sockeye::Message::text(chosen)).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Says by which token it knows the client.
#[ws_endpoint("/token", subprotocols = ["v1"])]
async fn token(handshake: Handshake) -> sockeye::Result {
    let session = handshake.cookie_token("session");
    let Some(token) = handshake.bearer_token().or(session).map(|token| token.as_str().to_owned()) else {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"));
    };
    if token.starts_with("old") {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, format!("{token} has expired")));
    }
    let mut socket = handshake.accept().await?;
    socket.send(token).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Names no subprotocol; chooses one if it is asked to.
#[ws_endpoint("/unnamed")]
async fn unnamed(handshake: Handshake) -> sockeye::Result {
    let chooses = handshake.uri().query().is_some();
    let accept = handshake.accept();
    let mut socket = if chooses { accept.subprotocol("chat").await? } else { accept.await? };
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Lets one page in.
#[ws_endpoint("/listed", origins = ["https://app.example.com"])]
async fn listed(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// Refuses in its own words.
#[ws_endpoint("/refuses/{how}")]
async fn refuses(handshake: Handshake, Path(how): Path<String>) -> sockeye::Result {
    match how.as_str() {
        "rejects" => Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first")),
        "status" => Err(sockeye::Error::status(StatusCode::CONFLICT, "the game has begun")),
        "success" => Err(handshake.reject(StatusCode::OK, "fine")),
        "response" => {
            let later = [("retry-after", "30"), ("content-type", "application/json")];
            Err(handshake.reject_with((StatusCode::TOO_MANY_REQUESTS, later, r#"{"wait":30}"#)))
        }
        "no error" => Err(handshake.reject_with("all is well")),
        "fails" => Err(std::io::Error::other("the password is hunter2").into()),
        "panics" => panic!("no such table"),
        "forgets" => forgotten(),
        "protocol" => handshake.accept().subprotocol("made-up").await.map(drop),
        "header" => handshake.accept().header("upgrade", "h2c").await.map(drop),
        _ => std::future::pending().await,
    }
}

#[derive(Deserialize)]
struct Page {
    number: u32,
}

/// What the text of the handler does not show, the server has to find out.
#[allow(clippy::unnecessary_wraps, reason = "it gives what a handler gives")]
fn forgotten() -> sockeye::Result {
    Ok(())
}

/// Asks for a number.
#[ws_endpoint("/page")]
async fn page(handshake: Handshake, Query(page): Query<Page>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send(sockeye::Message::text(page.number.to_string())).await?;
    socket.close(sockeye::CloseCode::NORMAL, "").await
}

async fn server() -> sockeye_tests::Running {
    logs::listen();
    start(Server::new()).await
}

async fn request(head: &str) -> Answer {
    let server = server().await;
    ask(server.addr, &format!("{head}\r\n")).await
}

/// The head of a good handshake, with one line taken out.
fn without(name: &str) -> String {
    let kept = HEAD.split_inclusive("\r\n").filter(|line| !line.starts_with(name));
    kept.collect()
}

#[track_caller]
fn assert_refusal(answer: &Answer, status: u16, rule: &str, words: &[&str]) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("sockeye-rule"), rule, "{answer:?}");
    for word in words {
        assert!(answer.body.contains(word), "`{word}` is not in {}", answer.body);
    }
}

#[tokio::test]
async fn a_plain_request_is_told_to_upgrade() {
    let answer = request("GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n").await;
    assert_refusal(&answer, 426, "not_an_upgrade", &["plain HTTP request", "new WebSocket(url)"]);
    assert_eq!(answer.header("upgrade"), "websocket");
}

#[tokio::test]
async fn another_method_is_not_allowed() {
    let answer = request(&format!("POST /echo HTTP/1.1\r\nContent-Length: 0\r\n{HEAD}")).await;
    assert_refusal(&answer, 405, "not_an_upgrade", &["opened with GET, not POST"]);
    assert_eq!(answer.header("allow"), "get");
}

#[tokio::test]
async fn a_proxy_that_drops_the_upgrade_is_named_with_the_cure() {
    let head = without("Upgrade").replace("Connection: Upgrade", "Connection: close");
    let answer = request(&format!("GET /echo HTTP/1.0\r\n{head}")).await;
    let cure = "proxy_set_header Upgrade $http_upgrade";
    let lost = "`Upgrade: websocket` and `Connection: Upgrade` are missing";
    assert_refusal(&answer, 426, "upgrade_stripped", &[lost, cure]);

    let answer =
        request(&format!("GET /echo HTTP/1.1\r\n{}Connection: close\r\n", without("Connection"))).await;
    assert_refusal(&answer, 426, "upgrade_stripped", &["`Connection: Upgrade` is missing", cure]);
}

#[tokio::test]
async fn http_1_0_cannot_be_upgraded() {
    let answer = request(&format!("GET /echo HTTP/1.0\r\n{HEAD}")).await;
    assert_refusal(&answer, 426, "upgrade_stripped", &["HTTP/1.0", "proxy_http_version 1.1"]);
}

#[tokio::test]
async fn versions_other_than_13_are_told_which() {
    let head = HEAD.replace("Version: 13", "Version: 8");
    let answer = request(&format!("GET /echo HTTP/1.1\r\n{head}")).await;
    assert_refusal(&answer, 426, "not_an_upgrade", &["version \"8\""]);
    assert_eq!(answer.header("sec-websocket-version"), "13");
    let answer = request(&format!("GET /echo HTTP/1.1\r\n{}", without("Sec-WebSocket-Version"))).await;
    assert_refusal(&answer, 426, "not_an_upgrade", &["no `Sec-WebSocket-Version`"]);
}

#[tokio::test]
async fn a_bad_key_is_a_bad_request() {
    for (key, words) in [
        ("", "no `Sec-WebSocket-Key`"),
        ("Sec-WebSocket-Key: c2hvcnQ=\r\n", "not 16 bytes in base64"),
        ("Sec-WebSocket-Key: ~~~\r\n", "not 16 bytes in base64"),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: AAAA\r\n", "more than one"),
    ] {
        let answer = request(&format!("GET /echo HTTP/1.1\r\n{}{key}", without("Sec-WebSocket-Key"))).await;
        assert_refusal(&answer, 400, "not_an_upgrade", &[words]);
    }
}

#[tokio::test]
async fn a_handshake_with_a_body_is_refused() {
    for body in [
        "Content-Length: 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let server = server().await;
        let answer = ask(server.addr, &format!("GET /echo HTTP/1.1\r\n{HEAD}{body}")).await;
        assert_refusal(
            &answer,
            400,
            "not_an_upgrade",
            &["the handshake has a body", "without `Content-Length`"],
        );
    }
    let answer = request(&format!("GET /echo HTTP/1.1\r\n{HEAD}Content-Length: 0\r\n")).await;
    assert_eq!(answer.status, 101, "no body is no fault: {answer:?}");
}

#[tokio::test]
async fn two_hosts_are_refused() {
    let answer = request(&format!("GET /echo HTTP/1.1\r\n{HEAD}Host: other.example\r\n")).await;
    assert_refusal(&answer, 400, "not_an_upgrade", &["more than one `Host` header"]);
}

#[tokio::test]
async fn a_key_with_loose_bits_is_accepted_and_noted() {
    let head = HEAD.replace("ZQ==", "ZR==");
    let answer = request(&format!("GET /echo HTTP/1.1\r\n{head}")).await;
    assert_eq!(answer.status, 101, "{answer:?}");
    assert_eq!(logs::with("message", "the unused bits of `Sec-WebSocket-Key` are not zero").len(), 1);
}

#[tokio::test]
async fn header_values_are_compared_as_the_rfc_asks() {
    let server = server().await;
    let head = HEAD
        .replace("Upgrade: websocket", "Upgrade: foo, WebSocket")
        .replace("Connection: Upgrade", "Connection: keep-alive, UPGRADE");
    let mut stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, format!("GET /echo HTTP/1.1\r\n{head}\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = [0; 512];
    let read = within(tokio::io::AsyncReadExt::read(&mut stream, &mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).to_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
}

#[tokio::test]
async fn the_subprotocol_is_the_endpoints_most_preferred_one_that_is_offered() {
    let server = server().await;
    for (offer, chosen) in [(Some("v1, v2"), "v2"), (Some("v1"), "v1"), (None, "none")] {
        let mut request = server.url("/protocols").into_client_request().unwrap();
        if let Some(offer) = offer {
            request.headers_mut().insert("sec-websocket-protocol", offer.parse().unwrap());
        }
        let (mut client, response) = within(tokio_tungstenite::connect_async(request)).await.unwrap();
        assert_eq!(hear(&mut client).await, Message::text(chosen));
        assert_eq!(response.headers()["x-served-by"], "sockeye");
        let sent = response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
        assert_eq!(sent.unwrap_or("none"), chosen);
    }
}

#[tokio::test]
async fn a_token_comes_in_a_header_a_subprotocol_or_a_cookie() {
    let server = server().await;
    for (name, value, chosen) in [
        ("authorization", "Bearer from-a-device", None),
        ("sec-websocket-protocol", "v1, bearer.from-a-page", Some("v1")),
        ("cookie", "theme=dark; session=from-a-cookie", None),
    ] {
        let mut request = server.url("/token").into_client_request().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        let (mut client, response) = within(tokio_tungstenite::connect_async(request)).await.unwrap();
        let Message::Text(told) = hear(&mut client).await else { panic!("no text") };
        assert!(value.ends_with(told.as_str()) && told.starts_with("from-a-"), "{value}: {told}");
        let sent = response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
        assert_eq!(sent, chosen, "the token is no subprotocol of the endpoint");
    }
    // What the handler tells its client about the token is not in the log.
    let mut request = server.url("/token").into_client_request().unwrap();
    let offer = "v1, bearer.old-hunter2-Zm9vYmFy".parse().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", offer);
    let (status, _, body) = refusal(request).await;
    assert_eq!(status, 401);
    assert!(body.contains("old-hunter2-Zm9vYmFy has expired"), "{body}");
    let lines = logs::with("endpoint", "token");
    assert!(lines.iter().any(|line| line.get("reason").contains("[hidden]")), "{lines:?}");
    assert!(!format!("{lines:?}").contains("hunter2-Zm9vYmFy"), "{lines:?}");
}

#[tokio::test]
async fn subprotocols_without_one_in_common_are_refused() {
    let server = server().await;
    let mut request = server.url("/protocols").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "v3".parse().unwrap());
    let (status, rule, body) = refusal(request).await;
    assert_eq!((status, rule.as_str()), (400, "subprotocol_refused"));
    assert!(
        body.contains("the client offers the subprotocol `v3`, but the endpoint supports only `v2, v1`"),
        "{body}"
    );
}

#[tokio::test]
async fn an_offer_that_nobody_answers_is_refused_to_a_browser_and_told_once_for_others() {
    let server = server().await;
    let own = format!("http://{}", server.addr);
    let offer = |origin: Option<&str>| {
        let mut request = server.url("/unnamed").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "chat, token.hunter2".parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        request
    };
    let (status, rule, body) = refusal(offer(Some(&own))).await;
    assert_eq!((status, rule.as_str()), (400, "subprotocol_refused"));
    assert!(
        body.contains("offers the subprotocols `chat, token.hunter2`, but the endpoint chooses none"),
        "{body}"
    );
    assert!(body.contains("subprotocols = [..]") && body.contains("a browser would drop"), "{body}");
    let refused = logs::with("endpoint", "unnamed");
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!((refused[0].get("message"), refused[0].get("status")), ("handshake refused", "400"));

    // tungstenite fails what websockets of Python takes; both get their 101.
    for _ in 0..3 {
        let head =
            format!("GET /unnamed HTTP/1.1\r\n{HEAD}Sec-WebSocket-Protocol: chat, token.hunter2\r\n\r\n");
        let answer = ask(server.addr, &head).await;
        assert_eq!((answer.status, answer.header("sec-websocket-protocol")), (101, ""));
    }
    let told = logs::with("message", "subprotocols not answered");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].level, told[0].get("endpoint")), (tracing::Level::WARN, "unnamed"));
    assert_eq!(told[0].get("rule"), "subprotocol_refused");
    assert!(told[0].get("remedy").contains("subprotocols = [..]"), "{told:?}");
    assert!(!format!("{refused:?}{told:?}").contains("hunter2"), "{refused:?}{told:?}");

    // A handler that chooses answers the offer.
    let mut request = server.url("/unnamed?choose").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "chat".parse().unwrap());
    request.headers_mut().insert("origin", own.parse().unwrap());
    let (_, response) = within(tokio_tungstenite::connect_async(request)).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_before_the_handler_runs() {
    let server = server().await;
    let own = format!("http://{}", server.addr);
    for (path, origin, status) in [
        ("/echo", "https://evil.example", 403),
        ("/echo", "null", 403),
        ("/echo", own.as_str(), 101),
        ("/listed", own.as_str(), 403),
        ("/listed", "https://app.example.com", 101),
        ("/listed", "http://app.example.com", 403),
        ("/listed", "https://app.example.com.evil.example", 403),
    ] {
        let mut request = server.url(path).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        if status == 101 {
            within(tokio_tungstenite::connect_async(request)).await.expect(origin);
            continue;
        }
        let (got, rule, body) = refusal(request).await;
        assert_eq!((got, rule.as_str()), (403, "origin_refused"), "{path} {origin}");
        assert!(body.contains("is not allowed to connect"), "{body}");
    }
    let line = &logs::with("origin", "https://evil.example")[0];
    assert_eq!((line.level, line.get("endpoint")), (tracing::Level::WARN, "echo"));
    assert!(line.get("remedy").contains("origins = [\"https://evil.example\"]"), "{line:?}");
    assert!(line.get("reason").contains("is not the origin of this server"), "{line:?}");
}

#[tokio::test]
async fn a_refusal_is_one_event_that_says_everything() {
    let server = server().await;
    let mut request = server.url("/echo").into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://once.example".parse().unwrap());
    refusal(request).await;
    let lines = logs::with("origin", "https://once.example");
    assert_eq!(lines.len(), 1, "{lines:?}");
    for field in ["endpoint", "rule", "reason", "remedy", "peer", "status"] {
        assert!(!lines[0].get(field).is_empty(), "no `{field}` in {:?}", lines[0]);
    }
}

#[tokio::test]
async fn an_endless_origin_does_not_fill_the_log() {
    let long = format!("https://{}.example", "a".repeat(5000));
    let answer = request(&format!("GET /echo HTTP/1.1\r\n{HEAD}Origin: {long}\r\n")).await;
    assert_refusal(&answer, 403, "origin_refused", &[]);
    let lines = logs::with("reason", "the request's `Origin` header is longer than 300 bytes");
    assert!(lines.iter().all(|line| line.get("origin").len() == 300) && !lines.is_empty(), "{lines:?}");
}

#[tokio::test]
async fn a_forwarded_host_counts_only_if_the_user_says_so() {
    let head = format!(
        "GET /echo HTTP/1.1\r\n{HEAD}Origin: https://public.example\r\nX-Forwarded-Host: public.example\r\n"
    );
    let answer = request(&head).await;
    assert_refusal(&answer, 403, "origin_refused", &[]);

    let trusting = Server::new().origins(sockeye::Origins::same_origin().trust_forwarded_host());
    let server = start(trusting).await;
    let mut request = server.url("/echo").into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://public.example".parse().unwrap());
    request.headers_mut().insert("x-forwarded-host", "public.example".parse().unwrap());
    within(tokio_tungstenite::connect_async(request)).await.expect("accepted");
}

#[tokio::test]
async fn a_handler_refuses_with_a_response_of_its_own() {
    let server = server().await;
    let request = server.url("/refuses/response").into_client_request().unwrap();
    let Err(Error::Http(answer)) = within(tokio_tungstenite::connect_async(request)).await else {
        panic!("it is refused")
    };
    assert_eq!(answer.status(), 429);
    let header = |name: &str| answer.headers()[name].to_str().unwrap();
    assert_eq!(
        [header("retry-after"), header("content-type"), header("sockeye-rule")],
        ["30", "application/json", "handler_refused"]
    );
    assert_eq!(answer.body().as_deref(), Some(br#"{"wait":30}"#.as_slice()));
    let lines = logs::with("reason", "the handler rejected the handshake with its own response");
    assert!(lines.iter().any(|line| line.get("status") == "429"), "{lines:?}");

    let request = server.url("/refuses/no error").replace(' ', "%20").into_client_request().unwrap();
    let (status, rule, body) = refusal(request).await;
    assert_eq!((status, rule.as_str()), (500, "handler_refused"), "{body}");
    assert!(!body.contains("all is well"), "{body}");
}

#[tokio::test]
async fn a_handler_refuses_with_its_own_status_and_words() {
    let server = server().await;
    for (how, status, rule, told) in [
        ("rejects", 401, "handler_refused", "log in first"),
        ("status", 409, "handler_refused", "the game has begun"),
        ("success", 500, "handler_refused", "fine"),
        ("fails", 500, "handler_error", "the server log says why"),
        ("panics", 500, "handler_panic", "the server log says why"),
        ("forgets", 500, "never_accepted", "the server log says why"),
        ("protocol", 500, "handler_error", "the server log says why"),
        ("header", 500, "handler_error", "the server log says why"),
    ] {
        let request = server.url(&format!("/refuses/{how}")).into_client_request().unwrap();
        let (got, named, body) = refusal(request).await;
        assert_eq!((got, named.as_str()), (status, rule), "{how}: {body}");
        assert!(body.contains(told), "{how}: {body}");
        assert!(!body.contains("hunter2") && !body.contains("no such table"), "{how} leaks: {body}");
    }
    let lines = logs::with("endpoint", "refuses");
    let said = |words: &str| lines.iter().any(|line| line.get("reason").contains(words));
    assert!(
        said("the password is hunter2") && said("panicked before it accepted: no such table"),
        "{lines:?}"
    );
    assert!(said("chose the subprotocol `made-up`, which the client did not offer"), "{lines:?}");
    assert!(said("the header `upgrade` is part of the handshake"), "{lines:?}");
}

#[tokio::test]
async fn a_handler_that_does_not_decide_is_cut_short() {
    logs::listen();
    let limits = sockeye::Limits::new().handshake_timeout(std::time::Duration::from_millis(300));
    let server = start(Server::new().limits(limits)).await;
    let (status, rule, _) = refusal(server.url("/refuses/later").into_client_request().unwrap()).await;
    assert_eq!((status, rule.as_str()), (503, "never_accepted"));
}

#[tokio::test]
async fn an_extractor_that_refuses_keeps_its_answer_and_is_logged() {
    let server = server().await;
    let (status, rule, body) = refusal(server.url("/page?number=x").into_client_request().unwrap()).await;
    assert_eq!((status, rule.as_str()), (400, "extractor_refused"));
    assert!(body.contains("invalid digit"), "{body}");
    let line = &logs::with("rule", "extractor_refused")[0];
    assert!(
        line.get("reason")
            .starts_with("the parameter `Query<Page>` rejected the request with 400 Bad Request"),
        "{line:?}"
    );
    assert!(
        line.get("remedy").starts_with("change the request so that `Query<Page>` can read it"),
        "{line:?}"
    );
    let mut client = server.connect("/page?number=7").await;
    assert_eq!(hear(&mut client).await, Message::text("7"));
}

#[tokio::test]
async fn an_unknown_path_is_a_404_that_says_so() {
    let answer =
        request(&format!("GET /nowhere HTTP/1.1\r\n{}Connection: close\r\n", without("Connection"))).await;
    assert_refusal(&answer, 404, "unknown_route", &["no endpoint has the path `/nowhere`"]);
}

#[tokio::test]
async fn messages_may_come_in_the_same_packet_as_the_handshake() {
    use sockeye_tests::raw::{RawSocket, frame};
    let server = server().await;
    let mut socket = RawSocket::open_with(server.addr, "/echo", &frame(0x81, b"early")).await;
    assert_eq!(socket.frame().await, Some((0x81, b"early".to_vec())));
    let mut client = server.connect("/echo").await;
    say(&mut client, "late").await;
    assert_eq!(hear(&mut client).await, Message::text("late"));
}
