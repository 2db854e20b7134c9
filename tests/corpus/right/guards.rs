//! Guards that are given away before the client is waited for.

use std::{collections::HashMap, sync::Arc};

use axum::extract::State;
use dashmap::DashMap;
use sockeye::{Handshake, ws_endpoint};
use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard, RwLock, RwLockWriteGuard};

type Names = HashMap<u64, String>;
type Db = Arc<Mutex<Names>>;
type Shared = Arc<std::sync::Mutex<Names>>;

fn first(guard: MutexGuard<'_, Names>) -> String {
    guard.values().next().cloned().unwrap_or_default()
}

fn size(guard: std::sync::MutexGuard<'_, Names>) -> usize {
    guard.len()
}

fn parked(guard: parking_lot::MutexGuard<'_, Names>) -> usize {
    guard.len()
}

async fn count(guard: MutexGuard<'_, Names>) -> usize {
    tokio::task::yield_now().await;
    guard.len()
}

async fn count_owned(guard: OwnedMutexGuard<Names>) -> usize {
    tokio::task::yield_now().await;
    guard.len()
}

struct Snapshot {
    names: Vec<String>,
}

impl Snapshot {
    fn of(guard: MutexGuard<'_, Names>) -> Self {
        Self { names: guard.values().cloned().collect() }
    }
}

impl From<MutexGuard<'_, Names>> for Snapshot {
    fn from(guard: MutexGuard<'_, Names>) -> Self {
        Self::of(guard)
    }
}

struct Held<'g> {
    guard: MutexGuard<'g, Names>,
}

impl Held<'_> {
    fn finish(self) -> usize {
        self.guard.len()
    }
}

/// To a function.
#[ws_endpoint("/given/function")]
async fn function(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let name = first(guard);
        socket.send(name).await?;
    }
    Ok(())
}

/// To a function in the argument of the send.
#[ws_endpoint("/given/argument")]
async fn argument(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        socket.send(first(guard)).await?;
    }
    Ok(())
}

/// Without a name.
#[ws_endpoint("/given/temporary")]
async fn temporary(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        socket.send(first(names.lock().await)).await?;
    }
    Ok(())
}

/// To a function, with a lock of `std`.
#[ws_endpoint("/given/std")]
async fn std(handshake: Handshake, State(names): State<Shared>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let n = {
            let guard = names.lock().unwrap();
            size(guard)
        };
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// To a function, with a lock of `parking_lot`.
#[ws_endpoint("/given/parking_lot")]
async fn parking(
    handshake: Handshake,
    State(names): State<Arc<parking_lot::Mutex<Names>>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let n = {
            let guard = names.lock();
            parked(guard)
        };
        let all = names.lock().clone();
        socket.send((n + all.len()).to_string()).await?;
        let guard = names.lock();
        let n = parked(guard);
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// To a function that awaits.
#[ws_endpoint("/given/asynchronous")]
async fn asynchronous(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let n = count(guard).await;
        socket.send(n.to_string()).await?;
        let guard = names.clone().lock_owned().await;
        let n = count_owned(guard).await;
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// To associated functions.
#[ws_endpoint("/given/associated")]
async fn associated(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let one = Snapshot::of(guard);
        let guard = names.lock().await;
        let other = Snapshot::from(guard);
        for name in one.names.into_iter().chain(other.names) {
            socket.send(name).await?;
        }
    }
    Ok(())
}

/// By `into`.
#[ws_endpoint("/given/into")]
async fn into(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let snapshot: Snapshot = guard.into();
        for name in snapshot.names {
            socket.send(name).await?;
        }
    }
    Ok(())
}

/// To a weaker guard, which is dropped.
#[ws_endpoint("/given/downgrade")]
async fn downgrade(handshake: Handshake, State(names): State<Arc<RwLock<Names>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let mut writer = names.write().await;
        writer.insert(1, String::new());
        let reader = RwLockWriteGuard::downgrade(writer);
        let n = reader.len();
        drop(reader);
        let writer = names.write().await;
        let reader = writer.downgrade();
        let both = n + reader.len();
        drop(reader);
        socket.send(both.to_string()).await?;
    }
    Ok(())
}

