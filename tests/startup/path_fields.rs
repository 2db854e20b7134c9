use std::collections::HashMap;

use axum::extract::Path;
use serde::Deserialize;
use sockeye::{Handshake, Server, ws_endpoint};

use crate::{report, rules};

#[derive(Deserialize)]
struct Room {
    #[expect(dead_code, reason = "only read")]
    tenant: String,
    #[expect(dead_code, reason = "only read")]
    room_id: u64,
}

type Ids = (u64, u64);

/// A field has another name than the parameter.
#[ws_endpoint("/ws/{tenant}/rooms/{id}", group = "path_fields")]
async fn room(handshake: Handshake, Path(_room): Path<Room>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// The macro cannot count what an alias stands for.
#[ws_endpoint("/ws/pairs/{id}", group = "path_fields")]
async fn pair(handshake: Handshake, Path(_ids): Path<Ids>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Keys are names.
#[ws_endpoint("/ws/maps/{id}", group = "path_fields")]
async fn map(handshake: Handshake, Path(_map): Path<HashMap<u64, String>>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// As it should be.
#[ws_endpoint("/ws/{tenant}/right/{room_id}", group = "path_fields right")]
async fn right(handshake: Handshake, Path(_room): Path<Room>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_the_route_is_reported() {
    insta::assert_snapshot!(report(Server::new().group("path_fields")).await);
}

/// Its prefix has a parameter, too.
#[ws_endpoint("/ws/{id}", group = "path_fields prefix")]
async fn behind_prefix(handshake: Handshake, Path(_id): Path<u64>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn a_parameter_of_a_prefix_is_added_to_what_the_type_takes() {
    let report = report(Server::new().group("path_fields prefix").nested("/{tenant}")).await;
    assert!(report.contains("write `Path((tenant, id)): Path<(String, u64)>`"), "{report}");
}

#[tokio::test]
async fn what_fits_is_not() {
    assert_eq!(rules(Server::new().group("path_fields right")).await, Vec::<&str>::new());
}
