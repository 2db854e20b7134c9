//! The seam with a real broker behind it: Redis, which is started for the test, cut off, and started again.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sockeye::{
    Delivery, Hub, Ready as _, Subscription,
    backplane::{Inlet, Order, Outlet, PublishOrder, SubscribeOrder},
};
use sockeye_tests::{logs, within};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::{AbortHandle, JoinSet},
};

/// A server of its own, without a port and without files; killed when it is dropped.
struct Redis {
    process: Child,
    socket: PathBuf,
}

impl Redis {
    /// `None` where it is not installed, which is a failure on CI only.
    async fn start(socket: &PathBuf) -> Option<Self> {
        let arguments = ["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"];
        let mut command = Command::new("redis-server");
        command.args(arguments).arg(socket).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(process) => {
                within(async {
                    while UnixStream::connect(socket).await.is_err() {
                        tokio::task::yield_now().await;
                    }
                })
                .await;
                Some(Self { process, socket: socket.clone() })
            }
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "redis-server: {error}");
                None
            }
        }
    }

    /// A connection of a program that knows nothing of Sockeye.
    async fn client(&self) -> Connection {
        Connection::open(&self.socket).await.expect("connects")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().expect("runs");
        self.process.wait().expect("ends");
    }
}

/// A connection that speaks Redis' protocol, as much of it as is needed here.
struct Connection {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
}

impl Connection {
    async fn open(socket: &PathBuf) -> io::Result<Self> {
        let (read, write) = UnixStream::connect(socket).await?.into_split();
        Ok(Self { read: BufReader::new(read), write })
    }

    async fn send(&mut self, words: &[&[u8]]) -> io::Result<()> {
        send(&mut self.write, words).await
    }

    async fn reply(&mut self) -> io::Result<Vec<Vec<u8>>> {
        reply(&mut self.read).await
    }

    async fn ask(&mut self, words: &[&str]) -> Vec<Vec<u8>> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        self.send(&words).await.expect("sent");
        self.reply().await.expect("a reply")
    }
}

fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut command = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        command.extend_from_slice(word);
        command.extend_from_slice(b"\r\n");
    }
    command
}

/// The parts of a reply: one, unless it is a list.
async fn reply(from: &mut BufReader<OwnedReadHalf>) -> io::Result<Vec<Vec<u8>>> {
    let mut left = 1;
    let mut parts = Vec::new();
    while left > 0 {
        left -= 1;
        let mut line = String::new();
        if from.read_line(&mut line).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "redis has gone away"));
        }
        let (kind, rest) = line.trim_end().split_at(1);
        match kind {
            "*" => left += rest.parse::<usize>().expect("a number"),
            "$" => {
                let mut part = vec![0; rest.parse::<usize>().expect("a length") + 2];
                from.read_exact(&mut part).await?;
                part.truncate(part.len() - 2);
                parts.push(part);
            }
            _ => parts.push(rest.as_bytes().to_vec()),
        }
    }
    Ok(parts)
}

/// What a crate for Redis would offer.
async fn carry(socket: PathBuf, inlet: Inlet, mut outlet: Outlet) {
    while let Err(error) = connection(&socket, &inlet, &mut outlet).await {
        inlet.lost(error);
        if !outlet.pause().await {
            return;
        }
    }
}

const HEARTBEAT: Duration = Duration::from_millis(500);

