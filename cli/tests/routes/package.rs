//! A package with a program for each case, written once and built in a target directory of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// What a run came to.
pub(crate) struct Seen {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// `cargo sockeye routes` in the package of these tests.
pub(crate) fn routes(arguments: &[&str]) -> Seen {
    routes_with(arguments, &[])
}

/// The same with these variables in the environment.
pub(crate) fn routes_with(arguments: &[&str], environment: &[(&str, &str)]) -> Seen {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("routes-target");
    let environment = [&[("CARGO_TARGET_DIR", target.to_str().unwrap())], environment].concat();
    routes_in(package(), arguments, &environment)
}

/// Another command in the package of these tests.
pub(crate) fn command(name: &str, arguments: &[&str]) -> Seen {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("routes-target");
    command_in(package(), name, arguments, &[("CARGO_TARGET_DIR", target.to_str().unwrap())])
}

/// `cargo sockeye routes` in a directory.
pub(crate) fn routes_in(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Seen {
    command_in(directory, "routes", arguments, environment)
}

/// A command in a directory.
pub(crate) fn command_in(
    directory: &Path,
    name: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Seen {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-sockeye"))
        .args(["sockeye", name])
        .args(arguments)
        .env("CARGO", env!("CARGO"))
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("RUST_BACKTRACE")
        .envs(environment.iter().copied())
        .current_dir(directory)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    // Where the workspace is differs from machine to machine.
    let text = |bytes| text(bytes).replace(workspace().to_str().unwrap(), "WORKSPACE");
    Seen { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// The package, written anew by each run of the tests.
fn package() -> &'static Path {
    static PACKAGE: OnceLock<PathBuf> = OnceLock::new();
    PACKAGE.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("routes-package");
        let _ = fs::remove_dir_all(&root);
        for (path, text) in files() {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        // The versions of the workspace, so that nothing is fetched.
        fs::copy(workspace().join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        root
    })
}

pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

const PROGRAMS: [&str; 13] = [
    "documented",
    "endless_schema",
    "all",
    "forgetful",
    "grouped",
    "broken",
    "several",
    "mounted",
    "own_listener",
    "silent",
    "asking",
    "endless",
    "wrong",
];

fn manifest() -> String {
    let root = workspace().display();
    let programs = PROGRAMS.map(|name| format!("[[bin]]\nname = \"{name}\"\npath = \"{name}/main.rs\"\n\n"));
    format!(
        "[package]\nname = \"app\"\nedition = \"2024\"\nautobins = false\n\n{}[features]\nextra = []\ndocumented = [\"sockeye/asyncapi\", \"dep:schemars\", \"dep:serde\"]\n\n\
         [dependencies]\nnear = {{ path = \"near\" }}\nsockeye = {{ path = \"{root}/runtime\" }}\n\
         sockeye-fixture-library = {{ path = \"{root}/tests/fixtures/library\" }}\n\
         schemars = {{ version = \"1\", optional = true }}\nserde = {{ version = \"1\", features = [\"derive\"], optional = true }}\n\
         axum = {{ version = \"0.8\", default-features = false, features = [\"query\"] }}\n\
         tokio = {{ version = \"1\", features = [\"rt\", \"macros\"] }}\n\n\
         [workspace]\nmembers = [\"near\", \"far\", \"other\"]\n\n[profile.dev]\ndebug = false\n",
        programs.concat()
    )
}

fn library(name: &str, more: &str) -> String {
    let root = workspace().display();
    format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\nsockeye = {{ path = \"{root}/runtime\" }}\n{more}"
    )
}

/// An endpoint that keeps its connection.
fn endpoint(name: &str, arguments: &str) -> String {
    format!("#[sockeye::ws_endpoint({arguments})]\n{}", handler(name))
}

fn handler(name: &str) -> String {
    format!(
        "async fn {name}(handshake: sockeye::Handshake) -> sockeye::Result {{\n    \
         let mut socket = handshake.accept().await?;\n    while socket.recv().await?.is_some() {{}}\n    Ok(())\n}}\n\n"
    )
}

/// A `main` that does this.
fn main(body: &str) -> String {
    format!(
        "#[tokio::main(flavor = \"current_thread\")]\nasync fn main() -> Result<(), sockeye::StartupError> {{\n    {body}\n}}\n\n"
    )
}

const SERVE: &str = "sockeye::Server::new().serve(\"127.0.0.1:0\").await";

fn files() -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("Cargo.toml", manifest()),
        ("near/Cargo.toml", library("near", "far = { path = \"../far\" }\n")),
        ("near/src/lib.rs", endpoint("near", "\"/near\"")),
        ("far/Cargo.toml", library("far", "")),
        ("far/src/lib.rs", endpoint("far", "\"/far\", group = \"far\"")),
        ("other/Cargo.toml", "[package]\nname = \"other\"\nedition = \"2024\"\n".to_owned()),
        ("other/src/main.rs", "fn main() {}\n".to_owned()),
        ("src/lib.rs", endpoint("library", "\"/library\"")),
        ("examples/shown.rs", main(SERVE) + &endpoint("shown", "\"/shown\"")),
        ("forgetful/main.rs", main(SERVE) + &endpoint("here", "\"/here\"")),
        ("grouped/main.rs", main("let mut arguments = std::env::args().skip(1);\n    let group = arguments.next().unwrap_or_default();\n    sockeye::Server::new().group(group).expect(arguments).serve(\"127.0.0.1:0\").await")),
        ("documented/main.rs", main(SERVE) + DOCUMENTED),
        ("endless_schema/main.rs", main(SERVE) + ENDLESS_SCHEMA),
        ("broken/main.rs", broken()),
        ("several/main.rs", several()),
        ("mounted/main.rs", mounted()),
        ("own_listener/main.rs", own_listener()),
        ("silent/main.rs", "fn main() {\n    eprintln!(\"starting\");\n    eprintln!(\"nothing to do\\x1b[0m\");\n}\n".to_owned()),
        ("asking/main.rs", "fn main() {\n    let url = std::env::var(\"APP_DATABASE_URL\").unwrap_or_else(|error| panic!(\"APP_DATABASE_URL: {error:?}\"));\n    eprintln!(\"{url}\");\n}\n".to_owned()),
        ("endless/main.rs", "fn main() {\n    eprintln!(\"listening in its own way\");\n    loop {\n        std::thread::park();\n    }\n}\n".to_owned()),
        ("wrong/main.rs", "fn main() {\n    there_is_no_such_function();\n}\n".to_owned()),
    ];
    files.extend(all());
    files
}

fn broken() -> String {
    main(SERVE)
        + "use app as _;\nuse near as _;\n\n#[sockeye::ws_endpoint(\"/broken\")]\n\
           async fn broken(handshake: sockeye::Handshake, axum::extract::State(name): axum::extract::State<String>) -> sockeye::Result {\n    \
           let socket = handshake.accept().await?;\n    socket.send(sockeye::Message::text(name)).await?; \
           socket.close(sockeye::CloseCode::NORMAL, \"\").await\n}\n\n"
        + &endpoint("again", "\"/near\"")
}

/// Messages with a schema, and one without; an endpoint of each kind of codec.
const DOCUMENTED: &str = r#"
use axum::extract::{Path, Query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockeye::{Handshake, Json, Positioned, ws_endpoint};

/// What a client wants.
#[derive(Deserialize, JsonSchema)]
struct Wish {
    /// Never `*/`.
    topic: String,
    #[serde(default)]
    limit: u8,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum News {
    Started { by: Option<String>, at: (u32, f64) },
    Ended,
}

/// Maps with keys of two types, and what TypeScript has no words for.
#[derive(Serialize, JsonSchema)]
struct Stock {
    by_number: std::collections::BTreeMap<u32, Item>,
    by_name: std::collections::BTreeMap<String, Item>,
    #[schemars(extend("not" = { "const": "" }))]
    note: String,
}

#[derive(Serialize, JsonSchema)]
struct Item {
    count: u8,
}

/// A word, or trees by their names.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Tree {
    Word(String),
    Boxed(Box<Tree>),
    Branches(std::collections::BTreeMap<String, Tree>),
}

#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct Place {
    /// From the left.
    column: u8,
    row: u8,
}

#[derive(Serialize, Deserialize)]
struct Plain(u8);

#[derive(Deserialize)]
#[allow(dead_code)]
struct Page {
    number: u8,
}

/// What a page asks for in the address.
#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct Wanted {
    since: u64,
    level: Option<Level>,
    limit: Option<u32>,
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    Info,
    Warn,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct Filter {
    word: Option<String>,
}

async fn serve<C: sockeye::Codec + 'static>(handshake: Handshake<C>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Tells what is new.
///
/// It begins at once.
#[ws_endpoint("/news/{kind}/{*rest}", subprotocols = ["v2", "v1"])]
async fn all_news(handshake: Handshake<Json<Wish, News>>, Path(_): Path<(u64, String)>) -> sockeye::Result {
    serve(handshake).await
}

/// Counts.
#[ws_endpoint("/stock")]
async fn stock(handshake: Handshake<Json<Wish, Stock>>, Query(_): Query<Wanted>) -> sockeye::Result {
    serve(handshake).await
}

/// Has no schema.
#[ws_endpoint("/plain")]
async fn plain(handshake: Handshake<Json<Plain>>) -> sockeye::Result {
    serve(handshake).await
}

/// Grows.
#[ws_endpoint("/a/b")]
async fn a_b(handshake: Handshake<Json<Tree>>, Query(_): Query<Filter>) -> sockeye::Result {
    serve(handshake).await
}

/// Is looked at.
#[ws_endpoint("/a")]
#[allow(non_snake_case)]
async fn a__b(handshake: Handshake<Json<Place, Positioned<Item>>>) -> sockeye::Result {
    serve(handshake).await
}

/// Echoes.
#[ws_endpoint("/raw")]
async fn delete(handshake: Handshake, Query(_): Query<Page>) -> sockeye::Result {
    serve(handshake).await
}
"#;

/// A message whose schema has no end.
const ENDLESS_SCHEMA: &str = r#"
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
struct Tree(std::collections::BTreeMap<String, Tree>);

/// Grows.
#[sockeye::ws_endpoint("/tree")]
async fn tree(handshake: sockeye::Handshake<sockeye::Json<Tree>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
"#;

/// Two servers in one program, which has more to say.
fn several() -> String {
    let server = |group: &str| {
        format!("sockeye::Server::new().group(\"{group}\").serve(\"127.0.0.1:0\").await?;\n    ")
    };
    let body = format!(
        "println!(\"{{{{ hello }}}}\");\n    {}print!(\"half\");\n    {}Ok(())",
        server("one"),
        server("two")
    );
    main(&body)
        + &endpoint("one", "\"/one\", group = \"one\"")
        + &endpoint("two", "\"/two\", group = \"two\"")
}

/// Endpoints whose routes in the program are not those of their attributes.
fn mounted() -> String {
    main(
        "sockeye::Server::new().prefix(\"one\", \"/admin\").prefix(\"two\", \"/{tenant}\").nested(\"/api\").serve(\"127.0.0.1:0\").await",
    ) + &endpoint("one", "\"/one\", group = \"one\"")
        + &endpoint("two", "\"/two\", group = \"two\"")
}

/// A program that would go on for ever where `serve` returns.
fn own_listener() -> String {
    main(
        "let _router = sockeye::Server::new().check().await?.into_router();\n    loop {\n        std::thread::park();\n    }",
    ) + "use app as _;\nuse near as _;\n\n"
        + &endpoint("own", "\"/own\"")
}

/// Modules of every kind, and endpoints that may be there or not.
fn all() -> Vec<(&'static str, String)> {
    let root = "use app as _;\nuse near as _;\n\nmod rooms;\n#[cfg(feature = \"extra\")]\nmod extra;\n#[cfg(not(feature = \"extra\"))]\nmod without;\n\
                #[path = \"odd/place.rs\"]\nmod placed;\nmod inline {\n    mod deeper;\n    #[path = \"there.rs\"]\n    mod elsewhere;\n}\n\n"
        .to_owned();
    let conditional =
        "#[cfg_attr(feature = \"extra\", sockeye::ws_endpoint(\"/extra/attribute\"))]\n#[allow(dead_code)]\n"
            .to_owned()
            + &handler("by_attribute");
    let test = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", endpoint("in_test", "\"/test\""));
    vec![
        ("all/main.rs", root + &main(SERVE) + &endpoint("root", "\"/\"") + &conditional + &test),
        (
            "all/rooms.rs",
            "mod chat;\n\n".to_owned()
                + &endpoint("room", "\"/rooms/{id}\"").replace(
                    "handshake: sockeye::Handshake",
                    "handshake: sockeye::Handshake, axum::extract::Path(_): axum::extract::Path<u64>",
                ),
        ),
        ("all/rooms/chat.rs", "pub(crate) mod log;\n".to_owned() + &endpoint("r#loop", "\"/rooms/chat\"")),
        ("all/rooms/chat/log/mod.rs", endpoint("log", "\"/rooms/chat/log\"")),
        ("all/odd/place.rs", "mod beside;\n".to_owned() + &endpoint("placed", "\"/placed\"")),
        ("all/odd/beside.rs", endpoint("beside", "\"/beside\"")),
        ("all/inline/deeper.rs", endpoint("deeper", "\"/inline/deeper\"")),
        ("all/inline/there.rs", endpoint("there", "\"/inline/there\"")),
        ("all/extra.rs", endpoint("extra", "\"/extra\"")),
        ("all/without.rs", "#![allow(unused)]\n".to_owned() + &endpoint("without", "\"/without\"")),
        ("all/nobody.rs", endpoint("no_module", "\"/no/module\"")),
    ]
}
