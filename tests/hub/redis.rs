//! The seam with a real broker behind it: Redis, which is started for the test, cut off, and started again.

use std::{
    io,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use sockeye::{Backplane, Error, Hub, Inlet, Message, Result, Subscription};
use sockeye_tests::{logs, within};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
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
        let mut command = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            command.extend_from_slice(word);
            command.extend_from_slice(b"\r\n");
        }
        self.write.write_all(&command).await
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

enum Order {
    Subscribe(String),
    Unsubscribe(String),
    Publish(String, Message),
}

/// What a crate for Redis would offer.
struct Line {
    orders: mpsc::Sender<Order>,
    connected: Arc<AtomicBool>,
}

impl Line {
    fn start(socket: PathBuf, inlet: Inlet) -> Self {
        let (orders, ordered) = mpsc::channel(1000);
        let connected = Arc::new(AtomicBool::new(false));
        let driver = Driver {
            socket,
            inlet,
            ordered,
            wanted: Vec::new(),
            connected: Arc::clone(&connected),
            id: id(),
        };
        tokio::spawn(driver.run());
        Self { orders, connected }
    }
}

/// Redis gives a publisher its own events back, so each carries who has sent it. What has no such mark was published by
/// another program.
fn id() -> Vec<u8> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("<{:08x}{:08x}>", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)).into_bytes()
}

impl Backplane for Line {
    fn subscribe(&self, topic: &str) {
        _ = self.orders.try_send(Order::Subscribe(topic.to_owned()));
    }

    fn unsubscribe(&self, topic: &str) {
        _ = self.orders.try_send(Order::Unsubscribe(topic.to_owned()));
    }

    fn publish(&self, topic: &str, message: Message) -> Result {
        if !self.connected.load(Ordering::Acquire) {
            return Err(Error::new("redis is not connected"));
        }
        let order = Order::Publish(topic.to_owned(), message);
        self.orders.try_send(order).map_err(|_| Error::new("1,000 events wait for redis"))
    }
}

struct Driver {
    socket: PathBuf,
    inlet: Inlet,
    ordered: mpsc::Receiver<Order>,
    wanted: Vec<String>,
    connected: Arc<AtomicBool>,
    id: Vec<u8>,
}

impl Driver {
    /// Until the hub is gone.
    async fn run(mut self) {
        while let Err(error) = self.connect().await {
            self.connected.store(false, Ordering::Release);
            self.inlet.lost(error);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// One connection, from its beginning to its loss.
    async fn connect(&mut self) -> io::Result<()> {
        let mut publish = Connection::open(&self.socket).await?;
        let mut subscribe = Connection::open(&self.socket).await?;
        for topic in &self.wanted {
            subscribe.send(&[b"SUBSCRIBE", topic.as_bytes()]).await?;
        }
        self.connected.store(true, Ordering::Release);
        self.inlet.connected();
        let Connection { read, mut write } = subscribe;
        let mut pushes = pushed(read);
        loop {
            tokio::select! {
                order = self.ordered.recv() => match order {
                    Some(Order::Subscribe(topic)) => {
                        send(&mut write, "SUBSCRIBE", &topic).await?;
                        self.wanted.push(topic);
                    }
                    Some(Order::Unsubscribe(topic)) => {
                        send(&mut write, "UNSUBSCRIBE", &topic).await?;
                        self.wanted.retain(|one| *one != topic);
                    }
                    Some(Order::Publish(topic, message)) => {
                        let payload = [&self.id, message.as_bytes()].concat();
                        publish.send(&[b"PUBLISH", topic.as_bytes(), &payload]).await?;
                        publish.reply().await?;
                    }
                    None => return Ok(()),
                },
                push = pushes.recv() => self.deliver(&push.expect("an error comes first")?),
            }
        }
    }

    fn deliver(&self, push: &[Vec<u8>]) {
        let [kind, topic, payload] = push else { return };
        if kind != b"message" || payload.starts_with(&self.id) {
            return;
        }
        let marked = payload.first() == Some(&b'<') && payload.get(self.id.len() - 1) == Some(&b'>');
        let event = if marked { &payload[self.id.len()..] } else { payload };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        self.inlet.deliver(&text(topic), text(event));
    }
}

async fn send(write: &mut OwnedWriteHalf, command: &str, topic: &str) -> io::Result<()> {
    write
        .write_all(
            format!("*2\r\n${}\r\n{command}\r\n${}\r\n{topic}\r\n", command.len(), topic.len()).as_bytes(),
        )
        .await
}

/// Reads in a task of its own: reading a reply in parts must not be cut short by an order.
fn pushed(mut read: BufReader<OwnedReadHalf>) -> mpsc::Receiver<io::Result<Vec<Vec<u8>>>> {
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

fn hub(socket: &std::path::Path) -> Hub<u32> {
    let socket = socket.to_owned();
    Hub::builder().backplane(move |inlet| Line::start(socket, inlet)).build()
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
    subscribed(&redis, "2").await;

    assert_eq!(here.topic("t").publish(&1).unwrap(), 1);
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["1", "1"]);
    there.topic("t").publish(&2).unwrap();
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["2", "2"]);
    redis.client().await.ask(&["PUBLISH", "t", "{\"from\":\"python\"}"]).await;
    let foreign = ("{\"from\":\"python\"}".to_owned(), false);
    assert_eq!([next(&mut near).await, next(&mut far).await], [foreign.clone(), foreign]);

    drop(redis);
    let lost = within(async {
        loop {
            let lines = logs::with("reason", "redis has gone away");
            if lines.len() == 2 {
                return lines;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(lost.iter().all(|line| line.get("rule") == "backplane_lost"));
    assert_eq!(here.topic("t").publish(&3).unwrap(), 1, "the publisher does not notice");
    assert_eq!(next(&mut near).await, ("3".to_owned(), true));

    let redis = Redis::start(&socket).await.expect("it started before");
    subscribed(&redis, "2").await;
    here.topic("t").publish(&4).unwrap();
    assert_eq!(next(&mut far).await, ("4".to_owned(), true));
    assert_eq!(next(&mut near).await, ("4".to_owned(), true));

    drop((near, far));
    subscribed(&redis, "0").await;
    drop(redis);
    _ = std::fs::remove_file(socket);
}
