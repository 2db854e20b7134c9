//! Whether anybody gets what Sockeye says, asked of the subscriber of the test's own thread.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use sockeye::{Handshake, Server, ws_endpoint};
use tracing::{Event, Level, Subscriber, level_filters::LevelFilter, subscriber::set_default};
use tracing_subscriber::{
    Layer,
    filter::{Targets, filter_fn},
    layer::Context,
    prelude::*,
    registry,
};

/// Right in every respect.
#[ws_endpoint("/ws/heard", group = "heard")]
async fn heard(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Counts what it hears.
#[derive(Debug, Clone, Default)]
struct Ear(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn targets(text: &str) -> Targets {
    text.parse().expect("directives")
}

fn server() -> Server {
    Server::new().group("heard")
}

/// The warnings of a server that starts under this subscriber.
async fn warnings_under(subscriber: impl Subscriber + Send + Sync + 'static) -> Vec<String> {
    let _guard = set_default(subscriber);
    warnings(server()).await
}

async fn warnings(server: Server) -> Vec<String> {
    let checked = server.check().await.expect("nothing is wrong");
    checked.warnings().iter().map(|warning| warning.rule().to_owned()).collect()
}

const USUAL: &str = "my_app=debug,tower_http=debug,axum::rejection=trace";

#[tokio::test]
async fn a_filter_that_drops_warnings_is_reported() {
    let unheard = ["log_unheard"];
    assert_eq!(warnings_under(registry().with(Ear::default()).with(targets(USUAL))).await, unheard);
    assert_eq!(
        warnings_under(registry().with(Ear::default()).with(targets("info,sockeye=off"))).await,
        unheard
    );
    assert_eq!(warnings_under(registry().with(Ear::default()).with(LevelFilter::ERROR)).await, unheard);
    let two = registry()
        .with(Ear::default().with_filter(targets(USUAL)))
        .with(Ear::default().with_filter(filter_fn(|metadata| metadata.target() == "other")));
    assert_eq!(warnings_under(two).await, unheard);
}

#[tokio::test]
async fn a_subscriber_that_writes_warnings_is_not() {
    assert!(warnings(server()).await.is_empty(), "without a subscriber they go to stderr");
    assert!(warnings_under(registry().with(Ear::default())).await.is_empty());
    assert!(warnings_under(registry().with(Ear::default()).with(LevelFilter::WARN)).await.is_empty());
    let completed = targets(USUAL).with_target("sockeye", Level::WARN);
    assert!(warnings_under(registry().with(Ear::default()).with(completed)).await.is_empty());
    let events = filter_fn(|metadata| metadata.is_event() && metadata.fields().field("message").is_some());
    assert!(warnings_under(registry().with(Ear::default().with_filter(events))).await.is_empty());
    let one_of_two = registry()
        .with(Ear::default().with_filter(targets(USUAL)))
        .with(Ear::default().with_filter(LevelFilter::INFO));
    assert!(warnings_under(one_of_two).await.is_empty());
}

#[tokio::test]
async fn it_can_be_allowed() {
    let _guard = set_default(registry().with(Ear::default()).with(targets(USUAL)));
    assert!(warnings(server().allow("log_unheard", "the operators read the metrics")).await.is_empty());
}

#[tokio::test]
async fn being_asked_leaves_no_trace() {
    let (deaf, hears) = (Ear::default(), Ear::default());
    let subscriber = registry()
        .with(deaf.clone().with_filter(targets(USUAL)))
        .with(hears.clone().with_filter(LevelFilter::INFO));
    let _guard = set_default(subscriber);
    warnings(server()).await;
    let before = hears.0.load(Ordering::Relaxed);
    tracing::warn!(target: "my_app", "is heard by both");
    assert_eq!((deaf.0.load(Ordering::Relaxed), hears.0.load(Ordering::Relaxed)), (1, before + 1));
}

#[test]
fn a_program_with_a_usual_filter_is_told_on_stderr_and_serves() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_startup_filtered"));
    command.arg("127.0.0.1:0").env("SOCKEYE_CHECK", "").env("RUST_LOG", USUAL).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    let lines = BufReader::new(child.stderr.take().expect("its output")).lines();
    let mut told = String::new();
    for line in lines.map_while(Result::ok) {
        told.push_str(&line);
        told.push('\n');
        if line.starts_with("sockeye: ") {
            break;
        }
    }
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
    assert!(told.starts_with("warning[log_unheard]: the installed `tracing` subscriber drops"), "{told}");
    assert!(told.contains(&format!("`RUST_LOG={USUAL},sockeye=warn`")), "{told}");
    assert!(told.contains(" endpoint on ws://"), "{told}");
}
