//! Code of others that runs while a connection is driven, and comes back to that very connection: payloads with an owner, wakers,
//! layers of `tracing`, recorders of metrics, codecs.
//!
//! The server has a runtime of its own. A thread of it that waits for itself fails the test, whose own runtime goes on.

use std::{
    cell::Cell,
    future::{Future as _, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use axum::extract::State;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, Request, StatusCode, Version};
use http_body_util::Empty;
use hyper::{client::conn::http2, ext::Protocol};
use hyper_util::rt::{TokioExecutor, TokioIo};
use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use sockeye::{Codec, Handshake, Message, Sender, Server, ws_endpoint};
use sockeye_tests::{Client, Running, hear, say, start, within};
use tokio::sync::mpsc;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message as Theirs, protocol::Role},
};
use tracing_subscriber::{Layer, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Sends on a connection from wherever it is called, unless it is called by what that causes.
fn meddle(sender: &Mutex<Option<Sender>>, words: &str, is_prompt: bool) {
    thread_local! { static BUSY: Cell<bool> = const { Cell::new(false) } }
    if BUSY.replace(true) {
        return;
    }
    let sender = sender.lock().unwrap().clone();
    if let Some(sender) = sender {
        let _queued = if is_prompt { sender.send(words) } else { sender.feed(words) }.now_or_never();
    }
    BUSY.set(false);
}

/// Holds a sender and sends when it is dropped, as an owner of memory, as a waker, or in a codec.
struct Meddler {
    sender: Mutex<Option<Sender>>,
    is_woken: AtomicBool,
}

impl Meddler {
    fn new(sender: &Sender) -> Self {
        Self { sender: Mutex::new(Some(sender.clone())), is_woken: AtomicBool::new(false) }
    }

    fn woken(&self) -> Poll<()> {
        if self.is_woken.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl AsRef<[u8]> for Meddler {
    fn as_ref(&self) -> &[u8] {
        b"payload"
    }
}

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        meddle(&self.sender, "woken", true);
        self.is_woken.store(true, Ordering::SeqCst);
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        meddle(&self.sender, "dropped", true);
    }
}

/// Answers each message with a payload that sends when it is dropped.
#[ws_endpoint("/payload")]
async fn payload(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while receiver.recv().await?.is_some() {
        sender.send(Bytes::from_owner(Meddler::new(&sender))).await?;
    }
    Ok(())
}

/// Waits with wakers that send when they are woken and when they are dropped.
#[ws_endpoint("/waker")]
async fn waker(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    loop {
        let message = {
            let mut message = pin!(receiver.recv());
            let meddler = Arc::new(Meddler::new(&sender));
            let wakers = [Waker::from(Arc::new(Meddler::new(&sender))), Waker::from(Arc::clone(&meddler))];
            let mut look = None;
            for waker in wakers {
                if look.is_none()
                    && let Poll::Ready(message) = message.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    look = Some(message?);
                }
            }
            if look.is_none() {
                // The connection's own task is polled whenever something comes, and the waker is woken before.
                poll_fn(|_| meddler.woken()).await;
                look = Some(message.await?);
            }
            look.flatten()
        };
        let Some(message) = message else { return Ok(()) };
        sender.send(message).await?;
    }
}

static FOLLOWER: Mutex<Option<Sender>> = Mutex::new(None);
static EVENTS: AtomicUsize = AtomicUsize::new(0);
/// Held by the test that follows.
static FOLLOWING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Follows what the program logs and counts.
#[ws_endpoint("/follow")]
async fn follow(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    *FOLLOWER.lock().unwrap() = Some(sender.clone());
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Sends each event to who follows.
struct Follow;

impl<S: tracing::Subscriber> Layer<S> for Follow {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        // Only so many: what is sent is spoken of in turn.
        if EVENTS.fetch_add(1, Ordering::Relaxed) < 2000 {
            meddle(&FOLLOWER, event.metadata().target(), false);
        }
    }
}

/// Sends each count to who follows.
struct Counts;

impl CounterFn for Counts {
    fn increment(&self, _: u64) {
        // Not in a hurry: what is written is counted too.
        meddle(&FOLLOWER, "counted", false);
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Self))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Sends while it reads and while it writes.
struct Meddling;

static CODED: Mutex<Option<Sender>> = Mutex::new(None);

impl Codec for Meddling {
    type In = Message;
    type Out = Message;

    fn decode(message: Message) -> sockeye::Result<Message> {
        meddle(&CODED, "decoding", true);
        Ok(message)
    }

    fn encode(message: &Message) -> sockeye::Result<Message> {
        meddle(&CODED, "encoding", true);
        Ok(message.clone())
    }
}

