//! What the parameters of an endpoint read from the query.

use std::collections::HashMap;

use axum::extract::{Query, State, rejection::QueryRejection};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sockeye::{Handshake, Server, ws_endpoint};

use crate::document;

/// Where a client wants to begin.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only the types of the fields matter")]
struct Window {
    /// In milliseconds.
    since: u64,
    #[serde(default)]
    limit: Option<u8>,
    order: Order,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    Up,
    Down,
}

/// A type whose author knows nothing of schemas.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only its name matters")]
struct Token {
    token: String,
}

type Alias = Query<Window>;

macro_rules! endpoint {
    ($name:ident $route:literal ($($parameter:ty),*)) => {
        /// Reads a query.
        #[ws_endpoint($route, group = "queries")]
        async fn $name(handshake: Handshake $(, _: $parameter)*) -> sockeye::Result {
            let mut socket = handshake.accept().await?;
            while socket.recv().await?.is_some() {}
            Ok(())
        }
    };
}

endpoint!(plain "/plain" (Query<Window>));
endpoint!(alias "/alias" (Alias));
endpoint!(fallible "/fallible" (Result<Query<Window>, QueryRejection>));
endpoint!(twice "/twice" (Query<Window>, State<u8>, Query<HashMap<String, u8>>));
endpoint!(token "/token" (Query<Token>));
endpoint!(map "/map" (Query<HashMap<String, String>>));
endpoint!(pairs "/pairs" (Query<Vec<(String, String)>>));
endpoint!(other "/other" (Option<State<u8>>, http::HeaderMap));

/// With a parameter that is there under a condition only.
#[ws_endpoint("/conditional", group = "queries")]
async fn conditional(handshake: Handshake, #[cfg(any())] _: Query<Window>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

fn query(endpoint: &str) -> Value {
    document("queries")["channels"][endpoint]["bindings"]["ws"]["query"].clone()
}

#[test]
fn a_query_has_the_fields_of_its_type() {
    let plain = query("plain");
    assert_eq!((&plain["type"], &plain["required"]), (&"object".into(), &json!(["since", "order"])));
    assert_eq!(plain["properties"]["since"]["description"], "In milliseconds.");
    assert_eq!(plain["properties"]["order"]["$ref"], "#/components/schemas/Order");
    assert_eq!(document("queries")["components"]["schemas"]["Order"]["enum"], json!(["up", "down"]));
    assert_eq!(query("alias"), plain);
    assert_eq!(query("fallible"), plain);
}

#[test]
fn two_parameters_read_the_same_query() {
    let twice = query("twice");
    assert_eq!(twice["allOf"][0], query("plain"));
    assert_eq!(twice["allOf"][1]["additionalProperties"]["format"], "uint8");
}

#[test]
fn any_fields_are_an_object_too() {
    let map = query("map");
    assert_eq!((&map["type"], &map["properties"]), (&"object".into(), &json!({})));
    assert_eq!(map["additionalProperties"], json!({ "type": "string" }));
}

#[test]
fn what_is_no_query_of_fields_is_left_out() {
    for endpoint in ["pairs", "other", "conditional"] {
        assert_eq!(query(endpoint), Value::Null, "{endpoint}");
    }
}

#[test]
fn a_query_without_a_schema_is_named() {
    let token = "asyncapi::query::Token";
    assert_eq!(query("token")["x-sockeye-without-schema"], token);
    assert_eq!(Server::new().group("queries").asyncapi().without_schema(), [token]);
}
