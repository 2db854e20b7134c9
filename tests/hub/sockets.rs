//! Events on their way to clients.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Path, State};
use serde::{Serialize, Serializer};
use sockeye::{Codec, Error, Handshake, Hub, Json, Message, Server, SlowPolicy, ws_endpoint};
use sockeye_tests::{Client, Running, close_of, hear, logs, say, start, within};
use tokio_tungstenite::{MaybeTlsStream, tungstenite::Message as Theirs};

static ENCODED: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone)]
struct Progress(u32);

impl Serialize for Progress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.fetch_add(1, Ordering::Relaxed);
        self.0.serialize(serializer)
    }
}

/// The handler of the design.
#[ws_endpoint("/workflows/{id}")]
async fn workflow(
    handshake: Handshake<Json<String, Progress>>,
    Path(id): Path<u64>,
    State(hub): State<Hub<Progress>>,
) -> sockeye::Result {
    let mut feed = hub.topic(format!("workflow:{id}")).subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            command = socket.recv() => match command? {
                Some(command) => drop(command),
                None => return Ok(()),
            },
            event = feed.next() => socket.send(event?).await?,
        }
    }
}

/// The same on a socket that sends messages as they are.
#[ws_endpoint("/raw/{id}")]
async fn raw(handshake: Handshake, Path(id): Path<u64>, State(hub): State<Hub<Progress>>) -> sockeye::Result {
    let mut feed = hub.topic(format!("workflow:{id}")).subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => drop(message),
                None => return Ok(()),
            },
            event = feed.next() => socket.feed(event?).await?,
        }
    }
}

/// Writes a letter in front.
struct Lettered;

impl Codec for Lettered {
    type In = Message;
    type Out = Progress;

    fn decode(message: Message) -> Result<Message, Error> {
        Ok(message)
    }

    fn encode(value: &Progress) -> Result<Message, Error> {
        Ok(Message::text(format!("p{}", value.0)))
    }
}

/// Sends what its codec would write otherwise.
#[ws_endpoint("/mismatch")]
async fn mismatch(handshake: Handshake<Lettered>, State(hub): State<Hub<Progress>>) -> sockeye::Result {
    let mut feed = hub.topic("mismatch").subscribe();
    let mut socket = handshake.accept().await?;
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => drop(message),
                None => return Ok(()),
            },
            event = feed.next() => socket.send(event?).await?,
        }
    }
}

/// Takes an event for each message of its client.
#[ws_endpoint("/on-demand")]
async fn on_demand(handshake: Handshake, State(hub): State<Hub<u32>>) -> sockeye::Result {
    let mut feed = hub.topic("strict").subscribe();
    let mut socket = handshake.accept().await?;
    socket.send("subscribed").await?;
    while socket.recv().await?.is_some() {
        socket.send(feed.next().await?).await?;
    }
    Ok(())
}

struct Set {
    server: Running,
    hub: Hub<Progress>,
    strict: Hub<u32>,
}

async fn set() -> Set {
    logs::listen();
    let hub = Hub::<Progress>::new();
    let strict = Hub::<u32>::builder().queue(2).slow(SlowPolicy::Disconnect).build();
    let server = start(Server::new().state(hub.clone()).state(strict.clone())).await;
    Set { server, hub, strict }
}

impl Set {
    /// Connects clients and waits until all of them subscribe.
    async fn connect(&self, path: &str, clients: usize, topic: &str) -> Vec<Client> {
        let topic = self.hub.topic(topic);
        let before = topic.subscribers();
        let mut connected = Vec::new();
        for _ in 0..clients {
            connected.push(self.server.connect(path).await);
        }
        within(async {
            while topic.subscribers() < before + clients {
                tokio::task::yield_now().await;
            }
        })
        .await;
        connected
    }
}

/// Whom the log calls the peer.
fn address(client: &Client) -> String {
    let MaybeTlsStream::Plain(stream) = client.get_ref() else { panic!("a plain stream") };
    stream.local_addr().expect("an address").to_string()
}

#[tokio::test]
async fn every_client_of_a_topic_gets_an_event_that_was_encoded_once() {
    let set = set().await;
    let mut sevens = set.connect("/workflows/7", 20, "workflow:7").await;
    sevens.append(&mut set.connect("/raw/7", 20, "workflow:7").await);
    let mut eight = set.connect("/workflows/8", 1, "workflow:8").await;
    let before = ENCODED.load(Ordering::Relaxed);
    for percent in [50, 100] {
        assert_eq!(set.hub.topic("workflow:7").publish(&Progress(percent)).unwrap(), 40);
    }
    for client in &mut sevens {
        assert_eq!([hear(client).await, hear(client).await], [Theirs::text("50"), Theirs::text("100")]);
    }
    assert_eq!(ENCODED.load(Ordering::Relaxed) - before, 2);
    set.hub.topic("workflow:8").publish(&Progress(1)).unwrap();
    assert_eq!(hear(&mut eight[0]).await, Theirs::text("1"));
}

#[tokio::test]
async fn a_subscription_ends_with_its_connection() {
    let set = set().await;
    let clients = set.connect("/workflows/9", 5, "workflow:9").await;
    assert_eq!(set.hub.topics(), 1);
    drop(clients);
    within(async {
        while set.hub.topics() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_event_in_another_format_is_an_error_that_says_so() {
    let set = set().await;
    let mut clients = set.connect("/mismatch", 1, "mismatch").await;
    let peer = address(&clients[0]);
    set.hub.topic("mismatch").publish(&Progress(1)).unwrap();
    assert_eq!(close_of(&mut clients[0]).await, (1011, "internal error".to_owned()));
    drop(clients);
    let said = logs::closing_of(&peer).await;
    assert_eq!(said.get("rule"), "handler_error");
    assert_eq!(
        said.get("reason"),
        "the hub writes its events as `json` and this socket sends `hub::sockets::Lettered`: make the hub with \
         `Hub::encoded_by` and the socket's codec, or send `event.into_message()` on a `Raw` socket"
    );
}

#[tokio::test]
async fn a_slow_subscriber_is_closed_with_1013() {
    let set = set().await;
    let mut client = set.server.connect("/on-demand").await;
    let peer = address(&client);
    assert_eq!(hear(&mut client).await, Theirs::text("subscribed"));
    let topic = set.strict.topic("strict");
    topic.publish(&1).unwrap();
    say(&mut client, "next").await;
    assert_eq!(hear(&mut client).await, Theirs::text("1"));
    (2..6).for_each(|n| _ = topic.publish(&n).unwrap());
    say(&mut client, "next").await;
    let reason = "the subscriber missed 2 events: its queue is limited to 2 events".to_owned();
    assert_eq!(close_of(&mut client).await, (1013, reason.clone()));
    drop(client);
    let said = logs::closing_of(&peer).await;
    assert_eq!((said.level, said.get("rule")), (tracing::Level::WARN, "slow_consumer"));
    assert_eq!(said.get("reason"), reason);
}

#[tokio::test]
async fn a_stopping_server_ends_its_subscribers() {
    let Set { mut server, hub, .. } = set().await;
    let mut client = server.connect("/workflows/1").await;
    server.stop();
    assert_eq!(close_of(&mut client).await.0, 1001);
    drop(client);
    server.ended().await;
    assert_eq!(hub.topics(), 0);
}