/// One connection, from its beginning to its loss. What Redis has not answered yet is dropped with it.
async fn connection(socket: &PathBuf, inlet: &Inlet, outlet: &mut Outlet) -> io::Result<()> {
    let Connection { read, write: mut publish } = Connection::open(socket).await?;
    let mut published = replies(read);
    let Connection { read, write: mut subscribe } = Connection::open(socket).await?;
    let mut pushed = replies(read);
    let (mut publishing, mut subscribing) = (VecDeque::new(), VecDeque::new());
    // A connection that is dead says nothing.
    let mut beat = tokio::time::interval(HEARTBEAT);
    let mut quiet = 0;
    inlet.connected();
    loop {
        tokio::select! {
            order = outlet.next() => match order {
                Some(Order::Subscribe(order)) => {
                    send(&mut subscribe, &[b"SUBSCRIBE", order.topic().as_bytes()]).await?;
                    subscribing.push_back(order);
                }
                Some(Order::Unsubscribe(topic)) => {
                    send(&mut subscribe, &[b"UNSUBSCRIBE", topic.as_bytes()]).await?;
                }
                Some(Order::Publish(order)) => {
                    send(&mut publish, &[b"PUBLISH", order.topic().as_bytes(), order.packet()]).await?;
                    publishing.push_back(order);
                }
                Some(_) => unreachable!("there are no others"),
                None => return Ok(()),
            },
            reply = published.recv() => {
                reply.expect("an error comes first")?;
                // Redis answers in order.
                _ = publishing.pop_front().map(PublishOrder::confirm);
            }
            push = pushed.recv() => {
                quiet = 0;
                take(push.expect("an error comes first")?, inlet, &mut subscribing);
            }
            _ = beat.tick() => {
                quiet += 1;
                if quiet > 3 {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "redis does not answer"));
                }
                send(&mut subscribe, &[b"PING"]).await?;
            }
        }
    }
}

fn take(push: Vec<Vec<u8>>, inlet: &Inlet, subscribing: &mut VecDeque<SubscribeOrder>) {
    let Ok([kind, topic, packet]) = <[_; 3]>::try_from(push) else { return };
    match kind.as_slice() {
        b"message" => _ = inlet.deliver(std::str::from_utf8(&topic).expect("a topic is text"), packet),
        b"subscribe" => _ = subscribing.pop_front().map(SubscribeOrder::confirm),
        _ => {}
    }
}

async fn send(write: &mut OwnedWriteHalf, words: &[&[u8]]) -> io::Result<()> {
    write.write_all(&command(words)).await
}

/// Reads in a task of its own: reading a reply in parts must not be cut short.
fn replies(mut read: BufReader<OwnedReadHalf>) -> mpsc::Receiver<io::Result<Vec<Vec<u8>>>> {
    let (push, pushed) = mpsc::channel(16);
    tokio::spawn(async move {
        loop {
            let reply = reply(&mut read).await;
            let over = reply.is_err();
            if push.send(reply).await.is_err() || over {
                return;
            }
        }
    });
    pushed
}

fn hub(socket: &Path) -> Hub<u32> {
    let socket = socket.to_owned();
    Hub::builder().backplane(|inlet: Inlet, outlet: Outlet| carry(socket, inlet, outlet)).build()
}

