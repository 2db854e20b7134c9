//! What is said of an endpoint beside its messages.

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use sockeye::{Handshake, Limits, Origins, Server, ws_endpoint};

use crate::{document, document_of};

async fn serve(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// One room, with everyone
/// who is in it.
///
/// A client says `{"join": true}` first.
#[ws_endpoint(
    "/rooms/{id}",
    group = "rooms",
    subprotocols = ["v2", "v1"],
    max_message_size = "1 KiB",
    heartbeat = "20s",
    heartbeat_message = "30s"
)]
async fn room(handshake: Handshake, Path(_id): Path<u64>, State(_): State<u8>) -> sockeye::Result {
    serve(handshake).await
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Color {
    Red,
    Green,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only the types of the fields matter")]
struct Place {
    floor: i8,
    open: bool,
    color: Color,
    rest: String,
}

#[doc = include_str!("included.md")]
#[ws_endpoint("/places/{floor}/{open}/{color}/{*rest}", group = "places", origins = any)]
async fn place(handshake: Handshake, Path(_): Path<Place>) -> sockeye::Result {
    serve(handshake).await
}

#[ws_endpoint(
    "/silent/{name}",
    group = "places",
    origins = ["https://app.example.com"],
    guarded,
    allow(undocumented_endpoint, reason = "an endpoint without documentation is documented too")
)]
async fn silent(handshake: Handshake, Path(_): Path<String>) -> sockeye::Result {
    serve(handshake).await
}

mod first {
    /// In the first module.
    #[sockeye::ws_endpoint("/first", group = "modules")]
    async fn same(handshake: sockeye::Handshake) -> sockeye::Result {
        super::serve(handshake).await
    }
}

mod second {
    /// In the second module.
    #[sockeye::ws_endpoint("/second/{{braces}}", group = "modules")]
    async fn same(handshake: sockeye::Handshake) -> sockeye::Result {
        super::serve(handshake).await
    }
}

mod user {
    /// In a module.
    #[sockeye::ws_endpoint("/user/feed", group = "joined")]
    async fn feed(handshake: sockeye::Handshake) -> sockeye::Result {
        super::serve(handshake).await
    }
}

mod admin {
    /// In another module.
    #[sockeye::ws_endpoint("/admin/feed", group = "joined")]
    async fn feed(handshake: sockeye::Handshake) -> sockeye::Result {
        super::serve(handshake).await
    }
}

/// What `user::feed` is called, too.
#[ws_endpoint("/{id}/feed", group = "joined")]
async fn user_feed(handshake: Handshake, Path(_): Path<u64>) -> sockeye::Result {
    serve(handshake).await
}

#[expect(dead_code, reason = "a handler is registered wherever it is")]
fn one() {
    /// In one function.
    #[ws_endpoint("/echo/a", group = "functions")]
    async fn echo(handshake: Handshake) -> sockeye::Result {
        serve(handshake).await
    }
}

#[expect(dead_code, reason = "a handler is registered wherever it is")]
fn two() {
    /// In another function.
    #[ws_endpoint("/echo-a", group = "functions")]
    async fn echo(handshake: Handshake) -> sockeye::Result {
        serve(handshake).await
    }
}

#[test]
fn the_doc_comment_is_the_description() {
    let document = document("rooms");
    let room = &document["channels"]["room"];
    assert_eq!(room["summary"], "One room, with everyone who is in it.");
    assert_eq!(
        room["description"],
        "One room, with everyone\nwho is in it.\n\nA client says `{\"join\": true}` first."
    );
}

#[test]
fn an_included_text_is_the_description_too() {
    let document = document("places");
    assert_eq!(document["channels"]["place"]["summary"], "Text of a file.");
    assert_eq!(document["channels"]["silent"]["description"], Value::Null);
}

