//! Upgrades of axum's are found however they come into a function, or named as not understood.

use crate::tree::Tree;

/// A package with these files.
fn package(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new().with("Cargo.toml", "[package]\nname = \"app\"\n[dependencies]\naxum = \"0.8\"\n");
    files.iter().fold(tree, |tree, (path, text)| tree.with(path, text))
}

const DEAF: &str = "loop { if let Some(Ok(message)) = socket.recv().await { if socket.send(message).await.is_err() { return } } }";

/// What is found in `src/ws.rs`, without lines.
fn found(tree: &Tree) -> Vec<String> {
    let mut rules: Vec<_> =
        tree.findings(&[]).iter().map(|one| one.split(' ').next().unwrap().to_owned()).collect();
    rules.sort();
    rules
}

#[test]
fn upgrades_are_found_however_they_come_in() {
    let parts = format!(
        "use axum::extract::ws::*;
async fn ws(request: Request) -> Response {{
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {{
        Ok(upgrade) => upgrade.on_upgrade(|mut socket| async move {{ {DEAF} }}),
        Err(no) => no.into_response(),
    }}
}}"
    );
    let extract = format!(
        "use axum::extract::*;
async fn ws(mut request: Request) -> Response {{
    let Ok(up) = request.extract_parts::<WebSocketUpgrade>().await else {{ return no() }};
    up.on_upgrade(|mut socket| async move {{ {DEAF} }})
}}"
    );
    let closure = format!(
        "use axum::extract::ws::WebSocketUpgrade;
fn routes() -> Router {{ Router::new().route(\"/\", any(move |up: WebSocketUpgrade| {{ let x = x.clone(); async move {{
    up.on_upgrade(|mut socket| async move {{ {DEAF} }}) }} }})) }}"
    );
    let wrapper = format!(
        "use axum::extract::ws::WebSocketUpgrade;
struct Ws(WebSocketUpgrade);
async fn ws(Ws(up): Ws) -> Response {{ up.on_upgrade(|mut socket| async move {{ {DEAF} }}) }}"
    );
    let alias = format!(
        "type Up = Result<axum::extract::ws::WebSocketUpgrade, Rejection>;
async fn ws(up: Up) -> Response {{ match up {{ Ok(up) => up.on_upgrade(|mut socket| async move {{ {DEAF} }}), Err(no) => no.into_response() }} }}"
    );
    let rules = format!(
        "macro_rules! handler {{ ($name:ident) => {{ async fn $name(up: axum::extract::ws::WebSocketUpgrade) -> Response {{
    up.on_upgrade(|mut socket| async move {{ {DEAF} }}) }} }} }}"
    );
    let other = format!(
        "use axum_tws::WebSocketUpgrade;
async fn ws(up: WebSocketUpgrade) -> Response {{ up.on_upgrade(|mut socket| async move {{ {DEAF} }}) }}"
    );
    let boxed = format!(
        "use axum::extract::ws::WebSocketUpgrade;
fn call(&mut self, request: Request) -> Self::Future {{ Box::pin(async move {{
    let up = WebSocketUpgrade::from_request(request, &()).await.unwrap();
    up.on_upgrade(|mut socket| async move {{ {DEAF} }}) }}) }}"
    );
    for text in [parts, extract, closure, wrapper, alias, rules, other, boxed] {
        let tree = package(&[("src/ws.rs", &text)]);
        assert_eq!(found(&tree), ["spinning_loop", "unchecked_origin"], "{text}");
        assert!(!tree.run(&["check"]).stdout.contains("not checked"), "{text}");
    }
}

#[test]
fn names_of_other_files_are_known() {
    let handler = format!(
        "async fn ws(up: WebSocketUpgrade) -> Response {{ up.on_upgrade(serve) }}\nasync fn serve(mut socket: WebSocket) {{ {DEAF} }}"
    );
    let lib = "use axum::extract::ws::{WebSocket, WebSocketUpgrade};\nmod ws;\n";
    let prelude = "pub use axum::extract::ws::{WebSocket, WebSocketUpgrade};\n";
    for (path, other, import) in [
        ("src/lib.rs", lib, "use super::*;"),
        ("src/prelude.rs", prelude, "use crate::prelude::*;"),
        ("src/prelude.rs", prelude, "use crate::prelude::{WebSocket, WebSocketUpgrade};"),
    ] {
        let tree = package(&[(path, other), ("src/ws.rs", &format!("{import}\n{handler}"))]);
        assert_eq!(found(&tree), ["spinning_loop", "unchecked_origin"], "{import}");
    }
    // Types of the package's own have the same names.
    let own = "pub struct WebSocket;\npub struct WebSocketUpgrade;\n";
    let tree = Tree::new().with("Cargo.toml", "[package]\n").with("src/lib.rs", own);
    let tree = tree.with("src/ws.rs", format!("use super::*;\n{handler}"));
    assert_eq!(found(&tree), Vec::<String>::new());
}

