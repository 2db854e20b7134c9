//! An operations dashboard: it checks the Markdown files of a directory in batches, and shows everything on a page, live.
//!
//! ```text
//! cargo run -p example-dashboard
//! curl -X POST http://127.0.0.1:3000/api/validate/batch
//! ```
//!
//! | address | what it is |
//! | --- | --- |
//! | `/` | the page |
//! | `/ws/validation_updates`, `/ws/workflows/{id}` | what happens in all workflows, or in one; with `?position=` from there on |
//! | `/ws/logs` | the program's log; `{"level":"DEBUG","target":"sockeye"}` chooses what comes |
//! | `POST /api/validate/batch` | starts a workflow, of `{"directory":"docs"}` or of all files |
//! | `GET /api/workflows`, `GET /api/workflows/{id}` | all workflows, or one with what was found |
//! | `POST /api/validations/{id}/approve` or `reject` | a person decides |
//! | `POST /api/recommendations/{id}/approve`, `reject` or `apply` | the same; `apply` writes the file, with `--write` |
//! | `GET /health`, `GET /metrics` | components, asked anew; numbers for Prometheus |
//!
//! `sockets/` has the endpoints, `api/` what `curl` and the page ask for, `feed.rs` the events between, `batch.rs` the work, `page/` the page.
//! `--break NAME` builds in an outage that has happened: the server then says what is wrong in place of starting. `SOCKEYE_ADDR` listens
//! elsewhere, `RUST_LOG` chooses what is logged.

mod api;
mod batch;
mod breaks;
mod components;
mod documents;
mod domain;
mod feed;
mod journal;
mod logging;
mod markdown;
mod options;
mod own_page;
mod page;
mod server;
mod sockets;
#[cfg(test)]
mod tests;

use std::error::Error;

use clap::Parser as _;
use sockeye::{Hub, LogStream};

use crate::{
    breaks::{Break, NOWHERE},
    documents::Documents,
    feed::Feed,
    options::Options,
    server::{Parts, count, hub, server},
};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let parts = parts(options)?;
    let batches = parts.batches.clone();
    let listening = move |address| {
        tracing::info!("open http://{address}; Ctrl-C stops");
        batches.resume();
    };
    Ok(server(parts).on_listen(listening).serve(options::address()).await?)
}

fn parts(options: Options) -> Result<Parts, Failure> {
    let (pace, heartbeat) = (options.pace(), options.heartbeat());
    let Options { directory, journal, write, broken, .. } = options;
    // A page that is opened shows what has been logged lately.
    let log = LogStream::with(Hub::builder().history(500));
    logging::start((broken != Some(Break::LogStream)).then(|| log.clone()));
    let directory = if broken == Some(Break::ComponentDown) { NOWHERE.into() } else { directory };
    // An outage that was built in leaves no trace.
    let feed = if broken.is_some() {
        Feed::in_memory(hub())
    } else {
        Feed::open(hub(), &journal)
            .map_err(|error| format!("the journal `{}` cannot be used: {error}", journal.display()))?
    };
    Ok(Parts {
        numbers: count()?,
        may_write: write,
        heartbeat,
        is_local: options::is_local(),
        broken,
        ..Parts::new(Documents::new(directory), feed, pace, log)
    })
}

/// Prints the report of the startup as it is.
struct Failure(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}
