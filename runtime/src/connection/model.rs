//! Runs the protocol of a connection's locks, wakers and close through many interleavings, with `shuttle`.
//!
//! This is the real code: cell, handles, turns, drive and engine, with `shuttle`'s locks (`sync.rs`) and a pipe. `shuttle` switches
//! threads at every lock, await and wake, and fails a run in which every thread waits: that is the result of a lost wake, and of
//! code that locks a connection that is already locked. The bounds of `state.rs` are small here, so that a few messages reach them.
//!
//! To see that it finds faults, break an invariant: let `Turn::end_round` ignore `is_wanted`, let `take_message` not wake the owner,
//! let `Locked` run `Later` before the lock is released, let `wake_owner` do nothing.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use shuttle::{future, sync::Mutex};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{Cell, Link, Wait, drive::Drive, end::End, sync::current_task, turns::Turns};
use crate::{
    CloseCode, Heartbeat, Limits, Origins, Receiver, Sender, Socket, mounted::Settings, server::Transport,
    socket::About,
};

/// The number of random interleavings, and of those with few context switches at selected places.
const RANDOM: usize = 100;
const SEARCHED: usize = 100;

type Handler = Pin<Box<dyn Future<Output = ()> + Send>>;

fn explore(scenario: fn()) {
    // The deadlines of a close need a clock. This one does not advance, so none is ever reached.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    shuttle::check_random(scenario, RANDOM);
    shuttle::check_pct(scenario, SEARCHED, 3);
}

/// One direction of a stream.
#[derive(Debug, Default)]
struct Direction {
    bytes: VecDeque<u8>,
    is_closed: bool,
    reader: Option<Waker>,
}

/// One end of a stream: what it reads, and what it writes.
#[derive(Debug, Clone, Default)]
struct Pipe {
    input: Arc<Mutex<Direction>>,
    output: Arc<Mutex<Direction>>,
}

impl Pipe {
    fn pair() -> (Self, Self) {
        let one = Self::default();
        let other = Self { input: Arc::clone(&one.output), output: Arc::clone(&one.input) };
        (one, other)
    }

    fn write(&self, bytes: &[u8]) {
        let mut output = self.output.lock().unwrap();
        output.bytes.extend(bytes);
        let reader = output.reader.take();
        drop(output);
        reader.into_iter().for_each(Waker::wake);
    }

    fn close(&self) {
        self.output.lock().unwrap().is_closed = true;
        self.write(&[]);
    }

