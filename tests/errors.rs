//! Errors of other crates in handlers: `?` takes them, the log has their causes, the client has nothing of them, and an error
//! of Sockeye's that has been through one of them is still what it was.

use std::{error::Error as StdError, io, ops::ControlFlow, process::Command};

use axum::extract::Path;
use http::StatusCode;
use sockeye::{CloseCode, Error, Handshake, Server, Socket, ws_endpoint};
use sockeye_tests::{Client, Running, close_of, logs, refusal, say, start, within};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tracing::Level;

type Boxed = Box<dyn StdError + Send + Sync>;

fn locked() -> io::Error {
    io::Error::other("hunter2 is locked")
}

fn by_anyhow() -> anyhow::Result<()> {
    use anyhow::Context as _;

    Err(locked()).context("reading the room").context("joining it")
}

fn by_eyre() -> eyre::Result<()> {
    use eyre::WrapErr as _;

    Err(locked()).wrap_err("reading the room").wrap_err("joining it")
}

fn boxed() -> Result<(), Boxed> {
    Err(by_anyhow().unwrap_err().into())
}

/// Fails by `?` on an error of each kind.
fn fail(how: &str) -> sockeye::Result {
    match how {
        "anyhow" => by_anyhow()?,
        "eyre" => by_eyre()?,
        "box" => boxed()?,
        "std" => Err(locked())?,
        "string" => Err("hunter2".to_owned())?,
        "borrowed" => Err(how.trim())?,
        _ => {}
    }
    sockeye::Result::Ok(())
}

/// Fails before it accepts, or when it is told how.
#[ws_endpoint("/fails/{how}")]
async fn fails(handshake: Handshake, Path(how): Path<String>) -> sockeye::Result {
    fail(&how)?;
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        fail(message.as_text().unwrap_or_default())?;
    }
    Ok(())
}

async fn server() -> Running {
    logs::listen();
    start(Server::new()).await
}

fn peer(client: &Client) -> String {
    match client.get_ref() {
        tokio_tungstenite::MaybeTlsStream::Plain(stream) => stream.local_addr().unwrap().to_string(),
        _ => unreachable!("no TLS here"),
    }
}

const CHAIN: &str = "joining it; caused by: reading the room; caused by: hunter2 is locked";
const EACH: [(&str, &str); 6] = [
    ("anyhow", CHAIN),
    ("eyre", CHAIN),
    ("box", CHAIN),
    ("std", "hunter2 is locked"),
    ("string", "hunter2"),
    ("borrowed", "borrowed"),
];

#[tokio::test]
async fn every_error_closes_with_1011_and_its_causes_are_in_the_log() {
    let server = server().await;
    for (how, logged) in EACH {
        let mut client = server.connect("/fails/later").await;
        let peer = peer(&client);
        say(&mut client, how).await;
        assert_eq!(close_of(&mut client).await, (1011, "internal error".to_owned()), "{how}");
        drop(client);
        let line = logs::closing_of(&peer).await;
        assert_eq!((line.level, line.get("rule")), (Level::ERROR, "handler_error"), "{line:?}");
        assert_eq!(line.get("reason"), logged, "{how}");
    }
}

#[tokio::test]
async fn every_error_before_accept_is_a_500_without_its_words() {
    let server = server().await;
    for (how, logged) in EACH {
        let request = server.url(&format!("/fails/{how}")).into_client_request().unwrap();
        let (status, rule, body) = refusal(request).await;
        assert_eq!((status, rule.as_str()), (500, "handler_error"), "{how}: {body}");
        assert!(!body.contains("hunter2") && !body.contains("joining"), "{how}: {body}");
        let told = format!("the handler failed before it accepted: {logged}");
        let lines = logs::with("endpoint", "fails");
        assert!(lines.iter().any(|line| line.get("reason") == told), "{how}: {lines:?}");
    }
}

async fn next(socket: &mut Socket) -> anyhow::Result<ControlFlow<()>> {
    use anyhow::Context as _;

    let message = socket.recv().await.map_err(anyhow::Error::from).context("listening")?;
    let Some(message) = message else { return Ok(ControlFlow::Break(())) };
    match message.as_text() {
        Some("full") => Err(Error::close(CloseCode::TRY_AGAIN_LATER, "the room is full"))?,
        Some("full in there") => {
            let full = Error::close(CloseCode::TRY_AGAIN_LATER, "the room is full");
            Err(anyhow::Error::from(full).context("joining"))
        }
        Some("fail") => Err(by_anyhow().unwrap_err()),
        _ => Ok(ControlFlow::Continue(())),
    }
}

/// Returns what `anyhow` makes of everything.
#[ws_endpoint("/anyhow/{how}")]
async fn all_anyhow(handshake: Handshake, Path(how): Path<String>) -> anyhow::Result<()> {
    match how.as_str() {
        "status" => Err(Error::status(StatusCode::CONFLICT, "the game has begun"))?,
        "context" => {
            let begun = Error::status(StatusCode::CONFLICT, "the game has begun");
            return Err(anyhow::Error::from(begun).context("hunter2"));
        }
        "rejects" => return Err(handshake.reject(StatusCode::CONFLICT, "the game has begun").into()),
        _ => {}
    }
    let mut socket = handshake.accept().await?;
    while next(&mut socket).await?.is_continue() {}
    Ok(())
}

