//! Which functions are checked, and with what names around them.

use crate::tree::Tree;

/// The handlers of a file, as `--verbose` lists them.
fn handlers(text: &str) -> Vec<String> {
    let run = Tree::new().with("a.rs", text).run(&["check", "--verbose"]);
    run.stderr.lines().skip(1).map(|line| line.trim_start().to_owned()).collect()
}

fn findings(text: &str) -> Vec<String> {
    Tree::new().with("a.rs", text).findings(&[])
}

#[test]
fn endpoints_are_found_wherever_they_stand() {
    let text = r#"
use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/free")]
async fn free(handshake: Handshake) {}

mod inner {
    mod deeper {
        #[sockeye::ws_endpoint("/module")]
        async fn module(handshake: Handshake) {}
    }
}

struct Server;

impl Server {
    #[ws_endpoint("/method")]
    async fn method(&self, handshake: Handshake) {}
}

trait Handler {
    #[ws_endpoint("/provided")]
    async fn provided(handshake: Handshake) {}
}

fn outer() {
    if true {
        #[ws_endpoint("/nested")]
        async fn nested(handshake: Handshake) {}
    }
    let closure = || {
        #[ws_endpoint("/closure")]
        async fn in_closure(handshake: Handshake) {}
    };
}

#[cfg(test)]
mod tests {
    #[cfg_attr(feature = "ws", ws_endpoint("/conditional"))]
    async fn conditional(handshake: Handshake) {}
}

#[ws_endpoint]
async fn routeless(handshake: Handshake) {}

#[ws_endpoint("/struct")]
struct NoFunction;

macro_rules! endpoint {
    () => {
        #[ws_endpoint("/macro")]
        async fn in_macro(handshake: Handshake) {}
    };
}
"#;
    assert_eq!(
        handlers(text),
        [
            "5: free (endpoint `/free`)",
            "10: module (endpoint `/module`)",
            "18: method (endpoint `/method`)",
            "23: provided (endpoint `/provided`)",
            "29: nested (endpoint `/nested`)",
            "33: in_closure (endpoint `/closure`)",
            "40: conditional (endpoint `/conditional`)",
            "44: routeless (endpoint without a route)",
            "46: _ (endpoint `/struct`)",
            "52: in_macro (endpoint `/macro`)",
        ]
    );
}

#[test]
fn other_functions_are_found_by_what_they_take() {
    let text = r"
use axum::extract::ws::{self, WebSocket};
use sockeye::{Sender as Out, Socket};

async fn helper(socket: &mut Socket) {}
async fn half(out: Out) {}
async fn of_axum(socket: WebSocket) {}

struct Server;

impl Server {
    async fn method(&self, upgrade: ws::WebSocketUpgrade) {}
}

#[sockeye::ws_lifecycle]
async fn marked(socket: Socket) {}

async fn unrelated(socket: std::net::UdpSocket) {}

mod own {
    struct WebSocket;
    async fn of_its_own(socket: WebSocket, other: Socket) {}
}

mod inherited {
    use super::*;
    async fn by_glob(socket: WebSocket) {}
}

fn outer() {
    use std::net::TcpStream as Socket;
    async fn shadowed(socket: Socket) {}
}
";
    assert_eq!(
        handlers(text),
        [
            "5: helper (helper)",
            "6: half (helper)",
            "7: of_axum (axum)",
            "12: method (axum)",
            "16: marked (helper)",
            "27: by_glob (axum)",
        ]
    );
}

#[test]
fn an_attribute_without_arguments_is_where_the_report_points() {
    let text = "/// Docs.\n#[ws_endpoint]\nasync fn f(handshake: &Handshake) {}\n";
    assert_eq!(findings(text)[0], "route_syntax a.rs:2:1");
}

