//! The document of the endpoints: what is in it, and that it is AsyncAPI 3.0.

mod endpoints;
mod messages;
mod query;

use std::sync::OnceLock;

use serde_json::Value;
use sockeye::{Limits, Origins, Server};

/// The document of a group, judged by the schema of AsyncAPI.
fn document(group: &str) -> Value {
    document_of(&Server::new().group(group))
}

fn document_of(server: &Server) -> Value {
    let document = server.asyncapi().as_value().clone();
    let errors: Vec<String> = validator()
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
    document
}

/// The official schema: `README.md` here says where it comes from.
fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        let schema: Value = serde_json::from_str(include_str!("asyncapi-3.0.0.json")).unwrap();
        jsonschema::draft7::new(&schema).unwrap()
    })
}

#[test]
fn a_wrong_document_is_noticed() {
    let mut document = document("rooms");
    document["channels"]["room"]["adress"] = "/rooms/{id}".into();
    assert!(!validator().is_valid(&document));
}

#[test]
fn a_whole_document() {
    let server = Server::new()
        .group("rooms")
        .public_url("https://app.example.com:8443")
        .limits(Limits::new().max_message_rate(20, 100));
    insta::assert_snapshot!(format!("{:#}", document_of(&server)));
}

#[tokio::test]
async fn a_checked_server_has_the_same_document() {
    let server = Server::new().group("rooms").origins(Origins::any()).state(1_u8);
    let before = server.asyncapi();
    let checked = server.check().await.unwrap();
    assert_eq!(checked.asyncapi(), before);
}

#[test]
fn a_title_and_a_version_can_be_given() {
    let api = Server::new().group("rooms").asyncapi().title("Rooms").version("1.2.3");
    let written: Value = serde_json::from_str(&api.to_string()).unwrap();
    assert_eq!((&written["info"]["title"], &written["info"]["version"]), (&"Rooms".into(), &"1.2.3".into()));
    assert_eq!(serde_json::to_value(&api).unwrap(), written);
    assert!(validator().is_valid(&written));
}

#[test]
fn without_endpoints_it_is_a_document_too() {
    assert_eq!(document("there is none")["channels"], serde_json::json!({}));
}
