use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, Request, StatusCode, Version};
use http_body_util::BodyExt as _;
use hyper::ext::Protocol;
use tower::ServiceExt as _;

use crate::with_server;

/// A request, one piece a line: version and method, target, `:protocol`, then headers. It is accepted or refused by name.
pub fn handshake(data: &[u8]) {
    let Some(request) = read(data) else { return };
    let known = ["/echo", "/json"].contains(&request.uri().path());
    with_server(async |router| {
        let response = router.clone().oneshot(request).await.expect("an answer");
        let accepted = matches!(response.status(), StatusCode::SWITCHING_PROTOCOLS | StatusCode::OK);
        if known && !accepted {
            assert_named(response).await;
        }
    });
}

fn read(data: &[u8]) -> Option<Request<Body>> {
    let mut lines = data.split(|&byte| byte == b'\n');
    let (version, method) = lines.next()?.split_first()?;
    let version = match version {
        b'0' => Version::HTTP_10,
        b'2' => Version::HTTP_2,
        _ => Version::HTTP_11,
    };
    let mut request = Request::builder().version(version).method(method).uri(lines.next()?);
    let protocol = str::from_utf8(lines.next()?).ok()?;
    for line in lines {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        request = request.header(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    let mut request = request.body(Body::empty()).ok()?;
    if !protocol.is_empty() {
        // The only way to make one from text that is not static.
        request.extensions_mut().insert(if protocol.eq_ignore_ascii_case("websocket") {
            Protocol::from_static("websocket")
        } else {
            Protocol::from_static("connect-udp")
        });
    }
    let upgrade = hyper::upgrade::on(&mut request);
    request.extensions_mut().insert(upgrade);
    Some(request)
}

async fn assert_named(response: Response) {
    let rule = response.headers()["sockeye-rule"].to_str().expect("text").to_owned();
    assert!(sockeye_rules::find(&rule).is_some(), "{rule}");
    let fine = response.status().is_client_error() || response.status() == StatusCode::NOT_IMPLEMENTED;
    assert!(fine, "{response:?}");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let body = str::from_utf8(&body).expect("text");
    assert!(body.starts_with(&format!("websocket handshake refused [{rule}]: ")), "{body}");
}