#[test]
fn routes_of_one_file_are_compared() {
    let right = |route: &str, name: &str| {
        format!(
            "/// Docs.\n#[ws_endpoint({route})]\nasync fn {name}(handshake: &Handshake, Path(_id): Path<u8>) {{}}\n"
        )
    };
    let duplicates =
        |text: &str| findings(text).iter().filter(|one| one.starts_with("duplicate_route")).count();
    let (one, other) = (right("\"/ws/{id}\"", "one"), right("\"/ws/{user}\"", "other"));
    assert_eq!(duplicates(&format!("{one}{other}")), 1);
    assert_eq!(duplicates(&format!("{one}mod inner {{\n{other}}}")), 1);
    let grouped = right("\"/ws/{id}\", group = \"admin\"", "grouped");
    assert_eq!(duplicates(&format!("{one}{grouped}")), 0);
    assert_eq!(duplicates(&format!("{one}#[cfg(unix)]\n{other}")), 0);
    assert_eq!(duplicates(&format!("{one}#[cfg(test)]\nmod inner {{\n{other}}}")), 0);
    assert_eq!(duplicates(&format!("{one}fn outer() {{\n{other}}}")), 0);
}

/// A handler of axum's that looks at nothing.
const UNCHECKED: &str = "\
use axum::{extract::ws::{WebSocket, WebSocketUpgrade}, response::Response};

async fn ws(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(serve)
}

