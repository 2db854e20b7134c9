use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Empty;
use std::{net::SocketAddr, time::Duration};

use super::{Refusal, TestClient, TestError, TestSocket, TestStream, error::Came, handshake};

/// A handshake to be sent: what [`TestClient::request`] gives.
///
/// It is well formed to begin with, and has no `Origin` header: like every client that is not a browser.
///
/// ```
/// # async fn example(client: sockeye::testing::TestClient) -> Result<(), sockeye::testing::TestError> {
/// let socket = client
///     .request("/chat?room=7")
///     .origin("https://app.example.com")
///     .header("authorization", "Bearer secret")
///     .subprotocol("v2")
///     .subprotocol("v1")
///     .connect()
///     .await?;
/// assert_eq!(socket.subprotocol(), Some("v2"));
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `connect` or `refused` is awaited"]
#[derive(Debug)]
pub struct TestRequest<'a> {
    client: &'a TestClient,
    path: String,
    method: Method,
    headers: HeaderMap,
    subprotocols: Vec<String>,
    peer: Option<SocketAddr>,
    patience: Duration,
    fault: Option<String>,
}

impl<'a> TestRequest<'a> {
    pub(super) fn new(client: &'a TestClient, path: &str, patience: Duration) -> Self {
        let headers = [
            (header::HOST, HeaderValue::from_static("localhost")),
            (header::CONNECTION, HeaderValue::from_static("Upgrade")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            (header::SEC_WEBSOCKET_KEY, handshake::KEY),
        ];
        Self {
            client,
            path: path.to_owned(),
            method: Method::GET,
            headers: headers.into_iter().collect(),
            subprotocols: Vec::new(),
            peer: None,
            patience,
            fault: None,
        }
    }

    /// The page that the client is loaded from, as a browser says it. `http://localhost` is the server's own.
    pub fn origin(self, origin: &str) -> Self {
        self.header(header::ORIGIN, origin)
    }

    /// A header, in place of one of that name.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => _ = self.headers.insert(name, value),
            (Ok(name), Err(_)) => self.fault = Some(format!("the value for `{name}` is no header value")),
            (Err(_), _) => self.fault = Some("the name of a header is none".to_owned()),
        }
        self
    }

    /// Leaves a header out, such as `upgrade`, which a proxy may strip.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// A subprotocol that the client offers; several, in its order of preference, with several calls.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocols.push(name.into());
        self
    }

    /// Another method than GET.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The address that the server takes the client for. Without this each connection has another port of 127.0.0.1.
    pub fn peer(mut self, peer: SocketAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Sends the handshake and gives the open socket.
    ///
    /// # Errors
    /// When the server refuses ([`TestError::refusal`]), and when no answer comes.
    pub async fn connect(self) -> Result<TestSocket, TestError> {
        const WAITED: &str = "the handshake to be accepted";
        let (client, path, patience) = (self.client, self.path.clone(), self.patience);
        let asked = tokio::time::timeout(patience, self.ask()).await;
        let (head, stream) = asked
            .unwrap_or(Err(Came::Nothing(patience)))
            .map_err(|came| TestError::new(&path, WAITED, came))?;
        Ok(TestSocket::new(path, head, stream, patience, client.hold()))
    }

    /// Sends the handshake, which the server is to refuse, and gives its answer.
    ///
    /// # Errors
    /// When the server accepts, and when no answer comes.
    pub async fn refused(self) -> Result<Refusal, TestError> {
        const WAITED: &str = "the handshake to be refused";
        let (path, patience) = (self.path.clone(), self.patience);
        let came = match tokio::time::timeout(patience, self.ask()).await {
            Ok(Err(Came::Refused(refusal))) => return Ok(*refusal),
            Ok(Err(other)) => other,
            Ok(Ok(_)) => Came::Accepted,
            Err(_) => Came::Nothing(patience),
        };
        Err(TestError::new(&path, WAITED, came))
    }

    async fn ask(mut self) -> Result<(http::response::Parts, TestStream), Came> {
        let peer = self.peer.take();
        let client = self.client;
        let request = self.into_http()?;
        handshake::open(client.dial(peer), request).await
    }

    fn into_http(mut self) -> Result<Request<Empty<Bytes>>, Came> {
        if !self.subprotocols.is_empty() {
            let offer = self.subprotocols.join(", ");
            self = self.header(header::SEC_WEBSOCKET_PROTOCOL, offer);
        }
        if let Some(fault) = self.fault {
            return Err(Came::Fault(fault));
        }
        let built = Request::builder().method(self.method).uri(&self.path).body(Empty::new());
        let mut request = built.map_err(|error| Came::Fault(format!("the path is none: {error}")))?;
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}
