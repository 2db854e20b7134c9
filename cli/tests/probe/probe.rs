//! Runs the program and takes what a person would read.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
};

/// What a run came to.
pub(crate) struct Seen {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// `cargo sockeye probe` with these arguments. The time for each step is an end to hanging, unless they say otherwise.
pub(crate) fn probe(arguments: &[&str]) -> Seen {
    probe_with(arguments, &[])
}

/// The same with variables in the environment.
pub(crate) fn probe_with(arguments: &[&str], environment: &[(&str, &str)]) -> Seen {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-sockeye"));
    command.args(["sockeye", "probe"]).args(arguments).stdin(Stdio::null());
    if !arguments.contains(&"--timeout") {
        command.args(["--timeout", "60"]);
    }
    let output = command.envs(environment.iter().copied()).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Seen {
        status: output.status.code().expect("an exit status"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Probes `ws://ADDRESS/ws` and gives the output with the exit status under it, without what changes from run to run.
pub(crate) fn report(address: SocketAddr, more: &[&str]) -> String {
    let url = format!("ws://{address}/ws");
    let arguments: Vec<&str> = [url.as_str()].into_iter().chain(more.iter().copied()).collect();
    steady(&probe(&arguments), address)
}

/// Times and ports differ from run to run.
pub(crate) fn steady(seen: &Seen, address: SocketAddr) -> String {
    assert_eq!(seen.err, "");
    let text = seen.out.replace(&format!(":{}", address.port()), ":PORT");
    let lines = text.lines().map(without_times);
    format!("{}\nexit status {}", lines.collect::<Vec<_>>().join("\n"), seen.status)
}

/// `in 0.3 ms` becomes `in N ms`.
fn without_times(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    for at in 1..words.len() {
        if words[at].trim_end_matches([';', ',']) == "ms" {
            words[at - 1] = "N";
        }
    }
    words.join(" ")
}
