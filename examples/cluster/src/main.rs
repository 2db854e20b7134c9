//! Three servers that share a chat over a broker, behind nginx, on this machine.
//!
//! ```text
//! cargo run -p example-cluster
//! cargo run -p example-cluster -- --broker nats
//! ```
//!
//! `chat.rs` is the program that runs three times: the endpoint, its hub, and the line that connects the hub to the broker. The rest is what
//! operators have: `broker.rs` and `nginx.rs` know the two programs from Debian, `programs.rs` starts everything and starts it again when it ends,
//! so that `kill -9` of a server or of the broker shows what clients see of it. `SOCKEYE_ADDR` is where nginx listens.

mod broker;
mod chat;
mod cluster;
mod nginx;
mod programs;

use std::{
    env,
    io::{self, IsTerminal},
    process::ExitCode,
};

use tracing_subscriber::EnvFilter;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    log_to_terminal();
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let ended = match arguments[..] {
        [] => cluster::run(None).await,
        ["--broker", broker] => cluster::run(Some(broker)).await,
        // How it starts itself.
        ["serve", number, address, broker] => chat::serve(number, address, broker).await,
        _ => Err("the only argument is `--broker redis` or `--broker nats`".into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            tracing::error!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn log_to_terminal() {
    // The client of NATS says at each outage that it gives up; Sockeye does not.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,async_nats=off"));
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colours).init();
}
