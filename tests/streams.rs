//! The handles as `Stream` and `Sink`, in the hands of code that knows only these traits.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use axum::extract::State;
use futures_util::{
    Sink, SinkExt, Stream, StreamExt as _, TryStreamExt as _,
    future::{self, Either},
    stream::{self, FusedStream as _},
};
use sockeye::{
    CloseCode, Error, Handshake, Hub, Json, Message, Receiver, Sender, Server, Socket, testing::TestClient,
    ws_endpoint,
};
use sockeye_tests::{Running, close_of, hear, raw::RawSocket, say, start, within};
use tokio::io::AsyncBufReadExt as _;
use tokio_tungstenite::tungstenite::Message as Theirs;
use tokio_util::io::StreamReader;

/// What async-graphql and others ask of a socket.
async fn answer<S, E>(mut peer: S) -> Result<(), E>
where
    S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin,
{
    while let Some(message) = peer.next().await {
        let text = format!("you said {}", message?.as_text().unwrap_or("bytes"));
        peer.send(Message::text(text)).await?;
    }
    peer.close().await
}

/// Serves through a function that is generic over the transport.
#[ws_endpoint("/generic")]
async fn generic(handshake: Handshake) -> sockeye::Result {
    answer(handshake.accept().await?).await
}

/// Echoes, as `StreamExt::forward` does.
#[ws_endpoint("/forward")]
async fn forward(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    receiver.forward(sender).await
}

/// The halves of futures instead of Sockeye's.
#[ws_endpoint("/split")]
async fn split(handshake: Handshake) -> sockeye::Result {
    let (mut sink, mut stream) = futures_util::StreamExt::split(handshake.accept().await?);
    while let Some(message) = stream.try_next().await? {
        sink.send(message).await?;
    }
    Ok(())
}

/// Adds up, and goes on after what is no number.
#[ws_endpoint("/sum")]
async fn sum(handshake: Handshake<Json<u32>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let (mut sum, mut invalid) = (0, 0);
    while let Some(number) = socket.next().await {
        match number {
            Ok(0) => break,
            Ok(number) => sum += number,
            Err(error) => {
                assert_eq!(error.close_code(), Some(CloseCode::INVALID_PAYLOAD), "{error}");
                invalid += 1;
            }
        }
    }
    futures_util::SinkExt::send(&mut socket, &sum).await?;
    futures_util::SinkExt::send(&mut socket, invalid).await?;
    while socket.next().await.is_some() {}
    Ok(())
}

/// The end of a stream comes again and again.
#[ws_endpoint("/end")]
async fn end(handshake: Handshake, State(ends): State<tokio::sync::mpsc::Sender<String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let before = socket.is_terminated();
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(match socket.next().await {
            Some(Ok(_)) => "message",
            Some(Err(_)) => "error",
            None => "end",
        });
    }
    let seen = format!("{before} {} {}", seen.join(" "), socket.is_terminated());
    _ = ends.send(seen).await;
    Ok(())
}

/// `select!` of futures asks for a fused stream.
#[ws_endpoint("/select")]
async fn select(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let mut ticks = stream::iter(["one", "two"]).fuse();
    loop {
        futures_util::select! {
            message = receiver.next() => match message.transpose()? {
                Some(message) => sender.send(message).await?,
                None => break,
            },
            tick = ticks.select_next_some() => sender.send(tick).await?,
        }
    }
    match future::select(receiver.next(), future::pending::<()>()).await {
        Either::Left((message, _)) => assert!(message.is_none(), "the end comes again"),
        Either::Right(_) => unreachable!(),
    }
    Ok(())
}

fn poll_ready<S: Sink<Message> + Unpin>(sink: &mut S, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
    Pin::new(sink).poll_ready(cx)
}

/// Queues until the sink has no room, says how much that was, and goes on when there is.
#[ws_endpoint("/room")]
async fn room(handshake: Handshake) -> sockeye::Result {
    let (mut sender, mut receiver) = handshake.accept().await?.split();
    let mut queued = 0_u32;
    let full = poll_fn(|cx| {
        while poll_ready(&mut sender, cx)?.is_ready() {
            Pin::new(&mut sender).start_send(Message::binary(vec![0; 1024]))?;
            queued += 1;
        }
        // One more than there is room for, as another handle may send it.
        Pin::new(&mut sender).start_send(Message::text("beyond"))?;
        Poll::Ready(Ok::<_, Error>(queued))
    });
    let full = full.await?;
    poll_fn(|cx| poll_ready(&mut sender, cx)).await?;
    futures_util::SinkExt::send(&mut sender, full.to_string()).await?;
    while receiver.next().await.is_some() {}
    Ok(())
}

