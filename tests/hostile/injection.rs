//! Words of a client that come back to it, or into the log, must stay words.

use http::StatusCode;
use sockeye::{Handshake, Limits, Server, ws_endpoint};
use sockeye_tests::{
    logs,
    raw::{self, HEAD, RawSocket, frame},
    start,
};

/// `\r\nset-cookie: stolen=1`, in a query string.
const BREAK: &str = "%0D%0Aset-cookie%3A%20stolen%3D1";

async fn server() -> sockeye_tests::Running {
    logs::listen();
    start(Server::new()).await
}

#[tokio::test]
async fn a_line_break_makes_no_header() {
    let server = server().await;
    for (path, status, rule) in [
        (format!("/parrot?words={BREAK}"), 409, "handler_refused"),
        (format!("/mirror?words={BREAK}"), 500, "handler_error"),
        (format!("/mirror?accept=true&words={BREAK}"), 500, "handler_error"),
        ("/mirror?words=%00".to_owned(), 500, "handler_error"),
    ] {
        let answer = raw::ask(server.addr, &format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n")).await;
        assert_eq!((answer.status, answer.header("sockeye-rule")), (status, rule), "{path}: {answer:?}");
        assert!(!answer.head.contains("set-cookie"), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_subprotocol_that_was_not_offered_is_not_sent() {
    let server = server().await;
    let offer = format!("{HEAD}Sec-WebSocket-Protocol: v1, \"odd\", sp ace\r\n");
    for (chosen, status) in [("v1", 101), ("%22odd%22", 101), ("v1%2C%20v2", 500), ("V1", 500), ("", 500)] {
        let path = format!("/mirror?accept=true&words={chosen}");
        let mut stream = sockeye_tests::dial(server.addr).await;
        let request = format!("GET {path} HTTP/1.1\r\n{offer}\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.expect("sent");
        let mut answer = [0; 12];
        sockeye_tests::within(tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer))
            .await
            .expect("an answer");
        assert_eq!(answer, format!("HTTP/1.1 {status}").as_bytes(), "{chosen}");
    }
}

#[tokio::test]
async fn a_reason_stays_within_its_frame_and_its_line() {
    let server = server().await;
    let path = format!("/parrot?accept=true&words={BREAK}");
    let mut client = RawSocket::open(server.addr, &path).await;
    let (first, payload) = client.frame().await.expect("a close frame");
    assert_eq!((first, raw::close(&payload)), (0x88, (1000, "\r\nset-cookie: stolen=1".to_owned())));

    let mut client = RawSocket::open(server.addr, "/echo").await;
    let peer = client.stream.local_addr().expect("an address").to_string();
    let reason = b"\x03\xe8bye\nERROR sockeye: all is lost";
    client.send(&frame(0x88, reason)).await;
    client.rest().await;
    drop(client);
    let line = logs::closing_of(&peer).await;
    assert_eq!(
        line.get("reason"),
        r#"the peer closed the connection with 1000 NORMAL: "bye\nERROR sockeye: all is lost""#
    );
}

#[tokio::test]
async fn what_a_client_writes_into_a_refusal_is_one_line_of_the_log() {
    let server = server().await;
    for (header, rule) in [
        ("Sec-WebSocket-Version: 13\tERROR", "not_an_upgrade"),
        ("Origin: https://evil.example\u{b}", "origin_refused"),
    ] {
        let head = HEAD.replace("Sec-WebSocket-Version: 13\r\n", "");
        let rest =
            if rule == "not_an_upgrade" { String::new() } else { "Sec-WebSocket-Version: 13\r\n".to_owned() };
        let request = format!("GET /echo HTTP/1.1\r\n{head}{rest}{header}\r\n\r\n");
        let answer = raw::ask(server.addr, &request).await;
        assert!(answer.status >= 400, "{answer:?}");
    }
    for line in logs::with("message", "handshake refused") {
        for (field, text) in &line.fields {
            assert!(
                !text.contains(['\n', '\r']) || line.get("rule") == "handler_refused",
                "{field}: {text:?}"
            );
        }
    }
}

/// Lets nobody in, with words that a client can guess.
#[ws_endpoint("/login")]
async fn login(handshake: Handshake) -> sockeye::Result {
    Err(handshake.reject(StatusCode::UNAUTHORIZED, "log in first"))
}

/// What the log says of a handshake with this cookie.
async fn reason_for(server: &sockeye_tests::Running, cookie: &str) -> String {
    let mut stream = sockeye_tests::dial(server.addr).await;
    let peer = stream.local_addr().expect("an address").to_string();
    let request = format!("GET /login HTTP/1.1\r\n{HEAD}Cookie: {cookie}\r\nConnection: close\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.expect("sent");
    sockeye_tests::within(tokio::io::AsyncReadExt::read_exact(&mut stream, &mut [0; 12]))
        .await
        .expect("an answer");
    logs::with("peer", &peer).remove(0).get("reason").to_owned()
}

#[tokio::test]
async fn what_stands_in_place_of_a_secret_is_no_place_to_look_for_secrets() {
    let server = server().await;
    for cookie in
        ["token=first; pwd=hidd; key=[hid; otp=dden; pass=dden]", "sid=[hidden]; key=first; pin=idde"]
    {
        assert_eq!(reason_for(&server, cookie).await, "log in [hidden]", "{cookie}");
    }
}

#[tokio::test]
async fn a_flood_of_secrets_makes_no_flood_of_the_log() {
    logs::listen();
    let server = start(Server::new().limits(Limits::new().max_request_head_size(1024 * 1024))).await;
    let one = "first".to_owned() + &" hidd".repeat(75_000);
    let repeated = "a=first".to_owned() + &"; a=hidd".repeat(45_000);
    let different = (0..20_000).map(|n| format!("a=hidd{n}")).collect::<Vec<_>>().join("; ");
    for cookie in [one, repeated, different] {
        let reason = reason_for(&server, &cookie).await;
        assert!(reason.starts_with("[hidden") && reason.len() < 100, "{} bytes", reason.len());
    }
}
