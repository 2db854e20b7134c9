//! Each case is also tested with axum, with valid values: a path that axum can extract must never be reported, and one
//! that it cannot extract because of its shape must be.

use std::{collections::HashMap, net::IpAddr};

use axum::{Router, body::Body, extract::Path, routing::get};
use http::{Request, StatusCode};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use tower::ServiceExt;

use super::{Kind as ReadAs, PathProblem, shape};
use crate::route::names;

/// Whether axum extracts a `Path<T>` from this path.
async fn axum_extracts<T: DeserializeOwned + Send + 'static>(route: &str, path: &str) -> bool {
    let router: Router = Router::new().route(route, get(async |_: Path<T>| {}));
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    router.oneshot(request).await.unwrap().status() == StatusCode::OK
}

async fn right<T: DeserializeOwned + Send + 'static>(route: &str, path: &str) {
    let name = std::any::type_name::<T>();
    assert!(axum_extracts::<T>(route, path).await, "axum refuses {name} on {route}");
    assert_eq!(shape::<T>(&names(route)).problems, [], "{name} on {route}");
}

async fn wrong<T: DeserializeOwned + Send + 'static>(route: &str, path: &str, found: &[PathProblem]) {
    let name = std::any::type_name::<T>();
    assert!(!axum_extracts::<T>(route, path).await, "axum takes {name} on {route}");
    assert_eq!(shape::<T>(&names(route)).problems, found, "{name} on {route}");
}

/// A type that parses a string and accepts no value that could be guessed.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Secret(String);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "xyzzy" { Ok(Self(text)) } else { Err(serde::de::Error::custom("not the secret")) }
    }
}

