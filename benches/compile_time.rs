//! How long `cargo check` and `cargo build` take for endpoints with `#[ws_endpoint]`, against the same ones written by hand on axum.
//!
//! `cargo bench -p sockeye-benches --bench compile_time -- [endpoints]` writes one package for each way into a
//! directory of its own, compiles what they depend on, and then times the two packages alone, five times each in turn.
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
    let by_hand = package(&folder, "by_hand", &by_hand(endpoints));
    let attribute = package(&folder, "attribute", &attribute(endpoints));
    println!("{endpoints} endpoints, the best of {ROUNDS} rounds");
    for command in ["check", "build"] {
        let (hand, ours) = compare(command, &by_hand, &attribute);
        let ratio = ours.as_secs_f64() / hand.as_secs_f64();
        println!("cargo {command}: by hand {hand:.2?}, with the attribute {ours:.2?}, ratio {ratio:.2}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// In turn, so that a busy moment of the machine hits both.
fn compare(command: &str, by_hand: &Path, attribute: &Path) -> (Duration, Duration) {
    for package in [by_hand, attribute] {
        time(command, package);
    }
    let rounds = (0..ROUNDS).map(|_| (time(command, by_hand), time(command, attribute)));
    rounds.fold((Duration::MAX, Duration::MAX), |best, (hand, ours)| (best.0.min(hand), best.1.min(ours)))
}

/// Compiles the package alone: touching its only file leaves everything that it depends on as it is.
fn time(command: &str, package: &Path) -> Duration {
    let source = package.join("src/main.rs");
    fs::write(&source, fs::read(&source).unwrap()).unwrap();
    let before = children();
    let status = Command::new(env!("CARGO"))
        .args([command, "--quiet", "--offline"])
        .env("CARGO_TARGET_DIR", package.parent().unwrap().join("target"))
        .env("CARGO_INCREMENTAL", "0")
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

fn by_hand(endpoints: usize) -> String {
    let mut source = String::from(
        "use axum::{Router, extract::{Path, State, ws::WebSocketUpgrade}, response::Response, routing::any};\n",
    );
    for n in 0..endpoints {
        write!(
            source,
            "async fn e{n}(ws: WebSocketUpgrade, Path(id): Path<u64>, State(name): State<String>) -> Response {{\n\
             let _ = (id, name);\n\
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

fn attribute(endpoints: usize) -> String {
    let mut source =
        String::from("use axum::extract::{Path, State};\nuse sockeye::{Handshake, Server, ws_endpoint};\n");
    for n in 0..endpoints {
        write!(
            source,
            "/// Sends back what it receives.\n#[ws_endpoint(\"/ws/{n}/{{id}}\")]\n\
             async fn e{n}(handshake: Handshake, Path(id): Path<u64>, State(name): State<String>) -> sockeye::Result {{\n\
             let _ = (id, name);\n\
             let mut socket = handshake.accept().await?;\n\
             while let Some(message) = socket.recv().await? {{\n\
             socket.send(message).await?\n}}\nOk(())\n}}\n"
        )
        .unwrap();
    }
    source.push_str("fn main() {\nlet _ = Server::new().state(String::new());\n}\n");
    source
}
