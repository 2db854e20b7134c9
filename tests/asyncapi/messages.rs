//! The messages of an endpoint, with a schema and without.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};
use sockeye::{
    Answer, Call, Codec, Error, Handshake, Json, LogRecord, MaybeCall, Message, Positioned, Responder,
    Server, ws_endpoint,
};

use crate::{document, document_of};

/// What a person says.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Say {
    text: String,
    /// The room if it is another one.
    #[serde(default)]
    room: Option<u32>,
    author: Person,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Person {
    name: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct UserInput {
    name: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Größe {
    #[serde(default)]
    width: u32,
    unit: Unit,
}

/// A unit.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename = "my type/v1")]
struct Unit {
    #[serde(default)]
    name: String,
}

/// A type whose author knows nothing of schemas.
#[derive(Serialize, Deserialize)]
struct Plain {
    number: u8,
}

/// A type whose schema cannot be made.
#[derive(Serialize, Deserialize)]
struct Panics;

impl JsonSchema for Panics {
    fn schema_name() -> Cow<'static, str> {
        "Panics".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Plant>();
        panic!("there is no schema");
    }
}

/// Is in no other message of its group.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema matters")]
struct Plant {
    height: u8,
}

type Alias = Handshake<Json<Plain, Said>>;

#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Joined {
        who: Person,
    },
    #[expect(dead_code, reason = "the schema has it")]
    Left,
}

