use std::{net::SocketAddr, sync::Arc, time::Duration};

use super::{TestError, TestRequest, TestResponse, TestSocket, TestStream, error::Came, hosted::Hosted};
use crate::{Server, StartupError};

/// A server and its clients in the test's own process: no port is opened.
///
/// See [the module](super) for an example. The server runs until the client and its last socket are dropped, or until
/// [`shutdown`](Self::shutdown).
#[derive(Debug)]
pub struct TestClient {
    server: Arc<Hosted>,
    patience: Duration,
}

impl TestClient {
    /// Checks the server and, if every check passes, runs it: endpoints, router, layers and limits are those of
    /// [`Server::serve`]. A future passed to [`Server::shutdown`] works as it does there; signals are not
    /// handled.
    ///
    /// # Errors
    /// Every problem of every endpoint, as [`Server::serve`] would report them before it binds.
    pub async fn new(server: Server) -> Result<Self, StartupError> {
        let checked = server.check_to_listen().await?;
        Ok(Self { server: Arc::new(Hosted::new(checked)), patience: Duration::from_secs(10) })
    }

    /// How long this client and its sockets wait for anything; 10 s by default. It is measured on tokio's clock: while
    /// that is paused, long waits take no real time.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Connects to a path, with its query if it has one.
    ///
    /// # Errors
    /// If the server refuses ([`TestError::refusal`]), or if there is no response.
    pub async fn connect(&self, path: &str) -> Result<TestSocket, TestError> {
        self.request(path).connect().await
    }

    /// An ordinary `GET` request, for a page, a health route, or anything else that is not an endpoint. For
    /// other methods, headers and bodies see [`TestRequest::send`].
    ///
    /// ```
    /// # async fn example(client: sockeye::testing::TestClient) -> Result<(), sockeye::testing::TestError> {
    /// let health = client.get("/health").await?;
    /// assert_eq!(health.status(), 200);
    /// assert_eq!(health.json::<serde_json::Value>()?["status"], "running");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no response. An error status is a response.
    pub async fn get(&self, path: &str) -> Result<TestResponse, TestError> {
        self.request(path).send().await
    }

    /// A request builder for a path: a handshake, unless it is sent with [`TestRequest::send`].
    pub fn request(&self, path: &str) -> TestRequest<'_> {
        TestRequest::new(self, path, self.patience)
    }

    /// A raw connection on which nothing has been sent yet.
    pub fn stream(&self) -> TestStream {
        self.dial(None)
    }

    pub(super) fn dial(&self, peer: Option<SocketAddr>) -> TestStream {
        self.server.dial(peer)
    }

    pub(super) fn hold(&self) -> Arc<Hosted> {
        Arc::clone(&self.server)
    }

    /// Waits until the server is idle: no handler has an unanswered handshake or an open connection, or keeps
    /// running after it has refused. Every closing event is logged by then, too.
    ///
    /// Everything that clients have written before this call is handled first, including requests to other
    /// routes and clients that connect and disconnect immediately. Idle HTTP connections may stay open.
    ///
    /// # Panics
    /// If the server is not idle within the patience of the client; the message names the endpoint and the peer
    /// of each handler.
    pub async fn assert_idle(&self) {
        if tokio::time::timeout(self.patience, self.server.idle()).await.is_err() {
            let left = self.server.left_after(self.patience);
            assert!(left.is_none(), "{}", left.unwrap_or_default());
        }
    }

    /// Tells the server to stop, as SIGTERM does, and returns at once.
    pub fn stop(&self) {
        self.server.stop();
    }

    /// Stops the server and waits until it has ended, which it does at the latest when `Health::notice` and
    /// `Limits::shutdown_timeout` are over.
    ///
    /// # Errors
    /// If it does not end within these times and the patience of the client.
    pub async fn shutdown(&self) -> Result<(), TestError> {
        self.stop();
        let patience = self.server.time_to_end().saturating_add(self.patience);
        let ended = tokio::time::timeout(patience, self.server.ended()).await;
        ended.map_err(|_| TestError::new("*", "the server to end", Came::Nothing(patience)))
    }
}