#[derive(Deserialize)]
struct Newtype<T>(#[allow(dead_code, reason = "only read")] T);

#[derive(Deserialize)]
struct Pair(#[allow(dead_code, reason = "only read")] u32, #[allow(dead_code, reason = "only read")] String);

#[derive(Deserialize)]
struct UnitStruct;

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct Ids {
    tenant: String,
    id: u64,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct Renamed {
    #[serde(rename = "workflow-id")]
    id: u64,
    #[serde(alias = "t")]
    tenant: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct Lenient {
    id: u64,
    #[serde(default)]
    page: u32,
    filter: Option<String>,
    #[serde(skip)]
    skipped: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only read")]
struct Strict {
    id: u64,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct Flat {
    id: String,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct Inner {
    tenant: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct WithSecret {
    id: u64,
    secret: Secret,
    extra: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct Nested {
    id: Ids,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Public,
    #[allow(dead_code, reason = "only read")]
    Room(u32),
}

#[derive(Deserialize)]
#[serde(try_from = "Raw")]
struct Checked;

#[derive(Deserialize)]
struct Raw {
    id: u64,
}

impl TryFrom<Raw> for Checked {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        if raw.id == 7_777 { Ok(Self) } else { Err("not mine".to_owned()) }
    }
}

/// Accepts either of two names: a handwritten `Deserialize`.
struct Either;

impl<'de> Deserialize<'de> for Either {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = HashMap::<String, String>::deserialize(deserializer)?;
        match (map.get("id").map(String::as_str), map.get("slug")) {
            (Some("xyzzy"), _) | (None, Some(_)) => Ok(Self),
            (Some(_), _) => Err(serde::de::Error::custom("unknown id")),
            (None, None) => Err(serde::de::Error::missing_field("slug")),
        }
    }
}

/// Panics on unknown values.
struct Touchy;

impl<'de> Deserialize<'de> for Touchy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        assert_eq!(String::deserialize(deserializer)?, "xyzzy");
        Ok(Self)
    }
}

fn count(takes: usize, has: usize) -> PathProblem {
    PathProblem::Count { takes, has }
}

#[tokio::test]
async fn single_values() {
    right::<String>("/{a}", "/x").await;
    right::<String>("/{*rest}", "/x/y").await;
    right::<u64>("/{a}", "/7").await;
    right::<i128>("/{a}", "/-7").await;
    right::<f32>("/{a}", "/1.5").await;
    right::<bool>("/{a}", "/true").await;
    right::<char>("/{a}", "/c").await;
    right::<std::num::NonZeroU8>("/{a}", "/3").await;
    right::<IpAddr>("/{a}", "/10.0.0.1").await;
    right::<Secret>("/{a}", "/xyzzy").await;
    right::<Touchy>("/{a}", "/xyzzy").await;
    right::<Newtype<u32>>("/{a}", "/7").await;
    right::<Newtype<Newtype<String>>>("/{a}", "/7").await;
    right::<Kind>("/{a}", "/public").await;
    right::<serde_json::Value>("/{a}", "/x").await;
    wrong::<String>("/a", "/a", &[count(1, 0)]).await;
    wrong::<u64>("/{a}/{b}", "/1/2", &[count(1, 2)]).await;
    wrong::<Secret>("/{a}/{b}", "/xyzzy/xyzzy", &[count(1, 2)]).await;
    wrong::<Newtype<u32>>("/{a}/{b}", "/1/2", &[count(1, 2)]).await;
    wrong::<Kind>("/{a}/{b}", "/public/public", &[count(1, 2)]).await;
}

#[tokio::test]
async fn tuples_and_lists() {
    right::<(String,)>("/{a}", "/x").await;
    right::<(u64, String)>("/{a}/{b}", "/1/x").await;
    right::<(Secret, String)>("/{a}/{b}", "/xyzzy/x").await;
    right::<(String, Secret, Kind)>("/{a}/{b}/{c}", "/x/xyzzy/public").await;
    right::<[u64; 2]>("/{a}/{b}", "/1/2").await;
    right::<Pair>("/{a}/{b}", "/1/x").await;
    right::<Newtype<(u64, u64)>>("/{a}/{b}", "/1/2").await;
    right::<(Option<u64>, Newtype<String>)>("/{a}/{b}", "/1/x").await;
    right::<Vec<String>>("/{a}/{b}", "/1/x").await;
    right::<Vec<u32>>("/{a}", "/1").await;
    right::<Vec<Secret>>("/{a}", "/xyzzy").await;
    right::<Vec<(String, String)>>("/{a}/{b}", "/1/x").await;
    wrong::<(u64, u64)>("/{a}", "/1", &[count(2, 1)]).await;
    wrong::<(Secret, Secret)>("/{a}", "/xyzzy", &[count(2, 1)]).await;
    wrong::<(Secret,)>("/{a}/{b}", "/xyzzy/x", &[count(1, 2)]).await;
    wrong::<Pair>("/{a}", "/1", &[count(2, 1)]).await;
    wrong::<[u8; 3]>("/{a}/{b}", "/1/2", &[count(3, 2)]).await;
    let unsupported = |what: &str| PathProblem::Unsupported(what.to_owned());
    wrong::<Vec<Vec<u32>>>("/{a}", "/1", &[unsupported("a list cannot be read from one path parameter")])
        .await;
    wrong::<(u32, (u32, u32, u32))>(
        "/{a}/{b}",
        "/1/2",
        &[unsupported("a tuple cannot be read from one path parameter")],
    )
    .await;
    wrong::<(u32, Ids)>(
        "/{a}/{b}",
        "/1/2",
        &[unsupported("the struct `Ids` cannot be read from one path parameter")],
    )
    .await;
}

#[tokio::test]
async fn structs() {
    right::<Ids>("/{tenant}/{id}", "/x/1").await;
    right::<Ids>("/{id}/{tenant}/{more}", "/1/x/y").await;
    right::<Renamed>("/{workflow-id}/{t}", "/1/x").await;
    right::<Lenient>("/{id}", "/1").await;
    right::<Lenient>("/{id}/{page}/{filter}", "/1/2/x").await;
    right::<Strict>("/{id}", "/1").await;
    right::<Flat>("/{id}/{tenant}", "/1/x").await;
    right::<Newtype<Ids>>("/{tenant}/{id}", "/x/1").await;
    right::<WithSecret>("/{secret}/{id}/{extra}", "/xyzzy/1/x").await;
    right::<Checked>("/{id}", "/7777").await;
    right::<Either>("/{id}", "/xyzzy").await;
    right::<Either>("/{slug}", "/x").await;
    let missing = |field| PathProblem::MissingField { field, meant: None };
    let meant = |field, name: &str| PathProblem::MissingField { field, meant: Some(name.to_owned()) };
    wrong::<Ids>("/{id}", "/1", &[missing("tenant")]).await;
    wrong::<Ids>("/a", "/a", &[missing("tenant"), missing("id")]).await;
    wrong::<Renamed>("/{id}/{tenant}", "/1/x", &[meant("workflow-id", "id")]).await;
    wrong::<Flat>("/{id}", "/1", &[meant("tenant", "id")]).await;
    wrong::<Flat>("/{tenant}", "/1", &[meant("id", "tenant")]).await;
    // The fields after one whose value cannot be guessed are not checked: `extra` is found once `id` is fixed.
    wrong::<WithSecret>("/{secret}", "/xyzzy", &[missing("id")]).await;
    wrong::<Checked>("/{other}", "/7777", &[meant("id", "other")]).await;
    let more = PathProblem::UnknownParameter("more".to_owned());
    wrong::<Strict>("/{id}/{more}", "/1/x", &[more]).await;
    let nested =
        PathProblem::Unsupported("the struct `Ids` cannot be read from one path parameter".to_owned());
    wrong::<Nested>("/{id}", "/1", &[nested]).await;
}

#[tokio::test]
async fn maps_and_units() {
    right::<HashMap<String, String>>("/{a}/{b}", "/1/x").await;
    right::<HashMap<String, u64>>("/{a}/{b}", "/1/2").await;
    right::<HashMap<String, Secret>>("/{a}", "/xyzzy").await;
    right::<HashMap<String, String>>("/a", "/a").await;
    right::<()>("/{a}", "/1").await;
    right::<UnitStruct>("/a", "/a").await;
    let unsupported = |what: &str| PathProblem::Unsupported(what.to_owned());
    let keys = unsupported("the names of its keys are not strings");
    wrong::<HashMap<u64, String>>("/{a}", "/1", &[keys]).await;
    let option = unsupported("it is an `Option`, but a path always has all of its parameters");
    wrong::<Option<String>>("/{a}", "/1", &[option]).await;
}

#[tokio::test]
async fn a_name_that_two_parameters_have() {
    right::<(u32, String)>("/{id}/x/{id}", "/1/x/y").await;
    right::<Vec<(String, String)>>("/{id}/x/{id}", "/1/x/y").await;
    let twice = PathProblem::Twice("id".to_owned());
    wrong::<Ids>("/{tenant}/{id}/{id}", "/x/1/2", std::slice::from_ref(&twice)).await;
    // axum takes it, and the first value is lost.
    assert_eq!(shape::<HashMap<String, String>>(&["id", "id"]).problems, [twice]);
    let pair = PathProblem::Count { takes: 2, has: 3 };
    let help = pair.help(&["id", "id", "room"], "(u32, String)");
    assert_eq!(
        help,
        "write `Path((id, id_2, room)): Path<(String, u32, String)>`, or a struct with these fields"
    );
}

#[test]
fn what_each_parameter_is_read_as_is_known() {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Color {
        Red,
        Green,
    }
    #[derive(Deserialize)]
    struct Room(#[expect(dead_code, reason = "it is read as what is in it")] i16);
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only the types of the fields matter")]
    struct Named {
        open: bool,
        id: u64,
        host: IpAddr,
    }

    let kinds = |kinds: &[(&str, ReadAs)]| -> Vec<(String, ReadAs)> {
        kinds.iter().map(|&(name, kind)| (name.to_owned(), kind)).collect()
    };
    assert_eq!(shape::<u64>(&["id"]).kinds, kinds(&[("id", ReadAs::Integer("uint64"))]));
    assert_eq!(shape::<Color>(&["color"]).kinds, kinds(&[("color", ReadAs::OneOf(&["red", "green"]))]));
    assert_eq!(
        shape::<(Room, f32, String)>(&["room", "x", "name"]).kinds,
        kinds(&[("room", ReadAs::Integer("int16")), ("x", ReadAs::Number("float")), ("name", ReadAs::Text)])
    );
    assert_eq!(
        shape::<Named>(&["host", "id", "open"]).kinds,
        kinds(&[("host", ReadAs::Text), ("id", ReadAs::Integer("uint64")), ("open", ReadAs::Boolean)])
    );
    assert_eq!(shape::<HashMap<String, String>>(&["a"]).kinds, kinds(&[("a", ReadAs::Text)]));
    assert_eq!(shape::<()>(&["a"]).kinds, []);
}