#[test]
fn parameters_have_the_types_that_the_handler_reads() {
    let document = document("places");
    let place = &document["channels"]["place"];
    assert_eq!(place["address"], "/places/{floor}/{open}/{color}/{rest}");
    let of = |name: &str| place["parameters"][name]["x-sockeye-schema"].clone();
    assert_eq!(of("floor"), json!({ "type": "integer", "format": "int8" }));
    assert_eq!(of("open"), json!({ "type": "boolean" }));
    assert_eq!(of("color"), json!({ "type": "string", "enum": ["red", "green"] }));
    assert_eq!(of("rest"), json!({ "type": "string" }));
    assert_eq!(place["parameters"]["color"]["enum"], json!(["red", "green"]));
    assert!(place["parameters"]["rest"]["description"].as_str().unwrap().contains("can contain `/`"));
}

#[test]
fn origins_are_those_in_force() {
    let server = Server::new().group("places").origins(Origins::list(["https://*.example.com"]));
    let document = document_of(&server);
    let headers = |name: &str| document["channels"][name]["bindings"]["ws"]["headers"].clone();
    assert_eq!(headers("place"), Value::Null);
    assert_eq!(headers("silent")["properties"]["Origin"]["enum"], json!(["https://app.example.com"]));
}

#[test]
fn what_can_be_refused_depends_on_the_endpoint() {
    let document = document("places");
    let refusals = |name: &str| numbers(&document["channels"][name]["x-sockeye"]["refusals"], "statuses");
    assert!(!refusals("place").contains("origin_refused"), "{}", refusals("place"));
    assert!(refusals("silent").contains("origin_refused [403]"), "{}", refusals("silent"));
    assert!(refusals("silent").contains("refused_by_layer null"), "{}", refusals("silent"));
    assert!(refusals("place").contains("extractor_refused null"), "{}", refusals("place"));
}

#[test]
fn close_codes_depend_on_the_settings() {
    let closes = |server: Server| {
        let document = document_of(&server.group("rooms"));
        numbers(&document["channels"]["room"]["x-sockeye"]["closes"], "codes")
    };
    let plain = closes(Server::new());
    assert!(plain.contains("shutting_down [1001]") && plain.contains("heartbeat_missed [1011]"), "{plain}");
    assert!(!plain.contains("rate_limited") && !plain.contains("idle_timeout"), "{plain}");
    let limits = Limits::new().max_message_rate(1, 1).max_handshake_rate(1, 1);
    let limits = limits.idle_timeout(std::time::Duration::from_secs(9));
    let limited = closes(Server::new().limits(limits));
    assert!(limited.contains("rate_limited [1008]") && limited.contains("idle_timeout [1001]"), "{limited}");
}

/// Each rule with its numbers.
fn numbers(endings: &Value, name: &str) -> String {
    let each = endings.as_array().unwrap().iter();
    let lines: Vec<String> =
        each.map(|one| format!("{} {}", one["rule"].as_str().unwrap(), one[name])).collect();
    lines.join("\n")
}

#[test]
fn handlers_of_one_name_are_told_apart_by_their_modules() {
    let document = document("modules");
    assert_eq!(document["channels"]["first_same"]["address"], "/first");
    assert_eq!(document["channels"]["second_same"]["address"], "/second/{braces}");
    assert_eq!(document["operations"]["first_same.send"]["action"], "send");
}

/// Each channel with its address.
fn channels(document: &Value) -> Vec<(&str, &str)> {
    let channels = document["channels"].as_object().unwrap().iter();
    channels.map(|(id, channel)| (id.as_str(), channel["address"].as_str().unwrap())).collect()
}

#[test]
fn names_that_are_the_same_when_joined_have_the_route() {
    let document = document("joined");
    assert_eq!(
        channels(&document),
        [
            ("admin_feed", "/admin/feed"),
            ("user_feed_id_feed", "/{id}/feed"),
            ("user_feed_user_feed", "/user/feed")
        ]
    );
    assert_eq!(document["operations"].as_object().unwrap().len(), 6);
}

#[test]
fn handlers_of_one_module_and_name_are_told_apart_by_their_routes() {
    let document = document("functions");
    let id = |address: &str| {
        let all = channels(&document);
        all.into_iter().find(|(_, one)| *one == address).unwrap().0.to_owned()
    };
    // The routes are the same when only letters and digits are left.
    let (first, second) = (id("/echo-a"), id("/echo/a"));
    assert!(first.ends_with("echo_echo_a"), "{first}");
    assert_eq!(second, format!("{first}_2"));
}
