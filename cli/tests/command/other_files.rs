//! Calls that are followed into other files of the crate.

use crate::tree::Tree;

const MANIFEST: &str = "[package]\nname = \"my-app\"\n\n[dependencies]\naxum = \"0.8\"\n";

/// A handler in `src/chat.rs` with these imports, which does this with each text.
fn handler(imports: &str, body: &str) -> String {
    format!(
        "use axum::extract::ws::{{Message, WebSocket}};\n{imports}\n\
         pub async fn chat(mut socket: WebSocket) {{\n    while let Some(Ok(message)) = socket.recv().await {{\n        \
         let Message::Text(text) = message else {{ continue }};\n        {body}\n    }}\n}}\n"
    )
}

fn package(imports: &str, body: &str) -> Tree {
    Tree::new().with("Cargo.toml", MANIFEST).with("src/chat.rs", handler(imports, body))
}

/// The messages of what is found.
fn messages(tree: &Tree) -> Vec<String> {
    let document = tree.json(&[]);
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|one| one["message"].as_str().unwrap().to_owned()).collect()
}

const BLOCKS: &str =
    "which blocks the thread: while it waits, every other connection on that thread waits too";

#[test]
fn a_function_of_another_file_is_followed_by_every_name_that_it_can_have() {
    for (imports, call) in [
        ("use crate::store::load;", "load(&text)"),
        ("use crate::store::load as read;", "read(&text)"),
        ("use crate::store::{self};", "store::load(&text)"),
        ("use crate::store;", "store::load(&text)"),
        ("use super::store::load;", "load(&text)"),
        ("use crate::store::*;", "load(&text)"),
        ("", "crate::store::load(&text)"),
        ("", "super::store::load(&text)"),
    ] {
        for file in ["src/store.rs", "src/store/mod.rs"] {
            let store = "pub fn load(key: &str) -> Vec<u8> { std::fs::read(key).unwrap_or_default() }";
            let tree = package(imports, &format!("{call};")).with(file, store);
            assert_eq!(
                messages(&tree),
                [format!("`crate::store::load` calls `std::fs::read`, {BLOCKS}")],
                "{imports} {call} {file}"
            );
        }
    }
}

#[test]
fn a_module_that_only_names_others_is_seen_through() {
    for export in ["pub use disk::load;", "pub use self::disk::load;", "pub use disk::*;"] {
        let tree = package("use crate::store::load;", "load(&text);")
            .with("src/store/mod.rs", format!("mod disk;\n{export}\n"))
            .with(
                "src/store/disk.rs",
                "pub fn load(key: &str) -> Vec<u8> { std::fs::read(key).unwrap_or_default() }",
            );
        assert_eq!(
            messages(&tree),
            [format!("`crate::store::disk::load` calls `std::fs::read`, {BLOCKS}")],
            "{export}"
        );
    }
}

#[test]
fn a_call_is_followed_through_two_files() {
    let tree = package("use crate::users;", "users::find(&text).await;")
        .with(
            "src/users.rs",
            "use crate::store;\npub async fn find(key: &str) -> Vec<u8> { store::load(key) }",
        )
        .with("src/store.rs", "pub fn load(key: &str) -> Vec<u8> { std::fs::read(key).unwrap_or_default() }");
    assert_eq!(messages(&tree), [format!("`crate::users::find` calls `std::fs::read`, {BLOCKS}")]);
}

#[test]
fn files_that_call_each_other_are_followed() {
    let tree = package("use crate::users;", "users::find(&text);")
        .with("src/users.rs", "use crate::store;\npub fn find(key: &str) { store::load(key, 3) }")
        .with("src/store.rs", "use crate::users;\npub fn load(key: &str, left: u8) { if left > 0 { users::find(key) } std::thread::sleep(PAUSE) }");
    assert_eq!(messages(&tree), [format!("`crate::users::find` calls `std::thread::sleep`, {BLOCKS}")]);
}

#[test]
fn a_method_of_a_type_of_another_file_is_followed() {
    let store = "pub struct Store;\nimpl Store { pub fn save(&self, text: &str) { std::fs::write(\"x\", text).unwrap(); } }";
    let text = "use axum::extract::ws::WebSocket;\nuse std::sync::Arc;\nuse crate::store::Store;\n\
        pub async fn chat(mut socket: WebSocket, store: Arc<Store>) {\n    while let Some(Ok(_)) = socket.recv().await {\n        store.save(\"x\");\n    }\n}\n";
    let tree = Tree::new().with("Cargo.toml", MANIFEST).with("src/chat.rs", text).with("src/store.rs", store);
    assert_eq!(messages(&tree), [format!("`crate::store::Store::save` calls `std::fs::write`, {BLOCKS}")]);
}

