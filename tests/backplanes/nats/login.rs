//! Who may connect, what it may do, and what is said if it may not.

use std::sync::{Arc, Mutex};

use nkeys::KeyPair;
use sockeye::{Hub, Ready as _};
use sockeye_nats::Nats;
use sockeye_tests::within;
use tracing_subscriber::fmt::MakeWriter;

use crate::{Server, hub, next, publish, ready, subscribed, unready};

const USERS: &str = r#"authorization { users = [
    { user: all, password: "p@ss/word" }
    { user: some, password: some, permissions: {
        publish: { allow: "sockeye.>", deny: "sockeye.sealed" }
        subscribe: { allow: "sockeye.>", deny: [SECRETS] }
    } }
    { user: none, password: none, permissions: { publish: "other", subscribe: "other" } }
] }"#;

async fn refusal(nats: Nats) -> String {
    let hub: Hub<String> = hub(nats);
    within(hub.ready()).await.expect_err("it may not").to_string()
}

#[tokio::test]
async fn a_wrong_login_is_said_in_words() {
    let Some(server) = Server::start(USERS).await else { return };
    let at = format!("127.0.0.1:{}", server.port);
    let refused = format!(
        "the backplane is not connected: NATS at {at} refuses the login: wrong user, password, token or key"
    );
    let nats = || sockeye_nats::connect(server.url());
    assert_eq!(refusal(nats().user("all", "hunter2")).await, refused);
    assert_eq!(refusal(nats().token("hunter2")).await, refused);
    assert_eq!(refusal(sockeye_nats::connect(format!("nats://all:hunter2@{at}"))).await, refused);
    let none = refusal(nats()).await;
    assert!(none.contains("requires a login"), "{none}");
    let right = hub(sockeye_nats::connect(format!("nats://all:p%40ss%2Fword@{at}")));
    within(right.ready()).await.expect("it may");
    let right = hub(nats().user("all", "p@ss/word"));
    within(right.ready()).await.expect("it may");
}

#[tokio::test]
async fn tokens_and_nkeys_log_in() {
    let Some(server) = Server::start("authorization { token: t0ken }").await else { return };
    let by_url = hub(sockeye_nats::connect(format!("nats://t0ken@127.0.0.1:{}", server.port)));
    within(by_url.ready()).await.expect("it may");
    within(hub(sockeye_nats::connect(server.url()).token("t0ken")).ready()).await.expect("it may");

    let key = KeyPair::new_user();
    let seed = key.seed().expect("a whole pair");
    let config = format!("authorization {{ users = [ {{ nkey: {} }} ] }}", key.public_key());
    let Some(server) = Server::start(&config).await else { return };
    within(hub(sockeye_nats::connect(server.url()).nkey(&seed)).ready()).await.expect("it may");
    let broken = refusal(sockeye_nats::connect(server.url()).nkey(&seed[..20])).await;
    assert!(broken.contains("cannot sign") && !broken.contains(&seed[..20]), "{broken}");
    let missing = refusal(sockeye_nats::connect(server.url()).credentials_file("/nowhere.creds")).await;
    assert!(missing.contains("cannot read the credentials in /nowhere.creds"), "{missing}");
}

#[tokio::test]
async fn what_is_wrong_with_a_url_or_a_prefix_is_said() {
    for (nats, words) in [
        (sockeye_nats::connect("http://s3cret@host"), "invalid scheme"),
        (sockeye_nats::connect("nats://s3cret:s3cret@"), "URL"),
        (sockeye_nats::connect("wss://s3cret@host"), "over WebSocket is not supported"),
        (sockeye_nats::connect("nats://host").prefix("a b."), "the prefix \"a b.\" is none"),
    ] {
        let reason = refusal(nats).await;
        assert!(reason.contains(words) && !reason.contains("s3cret"), "{reason}");
    }
}

