//! Requests of every kind: each is accepted with good reason, or refused by name.

use std::sync::LazyLock;

use axum::{Router, body::Body, response::Response};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Version};
use http_body_util::BodyExt as _;
use hyper::ext::Protocol;
use proptest::{prelude::*, sample::select};
use sockeye::Server;
use sockeye_tests::in_process;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

static SERVER: LazyLock<(Runtime, Router)> = LazyLock::new(|| {
    let runtime = in_process::runtime();
    let router = runtime.block_on(in_process::router(Server::new()));
    (runtime, router)
});

/// The headers of a good handshake, from which most requests begin.
const GOOD: &[(&str, &[u8])] = &[
    ("host", b"localhost"),
    ("upgrade", b"websocket"),
    ("connection", b"Upgrade"),
    ("sec-websocket-version", b"13"),
    ("sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
];

const NAMES: &[&str] = &[
    "host",
    "upgrade",
    "connection",
    "sec-websocket-version",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "sec-websocket-accept",
    "origin",
    "cookie",
    "authorization",
    "x-forwarded-for",
    "x-forwarded-host",
    "transfer-encoding",
    "content-length",
    "te",
    "expect",
];

const VALUES: &[&[u8]] = &[
    b"",
    b" ",
    b",",
    b",,,",
    b"websocket",
    b"WebSocket, h2c",
    b"upgrade",
    b"keep-alive, Upgrade",
    b"13",
    b"013",
    b"8, 13",
    b"-1",
    b"dGhlIHNhbXBsZSBub25jZQ==",
    b"dGhlIHNhbXBsZSBub25jZQ",
    b"AAAA",
    b"v1",
    b"v2, v1",
    b"V2",
    b"null",
    b"https://app.example.com",
    b"https://app.example.com:443",
    b"http://localhost",
    b"http://[::1",
    b"https://\xff",
    b"\xc3\x28",
    b"*",
    b"file://",
    b"a=1; b=2",
    b"127.0.0.1, ::1, unknown, 1.2.3.4:5",
    b"permessage-deflate; client_max_window_bits",
];

#[derive(Debug, Clone)]
struct Asked {
    method: Method,
    version: Version,
    path: String,
    protocol: Option<&'static str>,
    headers: Vec<(String, Vec<u8>)>,
    /// Which of the good headers are left out.
    without: Vec<usize>,
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = prop_oneof![6 => select(NAMES).prop_map(str::to_owned), 1 => "[a-z!#$%&'*+.^_`|~0-9-]{1,20}"];
    let value = prop_oneof![
        3 => select(VALUES).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff, Just(b'\t')], 0..60),
    ];
    (name, value)
}

fn asked() -> impl Strategy<Value = Asked> {
    let method = prop_oneof![
        6 => Just(Method::GET),
        2 => Just(Method::CONNECT),
        1 => select(&[Method::POST, Method::HEAD, Method::OPTIONS, Method::PATCH][..]),
        1 => "[A-Z]{1,8}".prop_map(|method| method.parse().expect("a token")),
    ];
    let version = select(&[Version::HTTP_11, Version::HTTP_11, Version::HTTP_2, Version::HTTP_10][..]);
    let path = prop_oneof![
        Just("/echo".to_owned()),
        Just("/choosy".to_owned()),
        "/(echo|json)\\?[!-~&&[^#<>\"\\\\^`{|}]]{0,40}"
    ];
    let protocol = select(&[None, Some("websocket"), Some("WebSocket"), Some("connect-udp"), Some("")][..]);
    let headers = prop::collection::vec(header(), 0..6);
    let without = prop::collection::vec(0..GOOD.len(), 0..2);
    (method, version, path, protocol, headers, without).prop_map(
        |(method, version, path, protocol, headers, without)| Asked {
            method,
            version,
            path,
            protocol,
            headers,
            without,
        },
    )
}

impl Asked {
    fn request(&self) -> Request<Body> {
        let mut request = Request::builder().method(&self.method).version(self.version).uri(&self.path);
        let good = GOOD.iter().enumerate().filter(|(index, _)| !self.without.contains(index));
        for (_, (name, value)) in good {
            request = request.header(*name, *value);
        }
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            request = request.header(name, HeaderValue::from_bytes(value).expect("a value"));
        }
        let mut request = request.body(Body::empty()).expect("a request");
        if let Some(protocol) = self.protocol {
            request.extensions_mut().insert(Protocol::from_static(protocol));
        }
        // A connection that is never upgraded, but could be.
        let upgrade = hyper::upgrade::on(&mut request);
        request.extensions_mut().insert(upgrade);
        request
    }

    fn count(&self, name: &str) -> usize {
        let given = self.headers.iter().filter(|(one, _)| one == name).count();
        let good = GOOD.iter().enumerate();
        given + good.filter(|(index, (one, _))| *one == name && !self.without.contains(index)).count()
    }

    /// What every accepted request has.
    fn assert_acceptable(&self, response: &Response) {
        if self.version == Version::HTTP_2 {
            assert_eq!((response.status(), &self.method), (StatusCode::OK, &Method::CONNECT));
            assert!(self.protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket")));
            assert!(!response.headers().contains_key("upgrade"), "HTTP/2 has no upgrade");
        } else {
            assert_eq!((self.version, &self.method), (Version::HTTP_11, &Method::GET));
            assert_eq!(self.count("sec-websocket-key"), 1);
            assert_eq!(response.headers()["upgrade"], "websocket");
            assert_eq!(response.headers()["sec-websocket-accept"].len(), 28);
        }
        assert!(self.count("sec-websocket-version") >= 1);
        assert!(!response.headers().contains_key("sec-websocket-extensions"), "none is spoken");
    }
}

async fn assert_named(response: Response) {
    let rule = response.headers()["sockeye-rule"].to_str().expect("text").to_owned();
    assert!(sockeye_rules::find(&rule).is_some(), "{rule}");
    assert!(
        response.status().is_client_error() || response.status() == StatusCode::NOT_IMPLEMENTED,
        "{response:?}"
    );
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let body = str::from_utf8(&body).expect("text");
    assert!(body.starts_with(&format!("websocket handshake refused [{rule}]: ")), "{body}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_request_is_accepted_with_reason_or_refused_by_name(asked in asked()) {
        let (runtime, router) = &*SERVER;
        runtime.block_on(async {
            let response = router.clone().oneshot(asked.request()).await.expect("an answer");
            if matches!(response.status(), StatusCode::SWITCHING_PROTOCOLS | StatusCode::OK) {
                asked.assert_acceptable(&response);
            } else {
                assert_named(response).await;
            }
        });
    }
}
