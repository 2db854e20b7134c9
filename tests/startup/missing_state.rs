use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::request::Parts;
use sockeye::{Handshake, Server, ws_endpoint};

use crate::{report, rules};

#[derive(Clone)]
struct Hub<T>(T);

#[derive(Clone)]
struct LogRecord;

#[derive(Clone)]
struct AppState {
    pool: Pool,
}

#[derive(Clone)]
struct Pool;

impl FromRef<AppState> for Pool {
    fn from_ref(state: &AppState) -> Self {
        state.pool.clone()
    }
}

mod other {
    #[derive(Clone)]
    pub(super) struct Config;
}

#[derive(Clone)]
struct Config;

type Shared = State<Arc<Pool>>;

struct FromPool;

impl<S: Send + Sync> FromRequestParts<S> for FromPool
where
    Pool: FromRef<S>,
{
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, state: &S) -> Result<Self, ()> {
        let Pool = Pool::from_ref(state);
        Ok(Self)
    }
}

/// Streams the log.
#[ws_endpoint("/ws/logs", group = "missing_state")]
async fn logs(handshake: Handshake, State(hub): State<Hub<LogRecord>>) -> sockeye::Result {
    let Hub(LogRecord) = hub;
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Two of them, one through an alias.
#[ws_endpoint("/ws/two", group = "missing_state")]
async fn two(handshake: Handshake, State(_config): State<Config>, _shared: Shared) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// An extractor that needs a state.
#[ws_endpoint("/ws/app", state = AppState, group = "missing_state")]
async fn app(handshake: Handshake, _pool: FromPool) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Works without a cache, too.
#[ws_endpoint("/ws/optional", group = "missing_state")]
async fn optional(handshake: Handshake, cache: Option<State<Arc<other::Config>>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let reason = if cache.is_some() { "with a cache" } else { "without a cache" };
    socket.close(sockeye::CloseCode::NORMAL, reason).await?;
    Ok(())
}

#[tokio::test]
async fn an_optional_value_is_none_if_the_server_does_not_have_it() {
    let complete =
        || Server::new().group("missing_state").state(Hub(LogRecord)).state(Config).state(Arc::new(Pool));
    let complete = || complete().state(AppState { pool: Pool });
    let with = complete().state(Arc::new(other::Config));
    for (server, reason) in [(complete(), "without a cache"), (with, "with a cache")] {
        let client = sockeye::testing::TestClient::new(server).await.unwrap();
        let mut socket = client.connect("/ws/optional").await.unwrap();
        assert_eq!(socket.closed().await.unwrap().reason, reason);
    }
}

#[tokio::test]
async fn each_missing_value_is_reported() {
    let server = Server::new().group("missing_state").state(other::Config).state(Pool);
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn what_is_given_is_enough() {
    let server = Server::new()
        .group("missing_state")
        .state(Hub(LogRecord))
        .state(Config)
        .state(Arc::new(Pool))
        .state(AppState { pool: Pool });
    assert_eq!(rules(server).await, Vec::<&str>::new());
}
