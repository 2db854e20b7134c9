//! How long `Server::check` takes for 100, 1,000 and 10,000 endpoints:
//! `cargo bench -p sockeye-benches --bench startup`.
//!
//! Every endpoint has a path parameter, a state and an extension, and there is one layer around all of them. They are
//! registered by hand, because 11,100 uses of the attribute would measure the compiler.

use std::time::{Duration, Instant};

use axum::{
    Extension,
    extract::{Path, State},
};
use sockeye::{
    __private::{
        Bound, Mark, Options, Param, Parameter, Registered, Source, bind, described, first, inventory,
        outcome,
    },
    Handshake, Server,
};

async fn handler(
    handshake: Handshake,
    Path(_id): Path<u64>,
    State(_name): State<&'static str>,
    Extension(_count): Extension<u32>,
) -> sockeye::Result {
    drop(handshake.accept().await?);
    Ok(())
}

fn bound() -> Bound {
    let args = (
        Parameter::<Path<u64>, ()>::NEW.arg(),
        Parameter::<State<&'static str>, ()>::NEW.arg(),
        Parameter::<Extension<u32>, ()>::NEW.arg(),
    );
    bind(handler, first::<Handshake>(), args, outcome::<sockeye::Result>())
}

const NOWHERE: Mark = Mark { start: 0, end: 0 };

const fn endpoint(route: &'static str, group: &'static str, line: u32) -> Registered {
    Registered {
        name: "handler",
        route,
        group,
        module: module_path!(),
        source: Source { file: file!(), line, text: "async fn handler()", route: NOWHERE, name: NOWHERE },
        params: &[
            Param { ty: "Path<u64>", mark: NOWHERE },
            Param { ty: "State<&'static str>", mark: NOWHERE },
            Param { ty: "Extension<u32>", mark: NOWHERE },
        ],
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
        bind: bound,
        describe: described!("", first::<Handshake>(), []),
    }
}

/// Ten endpoints for each way to choose the digits in front of the last one.
macro_rules! endpoints {
    ($group:literal, $path:expr, $more:tt) => {
        endpoints!(@each $group, $path, $more, 0 1 2 3 4 5 6 7 8 9);
    };
    (@each $group:literal, $path:expr, [digit], $($digit:literal)*) => {
        $(inventory::submit! { endpoint(concat!($path, "/", $digit, "/{id}"), $group, $digit) })*
    };
    (@each $group:literal, $path:expr, [digit $more:tt], $($digit:literal)*) => {
        $(endpoints!($group, concat!($path, "/", $digit), $more);)*
    };
}

endpoints!("100", "/ws", [digit[digit]]);
endpoints!("1000", "/ws", [digit[digit[digit]]]);
endpoints!("10000", "/ws", [digit[digit[digit[digit]]]]);

async fn check(group: &str) -> Duration {
    let server = Server::new().group(group).state("name").layer(Extension(7_u32));
    let begin = Instant::now();
    let checked = server.check().await;
    let time = begin.elapsed();
    let checked = checked.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(checked.endpoints().len().to_string(), group);
    time
}

/// A server without the state that every endpoint needs: one problem each.
async fn refuse(group: &str) -> (Duration, Duration, usize) {
    let begin = Instant::now();
    let error = Server::new().group(group).layer(Extension(7_u32)).check().await.expect_err("no state");
    let checked = begin.elapsed();
    let text = error.to_string();
    assert_eq!(error.problems().len().to_string(), group);
    (checked, begin.elapsed().saturating_sub(checked), text.len())
}

#[allow(clippy::print_stdout, reason = "the figures are what it is for")]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    check("100").await;
    for group in ["100", "1000", "10000"] {
        let mut times = Vec::new();
        for _ in 0..9 {
            times.push(check(group).await);
        }
        times.sort_unstable();
        println!(
            "{group:>6} endpoints: {:?} (fastest {:?}, slowest {:?} of 9)",
            times[4], times[0], times[8]
        );
    }
    let (checked, rendered, length) = refuse("10000").await;
    println!(" 10000 problems: checked in {checked:?}, rendered in {rendered:?} ({length} bytes)");
}
