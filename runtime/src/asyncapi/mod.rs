//! The endpoints of a server as a document of AsyncAPI 3.0.

mod call_types;
mod channel;
mod endings;
mod messages;
mod names;
mod own_types;
mod payload;
mod query;
mod schemas;

pub use payload::{
    AnyFirst, AnyPayload, CodecOfFirst, Describing, Description, Payload, PayloadType, SchemaPayload,
};
pub use query::{AnyQuery, ParameterType, SchemaQuery};

use std::{collections::BTreeSet, fmt};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use self::{
    messages::{INPUT, WITHOUT_SCHEMA},
    schemas::Schemas,
};
use crate::{
    endpoint::{ParameterRequirement, Registered},
    mounted::{Mounted, Settings},
};

/// What is documented of one endpoint.
pub(crate) struct Endpoint<'a> {
    pub(crate) registered: &'static Registered,
    pub(crate) requirements: &'a [ParameterRequirement],
    pub(crate) settings: &'a Settings,
}

impl<'a> From<&'a Mounted> for Endpoint<'a> {
    fn from(mounted: &'a Mounted) -> Self {
        let Mounted { registered, requirements, settings, .. } = mounted;
        Self { registered, requirements, settings }
    }
}

/// Every endpoint of a server as an [AsyncAPI 3.0](https://www.asyncapi.com/docs/reference/specification/v3.0.0) document: routes with
/// their parameters, messages in both directions, doc comments, origins, subprotocols, limits, and every refusal and close code that
/// Sockeye itself sends. Made by [`Server::asyncapi`](crate::Server::asyncapi) and [`Checked::asyncapi`](crate::Checked::asyncapi).
///
/// The schema of a message is that of its type, if it implements `JsonSchema` of the crate `schemars`, version 1. Any other type is
/// documented as any JSON; [`without_schema`](Self::without_schema) names it. The same applies to the type of a parameter
/// `axum::extract::Query<T>`, whose fields are the query of the address.
///
/// A type that contains itself may not be `#[serde(transparent)]`: its derived schema has no end, and the program ends with `thread 'schema of
/// ..' has overflowed its stack`. A struct with one unnamed field has the same JSON without the attribute, and a schema.
///
/// What AsyncAPI has no words for is in fields that begin with `x-sockeye`. The document depends on nothing but the program: it
/// can be committed, and compared in CI (`cargo sockeye asyncapi --check asyncapi.json`).
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use sockeye::{Handshake, Json, Server, ws_endpoint};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Question { left: i64, right: i64 }
///
/// #[derive(Serialize, JsonSchema)]
/// struct Answer { sum: i64 }
///
/// /// Adds numbers.
/// #[ws_endpoint("/add")]
/// async fn add(handshake: Handshake<Json<Question, Answer>>) -> sockeye::Result {
///     let mut socket = handshake.accept().await?;
///     while let Some(Question { left, right }) = socket.recv().await? {
///         socket.send(Answer { sum: left + right }).await?;
///     }
///     Ok(())
/// }
///
/// let api = Server::new().asyncapi().title("Calculator").version("1.2.0");
/// let document = api.as_value();
/// assert_eq!(document["channels"]["add"]["summary"], "Adds numbers.");
/// assert_eq!(document["components"]["schemas"]["Answer"]["properties"]["sum"]["format"], "int64");
/// assert!(api.without_schema().is_empty());
/// std::fs::write(std::env::temp_dir().join("asyncapi.json"), api.to_string()).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AsyncApi(Value);

impl AsyncApi {
    /// `server` has what all endpoints share.
    pub(crate) fn new(group: &str, server: &Settings, endpoints: &[Endpoint<'_>]) -> Self {
        let mut schemas = Schemas::new();
        let (mut channels, mut operations) = (Map::new(), Map::new());
        let registered: Vec<_> = endpoints.iter().map(|one| one.registered).collect();
        for (endpoint, id) in endpoints.iter().zip(names::unique(&registered)) {
            let (channel, its) = channel::channel(endpoint, &id, &mut schemas);
            channels.insert(id, channel);
            operations.extend(its);
        }
        let mut document = json!({
            "asyncapi": "3.0.0",
            "info": { "title": "WebSocket endpoints", "version": "0.0.0" },
            "defaultContentType": "application/json",
            "channels": channels,
            "operations": operations,
        });
        if !group.is_empty() {
            document["info"]["x-sockeye-group"] = group.into();
        }
        if let Some(public) = server.hosts.public() {
            let protocol = if public.scheme == "https" { "wss" } else { "ws" };
            document["servers"]["public"] = json!({ "host": public.authority(), "protocol": protocol });
        }
        schemas.finish(&mut document);
        join_equal_messages(&mut document);
        // Another crate can make maps of JSON keep their order, which is none here.
        document.sort_all_objects();
        Self(document)
    }

    /// The title of the API. `WebSocket endpoints` by default.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.0["info"]["title"] = title.into().into();
        self
    }

    /// The version of the API, which is yours to define. `0.0.0` by default.
    ///
    /// ```
    /// let api = sockeye::Server::new().asyncapi().version(env!("CARGO_PKG_VERSION"));
    /// # let _ = api;
    /// ```
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.0["info"]["version"] = version.into().into();
        self
    }

    /// The document. Also as text, with [`Display`](fmt::Display), and for serde's formats, with `Serialize`.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The types of messages that are documented as any JSON, and those of queries, since they do not implement `JsonSchema`. In
    /// alphabetical order.
    ///
    /// ```
    /// # /// An endpoint.
    /// # #[sockeye::ws_endpoint("/ws")]
    /// # async fn endpoint(handshake: sockeye::Handshake<sockeye::Json<u32, String>>) -> sockeye::Result {
    /// #     let mut socket = handshake.accept().await?;
    /// #     while socket.recv().await?.is_some() {}
    /// #     Ok(())
    /// # }
    /// // A test that fails for a message without a schema.
    /// assert_eq!(sockeye::Server::new().asyncapi().without_schema(), Vec::<&str>::new());
    /// ```
    pub fn without_schema(&self) -> Vec<&str> {
        let channels = self.0["channels"].as_object().into_iter().flat_map(Map::values);
        let described = channels.flat_map(|channel| {
            let messages = channel["messages"].as_object().into_iter().flat_map(Map::values);
            messages.chain([&channel["bindings"]["ws"]["query"]])
        });
        let names = described.filter_map(|one| one[WITHOUT_SCHEMA].as_str());
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// A type that is written as it is read is one message: AsyncAPI wants each message to fit one description only.
fn join_equal_messages(document: &mut Value) {
    let Some(channels) = document["channels"].as_object_mut() else { return };
    let mut joined = Vec::new();
    for (id, channel) in channels {
        let Some(messages) = channel["messages"].as_object_mut() else { continue };
        let is_twice = |name: &&String| {
            let sent = name.strip_suffix(INPUT);
            sent.is_some_and(|sent| messages.get(sent) == messages.get(*name))
        };
        let twice: Vec<String> = messages.keys().filter(is_twice).cloned().collect();
        messages.retain(|name, _| !twice.contains(name));
        joined.extend(twice.into_iter().map(|name| (id.clone(), name)));
    }
    for (id, name) in joined {
        // Once only: the name of the type may end in the same word.
        let sent = name.strip_suffix(INPUT).unwrap_or(&name);
        document["operations"][format!("{id}.receive")]["messages"] =
            json!([{ "$ref": format!("#/channels/{id}/messages/{sent}") }]);
    }
}

impl fmt::Display for AsyncApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl Serialize for AsyncApi {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