/// Echoes through a codec that sends too.
#[ws_endpoint("/codec")]
async fn codec(handshake: Handshake<Meddling>, State(parked): State<Parked>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    CODED.lock().unwrap().clone_from(&parked.0.lock().unwrap());
    while let Some(message) = socket.recv().await? {
        socket.send(&message).await?;
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Parked(Arc<Mutex<Option<Sender>>>);

/// Parks its sender.
#[ws_endpoint("/park")]
async fn park(handshake: Handshake, State(parked): State<Parked>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    *parked.0.lock().unwrap() = Some(sender.clone());
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}

/// Counts nothing but how many hold it.
struct Held;

impl Wake for Held {
    fn wake(self: Arc<Self>) {}
}

/// Gives up many sends that wait, and reports how many wakers of theirs are left.
#[ws_endpoint("/give/up")]
async fn give_up(
    handshake: Handshake,
    State(reports): State<mpsc::UnboundedSender<usize>>,
) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let _begin = receiver.recv().await?;
    let page = Bytes::from(vec![0; 32 * 1024]);
    while let Some(sent) = sender.send(page.clone()).now_or_never() {
        sent?;
        tokio::task::yield_now().await;
    }
    let held = Arc::new(Held);
    let waker = Waker::from(Arc::clone(&held));
    let poll = |future: &mut (dyn Future<Output = sockeye::Result> + Unpin)| {
        assert!(future.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
    };
    for _ in 0..1000 {
        poll(&mut sender.send("given up"));
        poll(&mut sender.flush().boxed());
    }
    let mut message = receiver.recv().boxed();
    assert!(message.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
    drop(message);
    // One is here, one is the waker's.
    _ = reports.send(Arc::strong_count(&held) - 2);
    while receiver.recv().await?.is_some() {}
    Ok(())
}

/// A server on threads of its own, which stay when the test is over.
fn served(server: Server) -> &'static Running {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::registry().with(Follow).init();
        metrics::set_global_recorder(Counts).unwrap();
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    let running = std::thread::spawn(move || handle.block_on(start(server))).join().unwrap();
    Box::leak(Box::new(runtime));
    Box::leak(Box::new(running))
}

fn server() -> Server {
    let (reports, _) = mpsc::unbounded_channel::<usize>();
    Server::new().state(Parked::default()).state(reports)
}

/// Three clients each talk a little; then the server is there for one more.
async fn all_are_served(path: &str, reply: Theirs) {
    let server = served(server());
    for _ in 0..3 {
        let mut client = server.connect(path).await;
        for _ in 0..3 {
            say(&mut client, "x").await;
            hear_until(&mut client, &reply).await;
        }
    }
    let mut other = server.connect("/park").await;
    say(&mut other, "still there").await;
    hear_until(&mut other, &Theirs::text("still there")).await;
}

/// Every message up to this one, in words.
async fn hear_until(client: &mut Client, last: &Theirs) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        let message = hear(client).await;
        if message == *last {
            return heard;
        }
        heard.push(message.to_string());
    }
}

#[tokio::test]
async fn a_payload_may_send_when_it_is_dropped() {
    all_are_served("/payload", Theirs::binary(&b"payload"[..])).await;
    let mut client = served(server()).connect("/payload").await;
    say(&mut client, "x").await;
    hear_until(&mut client, &Theirs::text("dropped")).await;
}

#[tokio::test]
async fn a_waker_may_send_when_it_is_woken_or_dropped() {
    all_are_served("/waker", Theirs::text("x")).await;
    let mut client = served(server()).connect("/waker").await;
    hear_until(&mut client, &Theirs::text("dropped")).await;
    say(&mut client, "x").await;
    let heard = hear_until(&mut client, &Theirs::text("x")).await;
    assert!(heard.iter().any(|text| text == "woken"), "{heard:?}");
}

#[tokio::test]
async fn a_codec_may_send_to_another_connection() {
    let server = served(server());
    let mut parked = server.connect("/park").await;
    say(&mut parked, "x").await;
    hear_until(&mut parked, &Theirs::text("x")).await;
    let mut client = server.connect("/codec").await;
    say(&mut client, "y").await;
    hear_until(&mut client, &Theirs::text("y")).await;
    hear_until(&mut parked, &Theirs::text("decoding")).await;
    hear_until(&mut parked, &Theirs::text("encoding")).await;
}

#[tokio::test]
async fn a_layer_and_a_recorder_may_send_over_http_1() {
    let _alone = FOLLOWING.lock().await;
    all_are_served("/follow", Theirs::text("x")).await;
    let mut client = served(server()).connect("/follow").await;
    say(&mut client, "x").await;
    hear_until(&mut client, &Theirs::text("counted")).await;
}

#[tokio::test]
async fn a_layer_and_a_recorder_may_send_over_http_2() {
    let _alone = FOLLOWING.lock().await;
    let server = served(server());
    for _ in 0..3 {
        let stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (mut client, connection) = within(handshake).await.unwrap();
        tokio::spawn(connection);
        let plain = Request::get(server.url("/nowhere").replace("ws:", "http:")).body(Empty::<Bytes>::new());
        assert_eq!(
            within(client.send_request(plain.unwrap())).await.unwrap().status(),
            StatusCode::NOT_FOUND
        );
        let request = Request::builder()
            .method(Method::CONNECT)
            .uri(server.url("/follow").replace("ws:", "http:"))
            .version(Version::HTTP_2)
            .header("sec-websocket-version", "13")
            .extension(Protocol::from_static("websocket"))
            .body(Empty::new());
        let response = within(client.send_request(request.unwrap())).await.unwrap();
        let io = TokioIo::new(within(hyper::upgrade::on(response)).await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(io, Role::Client, None).await;
        for text in ["one", "two", "three"] {
            EVENTS.store(0, Ordering::Relaxed);
            within(futures_util::SinkExt::send(&mut socket, Theirs::text(text))).await.unwrap();
            let mut is_from_h2 = false;
            loop {
                let message = within(futures_util::StreamExt::next(&mut socket)).await.unwrap().unwrap();
                is_from_h2 |= message.to_text().is_ok_and(|text| text.starts_with("h2::"));
                if message == Theirs::text(text) {
                    break;
                }
            }
            assert!(is_from_h2 || text == "one", "what HTTP/2 says while the stream is driven is sent too");
        }
    }
}

#[tokio::test]
async fn a_future_that_is_dropped_takes_its_waker_along() {
    let (reports, mut reported) = mpsc::unbounded_channel::<usize>();
    let server = served(Server::new().state(Parked::default()).state(reports));
    // It reads nothing, so that sends wait.
    let mut client = server.connect("/give/up").await;
    say(&mut client, "begin").await;
    assert_eq!(within(reported.recv()).await, Some(0));
}