    fn poll_read(&self, cx: &Context<'_>, most: usize) -> Poll<Vec<u8>> {
        let mut input = self.input.lock().unwrap();
        if input.bytes.is_empty() && !input.is_closed {
            input.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let most = most.min(input.bytes.len());
        Poll::Ready(input.bytes.drain(..most).collect())
    }

    async fn read_exactly(&self, number: usize) -> Option<Vec<u8>> {
        let mut read = Vec::new();
        while read.len() < number {
            let more = poll_fn(|cx| self.poll_read(cx, number - read.len())).await;
            if more.is_empty() {
                return None;
            }
            read.extend(more);
        }
        Some(read)
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pipe::poll_read(&self, cx, buffer.remaining()).map(|read| {
            buffer.put_slice(&read);
            Ok(())
        })
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}

/// The client's side.
struct Peer(Pipe);

impl Peer {
    /// Sends a frame, masked with zeroes.
    fn send(&self, first: u8, payload: &[u8]) {
        let length = u8::try_from(payload.len()).unwrap();
        self.0.write(&[&[first, 0x80 | length, 0, 0, 0, 0], payload].concat());
    }

    fn say(&self, number: u8) {
        self.send(0x82, &[number]);
    }

    fn close(&self) {
        self.send(0x88, &[0x03, 0xe8]);
    }

    /// The next frame: its first byte and the payload. `None` at the end of the stream.
    async fn hear(&self) -> Option<(u8, Vec<u8>)> {
        let head = self.0.read_exactly(2).await?;
        let payload = self.0.read_exactly(usize::from(head[1])).await?;
        Some((head[0], payload))
    }

    /// The payloads of all messages up to the close frame, which is answered.
    async fn hear_all(&self) -> Vec<u8> {
        let mut heard = Vec::new();
        loop {
            match self.hear().await.expect("a close frame before the end") {
                (0x82, payload) => heard.extend(payload),
                (0x88, _) => break,
                other => panic!("an unexpected frame {other:?}"),
            }
        }
        self.close();
        self.0.close();
        heard
    }
}

/// A connection whose owner runs until it has ended; then no task waits any more.
fn connect(handler: impl FnOnce(Socket) -> Handler + Send + 'static) -> (Arc<Cell>, Peer) {
    let settings = Settings {
        origins: Arc::new(Origins::same_origin()),
        hosts: Arc::default(),
        limits: Limits::new(),
        heartbeat: Heartbeat::off(),
        tls: false,
        development: false,
        nested: "".into(),
        heartbeat_message: None,
    };
    let cell = Arc::new(Cell::of("/model", settings));
    let (ours, theirs) = Pipe::pair();
    let upgrade = async move { Ok(Box::new(ours) as Box<dyn Transport>) };
    let turns = Turns::new(Arc::clone(&cell), Drive::new(upgrade, Instant::now()));
    let link = Link::new(Arc::clone(&cell));
    let running: Handler = Box::pin(async move {
        let mut wait = Wait::default();
        poll_fn(|cx| link.poll_open(cx, &mut wait)).await.unwrap();
        let about = About { number: 1, peer: None, client: None, subprotocol: None };
        handler(Socket::new(link, about)).await;
    });
    future::spawn(own(Arc::clone(&cell), turns, running));
    (cell, Peer(theirs))
}

/// The same as `Owner`, without the log.
async fn own(cell: Arc<Cell>, mut turns: Turns, handler: Handler) {
    cell.lock().owned_by(current_task());
    let mut handler = Some(handler);
    poll_fn(|cx| {
        turns.poll(cx, &mut |cx| {
            let Some(running) = &mut handler else { return false };
            if running.as_mut().poll(cx).is_pending() {
                return true;
            }
            cell.lock().finish(End::Returned);
            handler = None;
            false
        });
        if turns.is_over() && handler.is_none() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    cell.abandon(End::Dropped);
}

/// A waker that uses the connection whenever it is woken or dropped.
struct Meddler {
    inner: Waker,
    sender: Sender,
}

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        let _codes = self.sender.link().close_frame();
        self.inner.wake_by_ref();
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        let _codes = self.sender.link().close_frame();
    }
}

/// Runs a future with a new waker for each poll, each of which uses the connection.
async fn meddling<T>(sender: Sender, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let waker = Waker::from(Arc::new(Meddler { inner: cx.waker().clone(), sender: sender.clone() }));
        future.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

async fn echo(sender: &Sender, receiver: &mut Receiver) {
    while let Ok(Some(message)) = receiver.recv().await {
        if sender.send(message).await.is_err() {
            return;
        }
    }
}

#[test]
fn a_handler_that_echoes_loses_nothing() {
    explore(|| {
        let (_, peer) = connect(|socket| {
            Box::pin(async move {
                let (sender, mut receiver) = socket.split();
                echo(&sender, &mut receiver).await;
            })
        });
        future::block_on(async {
            (1..=5).for_each(|number| peer.say(number));
            for number in 1..=5 {
                assert_eq!(peer.hear().await, Some((0x82, vec![number])));
            }
            peer.say(6);
            peer.close();
            // A message before the close is answered before it.
            assert_eq!(peer.hear_all().await, [6]);
        });
    });
}

#[test]
fn halves_in_tasks_of_their_own_lose_nothing() {
    explore(|| {
        let (_, peer) = connect(|socket| {
            Box::pin(async move {
                let (sender, mut receiver) = socket.split();
                let task = future::spawn(async move {
                    let by = sender.clone();
                    meddling(by, echo(&sender, &mut receiver)).await;
                });
                task.await.unwrap();
            })
        });
        future::block_on(async {
            (1..=6).for_each(|number| peer.say(number));
            for number in 1..=6 {
                assert_eq!(peer.hear().await, Some((0x82, vec![number])));
            }
            peer.close();
            assert!(peer.hear_all().await.is_empty());
        });
    });
}

#[test]
fn a_half_that_only_receives_is_read_for() {
    explore(|| {
        let (_, peer) = connect(|socket| {
            Box::pin(async move {
                let (sender, mut receiver) = socket.split();
                let task = future::spawn(async move {
                    for number in 1..=6 {
                        let message = receiver.recv().await.unwrap().unwrap();
                        assert_eq!(message.as_bytes(), [number]);
                    }
                });
                task.await.unwrap();
                sender.send(vec![7]).await.unwrap();
            })
        });
        future::block_on(async {
            (1..=6).for_each(|number| peer.say(number));
            assert_eq!(peer.hear_all().await, [7]);
        });
    });
}

#[test]
fn senders_that_wait_for_room_all_get_it() {
    explore(|| {
        let (_, peer) = connect(|socket| {
            Box::pin(async move {
                let (sender, receiver) = socket.split();
                let tasks = [1, 2, 3].map(|number| {
                    let sender = sender.clone();
                    future::spawn(async move {
                        for _ in 0..4 {
                            let by = sender.clone();
                            meddling(by, sender.send(vec![number; 20])).await.unwrap();
                        }
                        sender.flush().await.unwrap();
                    })
                });
                for task in tasks {
                    task.await.unwrap();
                }
                drop(receiver);
            })
        });
        let mut heard = future::block_on(peer.hear_all());
        heard.sort_unstable();
        assert_eq!(heard, [1, 2, 3].map(|number| [number; 80]).concat());
    });
}

#[test]
fn the_end_reaches_everybody_who_waits() {
    explore(|| {
        let (cell, peer) = connect(|socket| {
            Box::pin(async move {
                let (sender, mut receiver) = socket.split();
                let flusher = sender.clone();
                let flusher = future::spawn(async move {
                    for _ in 0..3 {
                        _ = flusher.send("x").await;
                        _ = flusher.flush().await;
                    }
                });
                let receiver = future::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
                let closer = sender.clone();
                let closer = future::spawn(async move { closer.close(CloseCode::NORMAL, "").await });
                flusher.await.unwrap();
                receiver.await.unwrap();
                closer.await.unwrap().unwrap();
            })
        });
        let stopper = future::spawn(async move { cell.stop() });
        future::block_on(async {
            peer.say(1);
            while let Some((first, _)) = peer.hear().await {
                if first == 0x88 {
                    peer.close();
                    peer.0.close();
                }
            }
            stopper.await.unwrap();
        });
    });
}

/// Counts the wakers that exist.
struct Held {
    _count: Arc<()>,
}

impl Wake for Held {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_future_that_is_dropped_leaves_no_waker_behind() {
    explore(|| {
        let (_, peer) = connect(|socket| {
            Box::pin(async move {
                let (sender, receiver) = socket.split();
                let held = Arc::new(());
                let tasks = [1, 2].map(|_| {
                    let (sender, held) = (sender.clone(), Arc::clone(&held));
                    future::spawn(async move {
                        let waker = Waker::from(Arc::new(Held { _count: held }));
                        for _ in 0..4 {
                            let mut sending = pin!(sender.send(vec![0; 40]));
                            let _given_up = sending.as_mut().poll(&mut Context::from_waker(&waker));
                        }
                    })
                });
                for task in tasks {
                    task.await.unwrap();
                }
                assert_eq!(Arc::strong_count(&held), 1, "every waker is gone");
                drop(receiver);
            })
        });
        future::block_on(peer.hear_all());
    });
}