/// Waits until as many connections subscribe.
async fn subscribed(redis: &Redis, connections: &str) {
    let mut client = redis.client().await;
    within(async {
        while client.ask(&["PUBSUB", "NUMSUB", "t"]).await[1] != connections.as_bytes() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn next(feed: &mut Subscription<u32>) -> (String, bool) {
    let event = within(feed.next()).await.expect("an event");
    (event.message().as_text().expect("text").to_owned(), event.after_outage())
}

#[tokio::test]
async fn two_machines_share_topics_over_redis() {
    logs::listen();
    let socket = std::env::temp_dir().join(format!("sockeye-redis-{}", std::process::id()));
    let Some(redis) = Redis::start(&socket).await else { return };
    let (here, there) = (hub(&socket), hub(&socket));
    let (mut near, mut far) = (here.topic("t").subscribe(), there.topic("t").subscribe());
    within(near.confirmed()).await;
    within(far.confirmed()).await;

    assert_eq!(here.topic("t").publish(&1).unwrap(), 1);
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["1", "1"]);
    there.topic("t").publish(&2).unwrap();
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["2", "2"]);
    redis.client().await.ask(&["PUBLISH", "t", "{\"from\":\"python\"}"]).await;
    let foreign = ("{\"from\":\"python\"}".to_owned(), false);
    assert_eq!([next(&mut near).await, next(&mut far).await], [foreign.clone(), foreign]);

    drop(redis);
    cut_off(&here).await;
    cut_off(&there).await;
    let lost = logs::with("message", "the backplane is lost");
    assert!(lost.len() >= 2 && lost.iter().all(|line| line.get("rule") == "backplane_lost"));
    assert_eq!(here.topic("t").publish(&3).unwrap(), 1, "the publisher does not notice");
    assert_eq!(next(&mut near).await, ("3".to_owned(), true));

    let redis = Redis::start(&socket).await.expect("it started before");
    within(near.confirmed()).await;
    within(far.confirmed()).await;
    here.topic("t").publish(&4).unwrap();
    assert_eq!(next(&mut far).await, ("4".to_owned(), true));
    assert_eq!(next(&mut near).await, ("4".to_owned(), true));

    drop((near, far));
    subscribed(&redis, "0").await;
    drop(redis);
    _ = std::fs::remove_file(socket);
}

/// What stands between a machine and the broker: forwards, or stands still, or breaks.
struct Proxy {
    socket: PathBuf,
    forwards: watch::Sender<bool>,
    killed: watch::Sender<u64>,
    task: AbortHandle,
}

impl Proxy {
    fn start(name: &str, redis: &Path) -> Self {
        let socket = path(name);
        let listener = UnixListener::bind(&socket).expect("bound");
        let (forwards, killed) = (watch::Sender::new(true), watch::Sender::new(0));
        let forwarding = accept(listener, redis.to_owned(), forwards.subscribe(), killed.subscribe());
        let task = tokio::spawn(forwarding).abort_handle();
        Self { socket, forwards, killed, task }
    }

    /// All connections break; new ones are taken.
    fn kill(&self) {
        self.killed.send_modify(|killed| *killed += 1);
    }

    /// Nothing gets through, and nobody is told; or it does again.
    fn forward(&self, forward: bool) {
        _ = self.forwards.send(forward);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        _ = std::fs::remove_file(&self.socket);
    }
}

async fn accept(
    listener: UnixListener,
    redis: PathBuf,
    forwards: watch::Receiver<bool>,
    killed: watch::Receiver<u64>,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(forward(client, redis.clone(), forwards.clone(), killed.clone()));
    }
}

async fn forward(
    client: UnixStream,
    redis: PathBuf,
    forwards: watch::Receiver<bool>,
    mut killed: watch::Receiver<u64>,
) {
    killed.mark_unchanged();
    let through = async {
        let server = UnixStream::connect(&redis).await?;
        let (client_read, client_write) = client.into_split();
        let (server_read, server_write) = server.into_split();
        tokio::select! {
            over = pipe(client_read, server_write, forwards.clone()) => over,
            over = pipe(server_read, client_write, forwards.clone()) => over,
        }
    };
    tokio::select! {
        _ = through => {}
        _ = killed.changed() => {}
    }
}

async fn pipe(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut forwards: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        _ = forwards.wait_for(|forwards| *forwards).await;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..read]).await?;
    }
}

fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("sockeye-{name}-{}", std::process::id()))
}

/// Reads numbers that are published in order, until that one comes, and tells how far it is. Every gap must be announced, by the event after it
/// or before that event. Says how many came, and how many were counted as lost.
async fn account(
    mut feed: Subscription<u32>,
    end: watch::Receiver<u32>,
    seen: watch::Sender<u32>,
) -> (u64, u64) {
    let (mut expected, mut came, mut counted, mut announced) = (0, 0, 0, false);
    while expected <= *end.borrow() {
        let (event, lost) = match within(feed.next_or_lost()).await.expect("the hub is there") {
            Delivery::Event(event) => (event.message().as_text().map(str::to_owned), event.lost()),
            Delivery::Lost(lost) => (None, lost),
        };
        announced |= !lost.is_nothing();
        counted += lost.unreceived + lost.missed;
        let Some(event) = event else { continue };
        let number: u32 = event.parse().expect("a number");
        assert!(number >= expected, "{number} came twice or too late: {expected} was next");
        assert!(number == expected || announced, "{expected} to {number} are missing, silently");
        (expected, came, announced) = (number + 1, came + 1, false);
        seen.send_replace(number);
    }
    (came, counted)
}

/// Publishes numbers in order.
struct Numbers {
    hub: Hub<u32>,
    next: u32,
    seen: watch::Receiver<u32>,
}

impl Numbers {
    async fn publish(&mut self, count: u32) {
        for _ in 0..count {
            self.hub.topic("t").publish(&self.next).unwrap();
            self.next += 1;
            tokio::task::yield_now().await;
        }
    }