/// Returns what `eyre` makes of everything.
#[ws_endpoint("/eyre/{how}")]
async fn all_eyre(handshake: Handshake, Path(how): Path<String>) -> eyre::Result<()> {
    use eyre::WrapErr as _;

    match how.as_str() {
        "status" => Err(Error::status(StatusCode::CONFLICT, "the game has begun"))?,
        "context" => {
            let begun = Err(Error::status(StatusCode::CONFLICT, "the game has begun"));
            return begun.map_err(eyre::Report::from).wrap_err("hunter2");
        }
        "rejects" => return Err(handshake.reject(StatusCode::CONFLICT, "the game has begun").into()),
        _ => {}
    }
    let mut socket = handshake.accept().await?;
    loop {
        // What has been through both is still what it was.
        match next(&mut socket).await.map_err(Error::from).map_err(eyre::Report::from).wrap_err("here")? {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(()) => return Ok(()),
        }
    }
}

/// Returns a box.
#[ws_endpoint("/boxed/{how}")]
async fn all_boxed(handshake: Handshake, Path(how): Path<String>) -> Result<(), Boxed> {
    match how.as_str() {
        "status" | "context" => {
            return Err(Error::status(StatusCode::CONFLICT, "the game has begun").into_boxed());
        }
        "rejects" => return Err(handshake.reject(StatusCode::CONFLICT, "the game has begun").into_boxed()),
        _ => {}
    }
    let mut socket = handshake.accept().await.map_err(Error::into_boxed)?;
    while next(&mut socket).await?.is_continue() {}
    Ok(())
}

#[tokio::test]
async fn a_status_is_kept_through_other_errors() {
    let server = server().await;
    for kind in ["anyhow", "eyre", "boxed"] {
        for how in ["status", "context", "rejects"] {
            let request = server.url(&format!("/{kind}/{how}")).into_client_request().unwrap();
            let (status, rule, body) = refusal(request).await;
            assert_eq!((status, rule.as_str()), (409, "handler_refused"), "{kind} {how}: {body}");
            assert!(body.contains("the game has begun") && !body.contains("hunter2"), "{kind} {how}: {body}");
        }
    }
}

#[tokio::test]
async fn a_close_code_is_kept_through_other_errors() {
    let server = server().await;
    for kind in ["anyhow", "eyre", "boxed"] {
        for how in ["full", "full in there"] {
            let mut client = server.connect(&format!("/{kind}/later")).await;
            let peer = peer(&client);
            say(&mut client, how).await;
            assert_eq!(close_of(&mut client).await, (1013, "the room is full".to_owned()), "{kind} {how}");
            drop(client);
            let line = logs::closing_of(&peer).await;
            assert_eq!((line.level, line.get("rule")), (Level::INFO, ""), "{kind} {how}: {line:?}");
            assert!(line.get("reason").ends_with("the room is full"), "{kind} {how}: {line:?}");
        }
        let mut client = server.connect(&format!("/{kind}/later")).await;
        let peer = peer(&client);
        say(&mut client, "fail").await;
        assert_eq!(close_of(&mut client).await, (1011, "internal error".to_owned()), "{kind}");
        drop(client);
        assert!(logs::closing_of(&peer).await.get("reason").ends_with(CHAIN), "{kind}");
    }
}

#[tokio::test]
async fn a_peer_that_vanishes_is_no_failure_whatever_the_handler_returns() {
    let server = server().await;
    for kind in ["anyhow", "eyre", "boxed"] {
        let client = server.connect(&format!("/{kind}/later")).await;
        let peer = peer(&client);
        drop(client);
        let line = logs::closing_of(&peer).await;
        assert_eq!((line.level, line.get("rule")), (Level::INFO, ""), "{kind}: {line:?}");
    }
}

#[tokio::test]
async fn the_error_that_was_there_first_is_found_again() {
    let error = Error::from(locked());
    let boxed: Boxed = error.into_boxed();
    assert!(boxed.is::<io::Error>());
    let error = Error::from(boxed);
    let source = error.source().expect("kept");
    assert!(source.is::<io::Error>());

    let gone = Error::from(Error::close(CloseCode::NORMAL, "done").into_boxed());
    assert_eq!(gone.close_code(), Some(CloseCode::NORMAL));
    within(async { sockeye::Result::Ok(()) }).await.unwrap();
}

#[tokio::test]
#[ignore = "`a_backtrace_is_logged_where_it_is_asked_for` runs it, in processes of their own"]
async fn fails_before_and_after_it_accepts() {
    let server = start(Server::new()).await;
    assert_eq!(refusal(server.url("/fails/std").into_client_request().unwrap()).await.0, 500);
    let mut client = server.connect("/fails/later").await;
    say(&mut client, "std").await;
    assert_eq!(close_of(&mut client).await.0, 1011);
}

/// The frames name the function whose `?` converted the error.
#[test]
fn a_backtrace_is_logged_where_it_is_asked_for() {
    for (asked, times) in [("1", 2), ("0", 0)] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "fails_before_and_after_it_accepts", "--ignored", "--nocapture"])
            .env("RUST_BACKTRACE", asked)
            .env_remove("RUST_LIB_BACKTRACE")
            .output()
            .unwrap();
        let written = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{written}");
        assert_eq!(written.matches("backtrace of the error").count(), times, "{written}");
        assert_eq!(written.matches("errors::fail\n").count(), times, "{written}");
        assert_eq!(
            written.matches("hunter2 is locked").count(),
            2,
            "the text of the error, once for each: {written}"
        );
    }
}
