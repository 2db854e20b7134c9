//! Mistakes that the macro refuses at `cargo check`, in endpoints that were registered without it.

use sockeye::{
    __private::{
        HeartbeatOption, Mark, Options, OriginOption, Registered, Source, bind, described, first, inventory,
        outcome,
    },
    Handshake, Server,
};

use crate::report;

async fn handler(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

const TEXT: &str = "\
#[ws_endpoint(\"/by/hand\", origins = [\"ws://a.example\"], subprotocols = [\"v 2\", \"v1\", \"v1\"], max_message_size = \"0\", heartbeat = \"0s\")]
async fn handler(handshake: Handshake) -> sockeye::Result";

inventory::submit! {
    Registered {
        name: "handler",
        route: "/by/hand",
        group: "by hand",
        module: module_path!(),
        source: Source {
            file: "src/by_hand.rs",
            line: 7,
            text: TEXT,
            route: Mark { start: 14, end: 24 },
            name: Mark { start: 138, end: 145 },
        },
        params: &[],
        options: Options {
            state: None,
            origins: Some(OriginOption::List(&["ws://a.example"])),
            subprotocols: &["v 2", "v1", "v1"],
            max_message_size: Some(0),
            compression: None,
            heartbeat_message: None,
            heartbeat: Some(HeartbeatOption::Every(0)),
            guarded: false,
            allow: &[],
        },
        reads_cookies: false,
        unwinds: true,
        bind: || bind(handler, first::<Handshake>(), (), outcome::<sockeye::Result>()),
        describe: described!("", first::<Handshake>(), []),
    }
}

/// Routes that no router takes, and marks that point nowhere.
macro_rules! odd_route {
    ($route:literal) => {
        inventory::submit! {
            Registered {
                name: "odd",
                route: $route,
                group: "odd",
                module: module_path!(),
                source: Source {
                    file: "src/odd.rs",
                    line: 1,
                    text: "ä",
                    route: Mark { start: 1, end: 90 },
                    name: Mark { start: 9, end: 3 },
                },
                params: &[],
                options: Options {
                    state: None,
                    origins: None,
                    subprotocols: &[],
                    max_message_size: None,
                    compression: None,
                    heartbeat: None,
                    heartbeat_message: None,
                    guarded: false,
                    allow: &[],
                },
                reads_cookies: false,
                unwinds: true,
                bind: || bind(handler, first::<Handshake>(), (), outcome::<sockeye::Result>()),
                describe: described!("", first::<Handshake>(), []),
            }
        }
    };
}

odd_route!("");
odd_route!("no/slash");
odd_route!("/:old");
odd_route!("/*old");
odd_route!("/{}");
odd_route!("/{open");
odd_route!("/{a}b");
odd_route!("/{*rest}/more");
odd_route!("/{same}/{same}");

#[tokio::test]
async fn values_that_the_macro_would_refuse() {
    insta::assert_snapshot!(report(Server::new().group("by hand")).await);
}

#[tokio::test]
async fn odd_routes_are_reported_without_a_panic() {
    let report = report(Server::new().group("odd")).await;
    insta::assert_snapshot!(report);
}
