//! The whole program, without a port: old routes, new endpoints and layers together.

use std::error::Error;

use axum::http::Method;
use serde_json::{Value, json};
use sockeye::{
    Problem, Server,
    testing::{TestClient, TestError, TestSocket},
};

use super::{app, app::AppState, auth::Tokens, server};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

async fn client() -> Result<TestClient> {
    Ok(TestClient::new(server(AppState::default(), Tokens::new("Ada", "secret"))).await?)
}

async fn desk(client: &TestClient) -> Result<TestSocket, TestError> {
    client.request("/admin/ws/stock").header("authorization", "Bearer secret").connect().await
}

async fn set(desk: &mut TestSocket, item: &str, count: u32) -> Result<(), TestError> {
    let change = json!({ "item": item, "count": count });
    desk.send_json(&change).await?;
    assert_eq!(desk.recv_json::<Value>().await?, change);
    Ok(())
}

/// The rules that a server breaks at its start.
async fn broken(server: Server) -> Vec<&'static str> {
    let Err(error) = server.check().await else { return Vec::new() };
    error.problems().iter().map(Problem::rule).collect()
}

#[tokio::test]
async fn every_startup_check_passes() -> Result {
    let checked = server(AppState::default(), Tokens::new("Ada", "secret")).check().await?;
    let mut routes: Vec<_> = checked.endpoints().map(|endpoint| endpoint.route()).collect();
    routes.sort_unstable();
    assert_eq!(routes, ["/admin/ws/stock", "/ws/changes"]);
    Ok(())
}

#[tokio::test]
async fn what_the_steps_warn_of_is_found_at_the_start() {
    let app = AppState::default;
    let unguarded = Server::new().router(app::routes(app())).state(app());
    // The layer keeps strangers out, and it is the one that knows the clerk.
    assert_eq!(broken(unguarded).await, ["unguarded_endpoint", "missing_extension"]);
    let twice = axum::Router::new().route("/ws/{*feed}", axum::routing::get(async || "all feeds"));
    let twice = twice.route("/ws/changes", axum::routing::get(async || "the old handler"));
    let client = TestClient::new(server(app(), Tokens::new("Ada", "secret")).router(twice)).await.unwrap();
    // What is no handshake still comes to the old route.
    assert_eq!(client.get("/ws/changes").await.unwrap().text(), "the old handler");
    client.request("/ws/changes").connect().await.unwrap();
}

#[tokio::test]
async fn the_applications_own_routes_are_what_they_were() -> Result {
    let client = client().await?;
    let mut desk = desk(&client).await?;
    set(&mut desk, "salmon", 1).await?;
    let stock = client.get("/stock").await?;
    assert_eq!((stock.status().as_u16(), stock.json::<Value>()?), (200, json!({ "salmon": 1 })));
    assert_eq!(stock.header("access-control-allow-origin"), Some("https://shop.example.com"));
    let sell = || {
        client
            .request("/admin/stock/salmon/sell")
            .method(Method::POST)
            .header("authorization", "Bearer secret")
    };
    assert_eq!(sell().send().await?.text(), "0 left\n");
    let sold_out = sell().send().await?;
    assert_eq!(sold_out.status(), 409);
    assert!(sold_out.text().contains("set its count"), "{sold_out}");
    Ok(())
}

#[tokio::test]
async fn a_route_that_is_plain_axum_works_beside_the_endpoints() -> Result {
    let client = client().await?;
    let mut desk = desk(&client).await?;
    set(&mut desk, "salmon", 3).await?;
    let mut socket = client.connect("/ws/ask").await?;
    socket.send("salmon").await?;
    assert_eq!(socket.recv_text().await?, "3");
    socket.send("shark").await?;
    assert_eq!(socket.recv_text().await?, "shark is not sold here");
    Ok(())
}

#[tokio::test]
async fn changes_are_told_wherever_they_are_made() -> Result {
    let client = client().await?;
    let mut changes = client.connect("/ws/changes").await?;
    let mut desk = desk(&client).await?;
    set(&mut desk, "salmon", 2).await?;
    assert_eq!(changes.recv_json::<Value>().await?, json!({ "item": "salmon", "count": 2 }));
    let sell = client.request("/admin/stock/salmon/sell").method(Method::POST);
    sell.header("authorization", "Bearer secret").send().await?;
    assert_eq!(changes.recv_json::<Value>().await?, json!({ "item": "salmon", "count": 1 }));
    drop((changes, desk));
    client.assert_idle().await;
    Ok(())
}

#[tokio::test]
async fn strangers_are_kept_out_by_the_applications_own_layer() -> Result {
    let client = client().await?;
    for token in [None, Some("Bearer wrong"), Some("Basic secret"), Some("secret")] {
        let mut request = client.request("/admin/ws/stock");
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let refusal = request.refused().await?;
        assert_eq!((refusal.status().as_u16(), refusal.rule()), (401, None), "{token:?}");
        assert!(refusal.body().contains("Authorization: Bearer"), "{refusal}");
    }
    Ok(())
}

#[tokio::test]
async fn endpoints_refuse_foreign_pages_and_plain_axum_does_not() -> Result {
    let client = client().await?;
    let refusal = client.request("/ws/changes").origin("https://evil.example").refused().await?;
    assert_eq!(refusal.rule(), Some("origin_refused"));
    client.request("/ws/ask").origin("https://evil.example").connect().await?;
    Ok(())
}
