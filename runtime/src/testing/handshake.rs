//! The client's side of a request and of a handshake, RFC 6455 section 4.1, with hyper over a pipe.

use bytes::Bytes;
use futures_util::future::join;
use http::{HeaderName, HeaderValue, Request, StatusCode, header, response::Parts};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::{Refusal, TestStream, error::Came};

/// The key of every test's handshake and its expected answer: those of RFC 6455 section 1.3.
const KEY: HeaderValue = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The headers of a handshake.
pub(super) fn headers() -> [(HeaderName, HeaderValue); 4] {
    [
        (header::CONNECTION, HeaderValue::from_static("Upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
        (header::SEC_WEBSOCKET_KEY, KEY),
    ]
}

/// Sends a handshake, and returns the connection if the server has accepted.
pub(super) async fn open(
    stream: TestStream,
    request: Request<Full<Bytes>>,
) -> Result<(Parts, TestStream), Came> {
    let (head, body, connection) = ask(stream, request).await?;
    if head.status != StatusCode::SWITCHING_PROTOCOLS {
        return Err(Came::Refused(Box::new(Refusal::new(head, &body))));
    }
    check(&head)?;
    let parts = connection.map_err(ended)?;
    Ok((head, parts.io.into_inner().reading_first(parts.read_buf)))
}

/// Sends a handshake, and returns the response, whatever it is.
pub(super) async fn send(stream: TestStream, request: Request<Full<Bytes>>) -> Result<(Parts, Bytes), Came> {
    let (head, body, _) = ask(stream, request).await?;
    Ok((head, body))
}

type Connection = hyper::Result<http1::Parts<TokioIo<TestStream>>>;

/// The response, and the connection.
async fn ask(stream: TestStream, request: Request<Full<Bytes>>) -> Result<(Parts, Bytes, Connection), Came> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(ended)?;
    let ask = async move {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let accepted = head.status == StatusCode::SWITCHING_PROTOCOLS;
        let body = if accepted { Bytes::new() } else { body.collect().await?.to_bytes() };
        Ok((head, body))
    };
    let (connection, answer) = join(connection.without_shutdown(), ask).await;
    let (head, body) = answer.map_err(ended)?;
    Ok((head, body, connection))
}

/// The reasons for which a browser fails a connection that was accepted: a layer may have broken the response.
fn check(head: &Parts) -> Result<(), Came> {
    let accept = head.headers.get(header::SEC_WEBSOCKET_ACCEPT);
    if accept.is_some_and(|accept| accept == ACCEPT) {
        return Ok(());
    }
    let why = format!("the 101 response has the wrong `Sec-WebSocket-Accept`: {accept:?}");
    Err(Came::Ended(why))
}

#[allow(clippy::needless_pass_by_value, reason = "to be named in `map_err`")]
fn ended(error: hyper::Error) -> Came {
    use std::error::Error as _;
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    Came::Ended(format!("the connection ended without a response ({error}{cause})"))
}
