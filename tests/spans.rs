//! Spans and events: what is inside which connection, and that no secret is in any of them.

use std::{
    fmt::{Debug, Write as _},
    sync::{Mutex, Once, PoisonError},
    time::Duration,
};

use axum::extract::{FromRequestParts, Path, Query};
use http::{StatusCode, request::Parts};
use serde::Deserialize;
use sockeye::{CloseCode, Error, Handshake, Limits, Origins, Server, ws_endpoint};
use sockeye_tests::{
    Running, dial, hear,
    raw::{self, HEAD},
    say, start, within,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::LookupSpan};

/// What is planted everywhere, and must be found nowhere.
const SECRET: &str = "hunter2-Zm9vYmFy";

/// An event with the spans around it, as text.
#[derive(Debug, Clone)]
struct Line {
    spans: Vec<String>,
    event: String,
}

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

fn lines() -> Vec<Line> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Writes down everything, at every level, of every crate.
struct Everything;

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Everything {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut text = Text(format!("{}::{}", attributes.metadata().target(), attributes.metadata().name()));
        attributes.record(&mut text);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(text);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut text = Text(format!("{} {}", metadata.level(), metadata.target()));
        event.record(&mut text);
        let scope = context.event_scope(event).into_iter().flatten();
        let spans = scope
            .map(|span| span.extensions().get::<Text>().map(|text| text.0.clone()).unwrap_or_default())
            .collect();
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(Line { spans, event: text.0 });
    }
}

async fn server() -> Running {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Everything).init());
    // Most of these clients do not answer a close frame.
    let limits = Limits::new().close_timeout(Duration::from_millis(50));
    start(Server::new().origins(Origins::same_origin()).limits(limits)).await
}

/// Talks about itself.
#[ws_endpoint("/talks")]
async fn talks(handshake: Handshake) -> sockeye::Result {
    tracing::info!("before it accepts");
    let mut socket = handshake.accept().await?;
    socket.spawn(async { tracing::info!("from a task") });
    while let Some(message) = socket.recv().await? {
        tracing::info!("from the handler");
        socket.send(message).await?;
    }
    Ok(())
}

/// Events of the connection from that port, once it is closed.
async fn story(port: u16) -> Vec<Line> {
    let mine = format!("peer=127.0.0.1:{port}");
    let story = async {
        loop {
            let mut lines = lines();
            lines.retain(|line| line.spans.iter().any(|span| span.contains(&mine)));
            if lines.iter().any(|line| line.event.contains("connection closed")) {
                return lines;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(story).await
}

#[tokio::test]
async fn one_span_holds_everything_about_a_connection() {
    let server = server().await;
    let mut client = server.connect("/talks?token=1").await;
    let port = match client.get_ref() {
        tokio_tungstenite::MaybeTlsStream::Plain(stream) => stream.local_addr().expect("an address").port(),
        _ => unreachable!("no TLS here"),
    };
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client).await, Message::text("hello"));
    client.close(None).await.expect("closes");
    let story = story(port).await;
    let mut told = story.iter().map(|line| line.event.as_str());
    for step in [
        "DEBUG sockeye message=handshake received version=HTTP/1.1",
        "INFO spans message=before it accepts",
        "DEBUG sockeye message=connection accepted endpoint=\"talks\"",
        "DEBUG sockeye message=connection open",
        "INFO spans message=from a task",
        "TRACE sockeye message=message received kind=\"text\" bytes=5",
        "INFO spans message=from the handler",
        "TRACE sockeye message=message sent kind=\"text\" bytes=5",
        "DEBUG sockeye message=connection closing",
        "INFO sockeye message=connection closed endpoint=\"talks\"",
    ] {
        assert!(told.any(|event| event.starts_with(step)), "`{step}` is not in its place in {story:#?}");
    }
    let span = &story[0].spans[0];
    assert!(span.starts_with("sockeye::connection endpoint=\"talks\" peer=127.0.0.1:"), "{span}");
    assert!(span.contains(" id="), "{span}");
    assert!(story.iter().all(|line| line.spans == [span.as_str()]), "{story:#?}");
    assert!(!story.iter().any(|line| line.event.contains("hello")), "{story:#?}");
}

/// Repeats what it is given, as careless code does.
struct Careless;

impl<S: Sync> FromRequestParts<S> for Careless {
    type Rejection = (StatusCode, String);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Err((StatusCode::FORBIDDEN, format!("not with {:?} {:?}", parts.uri, parts.headers)))
    }
}

/// Is behind an extractor that repeats the request.
#[ws_endpoint("/extractor")]
async fn extractor(handshake: Handshake, _careless: Careless) -> sockeye::Result {
    handshake.accept().await.map(drop)
}

#[derive(Deserialize)]
struct Login {
    token: u64,
}

/// Asks for a number where a token comes.
#[ws_endpoint("/query", allow(secret_in_log, reason = "what the test is about"))]
async fn query(handshake: Handshake, Query(login): Query<Login>) -> sockeye::Result {
    tracing::info!(token = login.token);
    handshake.accept().await.map(drop)
}

/// Repeats the request in its own refusal.
#[ws_endpoint("/rejects", subprotocols = ["v1"])]
async fn rejects(handshake: Handshake) -> sockeye::Result {
    let words = format!("nobody is {:?} {:?}", handshake.uri(), handshake.headers());
    Err(handshake.reject(StatusCode::FORBIDDEN, words))
}

