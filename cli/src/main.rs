//! `cargo sockeye`: the rules of Sockeye on a command line.

mod asyncapi;
mod check;
mod explain;
mod init;
mod new;
mod output;
mod probe;
mod program;
mod routes;
mod types;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

/// Writes endpoints, checks WebSocket handlers, lists and documents routes, explains rules, probes servers.
#[derive(Parser)]
#[command(name = "cargo-sockeye", bin_name = "cargo sockeye", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cargo sockeye check
  cargo sockeye explain no_receive_loop

`cargo sockeye help COMMAND` has more on each.";

#[derive(Subcommand)]
enum Command {
    New(new::Options),
    Init(init::Options),
    Check(check::Options),
    Routes(routes::Options),
    Asyncapi(asyncapi::Options),
    Types(types::Options),
    Explain(explain::Options),
    Probe(probe::Options),
}

/// A check allocates and frees many small nodes of trees. This allocator is faster at that than the default of most systems.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Arguments::parse_from(arguments(std::env::args_os())).command {
        Command::New(options) => new::run(&options),
        Command::Init(options) => init::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Routes(options) => routes::run(&options),
        Command::Asyncapi(options) => asyncapi::run(&options),
        Command::Types(options) => types::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Probe(options) => probe::run(&options),
    }
}

/// `cargo sockeye check` runs `cargo-sockeye sockeye check`; scripts run `cargo-sockeye check`. Both mean the same.
fn arguments(given: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    given.enumerate().filter(|(index, word)| *index != 1 || word != "sockeye").map(|(_, word)| word)
}
