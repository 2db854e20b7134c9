//! What is `'static`, or has a lifetime of its own, is owned enough.

use std::{borrow::Cow, sync::Arc};

use axum::extract::{Query, State};
use sockeye::{Handshake, ws_endpoint};

type Callback = Arc<dyn Fn(&str) + Send + Sync>;

#[ws_endpoint("/ws")]
async fn chat(
    _handshake: Handshake,
    State(_name): State<&'static str>,
    State(_call): State<Arc<dyn Fn(&str) -> usize + Send + Sync>>,
    State(_function): State<fn(&str) -> &str>,
    State(_callback): State<Callback>,
    Query(_query): Query<Cow<'static, str>>,
) {
    todo!()
}

fn main() {}
