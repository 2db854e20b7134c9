use axum::{
    extract::{Path, Request},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use sockeye::{Handshake, Server, ws_endpoint};

use crate::{report, rules};

#[derive(Deserialize)]
struct Seat {
    #[expect(dead_code, reason = "only read")]
    tenant: String,
    #[expect(dead_code, reason = "only read")]
    seat: u32,
}

/// Open to all.
#[ws_endpoint("/ws/lobby", group = "lobby")]
async fn lobby(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// Of those who know the password.
#[ws_endpoint("/ws/office", group = "office")]
async fn office(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// The same, and says so.
#[ws_endpoint("/ws/vault", guarded, group = "vault")]
async fn vault(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// Takes a parameter of its prefix, too.
#[ws_endpoint("/ws/seats/{seat}", group = "seats")]
async fn seat(handshake: Handshake, Path(_seat): Path<Seat>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// Without names.
#[ws_endpoint("/ws/rows/{row}", group = "seats")]
async fn row(handshake: Handshake, Path((_tenant, _row)): Path<(String, u32)>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

async fn closed(_: Request, _: Next) -> Response {
    (StatusCode::UNAUTHORIZED, "who are you?").into_response()
}

#[tokio::test]
async fn a_layer_of_a_group_that_refuses_everybody_is_named_with_it() {
    let server = Server::new().group("lobby").layer_for("office", from_fn(closed));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn a_layer_of_a_group_is_not_in_front_of_other_groups() {
    let server = Server::new().group("lobby").layer_for("vault", from_fn(closed));
    assert_eq!(rules(server).await, Vec::<&str>::new());
    let server = Server::new().group("vault").layer_for("lobby", from_fn(closed));
    assert_eq!(rules(server).await, ["unreachable_endpoint", "unguarded_endpoint"]);
}

#[tokio::test]
async fn names_of_groups_and_prefixes_are_checked() {
    let server = Server::new()
        .group("lobby")
        .layer_for("offices", from_fn(closed))
        .prefix("lobby", "in/")
        .prefix("vault", "/cellar/")
        .prefix("seats", "/{*rest}")
        .prefix("office", "/{a}{b}")
        .prefix("attic", "/top floor?x")
        .nested("api");
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn the_parameters_of_a_prefix_belong_to_the_path() {
    let server = || Server::new().group("seats");
    assert_eq!(rules(server().prefix("seats", "/{tenant}")).await, Vec::<&str>::new());
    assert_eq!(rules(server().nested("/{tenant}")).await, Vec::<&str>::new());
    assert_eq!(rules(server()).await, ["path_fields", "path_fields"]);
    insta::assert_snapshot!(report(server().prefix("seats", "/{owner}/{house}")).await);
}

#[tokio::test]
async fn routes_are_compared_with_their_prefixes() {
    let twice = Server::new().group("lobby").prefix("office", "/x").prefix("lobby", "/x");
    assert_eq!(rules(twice).await, Vec::<&str>::new());
    let app = axum::Router::new().route("/{other}/ws/rows/{row}", axum::routing::get(async || {}));
    assert_eq!(rules(Server::new().prefix("seats", "/{tenant}").router(app)).await, ["conflicting_route"]);
    let server = || Server::new().prefix("lobby", "/x");
    assert_eq!(rules(server().expect(["/x/ws/lobby"])).await, Vec::<&str>::new());
    let without = report(server().expect(["/ws/lobby"])).await;
    let help = "endpoint `lobby` has this route in its group; with the group's prefix, write `/x/ws/lobby`";
    assert!(without.contains(help), "{without}");
}

#[tokio::test]
async fn the_table_has_whole_routes() {
    let server = Server::new().prefix("lobby", "/x").check().await.unwrap();
    let routes: Vec<_> = server.endpoints().map(|one| one.route()).collect();
    assert_eq!(routes.iter().filter(|route| **route == "/x/ws/lobby").count(), 1, "{routes:?}");
    assert!(!routes.contains(&"/ws/lobby"), "{routes:?}");
}
