//! What a browser's script learns of a refused handshake: it asks the same address over `fetch`.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    Router,
    http::{StatusCode, header::SET_COOKIE},
    middleware::{Next, from_fn},
    response::IntoResponse as _,
    routing::get,
};
use sockeye::{
    Handshake, Server,
    testing::{TestClient, TestRequest, TestResponse},
    ws_endpoint,
};
use sockeye_tests::logs;
use tracing::Level;

type Tested = Result<(), Box<dyn std::error::Error>>;

static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Lets in whoever has the cookie.
#[ws_endpoint("/ws/members", origins = ["https://app.example.com", "http://localhost"])]
async fn members(handshake: Handshake) -> sockeye::Result {
    if !handshake.headers().contains_key("cookie") {
        return Err(handshake.reject(StatusCode::UNAUTHORIZED, "sign in again"));
    }
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Counts how often it is asked: by one test.
#[ws_endpoint("/ws/counted", origins = ["https://app.example.com"])]
async fn counted(handshake: Handshake) -> sockeye::Result {
    CALLS.fetch_add(1, Ordering::Relaxed);
    Err(handshake.reject(StatusCode::UNAUTHORIZED, "sign in again"))
}

/// Closed for lunch.
#[ws_endpoint("/ws/closed", origins = any)]
async fn closed(handshake: Handshake) -> sockeye::Result {
    let later = (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "30")], "closed for lunch");
    Err(handshake.reject_with(later))
}

/// Never decides.
#[ws_endpoint("/ws/slow")]
async fn slow(_handshake: Handshake) -> sockeye::Result {
    std::future::pending().await
}

async fn guard(request: axum::extract::Request, next: Next) -> axum::response::Response {
    if request.headers().contains_key("x-stop") {
        return (StatusCode::FORBIDDEN, [(SET_COOKIE, "secret=1")], "the account of Ada Lovelace")
            .into_response();
    }
    let is_branded = request.headers().contains_key("x-brand");
    let response = next.run(request).await;
    if is_branded && response.status().is_client_error() {
        return (response.status(), [(SET_COOKIE, "secret=1")], "<h1>Ada Lovelace</h1>").into_response();
    }
    response
}

async fn client() -> TestClient {
    logs::listen();
    let pages = Router::new().route("/api/me", get(async || "the account of Ada Lovelace"));
    TestClient::new(Server::new().router(pages).layer(from_fn(guard))).await.unwrap()
}

fn ask<'a>(client: &'a TestClient, path: &str) -> TestRequest<'a> {
    client.request(path).header("accept", "application/vnd.sockeye.refusal")
}

fn cross_origin(answer: &TestResponse) -> (Option<&str>, Option<&str>) {
    (answer.header("access-control-allow-origin"), answer.header("access-control-allow-credentials"))
}

#[tokio::test]
async fn a_page_is_told_what_the_handler_would_say() -> Tested {
    let client = client().await;
    let own = ask(&client, "/ws/members").header("sec-fetch-site", "same-origin").send().await?;
    assert_eq!(
        (own.status(), own.header("sockeye-rule")),
        (StatusCode::UNAUTHORIZED, Some("handler_refused"))
    );
    assert_eq!(own.text(), "websocket handshake refused [handler_refused]: sign in again\n");
    assert_eq!(own.header("cache-control"), Some("no-store"));
    assert_eq!(cross_origin(&own), (None, None));

    let other = ask(&client, "/ws/members").origin("https://app.example.com").send().await?;
    assert_eq!(other.text(), own.text());
    assert_eq!(cross_origin(&other), (Some("https://app.example.com"), Some("true")));
    assert_eq!(other.header("access-control-expose-headers"), Some("sockeye-rule, retry-after"));
    Ok(())
}

#[tokio::test]
async fn what_would_be_accepted_is_204_and_opens_nothing() -> Tested {
    let client = client().await;
    let answer =
        ask(&client, "/ws/members").origin("https://app.example.com").header("cookie", "a=b").send().await?;
    assert_eq!((answer.status(), answer.text()), (StatusCode::NO_CONTENT, ""));
    assert_eq!((answer.header("upgrade"), answer.header("sec-websocket-accept")), (None, None));
    client.assert_idle().await;
    Ok(())
}

#[tokio::test]
async fn an_answer_of_the_handlers_own_comes_with_its_headers() -> Tested {
    let client = client().await;
    let answer = ask(&client, "/ws/closed").origin("https://any.example").send().await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((answer.header("retry-after"), answer.text()), (Some("30"), "closed for lunch"));
    Ok(())
}

#[tokio::test]
async fn a_page_of_another_origin_learns_that_it_is_refused_and_nothing_else() -> Tested {
    let client = client().await;
    let evil =
        ask(&client, "/ws/counted").origin("https://evil.example").header("cookie", "a=b").send().await?;
    assert_eq!(evil.header("sockeye-rule"), Some("origin_refused"));
    assert_eq!(
        evil.text(),
        "websocket handshake refused [origin_refused]: this page is not allowed to connect to this endpoint\n"
    );
    assert_eq!(cross_origin(&evil), (Some("https://evil.example"), None), "not with the user's cookies");
    // A page that does not want to read the answer sends no `Origin`; where it is from its referrer tells, or nothing does.
    let referred = ask(&client, "/ws/counted").header("referer", "https://evil.example/a?b").send().await?;
    assert_eq!(referred.header("sockeye-rule"), Some("origin_refused"));
    let hidden = ask(&client, "/ws/counted").header("sec-fetch-site", "cross-site").send().await?;
    assert_eq!(hidden.header("sockeye-rule"), Some("not_an_upgrade"), "it is a plain request");
    assert_eq!(CALLS.load(Ordering::Relaxed), 0, "no handler has run");
    ask(&client, "/ws/counted").origin("https://app.example.com").send().await?;
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    Ok(())
}