macro_rules! endpoint {
    ($(#[$doc:meta])* $name:ident $route:literal $group:literal $first:ty) => {
        $(#[$doc])*
        #[ws_endpoint($route, group = $group)]
        async fn $name(handshake: $first) -> sockeye::Result {
            let mut socket = handshake.accept().await?;
            while socket.recv().await?.is_some() {}
            Ok(())
        }
    };
}

endpoint!(/** Both ways. */ both "/both" "both" Handshake<Json<Say>>);
endpoint!(/** The same both ways. */ same "/same" "same" Handshake<Json<Person>>);
endpoint!(/** A name that ends as those of what is read. */ input "/input" "input" Handshake<Json<UserInput>>);
endpoint!(/** Names that a URI has to encode. */ encoded "/encoded" "encoded" Handshake<Json<Größe>>);
endpoint!(/** Half described. */ half "/half" "half" Alias);
endpoint!(/** Not read. */ ignored "/ignored" "ignored" Handshake<Json<IgnoredAny, Positioned<Said>>>);
endpoint!(/** Panics. */ panics "/panics" "panics" Handshake<Json<Panics, Person>>);
endpoint!(/** Log. */ log "/log" "log" Handshake<Json<Value, LogRecord>>);
endpoint!(/** Raw. */ raw "/raw" "raw" Handshake);
endpoint!(/** Numbers. */ numbers "/numbers" "numbers" Handshake<Numbers>);

endpoint!(/** Calls. */ calls "/calls" "calls" Handshake<Json<Call<Person>, Answer<Said>>>);
endpoint!(/** Messages with or without an id. */ either "/either" "calls" Handshake<Json<MaybeCall<Person>, Answer<()>>>);

/// Decimal numbers, with its own sign of life.
struct Numbers;

impl Codec for Numbers {
    type In = u64;
    type Out = Plain;

    fn decode(message: Message) -> Result<u64, Error> {
        Ok(message.as_text().ok_or_else(|| Error::new("expected text"))?.parse()?)
    }

    fn encode(value: &Plain) -> Result<Message, Error> {
        Ok(Message::text(value.number.to_string()))
    }

    fn heartbeat_message(_: Duration) -> Option<Message> {
        None
    }
}

/// The payloads of an endpoint: what it receives, and what it sends.
fn payloads(document: &Value, name: &str) -> (Value, Value) {
    let payload = |action: &str| {
        let operation = &document["operations"][format!("{name}.{action}")];
        let reference = operation["messages"][0]["$ref"].as_str().unwrap();
        document.pointer(&reference[1..]).unwrap()["payload"].clone()
    };
    (payload("receive"), payload("send"))
}

#[test]
fn what_is_read_may_differ_from_what_is_written() {
    let document = document("both");
    let (received, sent) = payloads(&document, "both");
    assert_eq!(received, json!({ "$ref": "#/components/schemas/SayInput" }));
    assert_eq!(sent, json!({ "$ref": "#/components/schemas/Say" }));
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["SayInput"]["required"], json!(["text", "author"]));
    assert_eq!(schemas["Say"]["required"], json!(["text", "room", "author"]));
    assert_eq!(schemas["Say"]["description"], "What a person says.");
    // What does not differ is there once.
    assert_eq!(schemas.as_object().unwrap().keys().collect::<Vec<_>>(), ["Person", "Say", "SayInput"]);
}

#[test]
fn a_type_that_is_the_same_both_ways_is_one_message() {
    let document = document("same");
    let messages = document["channels"]["same"]["messages"].as_object().unwrap();
    assert_eq!(messages.keys().collect::<Vec<_>>(), ["Person"]);
    let (received, sent) = payloads(&document, "same");
    assert_eq!(received, sent);
}

#[test]
fn a_type_whose_name_ends_in_input_is_one_message_too() {
    let document = document("input");
    let messages = document["channels"]["input"]["messages"].as_object().unwrap();
    assert_eq!(messages.keys().collect::<Vec<_>>(), ["UserInput"]);
    let expected = json!({ "$ref": "#/components/schemas/UserInput" });
    assert_eq!(payloads(&document, "input"), (expected.clone(), expected));
}

#[test]
fn references_find_names_that_a_uri_has_to_encode() {
    let document = document("encoded");
    let (received, sent) = payloads(&document, "encoded");
    assert_eq!(received, json!({ "$ref": "#/components/schemas/Gr%C3%B6%C3%9FeInput" }));
    assert_eq!(sent, json!({ "$ref": "#/components/schemas/Gr%C3%B6%C3%9Fe" }));
    let schemas = &document["components"]["schemas"];
    let names: Vec<&String> = schemas.as_object().unwrap().keys().collect();
    assert_eq!(names, ["Größe", "GrößeInput", "my type/v1", "my type/v1Input"]);
    let unit = |name: &str| schemas[name]["properties"]["unit"]["$ref"].clone();
    assert_eq!(unit("GrößeInput"), "#/components/schemas/my%20type~1v1Input");
    assert_eq!(unit("Größe"), "#/components/schemas/my%20type~1v1");
    assert_fits(&document, "Gr%C3%B6%C3%9FeInput", &json!({ "unit": {} }));
}

#[test]
fn a_type_without_a_schema_is_named() {
    let document = document("half");
    let (received, sent) = payloads(&document, "half");
    let plain = "asyncapi::messages::Plain";
    assert_eq!(
        received,
        json!({ "description": format!("Any JSON: `{plain}` does not implement `schemars::JsonSchema`.") })
    );
    assert_eq!(sent, json!({ "$ref": "#/components/schemas/Said" }));
    assert_eq!(document["channels"]["half"]["messages"]["Plain"]["x-sockeye-without-schema"], plain);
    assert_eq!(Server::new().group("half").asyncapi().without_schema(), [plain]);
    assert_eq!(Server::new().group("both").asyncapi().without_schema(), [""; 0]);
}

#[test]
fn a_type_that_panics_counts_as_one_without_a_schema() {
    let document = document("panics");
    let (received, sent) = payloads(&document, "panics");
    let panics = "asyncapi::messages::Panics";
    let said = format!("Any JSON: `{panics}` panics when it is asked for its schema.");
    assert_eq!(received, json!({ "description": said }));
    assert_eq!(sent, json!({ "$ref": "#/components/schemas/Person" }));
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert_eq!(schemas.keys().collect::<Vec<_>>(), ["Person"], "what is half made is left out");
    assert_eq!(Server::new().group("panics").asyncapi().without_schema(), [panics]);
}

#[test]
fn what_is_ignored_needs_no_schema() {
    let api = Server::new().group("ignored").asyncapi();
    assert_eq!(api.without_schema(), [""; 0]);
    let (received, sent) = payloads(&document("ignored"), "ignored");
    assert_eq!(received, json!({ "description": "Anything: it is read and ignored." }));
    assert_eq!(sent, json!({ "$ref": "#/components/schemas/Positioned_of_Said" }));
}

#[test]
fn an_event_with_its_position_fits_its_schema() {
    let document = document("ignored");
    let event: Positioned<Said> = Positioned::Event {
        position: sockeye::Position::OLDEST,
        event: Said::Joined { who: Person { name: "ann".into() } },
    };
    let written = serde_json::to_value(&event).unwrap();
    assert_fits(&document, "Positioned_of_Said", &written);
    let mut with_missed = written.clone();
    with_missed["missed"] = 3.into();
    assert_fits(&document, "Positioned_of_Said", &with_missed);
    assert_fits(
        &document,
        "Positioned_of_Said",
        &json!({ "sockeye": "gap", "missed": 3, "position": "a:1" }),
    );
}

#[test]
fn a_log_record_fits_its_schema() {
    let document = document("log");
    let record = json!({
        "time": 1_763_726_400_000_u64, "level": "WARN", "target": "app::db", "message": "slow query",
        "fields": { "ms": 812 }, "spans": [{ "name": "request", "fields": { "id": 7 } }],
    });
    assert_fits(&document, "LogRecord", &record);
}

#[test]
fn calls_and_answers_fit_their_schemas() {
    let document = document("calls");
    let (received, sent) = payloads(&document, "calls");
    assert_eq!(received, json!({ "$ref": "#/components/schemas/Call_of_Person" }));
    assert_eq!(sent, json!({ "$ref": "#/components/schemas/Answer_of_Said" }));
    for id in [json!("c-1"), json!(7)] {
        assert_fits(&document, "Call_of_Person", &json!({ "name": "ann", "id": id }));
        let responder = || serde_json::from_value::<Responder>(id.clone()).unwrap();
        let answer = responder().answer(Said::Joined { who: Person { name: "ann".into() } });
        assert_fits(&document, "Answer_of_Said", &serde_json::to_value(&answer).unwrap());
        let failed: Answer<Said> = responder().fail("no");
        assert_fits(&document, "Answer_of_Said", &serde_json::to_value(&failed).unwrap());
    }
    let required = |name: &str| document["components"]["schemas"][name]["allOf"][1]["required"].clone();
    assert_eq!((required("Call_of_Person"), required("Call_or_Person")), (json!(["id"]), json!([])));
}

/// Whether a value is as the schema of this name says.
fn assert_fits(document: &Value, name: &str, value: &Value) {
    let schema =
        json!({ "$ref": format!("#/components/schemas/{name}"), "components": document["components"] });
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {value}");
}

#[test]
fn raw_messages_are_text_or_bytes() {
    let document = document("raw");
    let messages = document["channels"]["raw"]["messages"].as_object().unwrap();
    assert_eq!(messages.keys().collect::<Vec<_>>(), ["Message"]);
    assert_eq!(messages["Message"]["contentType"], "application/octet-stream");
    assert_eq!(messages["Message"]["x-sockeye-format"], "raw");
    assert_eq!(Server::new().group("raw").asyncapi().without_schema(), [""; 0]);
}

#[test]
fn a_codec_of_ones_own_has_the_schemas_that_there_are() {
    let document = document_of(&Server::new().group("numbers"));
    let (received, sent) = payloads(&document, "numbers");
    assert_eq!(received["format"], "uint64");
    assert!(
        sent["description"].as_str().unwrap().starts_with("Anything: `asyncapi::messages::Plain`"),
        "{sent}"
    );
    let messages = document["channels"]["numbers"]["messages"].as_object().unwrap();
    assert!(
        messages.values().all(|message| message["contentType"] == "application/octet-stream"),
        "{messages:#?}"
    );
}
