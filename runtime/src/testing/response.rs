use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, response::Parts};
use serde::de::DeserializeOwned;

use super::{TestError, error::Came};

/// The response to an ordinary request: returned by [`TestClient::get`](super::TestClient::get) and
/// [`TestRequest::send`](super::TestRequest::send).
///
/// ```
/// # async fn example(client: sockeye::testing::TestClient) -> Result<(), sockeye::testing::TestError> {
/// let stock = client.get("/stock").await?;
/// assert_eq!((stock.status().as_u16(), stock.header("content-type")), (200, Some("application/json")));
/// assert_eq!(stock.json::<Vec<String>>()?, ["salmon"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestResponse {
    path: String,
    head: Parts,
    body: String,
}

impl TestResponse {
    pub(super) fn new(path: String, head: Parts, body: &Bytes) -> Self {
        Self { path, head, body: String::from_utf8_lossy(body).into_owned() }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The header with this name, if it is present and valid text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The body; invalid UTF-8 is replaced.
    pub fn text(&self) -> &str {
        &self.body
    }

    /// The body, decoded as JSON.
    ///
    /// # Errors
    /// If it is not JSON of that type; the error shows the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, TestError> {
        serde_json::from_str(&self.body).map_err(|error| {
            let why = format!("got {self}: {error}");
            TestError::new(&self.path, "JSON", Came::Fault(why))
        })
    }
}

impl fmt::Display for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status(), self.body)
    }
}

impl fmt::Debug for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestResponse({self})")
    }
}