async fn serve(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
";

#[test]
fn a_package_that_looks_at_origins_is_believed_to_check_them() {
    let tree = |layer: &str| {
        Tree::new()
            .with("Cargo.toml", "[workspace]\n")
            .with("a/Cargo.toml", "[package]\n")
            .with("a/src/ws.rs", UNCHECKED)
            // No browser meets what stands in tests.
            .with("a/tests/ws.rs", UNCHECKED)
            .with("a/src/layer.rs", layer)
            .with("b/Cargo.toml", "[package]\n")
            .with("b/src/lib.rs", "fn origin() {}")
    };
    let unchecked = ["unchecked_origin a/src/ws.rs:3:13"];
    assert_eq!(tree("fn cors() { CorsLayer::new().allow_origin(Any) }").findings(&[]), unchecked);
    assert!(tree("fn check(headers: &HeaderMap) { headers.get(ORIGIN) }").findings(&[]).is_empty());
    // The same when only the handler's file is named.
    assert!(
        tree("fn check(headers: &HeaderMap) { headers.get(ORIGIN) }").findings(&["a/src/ws.rs"]).is_empty()
    );
}

#[test]
fn what_covers_no_handler_of_axums_does_not_silence_it() {
    let allowed = "#[cfg_attr(any(), ws_lifecycle(allow(unchecked_origin, reason = \"open to all\")))]\n";
    let allowed = UNCHECKED.replace("async fn ws(", &format!("{allowed}async fn ws("));
    let endpoint = "use sockeye::{Handshake, ws_endpoint};\n\n/// Moved.\n\
        #[ws_endpoint(\"/ws\", origins = [\"https://a.example\"])]\n\
        async fn moved(handshake: Handshake) -> sockeye::Result {\n    \
        let mut socket = handshake.accept().await?;\n    while socket.recv().await?.is_some() {}\n    Ok(())\n}\n";
    let server = "use sockeye::{Origins, Server};\n\nfn server() -> Server {\n    \
        Server::new().origins(Origins::list([\"https://a.example\"]))\n}\n";
    let evil = "async fn f(client: TestClient) { client.request(\"/ws\").origin(\"https://evil.example\"); }";
    let in_tests = format!("#[cfg(test)]\nmod tests {{\n    #[tokio::test]\n    {evil}\n}}\n");
    let tree = |path: &str, other: &str| {
        Tree::new()
            .with("Cargo.toml", "[package]\n")
            .with("src/main.rs", "mod rooms;\n#[cfg(test)]\nmod tests;\n")
            .with("src/ws.rs", UNCHECKED)
            .with(path, other)
    };
    let unchecked = ["unchecked_origin src/ws.rs:3:13"];
    for (path, other) in [
        ("src/other.rs", &*allowed),
        ("src/other.rs", endpoint),
        ("src/other.rs", server),
        ("src/other.rs", &in_tests),
        ("src/tests.rs", evil),
        ("src/tests/mod.rs", evil),
        ("src/tests/deep/er.rs", evil),
        ("tests/evil.rs", evil),
        // In the program itself it is a word that has nothing to do with the header.
        ("src/rooms.rs", evil),
        (
            "src/other.rs",
            "fn f() { headers.insert(\"Referrer-Policy\", \"strict-origin\"); git(\"pull origin\"); let origin_id = 3; }",
        ),
    ] {
        assert_eq!(tree(path, other).findings(&[]), unchecked, "{path}: {other}");
    }
    let check = format!("{server}fn is_ours(headers: &HeaderMap) {{ headers.get(ORIGIN) }}\n");
    assert!(tree("src/other.rs", &check).findings(&[]).is_empty());
}

#[test]
fn handlers_in_tests_are_met_by_no_browser() {
    let inside = UNCHECKED.replace('\n', "\n    ");
    let tree = Tree::new()
        .with("Cargo.toml", "[package]\n")
        .with("src/lib.rs", "#[cfg(test)]\nmod tests;\n")
        .with("src/tests.rs", UNCHECKED)
        .with("src/inline.rs", format!("#[cfg(test)]\nmod tests {{\n    {inside}}}\n"));
    assert!(tree.findings(&[]).is_empty());
}

/// An endpoint with this in the attribute and this parameter.
fn with(route: &str, parameter: &str) -> String {
    format!(
        "/// Reads.\n#[ws_endpoint({route})]\nasync fn f(handshake: Handshake, {parameter}) -> sockeye::Result {{\n\
         let mut socket = handshake.accept().await?; while socket.recv().await?.is_some() {{}} Ok(()) }}\n"
    )
}

#[test]
fn constants_of_the_file_are_routes() {
    let constants = "use sockeye::*;\nconst BAD: &str = \"ws\";\nconst TWO: &str = concat!(\"/{a}\", \"/{b}\");\n\
                     mod routes { pub const BAD: &str = \"/:id\"; pub mod v1 { pub const BAD: &str = \"//\"; } }\n";
    let rules = |text: &str| {
        let found = findings(&format!("{constants}{text}"));
        found.iter().map(|one| one.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for route in ["BAD", "self::BAD", "routes::BAD", "routes::v1::BAD", "concat!(\"/\", \"/\")"] {
        assert_eq!(rules(&with(route, "p: Path<u8>")), ["route_syntax"], "{route}");
    }
    assert_eq!(rules(&with("TWO", "p: Path<u8>")), ["path_arity"]);
    assert_eq!(
        rules(&format!("mod inner {{ use super::*;\n{} }}", with("TWO", "p: Path<u8>"))),
        ["path_arity"]
    );
    let twice = format!("{}{}", with("TWO", "p: Path<(u8, u8)>"), with("\"/{c}/{d}\"", "p: Path<(u8, u8)>"));
    assert_eq!(rules(&twice), ["duplicate_route"]);
}

#[test]
fn constants_that_nobody_here_can_know_are_left_to_the_compiler() {
    let constants = "use sockeye::*;\nuse crate::routes::CHAT;\n#[cfg(unix)] const BAD: &str = \"ws\";\n\
                     #[cfg(not(unix))] const BAD: &str = \"/ws\";\nconst OF: &str = CHAT;\n\
                     mod inner { pub const HIDDEN: &str = \"ws\"; }\n";
    for route in
        ["CHAT", "BAD", "OF", "HIDDEN", "crate::BAD", "env!(\"ROUTE\")", "Table::BAD", "inner::OTHER"]
    {
        let found = findings(&format!("{constants}{}", with(route, "p: Path<(u8, u8)>")));
        assert!(found.is_empty(), "{route}: {found:?}");
    }
}

/// Every handler of a package could be told the same, so the first is told for all.
#[test]
fn what_a_whole_package_lacks_is_said_once() {
    let handler = "use axum::extract::ws::WebSocket;\nuse tokio::sync::broadcast::Receiver;\n\n\
        async fn news(mut socket: WebSocket, mut news: Receiver<String>) {\n    loop {\n        tokio::select! {\n            \
        message = socket.recv() => if message.is_none() { return },\n            \
        item = news.recv() => if item.is_err() { return },\n        }\n    }\n}\n";
    let tree = Tree::new()
        .with("Cargo.toml", "[workspace]\n")
        .with("a/Cargo.toml", "[package]\n")
        .with("a/src/first.rs", handler)
        .with("a/src/second.rs", handler)
        .with("b/Cargo.toml", "[package]\n")
        .with("b/src/lib.rs", handler);
    assert_eq!(tree.findings(&[]), ["no_deadline a/src/first.rs:4:19", "no_deadline b/src/lib.rs:4:19"]);
}