    /// Until the other machine hears this one.
    async fn get_through(&mut self) {
        let first = self.next;
        let through = async {
            while *self.seen.borrow() < first {
                self.publish(1).await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        within(through).await;
    }
}

/// Waits until it knows that it is cut off.
async fn cut_off(hub: &Hub<u32>) {
    within(async {
        while hub.clone().ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A connection breaks or stands still, the publisher's, the subscriber's, or both, while events go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gap_is_announced_whoever_was_cut_off() {
    let socket = path("redis-gaps");
    let Some(redis) = Redis::start(&socket).await else { return };
    let (mine, theirs) = (Proxy::start("gaps-mine", &socket), Proxy::start("gaps-theirs", &socket));
    let (here, there) = (hub(&mine.socket), hub(&theirs.socket));
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    let (last, known) = watch::channel(u32::MAX);
    let (tell, seen) = watch::channel(0);
    let reader = tokio::spawn(account(far, known, tell));
    let mut numbers = Numbers { hub: here.clone(), next: 0, seen };
    numbers.get_through().await;
    for round in 0..8 {
        numbers.publish(100).await;
        numbers.get_through().await;
        numbers.publish(20).await;
        match round % 4 {
            0 => mine.kill(),
            1 => theirs.kill(),
            2 => [&mine, &theirs].into_iter().for_each(Proxy::kill),
            _ => {
                let (proxy, hub) = if round == 3 { (&mine, &here) } else { (&theirs, &there) };
                proxy.forward(false);
                numbers.publish(100).await;
                cut_off(hub).await;
                proxy.forward(true);
            }
        }
        numbers.publish(100).await;
        numbers.get_through().await;
    }
    last.send_replace(numbers.next);
    numbers.publish(1).await;
    let (came, counted) = within(reader).await.expect("every gap is announced");
    assert!(
        came + counted <= u64::from(numbers.next),
        "{came} came and {counted} are lost, of {}",
        numbers.next
    );
    drop(redis);
}

/// The last event of a topic is lost with the publisher's connection: nothing comes after it that could say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_event_of_a_topic_is_not_lost_silently() {
    let socket = path("redis-last");
    let Some(redis) = Redis::start(&socket).await else { return };
    let mine = Proxy::start("last-mine", &socket);
    let (here, there) = (hub(&mine.socket), hub(&socket));
    within(there.clone().ready()).await.unwrap();
    within(here.clone().ready()).await.unwrap();
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    here.topic("t").publish(&0).unwrap();
    assert_eq!(next(&mut far).await, ("0".to_owned(), false));
    mine.forward(false);
    here.topic("t").publish(&1).unwrap();
    mine.kill();
    // What the broken connections hold must not get through when others do.
    cut_off(&here).await;
    mine.forward(true);
    let Delivery::Lost(lost) = within(far.next_or_lost()).await.unwrap() else { panic!("it came") };
    assert_eq!((lost.unreceived, lost.after_outage), (1, false));
    drop(redis);
}

/// As in a storm of reconnects: 1,500 topics get their first subscriber while the broker is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_of_an_outage_are_made_up_for() {
    const TOPICS: usize = 1500;
    let socket = path("redis-storm");
    let Some(redis) = Redis::start(&socket).await else { return };
    let (here, there) = (hub(&socket), hub(&socket));
    let mut first = there.topic("t").subscribe();
    within(first.confirmed()).await;
    drop(redis);
    cut_off(&there).await;
    let mut feeds: Vec<_> = (0..TOPICS).map(|n| there.topic(format!("x{n}")).subscribe()).collect();
    let redis = Redis::start(&socket).await.expect("it started before");
    for feed in &mut feeds {
        within(feed.confirmed()).await;
    }
    while within(here.clone().ready()).await.is_err() {
        tokio::task::yield_now().await;
    }
    (0..TOPICS).for_each(|n| _ = here.topic(format!("x{n}")).publish(&7).unwrap());
    for feed in &mut feeds {
        assert_eq!(next(feed).await, ("7".to_owned(), true));
    }
    drop((first, redis));
}
