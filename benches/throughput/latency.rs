//! How long an echo takes on a server that is busy to a given degree.
//!
//! Each message has a time at which it is due, and its latency counts from then: a server that falls behind delays the messages
//! after it, too. The client does not sleep, since a timer is coarser than the latencies.

use std::{
    io::{self, Read as _, Write as _},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};
use sockeye_benches::handshake;

use crate::client;

const CONNECTIONS: usize = 100;
const SIZE: usize = 64;

/// How busy a server is, in percent of the rate that it reaches with these connections.
pub(crate) const BUSY: [u32; 3] = [20, 50, 80];

/// The latencies of which these parts of all messages are within.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) half: Duration,
    pub(crate) of_100: Duration,
    pub(crate) of_1000: Duration,
}

struct Client {
    stream: TcpStream,
    /// When the message on its way was due.
    due: Option<Duration>,
    missing: usize,
}

/// Sends this many messages a second for a while, from connections that take turns. A connection whose answer has not come when its turn is
/// sends as soon as it has.
pub(crate) async fn measure(address: SocketAddr, per_second: f64, time: Duration) -> io::Result<Latency> {
    let poll = Poll::new()?;
    let mut clients = Vec::new();
    for number in 0..CONNECTIONS {
        let stream = handshake::open(address).await?.into_std()?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
        clients.push(Client { stream, due: None, missing: 0 });
    }
    tokio::task::spawn_blocking(move || exchange(poll, clients, per_second, time))
        .await
        .map_err(io::Error::other)?
}

fn exchange(
    mut poll: Poll,
    mut clients: Vec<Client>,
    per_second: f64,
    time: Duration,
) -> io::Result<Latency> {
    let (message, answer) = (client::binary(SIZE, true), client::binary(SIZE, false).len());
    let between = Duration::from_secs_f64(1.0 / per_second);
    let (began, mut next, mut turn) = (Instant::now(), Duration::ZERO, 0);
    let (mut events, mut latencies) = (Events::with_capacity(CONNECTIONS), Vec::new());
    while began.elapsed() < time {
        while next <= began.elapsed() && clients[turn].due.is_none() {
            let client = &mut clients[turn];
            client.stream.write_all(&message)?;
            (client.due, client.missing) = (Some(next), answer);
            next += between;
            turn = (turn + 1) % CONNECTIONS;
        }
        poll.poll(&mut events, Some(Duration::ZERO))?;
        for event in &events {
            let client = &mut clients[event.token().0];
            if client.read()? {
                let due = client.due.take().unwrap_or_default();
                latencies.push(began.elapsed().saturating_sub(due));
            }
        }
    }
    summary(latencies).ok_or_else(|| io::Error::other("nothing came back"))
}

impl Client {
    /// Whether the answer is whole.
    fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 256];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.missing = self.missing.saturating_sub(count);
                Ok(self.missing == 0 && self.due.is_some())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn summary(mut latencies: Vec<Duration>) -> Option<Latency> {
    latencies.sort_unstable();
    let within = |part: usize, of: usize| latencies.get(latencies.len() * part / of).copied();
    Some(Latency { half: within(1, 2)?, of_100: within(99, 100)?, of_1000: within(999, 1000)? })
}
