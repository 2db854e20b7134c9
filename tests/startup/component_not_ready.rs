use std::{io, sync::Arc, time::Duration};

use sockeye::{
    Error, Handshake, Hub, Json, Ready, Server,
    backplane::{Inlet, Outlet},
    ws_endpoint,
};
use tokio::sync::Notify;

use crate::{report, rules};

/// An endpoint with a mistake of its own.
#[ws_endpoint("/ws/ready", group = "ready")]
async fn endpoint(
    handshake: Handshake<Json<String>>,
    axum::extract::State(_missing): axum::extract::State<u64>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A server that lacks nothing but what its components may lack.
fn server() -> Server {
    Server::new().group("ready").state(7_u64)
}

struct Model {
    loaded: bool,
}

impl Ready for Model {
    async fn ready(self) -> sockeye::Result {
        if self.loaded { Ok(()) } else { Err(Error::new("the weights are missing")) }
    }
}

async fn refused() -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused"))
}

/// Every way to be unready, together with a mistake of an endpoint. Time is paused: what never answers costs nothing.
#[tokio::test(start_paused = true)]
async fn each_component_says_what_it_lacks() {
    let server = Server::new()
        .group("ready")
        .ready("database", refused)
        .ready("model", Model { loaded: false })
        .ready("works", Model { loaded: true })
        .ready("broker", async || std::future::pending::<io::Result<()>>().await)
        .ready_within("cache", Duration::from_millis(300), async || {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, io::Error>("late")
        })
        .ready("config", async || -> io::Result<()> { panic!("no file `app.toml`") });
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn what_is_ready_is_no_problem() {
    let name = String::from("any value is taken");
    let server = server()
        .ready("value", async move || Ok::<_, io::Error>(name.len()))
        .ready("model", Model { loaded: true })
        .ready("hub in this process", Hub::<u32>::new());
    assert_eq!(rules(server).await, Vec::<&str>::new());
}

/// Two components that wait for each other are ready only if both are asked at once.
#[tokio::test]
async fn all_are_asked_at_once() {
    let (one, two) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (first, second) = (Arc::clone(&one), Arc::clone(&two));
    let server = server()
        .ready("first", async move || {
            first.notify_one();
            two.notified().await;
            Ok::<_, Error>(())
        })
        .ready("second", async move || {
            second.notify_one();
            one.notified().await;
            Ok::<_, Error>(())
        });
    assert_eq!(rules(server).await, Vec::<&str>::new());
}

/// A check that blocks its thread is given up as well, where there is another thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_blocks_is_given_up() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocking = async move || blocked.recv().map_err(Error::from);
    let server = server().ready_within("blocking", Duration::from_millis(50), blocking);
    assert_eq!(rules(server).await, ["component_not_ready"]);
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_is_dropped() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let server = server().ready("forever", async move || {
        std::future::pending::<()>().await;
        drop(held);
        Ok::<_, Error>(())
    });
    assert_eq!(rules(server).await, ["component_not_ready"]);
    while Arc::strong_count(&alive) > 1 {
        tokio::task::yield_now().await;
    }
}

/// A hub is asked like any component: it is ready when its backplane is connected.
#[tokio::test(start_paused = true)]
async fn a_hub_waits_for_its_backplane() {
    let connected = Hub::<u32>::builder().backplane(async |inlet: Inlet, mut outlet: Outlet| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        inlet.connected();
        while outlet.next().await.is_some() {}
    });
    let refused = Hub::<u32>::builder().backplane(async |inlet: Inlet, mut outlet: Outlet| {
        inlet.lost("connection refused by redis.internal:6379");
        while outlet.next().await.is_some() {}
    });
    let silent = Hub::<u32>::builder()
        .backplane(async |_: Inlet, mut outlet: Outlet| while outlet.next().await.is_some() {});
    let server = server()
        .ready("connected", connected.build())
        .ready("refused", refused.build())
        .ready("silent", silent.build());
    insta::assert_snapshot!(report(server).await);
}