/// Many more messages in one poll than a turn has, from two sinks that both were ready.
#[ws_endpoint("/turn")]
async fn turn(handshake: Handshake) -> sockeye::Result {
    let (mut one, mut receiver) = handshake.accept().await?.split();
    let mut two = one.clone();
    let queued = poll_fn(|cx| {
        let mut queued = 0;
        while poll_ready(&mut one, cx)?.is_ready() && poll_ready(&mut two, cx)?.is_ready() {
            Pin::new(&mut one).start_send(Message::text("x"))?;
            Pin::new(&mut two).start_send(Message::text("x"))?;
            // Without room.
            Pin::new(&mut two).start_send(Message::text("x"))?;
            queued += 3;
        }
        Poll::Ready(Ok::<_, Error>(queued))
    });
    let queued: u32 = queued.await?;
    one.send(format!("{queued} of them")).await?;
    while receiver.next().await.is_some() {}
    Ok(())
}

/// Forwards a stream that ends.
#[ws_endpoint("/countdown")]
async fn countdown(handshake: Handshake) -> sockeye::Result {
    let (sender, _receiver) = handshake.accept().await?.split();
    let mut closed = sender.clone();
    stream::iter([3, 2, 1]).map(|n: u8| Ok(n.to_string())).forward(sender).await?;
    let late = poll_fn(|cx| poll_ready(&mut closed, cx)).await;
    assert!(late.is_err_and(|error| error.is_disconnect()));
    let late = Pin::new(&mut closed).start_send("late");
    assert!(late.is_err_and(|error| error.is_disconnect()));
    // It is closed already.
    SinkExt::<Message>::close(&mut closed).await
}

/// Events of a hub, through futures' own `forward`.
#[ws_endpoint("/events")]
async fn events(handshake: Handshake<Json<(), u32>>, State(hub): State<Hub<u32>>) -> sockeye::Result {
    let events = hub.topic("numbers").subscribe();
    let (sender, mut receiver) = handshake.accept().await?.split();
    let listen = async { while receiver.next().await.is_some() {} };
    match future::select(std::pin::pin!(listen), events.forward(sender)).await {
        Either::Left(_) => Ok(()),
        Either::Right((forwarded, _)) => forwarded,
    }
}

/// A helper in a file that imports `SinkExt`, whose `send` is then the one of a `&mut Socket`.
async fn greet(socket: &mut Socket, name: &str) -> sockeye::Result {
    socket.send(format!("hello, {name}")).await?;
    socket.feed("how are").await?;
    socket.feed(&Message::text("you?")).await?;
    // Of which item `SinkExt::flush` is, nothing says.
    Socket::flush(socket).await
}

/// Everything that has the name of a method of the traits.
#[ws_endpoint("/names")]
async fn names(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    greet(&mut socket, "you").await?;
    socket.send("text").await?;
    let (sender, receiver): (Sender, Receiver) = socket.split();
    let mut receiver = receiver;
    while receiver.recv().await?.is_some() {}
    sender.close(CloseCode::NORMAL, "").await
}

/// Lines over messages, through an adapter of tokio's.
#[ws_endpoint("/lines")]
async fn lines(handshake: Handshake) -> sockeye::Result {
    let (sender, receiver) = handshake.accept().await?.split();
    let mut lines = StreamReader::new(receiver.map_ok(Message::into_bytes)).lines();
    while let Some(line) = lines.next_line().await? {
        sender.send(line).await?;
    }
    Ok(())
}

/// Numbers, through adapters. That of the error does not know which item is meant.
#[ws_endpoint("/adapted")]
async fn adapted(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let texts = SinkExt::<Message>::sink_map_err(sender, std::io::Error::from);
    let mut numbers = std::pin::pin!(
        texts.with(|number: u32| future::ready(std::io::Result::Ok(Message::text(number.to_string()))))
    );
    numbers.send(7).await?;
    while receiver.next().await.is_some() {}
    Ok(())
}

async fn server() -> Running {
    let (ends, _) = tokio::sync::mpsc::channel::<String>(1);
    start(Server::new().state(Hub::<u32>::new()).state(ends)).await
}

fn text(text: &str) -> Theirs {
    Theirs::text(text)
}

#[tokio::test]
async fn a_function_that_is_generic_over_the_transport_serves_a_socket() {
    let server = server().await;
    let mut client = server.connect("/generic").await;
    say(&mut client, "one").await;
    assert_eq!(hear(&mut client).await, text("you said one"));
    within(client.send(Theirs::binary(vec![1]))).await.unwrap();
    assert_eq!(hear(&mut client).await, text("you said bytes"));
    within(client.close(None)).await.unwrap();
    while within(client.next()).await.is_some() {}
}

