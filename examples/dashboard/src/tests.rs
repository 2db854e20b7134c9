//! The program without its port.

mod api;
mod logs;
mod restart;
mod stream;

use std::{error::Error, fs, path::PathBuf, time::Duration};

use serde_json::Value;
use sockeye::{
    Hub, LogStream,
    testing::{TestClient, TestSocket},
};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    documents::Documents,
    feed::Feed,
    server::{Parts, hub, server},
};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// A directory with three files, two of which have something to find, and what is beside it.
struct Site {
    folder: PathBuf,
}

impl Site {
    fn new(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("sockeye-dashboard-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("docs"))?;
        fs::write(folder.join("a.md"), "# A\n\n### Deep\n\n```\nls\n```\n")?;
        fs::write(folder.join("docs/b.md"), "# B\n\n[gone](nowhere.md)\n")?;
        fs::write(folder.join("docs/fine.md"), "# Fine\n")?;
        Ok(Self { folder })
    }

    fn documents(&self) -> Documents {
        Documents::new(self.folder.clone())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A stream that hears what this thread logs: a test's server runs on the test's own thread.
fn connected() -> (LogStream, DefaultGuard) {
    let stream = LogStream::with(Hub::builder().history(500));
    let guard = set_default(tracing_subscriber::registry().with(stream.clone()));
    (stream, guard)
}

/// A dashboard over a site, with what a test may want of it.
struct Dashboard {
    client: TestClient,
    feed: Feed,
    _guard: DefaultGuard,
}

impl Dashboard {
    async fn new(site: &Site) -> Result<Self> {
        Self::with(site, Feed::in_memory(hub()), |_| {}).await
    }

    async fn with(site: &Site, feed: Feed, change: impl FnOnce(&mut Parts)) -> Result<Self> {
        let (log, guard) = connected();
        let mut parts = Parts::new(site.documents(), feed.clone(), Duration::ZERO, log);
        change(&mut parts);
        let batches = parts.batches.clone();
        let client = TestClient::new(server(parts)).await?;
        batches.resume();
        Ok(Self { client, feed, _guard: guard })
    }

    async fn post(&self, path: &str, body: &str) -> Result<(u16, Value)> {
        let request = self.client.request(path).method(axum::http::Method::POST).body(body.to_owned());
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.json()?))
    }

    async fn get(&self, path: &str) -> Result<Value> {
        Ok(self.client.get(path).await?.json()?)
    }
}

/// The next message that is for the page, and not for `sockeye-client`.
async fn next(socket: &mut TestSocket) -> Result<Value> {
    loop {
        let message: Value = socket.recv_json().await?;
        if message.get("sockeye").is_none() {
            return Ok(message);
        }
    }
}

/// The events until one of this type, which is the last.
async fn until(socket: &mut TestSocket, last: &str) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    loop {
        let message = next(socket).await?;
        let is_last = message["event"]["type"] == last;
        events.push(message);
        if is_last {
            return Ok(events);
        }
    }
}
