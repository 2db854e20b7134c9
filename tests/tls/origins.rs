//! Which pages are those of a server with TLS, and who may use its console.

use http::{Request, StatusCode};
use sockeye::{Handshake, Limits, Server, ws_endpoint};
use sockeye_tests::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::{Error, client::IntoClientRequest as _};

use crate::secured::{Secured, http2, secured, served};

/// Only for pages over TLS of the default port.
#[ws_endpoint("/listed", origins = ["https://localhost"])]
async fn listed(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// The answer to a handshake with these headers: its status, and its body if it is a refusal.
async fn answer(server: &Secured, headers: &[(&'static str, &str)]) -> (StatusCode, String) {
    let url = format!("wss://localhost:{}/echo", server.running.addr.port());
    let mut request: Request<()> = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let stream = server.try_dial(&["http/1.1"]).await.unwrap();
    match Box::pin(within(tokio_tungstenite::client_async(request, stream))).await {
        Ok((_socket, response)) => (response.status(), String::new()),
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            (response.status(), String::from_utf8(body).unwrap())
        }
        Err(error) => panic!("no answer: {error}"),
    }
}

#[tokio::test]
async fn own_pages_have_come_over_tls() {
    let server = served(Server::new()).await;
    let port = server.running.addr.port();
    let (own, without_tls) = (format!("https://localhost:{port}"), format!("http://localhost:{port}"));
    assert_eq!(answer(&server, &[("origin", &own)]).await.0, StatusCode::SWITCHING_PROTOCOLS);

    let (status, body) = answer(&server, &[("origin", &without_tls)]).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    let lines = sockeye_tests::logs::with("origin", &without_tls);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line.get("rule"), "origin_refused");
    assert_eq!(
        line.get("reason"),
        format!(
            "the page's origin `{without_tls}` is not that of a page over `https://`, and only the server's own pages may connect"
        )
    );
    let remedy = line.get("remedy");
    let expected = format!(
        "open the page over `https://`; if a proxy serves it without TLS, set `.public_url(\"{without_tls}\")` on the `Server`"
    );
    assert!(remedy.starts_with(&expected), "{remedy}");

    // A proxy can have taken TLS off, and put it on again.
    let proxied = [("origin", &*without_tls), ("x-forwarded-proto", "http")];
    assert_eq!(answer(&server, &proxied).await.0, StatusCode::SWITCHING_PROTOCOLS);
}

#[tokio::test]
async fn the_public_url_and_development_allow_what_they_name() {
    let server = served(Server::new().public_url("http://app.example.com")).await;
    let (status, _) = answer(&server, &[("origin", "http://app.example.com")]).await;
    assert_eq!(status, StatusCode::SWITCHING_PROTOCOLS);

    let server = served(Server::new().development(true)).await;
    for page in ["http://localhost:5173", "https://localhost:5173", "http://127.0.0.1:1"] {
        assert_eq!(answer(&server, &[("origin", page)]).await.0, StatusCode::SWITCHING_PROTOCOLS, "{page}");
    }
    assert_eq!(answer(&server, &[("origin", "https://evil.example")]).await.0, StatusCode::FORBIDDEN);
}

/// The status of a GET over HTTP/1.1 with this host.
async fn status_of(server: &Secured, path: &str, host: &str, more: &str) -> u16 {
    let mut stream = server.try_dial(&["http/1.1"]).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    within(stream.read_exact(&mut head)).await.unwrap();
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_console_is_reached_by_a_name_at_the_port_of_tls() {
    let server = Server::new().public_url("https://dev.example.com").hosts(["nas.home.arpa"]);
    let server = served(server.console("/_sockeye")).await;
    let port = server.running.addr.port();
    for (host, status) in [
        (format!("localhost:{port}"), 200),
        (format!("dev.example.com:{port}"), 200),
        (format!("nas.home.arpa:{port}"), 200),
        // Without a port it is 443, at which this server does not listen.
        ("dev.example.com".to_owned(), 403),
        (format!("evil.example:{port}"), 421),
    ] {
        assert_eq!(status_of(&server, "/_sockeye/", &host, "").await, status, "{host}");
    }
    let page = |scheme: &str| format!("origin: {scheme}://localhost:{port}\r\n");
    let host = format!("localhost:{port}");
    assert_eq!(status_of(&server, "/_sockeye/", &host, &page("https")).await, 200);
    assert_eq!(status_of(&server, "/_sockeye/", &host, &page("http")).await, 403);
}

#[tokio::test]
async fn a_name_of_a_public_url_without_tls_is_a_proxys() {
    let server = served(Server::new().public_url("http://dev.example.com").console("/_sockeye")).await;
    let host = format!("dev.example.com:{}", server.running.addr.port());
    assert_eq!(status_of(&server, "/_sockeye/", &host, "").await, 403);
}

/// A page without a referrer asks why its handshake was refused: the origin is that of the host, over TLS.
#[tokio::test]
async fn a_question_of_an_own_page_has_the_origin_of_tls() {
    let server = secured(Limits::new()).await;
    let asked = "accept: application/vnd.sockeye.refusal\r\nsec-fetch-site: same-origin\r\n";
    assert_eq!(status_of(&server, "/listed", "localhost", asked).await, 204);

    let mut client = http2(&server).await;
    let request = Request::get("https://localhost/listed")
        .header("accept", "application/vnd.sockeye.refusal")
        .header("sec-fetch-site", "same-origin")
        .body(http_body_util::Empty::new())
        .unwrap();
    assert_eq!(within(client.send_request(request)).await.unwrap().status(), StatusCode::NO_CONTENT);
}