#[tokio::test]
async fn streams_and_sinks_of_futures_echo() {
    let server = server().await;
    for path in ["/forward", "/split"] {
        let mut client = server.connect(path).await;
        for n in 0..300 {
            say(&mut client, &n.to_string()).await;
        }
        for n in 0..300 {
            assert_eq!(hear(&mut client).await, text(&n.to_string()), "{path}");
        }
        within(client.close(None)).await.unwrap();
        while within(client.next()).await.is_some() {}
    }
}

#[tokio::test]
async fn a_stream_goes_on_after_a_message_that_does_not_decode() {
    let server = server().await;
    let mut client = server.connect("/sum").await;
    for number in ["1", "x", "20", "{}", "300", "0"] {
        say(&mut client, number).await;
    }
    assert_eq!(hear(&mut client).await, text("321"));
    assert_eq!(hear(&mut client).await, text("2"));
}

#[tokio::test]
async fn the_end_of_a_stream_comes_again() {
    let (ends, mut told) = tokio::sync::mpsc::channel::<String>(1);
    let server = start(Server::new().state(Hub::<u32>::new()).state(ends)).await;
    let mut client = server.connect("/end").await;
    say(&mut client, "one").await;
    within(client.close(None)).await.unwrap();
    assert_eq!(within(told.recv()).await.unwrap(), "false message end end end true");
    // Without a close frame there is an error first.
    let mut socket = RawSocket::open(server.addr, "/end").await;
    socket.send(&sockeye_tests::frames::masked(0x81, b"one")).await;
    drop(socket);
    assert_eq!(within(told.recv()).await.unwrap(), "false message error end end true");
}

#[tokio::test]
async fn a_receiver_is_fused() {
    let server = server().await;
    let mut client = server.connect("/select").await;
    let mut heard = [hear(&mut client).await.to_string(), hear(&mut client).await.to_string()];
    heard.sort();
    assert_eq!(heard, ["one", "two"]);
    say(&mut client, "three").await;
    assert_eq!(hear(&mut client).await, text("three"));
    within(client.close(None)).await.unwrap();
    while within(client.next()).await.is_some() {}
}

#[tokio::test]
async fn a_sink_is_ready_while_there_is_room() {
    let server = server().await;
    let mut client = server.connect("/room").await;
    let mut bytes = 0;
    loop {
        match hear(&mut client).await {
            Theirs::Binary(payload) => bytes += payload.len(),
            other => break assert_eq!(other, text("beyond")),
        }
    }
    assert_eq!(bytes, 64 * 1024, "64 KiB are queued before a sink is not ready");
    assert_eq!(hear(&mut client).await, text("64"));
}

#[tokio::test]
async fn sinks_that_send_more_than_a_turn_has_lose_nothing() {
    let server = server().await;
    let mut client = server.connect("/turn").await;
    let mut heard = 0;
    loop {
        let message = hear(&mut client).await;
        if message != text("x") {
            assert_eq!(message, text(&format!("{heard} of them")));
            break;
        }
        heard += 1;
    }
    assert!(heard >= 128, "{heard} are more than a turn");
}

#[tokio::test]
async fn closing_a_sink_closes_with_1000_after_all_messages() {
    let server = server().await;
    let mut client = server.connect("/countdown").await;
    for n in ["3", "2", "1"] {
        assert_eq!(hear(&mut client).await, text(n));
    }
    assert_eq!(close_of(&mut client).await, (1000, String::new()));
}

#[tokio::test]
async fn futures_forward_takes_events() {
    let hub = Hub::<u32>::new();
    let (ends, _) = tokio::sync::mpsc::channel::<String>(1);
    let client = TestClient::new(Server::new().state(hub.clone()).state(ends)).await.unwrap();
    let mut socket = client.connect("/events").await.unwrap();
    hub.topic("numbers").publish(&7).unwrap();
    assert_eq!(socket.recv_text().await.unwrap(), "7");
    drop(socket);
    client.assert_idle().await;
}

#[tokio::test]
async fn inherent_methods_keep_their_meaning_beside_the_traits() {
    let server = server().await;
    let mut client = server.connect("/names").await;
    for said in ["hello, you", "how are", "you?", "text"] {
        assert_eq!(hear(&mut client).await, text(said));
    }
}

#[tokio::test]
async fn a_receiver_is_read_by_lines() {
    let server = server().await;
    let mut client = server.connect("/lines").await;
    for part in ["one", " line\nand ano", "ther\n"] {
        say(&mut client, part).await;
    }
    assert_eq!(hear(&mut client).await, text("one line"));
    assert_eq!(hear(&mut client).await, text("and another"));
}

#[tokio::test]
async fn adapters_of_a_sink_send() {
    let server = server().await;
    let mut client = server.connect("/adapted").await;
    assert_eq!(hear(&mut client).await, text("7"));
}
