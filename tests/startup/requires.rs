use std::{marker::PhantomData, net::IpAddr};

use axum::{
    Extension,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use serde::Deserialize;
use sockeye::{Handshake, Requirements, Requires, Server, ws_endpoint};
use sockeye_tests::{hear, start};

use crate::{report, rules};

#[derive(Clone)]
struct Sessions(&'static str);

#[derive(Clone)]
struct Tenant;

#[derive(Deserialize)]
#[allow(dead_code, reason = "only its shape counts")]
struct Place {
    tenant: String,
}

/// Needs one thing of each kind.
struct AuthUser {
    name: &'static str,
}

impl Requires for AuthUser {
    fn require(requirements: &mut Requirements) {
        requirements.state::<Sessions>("sessions are looked up in it");
        requirements.extension::<Tenant>("a session is of a tenant");
        requirements.connect_info::<IpAddr>("a session is bound to an address");
        requirements.path::<Place>("the tenant's name is in the path");
        requirements.credentials("the session is known by its cookie");
    }
}

impl<S: Sync> FromRequestParts<S> for AuthUser {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let sessions = sockeye::state::<Sessions>(parts).ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        Ok(Self { name: sessions.0 })
    }
}

/// Passes the question on.
struct Admin<T>(PhantomData<T>);

impl<T: Requires> Requires for Admin<T> {
    fn require(requirements: &mut Requirements) {
        T::require(requirements);
    }
}

impl<T, S: Sync> FromRequestParts<S> for Admin<T> {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Ok(Self(PhantomData))
    }
}

struct Moderator;

impl Requires for Moderator {
    fn require(requirements: &mut Requirements) {
        requirements.state::<Sessions>("moderators are listed in it");
    }
}

type Alias = Admin<Moderator>;

/// Lacks everything.
#[ws_endpoint("/ws/everything", origins = any, group = "requires")]
async fn everything(handshake: Handshake, user: AuthUser) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(user.name).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Lacks one thing, behind an alias; what may be absent is not asked.
#[ws_endpoint("/ws/alias", group = "requires")]
async fn alias(handshake: Handshake, _admin: Alias, _maybe: Result<AuthUser, StatusCode>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Lacks nothing when its server has sessions.
#[ws_endpoint("/ws/{tenant}/live", group = "requires live")]
async fn live(handshake: Handshake, moderator: Admin<Moderator>, user: Live) -> sockeye::Result {
    let Admin(PhantomData) = moderator;
    let mut socket = handshake.accept().await?;
    socket.send(user.0.name).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

struct Live(AuthUser);

impl Requires for Live {
    fn require(requirements: &mut Requirements) {
        requirements.extension::<Tenant>("a session is of a tenant");
        requirements.path::<Place>("the tenant's name is in the path");
    }
}

impl<S: Sync> FromRequestParts<S> for Live {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        AuthUser::from_request_parts(parts, state).await.map(Self)
    }
}

#[tokio::test]
async fn what_an_extractor_declares_is_looked_for() {
    insta::assert_snapshot!(report(Server::new().group("requires")).await);
}

/// What only a listener gives is judged where Sockeye listens.
#[tokio::test]
async fn connect_info_is_judged_with_the_listener() {
    let server = Server::new().group("requires").state(Sessions("ada"));
    let error = server.serve("127.0.0.1:0").await.unwrap_err();
    let listener: Vec<_> =
        error.problems().iter().filter(|one| one.rule() == "missing_connect_info").collect();
    assert_eq!(listener.len(), 1);
    assert_eq!(
        listener[0].message(),
        "`AuthUser` of endpoint `everything` needs `ConnectInfo<IpAddr>`, which the listener does not provide"
    );
}

#[tokio::test]
async fn an_extractor_takes_what_it_declared() {
    let server = || Server::new().group("requires live").layer(Extension(Tenant));
    assert_eq!(rules(server()).await, ["missing_state"]);
    let server = start(server().state(Sessions("ada"))).await;
    let mut client = server.connect("/ws/acme/live").await;
    assert_eq!(hear(&mut client).await.to_text().unwrap(), "ada");
}
