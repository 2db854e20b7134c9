//! Which names the server answers to, and which pages are its own: over real sockets, as a browser or a proxy asks.

use http::request::Parts;
use sockeye::{Handshake, Origins, Server, testing::TestClient, ws_endpoint};
use sockeye_tests::{
    Running, logs,
    raw::{Answer, HEAD, ask},
    start,
};

/// Of its own pages only, unless the server says otherwise.
#[ws_endpoint("/own")]
async fn own(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// Of every page.
#[ws_endpoint("/any", origins = any)]
async fn any(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// Of every tenant's pages.
#[ws_endpoint("/tenants", origins = ["https://app.example.com", "https://*.tenants.example.com"])]
async fn tenants(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

async fn server(server: Server) -> Running {
    logs::listen();
    start(server).await
}

/// A handshake for this host; `PORT` is the server's own.
async fn handshake(server: &Running, path: &str, host: &str, more: &[&str]) -> Answer {
    let port = server.addr.port().to_string();
    let head = HEAD.replace("Host: localhost", &format!("Host: {host}"));
    let more = more.iter().flat_map(|line| [line, "\r\n"]).collect::<String>();
    ask(server.addr, &format!("GET {path} HTTP/1.1\r\n{head}{more}\r\n").replace("PORT", &port)).await
}

async fn page(server: &Running, path: &str, host: &str, origin: &str) -> (u16, String) {
    let answer = handshake(server, path, host, &[&format!("Origin: {origin}")]).await;
    (answer.status, answer.header("sockeye-rule").to_owned())
}

/// The origin of a page that this host has served without TLS.
fn own_origin(host: &str) -> String {
    format!("http://{}", host.to_lowercase().replace("port", "PORT"))
}

fn refused(rule: &str) -> (u16, String) {
    (if rule == "host_refused" { 421 } else { 403 }, rule.to_owned())
}

fn accepted() -> (u16, String) {
    (101, String::new())
}

#[tokio::test]
async fn a_page_of_another_site_whose_name_leads_here_is_refused() {
    let server = server(Server::new()).await;
    for host in [
        "evil.example:PORT",
        "EVIL.example.:PORT",
        "localhost.evil.example:PORT",
        "127.0.0.1.evil.example:PORT",
    ] {
        let answer = handshake(&server, "/own", host, &[&format!("Origin: {}", own_origin(host))]).await;
        assert_eq!((answer.status, answer.header("sockeye-rule")), (421, "host_refused"), "{host}");
        assert!(
            answer.body.contains("this server does not serve the host that the request names"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("evil"), "{}", answer.body);
    }
    let origin = format!("http://evil.example:{}", server.addr.port());
    let lines = logs::with("origin", &origin);
    assert_eq!(
        (lines.len(), lines[0].get("rule"), lines[0].get("status")),
        (1, "host_refused", "421"),
        "{lines:?}"
    );
    assert!(lines[0].get("reason").contains(&origin["http://".len()..]), "{lines:?}");
    assert!(lines[0].get("remedy").contains(".hosts([\"evil.example\"])"), "{lines:?}");
    assert!(lines[0].get("remedy").contains(&format!(".public_url(\"{origin}\")")), "{lines:?}");
}

#[tokio::test]
async fn names_of_this_machine_and_addresses_are_its_own() {
    let server = server(Server::new()).await;
    for host in [
        "localhost:PORT",
        "LOCALHOST:PORT",
        "app.localhost:PORT",
        "a.b.localhost:PORT",
        "127.0.0.1:PORT",
        "127.9.9.9:PORT",
        "[::1]:PORT",
        "192.168.1.7:PORT",
        "[2001:db8::1]:PORT",
        "devbox:PORT",
    ] {
        let origin = format!("Origin: {}", own_origin(host));
        assert_eq!(handshake(&server, "/own", host, &[&origin]).await.status, 101, "{host}");
    }
}

/// As nginx, Caddy and the like pass a request on to a port of loopback, with the public host.
#[tokio::test]
async fn a_proxy_on_the_same_machine_is_not_in_the_way() {
    let server = server(Server::new()).await;
    for (host, origin) in [
        ("app.example.com", "https://app.example.com"),
        ("app.example.com", "http://app.example.com"),
        ("app.example.com:8443", "https://app.example.com:8443"),
        ("app.example.com:8080", "http://app.example.com:8080"),
        ("app.example.com:PORT", "https://app.example.com:PORT"),
    ] {
        assert_eq!(
            handshake(&server, "/own", host, &[&format!("Origin: {origin}")]).await.status,
            101,
            "{host}"
        );
    }
    // On the very port, on another interface: its headers tell.
    for header in [
        "X-Forwarded-For: 203.0.113.9",
        "X-Real-IP: 203.0.113.9",
        "Forwarded: for=203.0.113.9",
        "Via: 1.1 proxy",
    ] {
        let origin = "Origin: http://app.example.com:PORT";
        assert_eq!(
            handshake(&server, "/own", "app.example.com:PORT", &[origin, header]).await.status,
            101,
            "{header}"
        );
    }
}

#[tokio::test]
async fn only_pages_that_pass_for_its_own_are_judged_by_their_host() {
    let server = server(Server::new()).await;
    // Not a browser.
    assert_eq!(handshake(&server, "/own", "evil.example:PORT", &[]).await.status, 101);
    // Allowed, or refused, by its origin.
    assert_eq!(page(&server, "/any", "evil.example:PORT", "http://evil.example:PORT").await, accepted());
    assert_eq!(page(&server, "/tenants", "evil.example:PORT", "https://app.example.com").await, accepted());
    assert_eq!(
        page(&server, "/tenants", "evil.example:PORT", "http://evil.example:PORT").await,
        refused("origin_refused")
    );
    assert_eq!(
        page(&server, "/own", "evil.example:PORT", "http://other.example").await,
        refused("origin_refused")
    );
}

#[tokio::test]
async fn hosts_that_are_named_are_answered() {
    let server =
        server(Server::new().hosts(["App.Example.com.", "*.tenants.example.com", "10.1.2.3"]).hosts(["web"]))
            .await;
    for host in [
        "app.example.com:PORT",
        "APP.example.com",
        "a.tenants.example.com:PORT",
        "web",
        "10.1.2.3",
        "localhost",
        "[::1]:PORT",
    ] {
        let origin = format!("Origin: {}", own_origin(host));
        assert_eq!(handshake(&server, "/own", host, &[&origin]).await.status, 101, "{host}");
        assert_eq!(handshake(&server, "/any", host, &[]).await.status, 101, "{host}");
    }
    for host in
        ["evil.example:PORT", "example.com", "a.b.tenants.example.com", "tenants.example.com", "other"]
    {
        for path in ["/own", "/any", "/tenants"] {
            let answer = handshake(&server, path, host, &[&format!("Origin: https://{host}")]).await;
            assert_eq!((answer.status, answer.header("sockeye-rule")), (421, "host_refused"), "{host}{path}");
        }
        assert_eq!(handshake(&server, "/own", host, &[]).await.status, 421, "{host}");
    }
    let lines = logs::with("origin", "https://other");
    assert!(lines[0].get("reason").contains("is not in the list passed to `Server::hosts`"), "{lines:?}");
}

#[tokio::test]
async fn pages_of_the_public_url_are_its_own() {
    let server = server(Server::new().public_url("https://app.example.com")).await;
    // The proxy does not pass the host on.
    assert_eq!(page(&server, "/own", "127.0.0.1:PORT", "https://app.example.com").await, accepted());
    assert_eq!(page(&server, "/own", "127.0.0.1:PORT", "https://app.example.com:443").await, accepted());
    for origin in [
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://example.com",
        "https://evil.example",
    ] {
        assert_eq!(
            page(&server, "/own", "127.0.0.1:PORT", origin).await,
            refused("origin_refused"),
            "{origin}"
        );
    }
    // Its name may lead to this machine, another's may not.
    assert_eq!(
        page(&server, "/own", "app.example.com:PORT", "http://app.example.com:PORT").await,
        accepted()
    );
    assert_eq!(
        page(&server, "/own", "evil.example:PORT", "http://evil.example:PORT").await,
        refused("host_refused")
    );
}

#[tokio::test]
async fn a_refused_page_is_told_apart_from_the_host_in_the_log() {
    let server = server(Server::new()).await;
    let origin = "https://elsewhere.example";
    assert_eq!(page(&server, "/own", "app.example.com", origin).await, refused("origin_refused"));
    let lines = logs::with("origin", origin);
    let reason = "is not the origin of this server, `app.example.com`";
    assert!(lines[0].get("reason").contains(reason), "{lines:?}");
}

#[tokio::test]
async fn one_label_of_a_host_can_be_open() {
    let server = server(Server::new().origins(Origins::matching("http://*.localhost:5173"))).await;
    for origin in ["https://app.example.com", "https://acme.tenants.example.com"] {
        assert_eq!(page(&server, "/tenants", "localhost", origin).await, accepted(), "{origin}");
    }
    for origin in [
        "https://tenants.example.com",
        "https://a.b.tenants.example.com",
        "https://eviltenants.example.com",
        "https://acme.tenants.example.com.evil.example",
        "http://acme.tenants.example.com",
        "https://acme.tenants.example.com:8443",
        "https://*.tenants.example.com",
        "null",
    ] {
        assert_eq!(
            page(&server, "/tenants", "localhost", origin).await,
            refused("origin_refused"),
            "{origin}"
        );
    }
    assert_eq!(page(&server, "/own", "localhost", "http://acme.localhost:5173").await, accepted());
    assert_eq!(
        page(&server, "/own", "localhost", "http://acme.localhost:5174").await,
        refused("origin_refused")
    );
}

#[tokio::test]
async fn origins_can_be_computed() {
    let allows = |origin: &str, request: &Parts| match origin {
        "https://panics.example" => panic!("no such tenant"),
        _ => origin == "https://preview-7.example" && request.uri.path() == "/own",
    };
    let server = server(Server::new().origins(Origins::from_fn(allows))).await;
    assert_eq!(page(&server, "/own", "localhost", "https://preview-7.example").await, accepted());
    for origin in
        ["https://preview-8.example", "null", "https://preview-7.example/", "HTTPS://preview-7.example"]
    {
        assert_eq!(page(&server, "/own", "localhost", origin).await, refused("origin_refused"), "{origin}");
    }
    // A mistake of the server's, whose words are for its log.
    let answer = handshake(&server, "/own", "localhost", &["Origin: https://panics.example"]).await;
    assert_eq!((answer.status, answer.header("sockeye-rule")), (500, "handler_panic"));
    assert!(!answer.body.contains("tenant"), "{}", answer.body);
    let lines = logs::with("origin", "https://panics.example");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].get("reason").contains("`Origins::from_fn` panicked: no such tenant"), "{lines:?}");
}

/// Nobody knows the port there.
#[tokio::test]
async fn a_host_with_a_port_is_judged_where_sockeye_does_not_listen() {
    logs::listen();
    let client = TestClient::new(Server::new()).await.unwrap();
    let rebound =
        client.request("/own").header("host", "evil.example:3000").origin("http://evil.example:3000");
    let refusal = rebound.refused().await.unwrap();
    assert_eq!((refusal.status().as_u16(), refusal.rule()), (421, Some("host_refused")));
    let proxied = client.request("/own").header("host", "app.example.com").origin("http://app.example.com");
    proxied.connect().await.unwrap();
}