/// Repeats the request in an error.
#[ws_endpoint("/fails")]
async fn fails(handshake: Handshake) -> sockeye::Result {
    Err(sockeye::Error::new(format!("nobody is {:?} {:?}", handshake.uri(), handshake.headers())))
}

/// Repeats the request in a panic.
#[ws_endpoint("/panics")]
async fn panics(handshake: Handshake) -> sockeye::Result {
    panic!("nobody is {:?} {:?}", handshake.uri(), handshake.headers())
}

/// Accepts with the subprotocol that is a token.
#[ws_endpoint("/accepts")]
async fn accepts(handshake: Handshake) -> sockeye::Result {
    let token = handshake.subprotocols().last().unwrap_or_default().to_owned();
    let mut socket = handshake.accept().subprotocol(token).header("set-cookie", SECRET).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn no_secret_of_a_request_is_in_any_event_or_span() {
    let server = server().await;
    let planted = format!(
        "Cookie: theme=dark; session={SECRET}\r\nAuthorization: Bearer {SECRET}\r\nProxy-Authorization: Basic {SECRET}\r\n"
    );
    let offer = format!("Sec-WebSocket-Protocol: bearer, {SECRET}\r\n");
    for path in ["talks", "extractor", "query", "rejects", "fails", "panics", "accepts", "nowhere"] {
        for (head, more) in [
            (HEAD, offer.as_str()),
            (HEAD, "Sec-WebSocket-Protocol: v1\r\n"),
            (HEAD, "Origin: https://evil.example\r\n"),
            ("Host: localhost\r\n", offer.as_str()),
        ] {
            let target = format!("/{path}?token={SECRET}&t={}", SECRET.replace('-', "%2D"));
            let request = format!("GET {target} HTTP/1.1\r\n{head}{planted}{more}Connection: close\r\n\r\n");
            let mut stream = dial(server.addr).await;
            stream.write_all(request.as_bytes()).await.expect("sent");
            stream.write_all(&raw::frame(0x88, &[0x03, 0xe8])).await.expect("sent");
            _ = within(stream.read_to_end(&mut Vec::new())).await;
        }
    }
    let lines = lines();
    let ours = lines.iter().filter(|line| line.event.contains(" sockeye ")).count();
    assert!(ours > 50, "only {ours} events");
    for rule in
        ["extractor_refused", "handler_refused", "handler_error", "handler_panic", "subprotocol_refused"]
    {
        assert!(lines.iter().any(|line| line.event.contains(rule)), "no {rule} in {lines:#?}");
    }
    let repeated: Vec<_> = lines.iter().filter(|line| format!("{line:?}").contains(SECRET)).collect();
    assert!(repeated.is_empty(), "{repeated:#?}");
}

/// Says what it has been sent, in whatever spelling, when the connection is long open.
#[ws_endpoint("/repeats/{how}")]
async fn repeats(handshake: Handshake, Path(how): Path<String>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let words = format!("{SECRET} has expired");
    match how.as_str() {
        "closes" => return socket.close(CloseCode::POLICY_VIOLATION, words).await,
        "returns" => return Err(Error::close(CloseCode::POLICY_VIOLATION, words)),
        "fails" => return Err(Error::from_boxed(Box::new(std::io::Error::other(words)))),
        "panics" => panic!("{words}"),
        "spawns" => socket.spawn(async { panic!("{SECRET} has expired") }),
        _ => {}
    }
    while socket.recv().await?.is_some() {}
    if how == "outlives" { Err(Error::new(words)) } else { Ok(()) }
}

#[tokio::test]
async fn no_secret_of_a_request_is_in_the_event_of_its_end() {
    let server = server().await;
    let encoded = SECRET.replace('-', "%2D");
    let sent = [
        (format!("?token={encoded}"), String::new()),
        (String::new(), format!("Cookie: theme=dark; session=\"{encoded}\"\r\n")),
        (String::new(), format!("Authorization: Bearer {SECRET}\r\n")),
        (String::new(), "Authorization: Basic YWRhOmh1bnRlcjItWm05dlltRnk=\r\n".to_owned()),
        (
            String::new(),
            format!("Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.{SECRET}\r\n"),
        ),
        (
            String::new(),
            "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.aHVudGVyMi1abTl2WW1GeQ\r\n"
                .to_owned(),
        ),
    ];
    // The peer can repeat it as well.
    let close = [&[0x03, 0xe8], SECRET.as_bytes()].concat();
    for how in ["closes", "returns", "fails", "panics", "spawns", "outlives", "hears"] {
        for (query, header) in &sent {
            let mut stream = dial(server.addr).await;
            let port = stream.local_addr().expect("an address").port();
            let request = format!("GET /repeats/{how}{query} HTTP/1.1\r\n{HEAD}{header}\r\n");
            stream.write_all(request.as_bytes()).await.expect("sent");
            if ["outlives", "hears"].contains(&how) {
                stream.write_all(&raw::frame(0x88, &close)).await.expect("sent");
            }
            _ = within(stream.read_to_end(&mut Vec::new())).await;
            drop(stream);
            let story = story(port).await;
            let told = story.iter().find(|line| line.event.contains("connection closed")).expect("its end");
            assert!(told.event.contains("[hidden]"), "{how} {query} {header}: {told:?}");
            assert!(!format!("{story:?}").contains(SECRET), "{how} {query} {header}: {story:#?}");
        }
    }
}
