//! Real programs: exit status, output, and whether they listened.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

const HEALTHY: &str = env!("CARGO_BIN_EXE_startup_healthy");
const BROKEN: &str = env!("CARGO_BIN_EXE_startup_broken");
const UNLINKED: &str = env!("CARGO_BIN_EXE_startup_unlinked");
const AXUM: &str = env!("CARGO_BIN_EXE_startup_axum");
const LINKED: &str = env!("CARGO_BIN_EXE_startup_linked");

fn program(program: &str, argument: &str, check: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(argument).env("SOCKEYE_CHECK", check).env_remove("RUST_BACKTRACE");
    command
}

fn run(path: &str, argument: &str, check: &str) -> Output {
    program(path, argument, check).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A port that is taken for as long as the listener lives: whoever tries to listen there reports `bind_failed`.
fn taken() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program that has said that it listens, and where.
fn start(path: &str) -> (Running, String) {
    let mut command = program(path, "127.0.0.1:0", "");
    let mut child = Running(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

#[tokio::test]
async fn a_program_without_a_subscriber_still_says_why_it_refuses() {
    let mut child = Running(program(HEALTHY, "127.0.0.1:0", "").stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let address = lines.next().unwrap().unwrap().rsplit("ws://").next().unwrap().to_owned();
    let console = lines.next().unwrap().unwrap();
    assert_eq!(console, format!("sockeye: console on http://{address}/_sockeye"));
    let mut request = format!("ws://{address}/echo").into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    connect_async(request).await.unwrap_err();
    let line = lines.next().unwrap().unwrap();
    for part in [
        "sockeye: WARN: handshake refused",
        "endpoint=echo",
        "rule=origin_refused",
        "help: if that page is yours",
    ] {
        assert!(line.contains(part), "`{part}` is not in {line}");
    }
}

#[test]
fn a_broken_program_reports_and_ends_with_1_and_never_listens() {
    let (_listener, address) = taken();
    let output = run(BROKEN, &address, "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    insta::assert_snapshot!(text(&output.stderr));
}

#[test]
fn a_taken_port_is_explained() {
    let (_listener, address) = taken();
    let output = run(HEALTHY, &address, "");
    assert_eq!(output.status.code(), Some(1));
    let port = address.rsplit(':').next().unwrap();
    insta::assert_snapshot!(text(&output.stderr).replace(port, "PORT"));
}

#[test]
fn an_address_that_is_none_is_explained() {
    for address in ["", "no port", "256.0.0.1:3000", "does-not-exist.invalid:80"] {
        let output = run(HEALTHY, address, "");
        assert_eq!(output.status.code(), Some(1), "{address}");
        let report = text(&output.stderr);
        assert!(
            report.contains("error[bind_failed]: the address to listen on cannot be resolved"),
            "{report}"
        );
    }
    let report = text(&run(HEALTHY, "192.0.2.1:3000", "").stderr);
    assert!(report.contains("this machine does not have the address 192.0.2.1"), "{report}");
}

#[test]
fn a_check_prints_a_table_and_does_not_listen() {
    let (_listener, address) = taken();
    let output = run(HEALTHY, &address, "1");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn a_check_can_be_read_by_programs() {
    let (_listener, address) = taken();
    let output = run(HEALTHY, &address, "json");
    assert_eq!(output.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_snapshot!(format!("{document:#}"));
}

#[test]
fn problems_can_be_read_by_programs() {
    let output = run(BROKEN, "127.0.0.1:0", "json");
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["ok"], false);
    insta::assert_snapshot!(format!("{:#}", document["problems"]));
}

#[test]
fn a_failing_check_ends_with_1() {
    let output = run(BROKEN, "127.0.0.1:0", "1");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("error[missing_state]"));
}

#[test]
fn an_unknown_check_is_an_error() {
    let output = run(HEALTHY, "127.0.0.1:0", "yes");
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stderr));
}

#[tokio::test]
async fn a_healthy_program_says_one_line_and_serves() {
    let (_running, line) = tokio::task::spawn_blocking(|| start(HEALTHY)).await.unwrap();
    let address = line.trim().strip_prefix("sockeye: 2 endpoints on ").unwrap_or_else(|| panic!("{line}"));
    let (mut socket, _) = connect_async(format!("{address}/echo")).await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));
    let (mut socket, _) = connect_async(format!("{address}/names/7")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("sockeye 7"));
}

#[test]
fn endpoints_of_a_library_that_nobody_names_are_missing() {
    let output = Command::new(UNLINKED).env("SOCKEYE_CHECK", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("no_endpoints", text(&output.stderr));
    let output = run(UNLINKED, "/library/feed", "1");
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("missing_endpoint", text(&output.stderr));
}

#[test]
fn naming_the_library_mends_it() {
    let output = run(LINKED, "/library/feed", "1");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("route"));
}

#[test]
fn a_program_that_listens_itself_answers_a_check_before_it_does() {
    for router in ["-", "drain"] {
        // Were it to listen, it would fail.
        let (_listener, address) = taken();
        let output = program(AXUM, &address, "1").arg(router).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{router}");
        let table = text(&output.stdout);
        assert!(table.starts_with("route") && table.contains("/echo"), "{table}");
        let output = program(AXUM, &address, "json").arg(router).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{router}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&document["ok"], &document["endpoints"][0]["route"]), (&true.into(), &"/echo".into()));
        let output = program(AXUM, &address, "").arg(router).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()), "{router}");
    }
}