#[test]
fn sockets_are_found_in_fields_aliases_and_generics() {
    let session = "pub struct Session { pub socket: axum::extract::ws::WebSocket }\n";
    let method = DEAF.replace("socket.", "self.socket.");
    for (text, rule) in [
        (
            format!(
                "use axum::extract::ws::Message;\nimpl Session {{ async fn run(&mut self) {{ {method} }} }}"
            ),
            "spinning_loop",
        ),
        (
            format!("type Ws = axum::extract::ws::WebSocket;\nasync fn run(mut socket: Ws) {{ {DEAF} }}"),
            "spinning_loop",
        ),
        (
            "use axum::extract::ws::Message;
async fn run<R>(mut rx: R) where R: Stream<Item = Result<Message, axum::Error>> + Unpin {
    loop { if let Some(Ok(message)) = rx.next().await { show(message) } }
}"
            .to_owned(),
            "spinning_loop",
        ),
        (
            format!(
                "#[async_trait]\nimpl Run for App {{ async fn run(&self, mut socket: axum::extract::ws::WebSocket) {{ {DEAF} }} }}"
            ),
            "spinning_loop",
        ),
    ] {
        let tree = package(&[("src/session.rs", session), ("src/ws.rs", &text)]);
        assert_eq!(found(&tree), [rule], "{text}");
    }
}

#[test]
fn what_is_not_understood_is_named() {
    let text = "use axum::extract::ws::WebSocketUpgrade;
pub fn graphql<S>(schema: S) -> impl FnOnce(WebSocketUpgrade) -> Ready<Response> {
    move |up| ready(subscribe(up, schema))
}
";
    let tree = package(&[("src/ws.rs", text)]);
    let run = tree.run(&["check", "--verbose"]);
    assert!(
        run.stdout.contains("that upgrade to a WebSocket was not checked; `--verbose` lists them"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("  2: graphql uses an upgrade, but was not checked"), "{}", run.stderr);
    let json: serde_json::Value =
        serde_json::from_str(&tree.run(&["check", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["not_understood"], 1);
    let sarif: serde_json::Value =
        serde_json::from_str(&tree.run(&["check", "--format", "sarif"]).stdout).unwrap();
    assert_eq!(sarif["runs"][0]["properties"]["notUnderstood"], 1);
}

#[test]
fn a_crate_of_another_name_is_sockeye() {
    let helper = "async fn run(mut socket: ws::Socket) -> ws::Result { loop { if let Some(text) = socket.recv().await? { show(text) } } }";
    let tree = Tree::new()
        .with("Cargo.toml", "[package]\n[dependencies]\nws = { package = \"sockeye\", version = \"0.1\" }\n")
        .with("src/ws.rs", format!("// sockeye\n{helper}"));
    assert_eq!(found(&tree), ["spinning_loop"]);
}

#[test]
fn rules_of_habit_are_silent_in_tests() {
    let mock = "use axum::extract::ws::WebSocket;
async fn mock(mut socket: WebSocket) {
    let init = socket.recv().await.unwrap().unwrap();
    std::thread::sleep(SECOND);
    socket.send(init).await.unwrap();
}
";
    let in_module = format!("#[cfg(test)]\nmod tests {{\n{mock}}}\n");
    let in_function = format!("#[tokio::test]\nasync fn test() {{\n{mock}}}\n");
    for (path, text) in [
        ("src/ws.rs", &*in_module),
        ("src/ws.rs", &in_function),
        ("tests/ws.rs", mock),
        ("src/tests.rs", mock),
    ] {
        let tree = package(&[("src/lib.rs", "#[cfg(test)]\nmod tests;\n"), (path, text)]);
        assert_eq!(found(&tree), Vec::<String>::new(), "{path}: {text}");
    }
    assert!(found(&package(&[("src/ws.rs", mock)])).contains(&"panicking_io".to_owned()));
}

#[test]
fn what_a_condition_may_take_out_is_judged_for_what_it_calls() {
    let text = "use axum::extract::ws::WebSocket;
async fn shell(mut socket: WebSocket) {
    #[cfg(unix)]
    {
        let _ = std::fs::set_permissions(\"key.pem\", mode());
    }
    while let Some(Ok(message)) = socket.recv().await {
        show(message);
    }
}
";
    assert_eq!(found(&package(&[("src/ws.rs", text)])), ["blocking_call"]);
}

#[test]
fn what_blocks_in_a_helper_with_the_socket_is_reported_there_only() {
    let handlers = "use axum::extract::ws::{WebSocket, WebSocketUpgrade};
async fn ws(upgrade: WebSocketUpgrade, headers: HeaderMap) -> Response {
    let Some(token) = headers.get(AUTHORIZATION) else { return no() };
    upgrade.on_upgrade(|socket| serve(socket))
}
async fn serve(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        std::thread::sleep(PAUSE);
        if socket.send(message).await.is_err() { return }
    }
}";
    let found = found(&package(&[("src/ws.rs", handlers)]));
    assert_eq!(found.iter().filter(|rule| rule.contains("blocking_call")).count(), 1, "{found:?}");
}

#[test]
fn what_is_reported_as_axums_is_not_named_as_unchecked() {
    let raw = "use axum::extract::ws::WebSocketUpgrade;\nuse sockeye::ws_endpoint;\n\n/// Reads.\n#[ws_endpoint(\"/ws\")]\n\
               async fn f(upgrade: WebSocketUpgrade) { let _ = upgrade; }\n";
    let run = package(&[("src/ws.rs", raw)]).run(&["check"]);
    assert!(run.stdout.contains("[raw_upgrade]"), "{}", run.stdout);
    assert!(!run.stdout.contains("not checked"), "{}", run.stdout);
}
