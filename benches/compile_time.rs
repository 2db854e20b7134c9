//! How long `cargo check` and `cargo build` take for endpoints with `#[ws_endpoint]`, against the same ones written by hand on axum.
//!
//! `cargo bench -p sockeye-benches --bench compile_time -- [endpoints]` writes one package for each way into a
//! directory of its own, compiles what they depend on, and then times the two packages alone, five times each in turn; also after a
//! change in one handler, and with handlers of 300 lines, of which there is a tenth as many.
//! It counts processor time, which other work on the machine disturbs less than the clock; so it needs Linux.

#![allow(clippy::print_stdout, reason = "the numbers are what the program is for")]

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const ROUNDS: usize = 5;

fn main() {
    // `cargo bench` adds an argument of its own.
    let endpoints = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(300);
    let folder = env::temp_dir().join(format!("sockeye-compile-time-{}", std::process::id()));
    let short = (
        package(&folder, "by_hand", &by_hand(endpoints, 0)),
        package(&folder, "attribute", &attribute(endpoints, 0)),
    );
    let few = endpoints.div_ceil(10);
    let long = (
        package(&folder, "by_hand_long", &by_hand(few, 290)),
        package(&folder, "attribute_long", &attribute(few, 290)),
    );
    println!("the best of {ROUNDS} rounds");
    for (what, run, packages) in [
        (format!("cargo check, {endpoints} endpoints"), Run { command: "check", incremental: false }, &short),
        (
            "cargo check after a change in one of them".to_owned(),
            Run { command: "check", incremental: true },
            &short,
        ),
        (
            format!("cargo check, {few} endpoints of 300 lines"),
            Run { command: "check", incremental: false },
            &long,
        ),
        (format!("cargo build, {endpoints} endpoints"), Run { command: "build", incremental: false }, &short),
    ] {
        let (hand, ours) = compare(run, &packages.0, &packages.1);
        let ratio = ours.as_secs_f64() / hand.as_secs_f64();
        println!("{what}: by hand {hand:.2?}, with the attribute {ours:.2?}, ratio {ratio:.2}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// What is timed.
#[derive(Clone, Copy)]
struct Run {
    command: &'static str,
    /// Whether only one handler has changed since the last time.
    incremental: bool,
}

/// In turn, so that a busy moment of the machine hits both.
fn compare(run: Run, by_hand: &Path, attribute: &Path) -> (Duration, Duration) {
    for package in [by_hand, attribute] {
        time(run, package);
    }
    let rounds = (0..ROUNDS).map(|_| (time(run, by_hand), time(run, attribute)));
    rounds.fold((Duration::MAX, Duration::MAX), |best, (hand, ours)| (best.0.min(hand), best.1.min(ours)))
}

/// Compiles the package alone: its only file changes, and nothing that it depends on.
fn time(Run { command, incremental }: Run, package: &Path) -> Duration {
    let source = package.join("src/main.rs");
    let text = fs::read_to_string(&source).unwrap();
    fs::write(&source, text.replacen("let _ = (id", "let _ = (id, id", 1)).unwrap();
    let before = children();
    let status = Command::new(env!("CARGO"))
        .args([command, "--quiet", "--offline"])
        .env("CARGO_TARGET_DIR", package.parent().unwrap().join("target"))
        .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
        .current_dir(package)
        .status()
        .unwrap();
    assert!(status.success(), "cargo {command} failed in {}", package.display());
    children().saturating_sub(before)
}

/// Processor time of every child that has ended, theirs included (proc(5), `cutime` and `cstime`).
fn children() -> Duration {
    const TICKS_PER_SECOND: u64 = 100;
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The second field is the program's name in parentheses, which may have spaces in it.
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    let ticks: u64 = after_name.split(' ').skip(13).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

fn package(folder: &Path, name: &str, source: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let package = folder.join(name);
    fs::create_dir_all(package.join("src")).unwrap();
    fs::write(package.join("src/main.rs"), source).unwrap();
    // Both have the same dependencies, so that what differs is their own code.
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         axum = {{ version = \"0.8\", features = [\"ws\"] }}\nsockeye = {{ path = \"{}\" }}\n",
        workspace.join("runtime").display()
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    package
}

/// Ordinary work in a handler, one statement a line.
fn work(lines: usize) -> String {
    "let id = id.wrapping_mul(name.len() as u64);\n".repeat(lines)
}

fn by_hand(endpoints: usize, lines: usize) -> String {
    let mut source = String::from(
        "use axum::{Router, extract::{Path, State, ws::WebSocketUpgrade}, response::Response, routing::any};\n",
    );
    let work = work(lines);
    for n in 0..endpoints {
        write!(
            source,
            "async fn e{n}(ws: WebSocketUpgrade, Path(id): Path<u64>, State(name): State<String>) -> Response {{\n\
             {work}let _ = (id, name);\n\
             ws.on_upgrade(|mut socket| async move {{\n\
             while let Some(Ok(message)) = socket.recv().await {{\n\
             if socket.send(message).await.is_err() {{ break }}\n}}\n}})\n}}\n"
        )
        .unwrap();
    }
    source.push_str("fn main() {\nlet router = Router::new();\n");
    for n in 0..endpoints {
        writeln!(source, "let router = router.route(\"/ws/{n}/{{id}}\", any(e{n}));").unwrap();
    }
    source.push_str("let _: Router = router.with_state(String::new());\n}\n");
    source
}

fn attribute(endpoints: usize, lines: usize) -> String {
    let mut source =
        String::from("use axum::extract::{Path, State};\nuse sockeye::{Handshake, Server, ws_endpoint};\n");
    let work = work(lines);
    for n in 0..endpoints {
        write!(
            source,
            "/// Sends back what it receives.\n#[ws_endpoint(\"/ws/{n}/{{id}}\")]\n\
             async fn e{n}(handshake: Handshake, Path(id): Path<u64>, State(name): State<String>) -> sockeye::Result {{\n\
             {work}let _ = (id, name);\n\
             let mut socket = handshake.accept().await?;\n\
             while let Some(message) = socket.recv().await? {{\n\
             socket.send(message).await?\n}}\nOk(())\n}}\n"
        )
        .unwrap();
    }
    source.push_str("fn main() {\nlet _ = Server::new().state(String::new());\n}\n");
    source
}
