use axum::Extension;
use sockeye::{Handshake, Server, ws_endpoint};

use crate::{report, rules};

#[derive(Clone)]
struct User;

type CurrentUser = Extension<User>;

/// Written out.
#[ws_endpoint("/ws/written", group = "missing_extension")]
async fn written(handshake: Handshake, Extension(_user): Extension<User>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Through an alias, and one that may be absent.
#[ws_endpoint("/ws/alias", group = "missing_extension")]
async fn alias(handshake: Handshake, _user: CurrentUser, _maybe: Option<Extension<u8>>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Behind a layer that is not there. The option is meant in the report, not the word in the group's name.
#[ws_endpoint("/ws/guarded", group = "missing_extension guarded", guarded)]
async fn guarded(handshake: Handshake, Extension(_user): Extension<User>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

#[tokio::test]
async fn the_user_of_a_guarded_endpoint_comes_from_the_layer_that_knows_it() {
    insta::assert_snapshot!(report(Server::new().group("missing_extension guarded")).await);
}

#[tokio::test]
async fn a_missing_extension_is_reported() {
    insta::assert_snapshot!(report(Server::new().group("missing_extension")).await);
}

#[tokio::test]
async fn a_layer_mends_it() {
    let server = Server::new().group("missing_extension").layer(Extension(User));
    assert_eq!(rules(server).await, Vec::<&str>::new());
}
