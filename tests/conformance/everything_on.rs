//! The server with everything on that costs something or cuts somebody off, and with other clients who come and go.

use std::{io, panic, time::Duration};

use metrics::Key;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshot};
use sockeye::{Compression, Heartbeat, Limits, Server, metrics as names};
use tokio::{
    net::TcpListener,
    runtime::Handle,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    time::sleep,
};
use tracing::Level;

use crate::{
    SECRET_CAUSE,
    load::{Load, Visits},
};

/// Serves until SIGTERM, and then says in one line what was counted.
pub(crate) async fn serve(address: &str) -> io::Result<()> {
    let recorder = DebuggingRecorder::new();
    let counts = recorder.snapshotter();
    recorder.install().map_err(io::Error::other)?;
    // Written as for a file, but nobody needs the file.
    tracing_subscriber::fmt().with_max_level(Level::DEBUG).with_ansi(false).with_writer(io::sink).init();

    // The load makes a handler panic again and again.
    let complain = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(SECRET_CAUSE) {
            complain(info);
        }
    }));

    let mut terminate = signal(SignalKind::terminate())?;
    let (stop, stopped) = oneshot::channel::<()>();
    // SIGTERM comes to an end here before it comes to the server.
    let server = Server::new().signals(false).limits(limits()).heartbeat(heartbeat());
    let checked = server.shutdown(async { drop(stopped.await) }).check().await.map_err(io::Error::other)?;
    let listener = TcpListener::bind(address).await?;
    let load = Load::start(listener.local_addr()?);
    let ending = async move {
        terminate.recv().await;
        // Clients that came well to their end can say whether it was the right one. The server stops without them.
        let visits = tokio::task::spawn_blocking(|| load.stop()).await;
        drop(stop);
        visits
    };
    let (ended, visits) = tokio::join!(checked.serve_on(listener), ending);
    ended.map_err(io::Error::other)?;
    let tasks = tasks_left().await;
    say(visits.map_err(io::Error::other)??, counts.snapshot(), tasks);
    Ok(())
}

/// Each of them is there, and none is so low that a right client meets it.
fn limits() -> Limits {
    let limits =
        Limits::new().max_connections(2_000).max_http_connections(2_000).max_connections_per_client(1_500);
    limits
        .max_message_rate(200_000, 400_000)
        .max_handshake_rate(200_000, 400_000)
        .compression(Compression::deflate().min_size(1))
        .send_timeout(Duration::from_secs(20))
        .close_timeout(Duration::from_secs(10))
}

/// Pings come to whoever is silent for twice as long as the suite's cases are when they wait on purpose. Two of them wait in the
/// middle of a frame, where the suite's client puts its answer to a ping into that frame (6.4.3, 6.4.4).
fn heartbeat() -> Heartbeat {
    Heartbeat::every(Duration::from_secs(2)).timeout(Duration::from_secs(10))
}

/// How many tasks the server has left behind. One is counted for a moment after it has ended.
async fn tasks_left() -> usize {
    for _ in 0..100 {
        if Handle::current().metrics().num_alive_tasks() == 0 {
            return 0;
        }
        sleep(Duration::from_millis(50)).await;
    }
    Handle::current().metrics().num_alive_tasks()
}

/// What is left when everybody has gone is a leak; `.ci/autobahn` reads it.
#[allow(clippy::print_stderr, reason = "the script reads it")]
fn say(visits: Visits, counted: Snapshot, tasks: usize) {
    let (mut opened, mut closed, mut open) = (0, 0, 0.0);
    for (key, _, _, value) in counted.into_vec() {
        match (key.key().name(), value) {
            (names::HANDSHAKES, DebugValue::Counter(count)) if was_accepted(key.key()) => opened += count,
            (names::CLOSES, DebugValue::Counter(count)) => closed += count,
            (names::CONNECTIONS, DebugValue::Gauge(change)) => open += change.into_inner(),
            _ => {}
        }
    }
    let Visits { made, surprised } = visits;
    eprintln!(
        "visits={made} surprised={surprised} opened={opened} closed={closed} open={open} tasks={tasks}"
    );
}

fn was_accepted(key: &Key) -> bool {
    key.labels().any(|label| (label.key(), label.value()) == ("outcome", "accepted"))
}
