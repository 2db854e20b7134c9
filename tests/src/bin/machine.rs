//! One of several servers that share their topics through Redis, for `backplane_machines`.

use axum::extract::{Path, State};
use sockeye::{Handshake, Hub, Json, Limits, Positioned, Server, StartupError, ws_endpoint};

/// The events of a topic, from where the client left off.
#[ws_endpoint("/feed/{topic}")]
async fn feed(
    handshake: Handshake<Json<(), Positioned<u32>>>,
    Path(topic): Path<String>,
    State(hub): State<Hub<u32>>,
) -> sockeye::Result {
    let feed = hub.topic(topic).subscribe_from(handshake.position());
    handshake.accept().await?.forward(feed).await
}

/// Arguments: the URL of Redis, and how many events it keeps.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartupError> {
    let [url, kept] = [1, 2].map(|number| std::env::args().nth(number).unwrap_or_default());
    let kept = kept.parse().unwrap_or(1000);
    let hub = Hub::<u32>::builder().history(kept).queue(kept).backplane(sockeye_redis::connect(url)).build();
    let limits = Limits::new().max_connections_per_client(10_000);
    Server::new().state(hub.clone()).ready("hub", hub).limits(limits).serve("127.0.0.1:0").await
}
