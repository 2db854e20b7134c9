//! Clients that cost next to nothing: their frames are made once, and of the answers only the length is looked at.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sockeye_benches::handshake;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    task::JoinSet,
};

use crate::loads::Load;

/// Clients that are connected, as far as the load needs them to be.
pub(crate) struct Clients {
    address: SocketAddr,
    load: Load,
    connected: Vec<TcpStream>,
}

impl Clients {
    pub(crate) async fn connect(address: SocketAddr, load: Load) -> io::Result<Self> {
        let (connections, path) = match load {
            Load::Echo { connections, .. } => (connections, "/echo"),
            Load::Feed { subscribers, .. } => (subscribers, "/feed"),
            Load::Handshakes { .. } => (0, "/echo"),
        };
        let mut connected = Vec::with_capacity(connections);
        for _ in 0..connections {
            let client = handshake::open_at(address, path).await?;
            // A connection that waits for late segments would keep its port from those of the next turns.
            client.set_zero_linger()?;
            connected.push(client);
        }
        Ok(Self { address, load, connected })
    }

    /// Works for a while; gives how often the work was done, and in what time.
    pub(crate) async fn work(self, time: Duration) -> io::Result<(u64, Duration)> {
        let began = Instant::now();
        let until = began + time;
        let done = match self.load {
            Load::Echo { outstanding, size, .. } => {
                let echo = Echo { outstanding, size, until };
                all(self.connected.into_iter().map(|client| bounce(client, echo))).await?
            }
            Load::Feed { in_flight, size, .. } => publish(self.connected, in_flight, size, until).await?,
            Load::Handshakes { at_once } => all((0..at_once).map(|_| knock(self.address, until))).await?,
        };
        Ok((done, began.elapsed()))
    }
}

/// Runs all of them, and adds what they have done.
async fn all<F>(clients: impl Iterator<Item = F>) -> io::Result<u64>
where
    F: Future<Output = io::Result<u64>> + Send + 'static,
{
    let mut running: JoinSet<_> = clients.collect();
    let mut done = 0;
    while let Some(counted) = running.join_next().await {
        done += counted??;
    }
    Ok(done)
}

#[derive(Clone, Copy)]
struct Echo {
    outstanding: usize,
    size: usize,
    until: Instant,
}

/// Sends a burst, waits for all answers, and again.
async fn bounce(mut stream: TcpStream, Echo { outstanding, size, until }: Echo) -> io::Result<u64> {
    let burst = frame(BINARY, size, true).repeat(outstanding);
    let expected = frame(BINARY, size, false).repeat(outstanding);
    let mut answer = vec![0; expected.len()];
    let mut messages = 0;
    while Instant::now() < until {
        // A large message fills the buffers of both sides, unless it is read while it is written.
        let (mut reader, mut writer) = stream.split();
        tokio::try_join!(writer.write_all(&burst), reader.read_exact(&mut answer))?;
        messages += outstanding as u64;
    }
    if messages > 0 && answer != expected {
        return Err(io::Error::other("the echo is not what was sent"));
    }
    Ok(messages)
}

/// What all subscribers have received.
#[derive(Default)]
struct Received {
    events: AtomicU64,
    /// Whenever as many events have arrived as there are subscribers.
    whole: Notify,
}

/// The first of the clients sends events to all of them, and the next one whenever one has arrived everywhere.
async fn publish(clients: Vec<TcpStream>, in_flight: usize, size: usize, until: Instant) -> io::Result<u64> {
    let received = Arc::new(Received::default());
    let subscribers = clients.len() as u64;
    let mut readers = JoinSet::new();
    // Without its writer, a client would end its side of the connection.
    let mut writers = Vec::new();
    for client in clients {
        let (reader, writer) = client.into_split();
        writers.push(writer);
        let received = Arc::clone(&received);
        readers.spawn(listen(reader, size, subscribers, received));
    }
    let publisher = writers.first_mut().ok_or_else(|| io::Error::other("no clients"))?;
    let event = frame(TEXT, size, true);
    let mut sent = in_flight as u64;
    publisher.write_all(&event.repeat(in_flight)).await?;
    while Instant::now() < until {
        let arrived = received.events.load(Ordering::Relaxed) / subscribers;
        let missing = (arrived + in_flight as u64).saturating_sub(sent);
        if missing == 0 {
            tokio::select! {
                () = received.whole.notified() => {}
                Some(ended) = readers.join_next() => return ended?.and(Err(io::Error::other("a client was closed"))),
            }
            continue;
        }
        publisher.write_all(&event.repeat(missing.try_into().map_err(io::Error::other)?)).await?;
        sent += missing;
    }
    Ok(received.events.load(Ordering::Relaxed))
}

async fn listen(
    mut reader: tokio::net::tcp::OwnedReadHalf,
    size: usize,
    subscribers: u64,
    received: Arc<Received>,
) -> io::Result<u64> {
    let event = frame(TEXT, size, false).len();
    let mut buffer = vec![0; event * 64];
    let mut begun = 0;
    loop {
        let count = reader.read(&mut buffer).await?;
        if count == 0 {
            return Ok(0);
        }
        let whole = ((begun + count) / event) as u64;
        begun = (begun + count) % event;
        let before = received.events.fetch_add(whole, Ordering::Relaxed);
        if before / subscribers != (before + whole) / subscribers {
            received.whole.notify_one();
        }
    }
}

/// Opens connections and resets each, so that none waits for late segments and takes a port.
async fn knock(address: SocketAddr, until: Instant) -> io::Result<u64> {
    let mut opened = 0;
    while Instant::now() < until {
        let stream = handshake::open(address).await?;
        stream.set_zero_linger()?;
        opened += 1;
    }
    Ok(opened)
}

const TEXT: u8 = 1;
const BINARY: u8 = 2;

/// A binary message.
pub(crate) fn binary(size: usize, masked: bool) -> Vec<u8> {
    frame(BINARY, size, masked)
}

/// A message of one byte, repeated; with a key where it is masked, so that unmasking costs what it costs.
fn frame(opcode: u8, size: usize, masked: bool) -> Vec<u8> {
    let mask_bit = if masked { 0b1000_0000 } else { 0 };
    let mut frame = vec![0x80 | opcode];
    match u16::try_from(size) {
        Ok(short) if size <= 125 => frame.push(mask_bit | short.to_be_bytes()[1]),
        Ok(long) => {
            frame.push(mask_bit | 0x7e);
            frame.extend(long.to_be_bytes());
        }
        Err(_) => {
            frame.push(mask_bit | 0x7f);
            frame.extend((size as u64).to_be_bytes());
        }
    }
    let key: &[u8] = if masked { &[0x12, 0x34, 0x56, 0x78] } else { &[] };
    frame.extend(key);
    frame.extend((0..size).map(|index| b'x' ^ key.get(index % 4).copied().unwrap_or(0)));
    frame
}