#[tokio::test]
async fn no_page_reads_a_route_of_the_program_this_way() -> Tested {
    let client = client().await;
    for (path, header, rule) in [
        ("/api/me", "x-go", "unknown_route"),
        ("/ws/members", "x-stop", "refused_by_layer"),
        ("/ws/members", "x-brand", "origin_refused"),
    ] {
        let request = ask(&client, path).origin("https://evil.example").header(header, "1");
        let answer = request.header("cookie", "a=b").send().await?;
        assert_eq!(answer.header("sockeye-rule"), Some(rule), "{path}");
        assert!(!answer.text().contains("Ada"), "{path}: {}", answer.text());
        assert_eq!(answer.header("set-cookie"), None);
        assert_eq!(cross_origin(&answer), (Some("https://evil.example"), None));
    }
    let route = ask(&client, "/api/me").origin("https://evil.example").send().await?;
    assert_eq!(route.status(), StatusCode::NOT_FOUND, "nor whether there is one");
    let branded =
        ask(&client, "/ws/members").origin("https://app.example.com").header("x-brand", "1").send().await?;
    assert_eq!(
        branded.text(),
        "websocket handshake refused [handler_refused]: sign in again\n",
        "as the endpoint said it"
    );
    assert_eq!(branded.header("set-cookie"), None);
    let plain = client.request("/api/me").origin("https://evil.example").send().await?;
    assert_eq!(plain.text(), "the account of Ada Lovelace");
    assert_eq!(cross_origin(&plain), (None, None));
    Ok(())
}

#[tokio::test]
async fn a_layer_in_front_and_a_wrong_path_are_named() -> Tested {
    let client = client().await;
    let own = |path| ask(&client, path).header("sec-fetch-site", "same-origin");
    let stopped = own("/ws/members").header("x-stop", "1").send().await?;
    assert_eq!(stopped.status(), StatusCode::FORBIDDEN);
    assert!(
        stopped.text().starts_with(
            "websocket handshake refused [refused_by_layer]: a layer in front of the endpoint answered with 403 Forbidden"
        ),
        "{}",
        stopped.text()
    );
    let lost = own("/ws/member").send().await?;
    assert_eq!(lost.status(), StatusCode::NOT_FOUND);
    assert!(lost.text().contains("did you mean `/ws/members`?"), "{}", lost.text());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_has_as_long_as_for_a_handshake() -> Tested {
    let client = client().await.patience(Duration::from_mins(1));
    let answer = ask(&client, "/ws/slow").header("sec-fetch-site", "same-origin").send().await?;
    assert_eq!(
        (answer.status(), answer.header("sockeye-rule")),
        (StatusCode::SERVICE_UNAVAILABLE, Some("never_accepted"))
    );
    client.assert_idle().await;
    Ok(())
}

#[tokio::test]
async fn the_page_that_asks_is_judged_as_by_a_handshake() -> Tested {
    let client = client().await;
    let own = || ask(&client, "/ws/slow").header("sec-fetch-site", "same-origin");
    // A proxy that changes `Host`: the browser knows better where its page is from.
    let proxied = own()
        .header("host", "10.0.0.7:3000")
        .header("referer", "https://app.example.com/page")
        .send()
        .await?;
    assert_eq!(proxied.header("sockeye-rule"), Some("origin_refused"));
    let unlisted = ask(&client, "/ws/members").header("sec-fetch-site", "same-origin");
    let unlisted = unlisted.header("host", "other.example.com").send().await?;
    assert_eq!(
        unlisted.header("sockeye-rule"),
        Some("origin_refused"),
        "an endpoint may leave its own site out"
    );
    Ok(())
}

#[tokio::test]
async fn a_program_may_ask_as_it_may_connect() -> Tested {
    let client = client().await;
    // As Node's `fetch` sends it.
    let answer = ask(&client, "/ws/members").header("sec-fetch-mode", "cors").send().await?;
    assert_eq!(answer.header("sockeye-rule"), Some("handler_refused"));
    let unknown = ask(&client, "/ws/members").send().await?;
    assert_eq!(unknown.header("sockeye-rule"), Some("not_an_upgrade"), "it may be a page that hides");
    Ok(())
}

#[tokio::test]
async fn a_question_is_logged_and_counted_apart() -> Tested {
    let client = client().await;
    let peer = "192.0.2.77:7".parse()?;
    ask(&client, "/ws/closed").origin("https://any.example").peer(peer).send().await?;
    assert!(client.request("/ws/closed").origin("https://any.example").peer(peer).refused().await.is_ok());
    let lines = logs::with("peer", "192.0.2.77:7");
    let told: Vec<_> = lines.iter().map(|line| (line.get("message"), line.level)).collect();
    assert_eq!(told, [("refusal explained", Level::WARN), ("handshake refused", Level::WARN)], "{lines:?}");
    assert!(lines.iter().all(|line| line.get("rule") == "handler_refused"));
    Ok(())
}