#[test]
fn what_a_helper_does_with_the_client_is_known_in_other_files() {
    let tree = package("use crate::parse::level;", "let level = level(&text);")
        .with("src/parse.rs", "pub fn level(text: &str) -> u32 { text.parse().unwrap() }");
    assert_eq!(
        messages(&tree),
        [
            "in `crate::parse::level`: `unwrap` panics on what a client may send: `parse` fails for some messages"
        ]
    );
}

#[test]
fn the_library_has_its_name_in_the_program() {
    let tree = Tree::new()
        .with("Cargo.toml", MANIFEST)
        .with("src/main.rs", handler("use my_app::store::load;", "load(&text);"))
        .with("src/lib.rs", "pub mod store;\n")
        .with("src/store.rs", "pub fn load(key: &str) -> Vec<u8> { std::fs::read(key).unwrap_or_default() }");
    assert_eq!(messages(&tree), [format!("`crate::store::load` calls `std::fs::read`, {BLOCKS}")]);
}

#[test]
fn a_name_of_something_else_is_not_followed() {
    let blocks = "pub fn load(key: &str) -> Vec<u8> { std::fs::read(key).unwrap_or_default() }\npub struct Store;\nimpl Store { pub fn save(&self) { std::thread::sleep(PAUSE) } }";
    for (imports, body) in [
        // Another crate, and another module.
        ("use store::load;", "load(&text);"),
        ("use other::store::load;", "load(&text);"),
        ("use crate::cache::load;", "load(&text);"),
        // A function of the file itself.
        ("use crate::store::*;\nasync fn load(_: &str) {}", "load(&text).await;"),
        // On a thread of its own.
        ("use crate::store::load;", "tokio::task::spawn_blocking(move || load(&text));"),
        // A type of the file.
        ("struct Store;\nimpl Store { fn save(&self) {} }", "let store = Store; store.save();"),
    ] {
        let tree = package(imports, body).with("src/store.rs", blocks);
        assert_eq!(messages(&tree), [""; 0], "{imports} {body}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_followed() {
    for text in [&b"pub fn load( {"[..], b"\xff"] {
        let tree = package("use crate::store::load;", "load(&text);").with("src/store.rs", text);
        assert_eq!(messages(&tree), [""; 0]);
    }
}

#[test]
fn calls_of_one_helper_are_one_finding() {
    let tree = package(
        "use crate::store::load;",
        "load(&text); load(\"a\");\n        load(\"b\"); std::fs::read(\"c\"); std::fs::read(\"d\");",
    )
    .with("src/store.rs", "pub fn load(key: &str) -> Vec<u8> { std::fs::read(key).unwrap_or_default() }");
    let document = tree.json(&[]);
    let findings = document["findings"].as_array().unwrap();
    let lines: Vec<_> = findings.iter().map(|one| one["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [6, 7, 7], "{document}");
    let notes = ["the call that blocks is in line 1 of `crate::store`", "it is also called in lines 6 and 7"];
    assert_eq!(findings[0]["notes"], serde_json::json!(notes), "{document}");
}

#[test]
fn the_types_of_another_file_are_known() {
    let state = "use std::{collections::HashMap, sync::Arc};
        use tokio::sync::RwLock;
        pub type Shared = Arc<App>;
        pub struct App { pub rooms: RwLock<Rooms>, pub prices: Vec<u32> }
        pub struct Rooms { pub names: HashMap<String, u32> }
        #[derive(serde::Deserialize)] pub struct Order { pub item: usize }";
    let handler = |import: &str, parameter: &str, body: &str| {
        format!(
            "use axum::extract::{{State, ws::{{Message, WebSocket}}}};\n{import}\n\
             pub async fn shop(mut socket: WebSocket, {parameter}) {{\n    while let Some(Ok(message)) = socket.recv().await {{\n        \
             let Message::Text(text) = message else {{ continue }};\n        {body}\n    }}\n}}\n"
        )
    };
    let tree = |import: &str, parameter: &str, body: &str| {
        let tree = Tree::new().with("Cargo.toml", MANIFEST).with("src/state.rs", state);
        tree.with("src/shop.rs", handler(import, parameter, body))
    };
    let holds =
        "let rooms = app.rooms.read().await; if socket.send(Message::text(\"hi\")).await.is_err() { return }";
    let names = "let price = app.rooms.read().await.names[text.as_str()]; tracing::debug!(price);";
    let takes = "let Ok(order) = serde_json::from_str::<Order>(&text) else { continue }; let price = app.prices[order.item]; tracing::debug!(price);";
    for (import, parameter) in [
        ("use crate::state::{Order, Shared};", "State(app): State<Shared>"),
        ("use std::sync::Arc; use super::state::{App, Order};", "State(app): State<Arc<App>>"),
    ] {
        for (body, rule) in
            [(holds, "lock_across_io"), (names, "panics_on_input"), (takes, "panics_on_input")]
        {
            let found = tree(import, parameter, body).findings(&[]);
            assert!(found.iter().any(|one| one.starts_with(rule)), "{import} {body}: {found:?}");
        }
    }
}

#[test]
fn a_program_with_a_folder_of_its_own_has_its_own_modules() {
    let store = "pub fn load(key: &str) -> Vec<u8> { std::fs::read(key).unwrap_or_default() }";
    for folder in ["src/bin/chat", "examples/chat"] {
        let tree = Tree::new()
            .with("Cargo.toml", MANIFEST)
            .with(&format!("{folder}/main.rs"), handler("mod store;", "store::load(&text);"))
            .with(&format!("{folder}/store.rs"), store)
            // Of another program.
            .with("src/store.rs", "pub fn load(_key: &str) -> Vec<u8> { Vec::new() }")
            .with("src/main.rs", "mod store;\nfn main() {}");
        assert_eq!(
            messages(&tree),
            [format!("`crate::store::load` calls `std::fs::read`, {BLOCKS}")],
            "{folder}"
        );
    }
}

#[test]
fn a_struct_of_this_file_is_not_one_of_the_same_name_in_another() {
    let http = "/// Not for WebSocket.
struct RouterState { client: reqwest::Client }
impl RouterState {
    async fn replay_session(&self, session_state: &Vec<(u64, String)>) -> Result<()> {
        for (_, command) in &session_state {
            send_request(command.clone(), &self.client).await?;
        }
        Ok(())
    }
}
async fn send_request(body: String, client: &reqwest::Client) -> Result<()> {
    client.post(\"http://db\").body(body).send().await?;
    Ok(())
}
";
    let ws = "type MessageSink = SplitSink<WebSocketStream, Message>;\nstruct RouterState { sink: RwLock<MessageSink> }\n";
    let tree = Tree::new()
        .with("Cargo.toml", MANIFEST)
        .with("src/main.rs", "mod http; mod ws; fn main(){}\n")
        .with("src/ws.rs", ws)
        .with("src/http.rs", http);
    assert_eq!(messages(&tree), Vec::<String>::new());
}

#[test]
fn a_heartbeat_of_another_file_is_one() {
    let main = "mod beat;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
async fn serve(socket: WebSocket, mut inbox: mpsc::Receiver<String>) {
    let (mut sink, mut stream) = socket.split();
    let beat = beat::Beat::default();
    let write = async {
        loop {
            let message = tokio::select! {
                text = inbox.recv() => text.map(Message::text),
                message = beat.due() => message,
            };
            let Some(message) = message else { break };
            if sink.send(message).await.is_err() { break }
        }
    };
    let read = async { while let Some(Ok(_)) = stream.next().await { beat.seen() } };
    tokio::select! { _ = write => {}, _ = read => {} }
}
fn main() {}
";
    let beat = |due: &str| {
        format!(
            "pub struct Beat;\nimpl Beat {{ pub async fn due(&self) -> Option<Message> {{ {due} }}\npub fn seen(&self) {{}} }}\n"
        )
    };
    for (due, count) in [
        ("self.tick.lock().await.tick().await; Some(Message::Ping(Default::default()))", 0),
        ("std::future::pending().await", 1),
    ] {
        let tree =
            Tree::new().with("Cargo.toml", MANIFEST).with("src/main.rs", main).with("src/beat.rs", beat(due));
        assert_eq!(tree.findings(&[]).len(), count, "{due}: {:?}", tree.findings(&[]));
    }
}

#[test]
fn a_fault_of_a_helper_is_reported_with_its_line() {
    let notes = |body: &str, file: &str| {
        let tree = package("use crate::helpers;", body).with("src/helpers.rs", file);
        let document = tree.json(&[]);
        let found = document["findings"].as_array().unwrap();
        found.iter().map(|one| one["notes"][0].as_str().unwrap_or("none").to_owned()).collect::<Vec<_>>()
    };
    let blocks = "pub fn load(key: &str) {\n    read(key)\n}\nfn read(key: &str) {\n    std::fs::read(key).unwrap_or_default();\n}\n";
    assert_eq!(
        notes("helpers::load(&text);", blocks),
        ["the call that blocks is in line 5 of `crate::helpers`"]
    );
    let panics = "pub fn level(text: &str) -> u32 {\n    text.parse().unwrap()\n}\n";
    assert_eq!(notes("helpers::level(&text);", panics), ["it is in line 2 of `crate::helpers`"]);
    let logs = "pub fn login(token: &str) {\n    tracing::info!(%token);\n}\n";
    assert_eq!(
        notes("let token = text; helpers::login(&token);", logs),
        ["it is in line 2 of `crate::helpers`"]
    );
}