/// To a closure, which is dropped.
#[ws_endpoint("/given/closure")]
async fn closure(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let count = move || guard.len();
        let n = count();
        drop(count);
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// To an `async` block.
#[ws_endpoint("/given/block")]
async fn block(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let n = async move {
            tokio::task::yield_now().await;
            guard.len()
        }
        .await;
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// To a task.
#[ws_endpoint("/given/task")]
async fn task(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.clone().lock_owned().await;
        let task = tokio::spawn(async move { guard.len() });
        let n = task.await.unwrap_or(0);
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// To a struct, which is consumed.
#[ws_endpoint("/given/fields")]
async fn fields(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let held = Held { guard };
        let n = held.finish();
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// To a tuple, and to an `Option`.
#[ws_endpoint("/given/tuple")]
async fn tuple(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let pair = (guard, 1);
        let n = pair.0.len() + pair.1;
        drop(pair);
        let guard = names.lock().await;
        let mut slot = Some(guard);
        let m = slot.take().map_or(0, |guard| guard.len());
        socket.send((n + m).to_string()).await?;
    }
    Ok(())
}

/// To a `Vec`, which is cleared.
#[ws_endpoint("/given/vec")]
async fn vec(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let mut guards = vec![guard];
        let n = guards[0].len();
        guards.clear();
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// To another name.
#[ws_endpoint("/given/renamed")]
async fn renamed(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let other = guard;
        let n = other.len();
        drop(other);
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// A reference to it is not the guard.
#[ws_endpoint("/given/lent")]
async fn lent(handshake: Handshake, State(names): State<Db>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let guard = names.lock().await;
        let view = &guard;
        let n = view.len();
        drop(guard);
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// What a lock holds is copied.
#[ws_endpoint("/given/number")]
async fn number(handshake: Handshake, State(names): State<Arc<Mutex<Option<u32>>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let n = names.lock().await.unwrap();
        socket.send(n.to_string()).await?;
    }
    Ok(())
}

/// A `match` takes it, and lets go of it.
#[ws_endpoint("/given/dash-match")]
async fn dash_match(handshake: Handshake, State(names): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        match names.get(&1) {
            Some(name) => {
                let text = name.clone();
                drop(name);
                socket.send(text).await?;
            }
            None => socket.send("no one").await?,
        }
    }
    Ok(())
}

/// An `if let` takes it, and lets go of it.
#[ws_endpoint("/given/dash-if")]
async fn dash_if(handshake: Handshake, State(names): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        if let Some(name) = names.get(&1) {
            let text = name.clone();
            drop(name);
            socket.send(text).await?;
        } else {
            socket.send("no one").await?;
        }
    }
    Ok(())
}

/// `map` consumes it.
#[ws_endpoint("/given/dash-map")]
async fn dash_map(handshake: Handshake, State(names): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        if let Some(text) = names.get(&1).map(|name| name.clone()) {
            socket.send(text).await?;
        }
        let found = names.get(&2);
        let text = found.map(|name| name.clone()).unwrap_or_default();
        socket.send(text).await?;
    }
    Ok(())
}

/// A `match` on a name.
#[ws_endpoint("/given/dash-bound")]
async fn dash_bound(handshake: Handshake, State(names): State<Arc<DashMap<u64, String>>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        let found = names.get(&1);
        let text = match found {
            Some(name) => name.clone(),
            None => continue,
        };
        socket.send(text).await?;
    }
    Ok(())
}

/// `map` consumes the `Result` of a lock.
#[ws_endpoint("/given/std-map")]
async fn std_map(handshake: Handshake, State(names): State<Shared>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {
        if let Ok(n) = names.lock().map(|names| names.len()).map_err(|_| ()) {
            socket.send(n.to_string()).await?;
        }
    }
    Ok(())
}
