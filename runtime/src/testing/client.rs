use std::{net::SocketAddr, sync::Arc, time::Duration};

use super::{TestError, TestRequest, TestResponse, TestSocket, TestStream, error::Came, hosted::Hosted};
use crate::{Server, StartupError};

/// A server with clients, all in the test's own process: no port is opened.
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
    /// [`Server::serve`]. A future given to [`Server::shutdown`] works as it does there; signals are left to the test.
    ///
    /// # Errors
    /// Every problem of every endpoint, as [`Server::serve`] would report them before it binds.
    pub async fn new(server: Server) -> Result<Self, StartupError> {
        let checked = server.check_to_listen().await?;
        Ok(Self { server: Arc::new(Hosted::new(checked)), patience: Duration::from_secs(10) })
    }

    /// How long this client and the sockets it opens wait for anything; 10 s without this. It is measured on tokio's
    /// clock: when that is paused, long waits cost nothing.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Connects to a path, with its query if it has one.
    ///
    /// # Errors
    /// When the server refuses ([`TestError::refusal`]), and when no answer comes.
    pub async fn connect(&self, path: &str) -> Result<TestSocket, TestError> {
        self.request(path).connect().await
    }

    /// An ordinary `GET`, of a page, a health route, or whatever is not an endpoint. For other methods, headers and bodies
    /// see [`TestRequest::send`].
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
    /// When no answer comes. A status that says that something is wrong is an answer.
    pub async fn get(&self, path: &str) -> Result<TestResponse, TestError> {
        self.request(path).send().await
    }

    /// A request to a path, to be added to: a handshake, unless it is sent with [`TestRequest::send`].
    pub fn request(&self, path: &str) -> TestRequest<'_> {
        TestRequest::new(self, path, self.patience)
    }

    /// A connection on which nothing has been said yet.
    pub fn stream(&self) -> TestStream {
        self.dial(None)
    }

    pub(super) fn dial(&self, peer: Option<SocketAddr>) -> TestStream {
        self.server.dial(peer)
    }

    pub(super) fn hold(&self) -> Arc<Hosted> {
        Arc::clone(&self.server)
    }

    /// Waits until nothing is left: no handler that has not decided, none with an open connection, none that goes on after
    /// it has refused. Then every closing event is logged, too.
    ///
    /// What clients have written before this call is taken up first, and requests to whatever route are answered: who
    /// connects and vanishes at once is waited for as well. HTTP connections that ask for nothing may stay.
    ///
    /// # Panics
    /// When something is left after the client's patience; the message names the endpoint and the peer of each handler.
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

    /// Stops the server and waits until it has ended: at the latest when `Health::notice` and `Limits::shutdown_timeout` are over.
    ///
    /// # Errors
    /// When it does not end within these times and the client's patience.
    pub async fn shutdown(&self) -> Result<(), TestError> {
        self.stop();
        let patience = self.server.time_to_end().saturating_add(self.patience);
        let ended = tokio::time::timeout(patience, self.server.ended()).await;
        ended.map_err(|_| TestError::new("*", "the server to end", Came::Nothing(patience)))
    }
}