/// A topic to which the user may not subscribe keeps the hub from being ready, and no other topic from its events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn permissions_are_refusals_of_their_topics() {
    let secrets: Vec<_> = (0..300).map(|n| format!("sockeye.secret:{n}")).collect();
    let users = USERS.replace("SECRETS", &format!("sockeye.secret, {}", secrets.join(", ")));
    let Some(server) = Server::start(&users).await else { return };
    let nats = || sockeye_nats::connect(server.url());
    let (some, all) = (hub(nats().user("some", "some")), hub(nats().user("all", "p@ss/word")));
    ready(&some).await;
    ready(&all).await;
    let mut open = subscribed(&some, "open").await;
    let mut secret = some.topic("secret").subscribe();
    let reason = unready(&some).await;
    let denied = r#"NATS refuses: Permissions Violation for Subscription to "sockeye.secret""#;
    assert_eq!(reason, format!("the broker refuses 1 topic: {denied}"));
    publish(&all, "secret", "1");
    publish(&all, "open", "2");
    assert_eq!(next(&mut open).await.0, "\"2\"");
    publish(&some, "secret", "3");
    assert_eq!(
        next(&mut secret).await,
        ("\"3\"".to_owned(), false),
        "within this machine it is a topic as any"
    );
    drop(secret);
    ready(&some).await;

    // More refusals at once than the client passes on.
    let secrets: Vec<_> = (0..300).map(|n| some.topic(format!("secret:{n}")).subscribe()).collect();
    let mut after = some.topic("after").subscribe();
    let reason = unready(&some).await;
    assert!(reason.starts_with("the broker refuses "), "{reason}");
    within(after.confirmed()).await;
    publish(&all, "after", "4");
    assert_eq!(next(&mut after).await.0, "\"4\"");
    drop(secrets);
    ready(&some).await;

    // What may not be published is counted as lost, and the rest gets through.
    let (mut sealed, mut far) = (subscribed(&all, "sealed").await, subscribed(&all, "open").await);
    (0..500).for_each(|n| publish(&some, "sealed", &n.to_string()));
    publish(&some, "open", "5");
    let five = within(async {
        loop {
            let (event, _) = next(&mut far).await;
            if event == "\"5\"" {
                return event;
            }
        }
    });
    assert_eq!(five.await, "\"5\"");
    publish(&all, "sealed", "6");
    assert_eq!(next(&mut sealed).await, ("\"6\"".to_owned(), false));
}

#[tokio::test]
async fn without_the_permissions_that_it_needs_there_is_no_connection() {
    let Some(server) = Server::start(USERS).await else { return };
    let reason = refusal(sockeye_nats::connect(server.url()).user("none", "none")).await;
    assert!(
        reason.contains("the user needs the permission to publish and subscribe to \"sockeye.>\""),
        "{reason}"
    );
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Not in the log, at the lowest level and of all crates; not in `Debug`.
#[tokio::test]
async fn no_secret_is_shown() {
    let Some(server) = Server::start(USERS).await else { return };
    let written = Written::default();
    let log =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(written.clone()).finish();
    let guard = tracing::subscriber::set_default(log);
    let wrong = sockeye_nats::connect(format!("nats://all:hunter2@127.0.0.1:{}", server.port));
    let right = sockeye_nats::connect(format!("nats://all:p%40ss%2Fword@127.0.0.1:{}", server.port));
    let token = sockeye_nats::connect(format!("nats://hunter3@127.0.0.1:{}", server.port));
    let key = sockeye_nats::connect(server.url()).nkey("SUAhunter4");
    let mut shown = format!("{wrong:?} {right:?} {token:?} {key:?}");
    assert!(shown.contains(&format!("127.0.0.1:{}", server.port)));
    for nats in [wrong, token, key] {
        shown += &refusal(nats).await;
    }
    let right = hub(right);
    ready(&right).await;
    drop(server);
    shown += &unready(&right).await;
    drop(guard);
    shown += &String::from_utf8_lossy(&written.0.lock().expect("not poisoned"));
    assert!(shown.contains("async_nats"), "the log of the client is not in it");
    for secret in ["p@ss", "p%40ss", "hunter"] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}
