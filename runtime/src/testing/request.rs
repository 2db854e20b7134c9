use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;
use serde::Serialize;
use std::{net::SocketAddr, time::Duration};

use super::{Refusal, TestClient, TestError, TestResponse, TestSocket, TestStream, error::Came, handshake};

/// A handshake to send: returned by [`TestClient::request`]. With [`send`](Self::send) it is an ordinary request.
///
/// By default it is well formed and has no `Origin` header, like the handshake of a client that is not a browser.
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
#[must_use = "the request is sent only when `connect`, `refused` or `send` is awaited"]
#[derive(Debug)]
pub struct TestRequest<'a> {
    client: &'a TestClient,
    path: String,
    method: Method,
    headers: HeaderMap,
    subprotocols: Vec<String>,
    body: Bytes,
    peer: Option<SocketAddr>,
    patience: Duration,
    fault: Option<String>,
}

impl<'a> TestRequest<'a> {
    pub(super) fn new(client: &'a TestClient, path: &str, patience: Duration) -> Self {
        let host = (header::HOST, HeaderValue::from_static("localhost"));
        Self {
            client,
            path: path.to_owned(),
            method: Method::GET,
            headers: handshake::headers().into_iter().chain([host]).collect(),
            subprotocols: Vec::new(),
            body: Bytes::new(),
            peer: None,
            patience,
            fault: None,
        }
    }

    /// The origin of the page, as a browser sends it. `http://localhost` is the same origin.
    pub fn origin(self, origin: &str) -> Self {
        self.header(header::ORIGIN, origin)
    }

    /// Sets a header, replacing one with the same name.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => _ = self.headers.insert(name, value),
            (Ok(name), Err(_)) => {
                self.fault = Some(format!("the value of `{name}` is not a valid header value"));
            }
            (Err(_), _) => self.fault = Some("a header name is not valid".to_owned()),
        }
        self
    }

    /// Removes a header, such as `upgrade`, which a proxy may strip.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Adds a subprotocol to the client's offer; call it several times, in order of preference.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocols.push(name.into());
        self
    }

    /// Sets a method other than GET.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Sets the body of an ordinary request.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// A value as a JSON body, with its `Content-Type` header.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body(body).header(header::CONTENT_TYPE, "application/json"),
            Err(error) => {
                self.fault = Some(format!("the value of `json` cannot be serialized: {error}"));
                self
            }
        }
    }

    /// The address of the client, as the server sees it. By default each connection has a different port of 127.0.0.1.
    pub fn peer(mut self, peer: SocketAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Sends the handshake and returns the open socket.
    ///
    /// # Errors
    /// If the server refuses ([`TestError::refusal`]), or if there is no response.
    pub async fn connect(self) -> Result<TestSocket, TestError> {
        const WAITED: &str = "the handshake to be accepted";
        let (client, path, patience) = (self.client, self.path.clone(), self.patience);
        let asked = tokio::time::timeout(patience, self.ask()).await;
        let (head, stream) = asked
            .unwrap_or(Err(Came::Nothing(patience)))
            .map_err(|came| TestError::new(&path, WAITED, came))?;
        Ok(TestSocket::new(path, head, stream, patience, client.hold()))
    }

    /// Sends the handshake, expects the server to refuse it, and returns its response.
    ///
    /// # Errors
    /// If the server accepts, or if there is no response.
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

    /// Sends it as an ordinary request, without the handshake headers, and returns the whole response.
    ///
    /// ```
    /// # async fn example(client: sockeye::testing::TestClient) -> Result<(), sockeye::testing::TestError> {
    /// use axum::http::Method;
    ///
    /// let sold = client
    ///     .request("/stock/salmon/sell")
    ///     .method(Method::POST)
    ///     .header("authorization", "Bearer secret")
    ///     .json(&serde_json::json!({ "count": 2 }))
    ///     .send()
    ///     .await?;
    /// assert_eq!((sold.status().as_u16(), sold.text()), (409, "sold out"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no response. An error status is a response.
    pub async fn send(mut self) -> Result<TestResponse, TestError> {
        const WAITED: &str = "a response";
        for (name, value) in handshake::headers() {
            // Headers that the test has set itself are kept.
            if self.headers.get(&name) == Some(&value) {
                self.headers.remove(name);
            }
        }
        let (path, patience) = (self.path.clone(), self.patience);
        let answer = async move {
            let (client, peer) = (self.client, self.peer.take());
            handshake::send(client.dial(peer), self.into_http()?).await
        };
        let answered = tokio::time::timeout(patience, answer).await;
        let (head, body) = answered
            .unwrap_or(Err(Came::Nothing(patience)))
            .map_err(|came| TestError::new(&path, WAITED, came))?;
        Ok(TestResponse::new(path, head, &body))
    }

    async fn ask(mut self) -> Result<(http::response::Parts, TestStream), Came> {
        let peer = self.peer.take();
        let client = self.client;
        let request = self.into_http()?;
        handshake::open(client.dial(peer), request).await
    }

    fn into_http(mut self) -> Result<Request<Full<Bytes>>, Came> {
        if !self.subprotocols.is_empty() {
            let offer = self.subprotocols.join(", ");
            self = self.header(header::SEC_WEBSOCKET_PROTOCOL, offer);
        }
        if let Some(fault) = self.fault {
            return Err(Came::Fault(fault));
        }
        let built = Request::builder().method(self.method).uri(&self.path).body(Full::new(self.body));
        let mut request = built.map_err(|error| Came::Fault(format!("the path is not valid: {error}")))?;
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}
