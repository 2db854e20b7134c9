use std::sync::{Arc, Weak};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::registry::{Registry, Work};

/// Tells the other machines what is due, until the hub has ended.
pub(super) async fn run(registry: Weak<Registry>, wake: Arc<Notify>) {
    loop {
        let Some(work) = registry.upgrade().map(|registry| registry.work(Instant::now())) else { return };
        match work {
            Work::Ended => return,
            Work::Wait(None) => wake.notified().await,
            Work::Wait(Some(at)) => tokio::select! {
                () = wake.notified() => {}
                () = sleep_until(at) => {}
            },
        }
    }
}
