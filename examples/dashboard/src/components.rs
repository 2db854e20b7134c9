//! What has to work: asked before the server listens, and again at each `GET /health`.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use serde::Serialize;
use sockeye::{Error, LogStream, Ready};
use tokio::time::timeout;

use crate::{documents::Documents, feed::Feed};

/// How long a component may take to answer `/health`.
const PATIENCE: Duration = Duration::from_secs(5);

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

#[derive(Clone)]
pub(crate) struct Component {
    name: &'static str,
    ask: Arc<dyn Fn() -> Answer + Send + Sync>,
}

/// One line of `/health`.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    name: &'static str,
    up: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Told {
    pub(crate) fn is_up(&self) -> bool {
        self.up
    }
}

pub(crate) fn components(documents: &Documents, feed: &Feed, log: &LogStream) -> Vec<Component> {
    let (documents, journal, hub, log) = (documents.clone(), feed.clone(), feed.hub(), log.clone());
    vec![
        Component::new("documents", move || {
            let documents = documents.clone();
            async move { documents.check() }
        }),
        Component::new("journal", move || {
            let journal = journal.clone();
            async move { journal.check_journal() }
        }),
        Component::new("event hub", move || worded(hub.clone().ready())),
        // A stream that is not connected to the logger is a page that stays empty.
        Component::new("log stream", move || worded(log.clone().ready())),
    ]
}

async fn worded(ready: impl Future<Output = sockeye::Result>) -> Result<(), String> {
    ready.await.map_err(|error| error.to_string())
}

impl Component {
    fn new<F>(name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name, ask: Arc::new(move || Box::pin(ask())) }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) async fn told(&self) -> Told {
        let answer = timeout(PATIENCE, (self.ask)()).await;
        let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")));
        Told { name: self.name, up: answer.is_ok(), reason: answer.err() }
    }
}

impl Ready for Component {
    async fn ready(self) -> sockeye::Result {
        (self.ask)().await.map_err(Error::new)
    }
}