#[test]
fn a_program_that_listens_itself_can_end_itself_after_a_check() {
    let (_listener, address) = taken();
    for check in ["1", "json"] {
        let output = program(AXUM, &address, check).arg("ends itself").output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), "ended by itself\n"));
        assert_eq!(text(&output.stdout).matches("/echo").count(), 1, "{}", text(&output.stdout));
    }
    let output = program(AXUM, &address, "").arg("ends itself").output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
}

/// `SOCKEYE_ENV` in the environment of a program.
fn in_environment(value: &str, address: &str) -> Output {
    program(HEALTHY, address, "").env("SOCKEYE_ENV", value).output().unwrap()
}

#[test]
fn development_stays_on_the_machine() {
    let output = in_environment("development", "0.0.0.0:0");
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stderr));
    for (address, ok) in [("0.0.0.0:0", false), ("127.0.0.1:0", true), ("unknown.invalid:80", true)] {
        let mut checked = program(HEALTHY, address, "1");
        let output = checked.env("SOCKEYE_ENV", "development").output().unwrap();
        assert_eq!(output.status.success(), ok, "{address}: {output:?}");
        assert_eq!(text(&output.stderr).contains("error[development_exposed]"), !ok, "{output:?}");
    }
    let (_listener, address) = taken();
    assert!(text(&in_environment("production", &address).stderr).contains("error[bind_failed]"));
    let misspelled = in_environment("developement", &address);
    assert_eq!(misspelled.status.code(), Some(1));
    insta::assert_snapshot!(text(&misspelled.stderr));
}

#[tokio::test]
async fn development_lets_pages_of_the_machine_connect_from_any_port() {
    let mut command = program(HEALTHY, "127.0.0.1:0", "");
    let command = command.env("SOCKEYE_ENV", "development").stderr(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert_eq!(
        line,
        "sockeye: development: pages of localhost, 127.0.0.1 and [::1] may connect from any port"
    );
    let address = lines.next().unwrap().unwrap().rsplit("ws://").next().unwrap().to_owned();
    for (path, origin, is_welcome) in [
        ("/echo", "http://localhost:5173", true),
        ("/echo", "https://127.0.0.1:8443", true),
        ("/echo", "http://[::1]:4000", true),
        ("/names/7", "http://localhost:5173", true),
        ("/names/7", "https://app.example.com", true),
        ("/echo", "https://app.example.com", false),
        ("/echo", "http://localhost.example.com:5173", false),
        ("/echo", "null", false),
    ] {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        assert_eq!(connect_async(request).await.is_ok(), is_welcome, "{path} {origin}");
    }
}

#[tokio::test]
async fn who_develops_is_told_how_a_page_of_another_port_may_connect() {
    let mut child = Running(program(HEALTHY, "127.0.0.1:0", "").stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let address = lines.next().unwrap().unwrap().rsplit("ws://").next().unwrap().to_owned();
    let mut request = format!("ws://{address}/echo").into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://localhost:5173".parse().unwrap());
    connect_async(request).await.unwrap_err();
    let line = lines.nth(1).unwrap().unwrap();
    assert!(line.contains("while you develop, `.development(true)` on the `Server`"), "{line}");
}

#[test]
fn problems_of_a_program_that_listens_itself_end_it_with_1() {
    for check in ["", "1", "json"] {
        let output = program(AXUM, "127.0.0.1:0", check).args(["-", "broken"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{check}");
        assert!(text(&output.stderr).contains("error[missing_state]"), "{}", text(&output.stderr));
        if check == "json" {
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            let rule = &document["problems"][0]["rule"];
            assert_eq!((&document["ok"], rule), (&false.into(), &"missing_state".into()));
        } else {
            assert_eq!(text(&output.stdout), "");
        }
    }
    let output = run(AXUM, "127.0.0.1:0", "yes");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn tls_that_a_router_does_not_speak_is_a_warning() {
    let output = program(AXUM, "127.0.0.1:0", "1").arg("tls").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    insta::assert_snapshot!(text(&output.stderr));
    let output = program(AXUM, "127.0.0.1:0", "1").output().unwrap();
    assert_eq!(text(&output.stderr), "");
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_listens_itself_says_goodbye_before_it_ends() {
    let mut command = program(AXUM, "127.0.0.1:0", "");
    let mut child = Running(command.arg("drain").stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let address = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
    let (mut socket, _) = connect_async(format!("ws://{address}/echo")).await.unwrap();
    let interrupt = ["-INT", &child.0.id().to_string()].map(str::to_owned);
    assert!(Command::new("kill").args(interrupt).status().unwrap().success());
    let Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no close frame") };
    assert_eq!(u16::from(frame.code), 1001);
    drop(socket);
    assert!(child.0.wait().unwrap().success());
}
