use sockeye::{Handshake, Server, ws_endpoint};

use crate::{report, rules};

const ROUTE: &str = "/constant/{id}";

/// Its route is known to the compiler, not to the attribute.
#[ws_endpoint(ROUTE, group = "constant_route")]
async fn constant(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// The attribute cannot see that it is the same.
#[ws_endpoint(concat!("/constant/", "{name}"), group = "constant_route")]
async fn joined(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// Nothing is wrong with it.
#[ws_endpoint(ROUTE, group = "constant_route_alone")]
async fn alone(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

#[tokio::test]
async fn one_route_of_two_constants_is_reported() {
    insta::assert_snapshot!(report(Server::new().group("constant_route")).await);
    assert_eq!(rules(Server::new().group("constant_route")).await, ["duplicate_route"]);
}

#[tokio::test]
async fn a_constant_is_a_route_as_any() {
    let checked = Server::new().group("constant_route_alone").check().await.unwrap();
    assert_eq!(checked.endpoints().map(|one| one.route()).collect::<Vec<_>>(), ["/constant/{id}"]);
}
