//! Each rule that reads syntax, on endpoints that are wrong in one way and on their neighbours that are right.

use proc_macro2::TokenStream;
use sockeye_rules::{
    Phase, check,
    syntax::{Diagnostic, Imports, Neighbours, Surroundings, parse},
};

/// What is found in `#[ws_endpoint(attribute)] item`; what the bodies do, mostly nothing, is the business of other rules.
fn found(attribute: &str, item: &str) -> Vec<Diagnostic> {
    let tokens = |text: &str| text.parse::<TokenStream>().unwrap();
    let all = check::endpoint(&parse(tokens(attribute), tokens(item)), &Surroundings::default());
    all.into_iter().filter(|one| one.rule.phase == Phase::Signature).collect()
}

fn rules(attribute: &str, item: &str) -> Vec<&'static str> {
    found(attribute, item).iter().map(|one| one.rule.name).collect()
}

/// The rules that fire for a function under `#[ws_endpoint("/ws")]`.
fn on(item: &str) -> Vec<&'static str> {
    rules("\"/ws\"", item)
}

fn with(attribute: &str) -> Vec<&'static str> {
    rules(attribute, "async fn f(h: Handshake) {}")
}

#[test]
fn items_that_are_no_function() {
    for item in [
        "struct A;",
        "enum A {}",
        "impl A {}",
        "const A: u8 = 1;",
        "mod a {}",
        "fn f();",
        "type A = u8;",
        "x!{}",
    ] {
        assert_eq!(on(item), ["not_a_function"], "{item}");
    }
}

#[test]
fn shapes_of_signatures() {
    for (item, expected) in [
        ("fn f(h: Handshake) {}", "not_async"),
        ("async fn f() {}", "missing_handshake"),
        ("async fn f(q: Query<u8>) {}", "missing_handshake"),
        ("async fn f(id: u64) {}", "missing_handshake"),
        ("async fn f(q: Query<u8>, h: Handshake) {}", "misplaced_handshake"),
        ("async fn f(q: Anything, h: sockeye::Handshake) {}", "misplaced_handshake"),
        ("async fn f(h: Handshake, i: Handshake<Json<u8>>) {}", "duplicate_handshake"),
        ("async fn f(&self, h: Handshake) {}", "self_receiver"),
        ("async fn f(self: Box<Self>) {}", "self_receiver"),
        ("async fn f<T>(h: Handshake, t: State<T>) {}", "generic_handler"),
        ("async fn f<'a>(h: Handshake) {}", "generic_handler"),
        ("async fn f(h: Handshake) where u8: Copy {}", "generic_handler"),
        ("async fn f(h: Handshake, t: State<impl Clone>) {}", "generic_handler"),
        ("async unsafe fn f(h: Handshake) {}", "unsupported_qualifier"),
        ("async extern fn f(h: Handshake) {}", "unsupported_qualifier"),
        ("async fn f(h: Handshake) -> impl Sized {}", "return_type"),
        ("async fn f(h: Handshake) -> (u8, u8) {}", "return_type"),
        ("async fn f(h: Handshake) -> ! {}", "return_type"),
    ] {
        assert_eq!(on(item), [expected], "{item}");
    }
}

#[test]
fn types_of_parameters() {
    for (item, expected) in [
        ("async fn f(h: &mut Handshake) {}", "borrowed_parameter"),
        ("async fn f(h: Handshake, x: &HeaderMap) {}", "borrowed_parameter"),
        ("async fn f(h: Handshake, x: Query<Cow<'_, str>>) {}", "borrowed_parameter"),
        ("async fn f(h: Handshake, x: State<[&str; 2]>) {}", "borrowed_parameter"),
        ("async fn f(ws: WebSocketUpgrade) {}", "raw_upgrade"),
        ("async fn f(h: Handshake, ws: axum::extract::ws::WebSocket) {}", "raw_upgrade"),
        ("async fn f(h: Handshake, x: axum::Json<u8>) {}", "body_extractor"),
        ("async fn f(h: Handshake, x: String) {}", "body_extractor"),
        ("async fn f(h: Handshake, x: axum::extract::Request) {}", "body_extractor"),
    ] {
        assert_eq!(on(item), [expected], "{item}");
    }
}

#[test]
fn right_handlers_are_left_alone() {
    for item in [
        "async fn f(h: Handshake) {}",
        "pub(crate) async fn r#type(mut _h: sockeye::Handshake<Json<A, B>>) -> sockeye::Result { Ok(()) }",
        "async fn f(chat: Chat, h: Handshake) {}",
        "async fn f(h: Handshake, x: other::Handshake) {}",
        "async fn f(h: Handshake, x: State<&'static str>) {}",
        "async fn f(h: Handshake, x: &'static str) {}",
        "async fn f(h: Handshake, x: State<fn(&str) -> &str>) {}",
        "async fn f(h: Handshake, x: State<Arc<dyn Fn(&str) + Send>>) {}",
        "async fn f(h: Handshake, x: crate::types::Json<u8>) {}",
        "async fn f(h: Handshake, x: Json<u8>) {}",
        "async fn f(h: Handshake, x: types::WebSocket) {}",
        "async fn f(h: (Handshake), (_): ty!()) {}",
        "async fn f(h: Handshake) -> Result<(), impl Error> { Ok(()) }",
        "async fn f(h: Handshake) -> my::Alias { Ok(()) }",
        "async fn f(request: Request) {}",
    ] {
        assert_eq!(on(item), [""; 0], "{item}");
    }
}

#[test]
fn parameters_of_the_route() {
    for (route, item, expected) in [
        ("\"/{a}/{b}\"", "async fn f(h: Handshake, p: Path<u64>) {}", "path_arity"),
        ("\"/{a}\"", "async fn f(h: Handshake, p: Path<(u64, u64)>) {}", "path_arity"),
        ("\"/a\"", "async fn f(h: Handshake, p: axum::extract::Path<String>) {}", "path_arity"),
        ("\"/{a}\"", "async fn f(h: Handshake) { h.accept(); }", "unused_path_parameter"),
        ("\"/{a}\"", "async fn f(_: Handshake, s: State<u8>) {}", "unused_path_parameter"),
    ] {
        assert_eq!(rules(route, item), [expected], "{route} {item}");
    }
    for (route, item) in [
        ("\"/{a}/{b}\"", "async fn f(h: Handshake, p: Path<(u64, u64)>) {}"),
        ("\"/{a}/{b}\"", "async fn f(h: Handshake, p: Path<Pair>) {}"),
        ("\"/{a}\"", "async fn f(h: Handshake, p: Path<(u64,)>) {}"),
        ("\"/{a}\"", "async fn f(h: Handshake, p: Path<()>) {}"),
        ("\"/{_a}\"", "async fn f(h: Handshake) {}"),
        ("\"/{a}\"", "async fn f(h: Handshake, x: Anything) {}"),
        ("\"/{a}\"", "async fn f(h: Handshake, x: Extension<u8>) {}"),
        ("\"/{a}\"", "async fn f(h: Handshake) { h.uri(); }"),
        ("\"/{a}\"", "async fn f(h: Handshake) { helper(h).await }"),
        ("\"/{a}\"", "async fn f(h: Handshake) { let i = h; }"),
        ("\"/{a}\"", "async fn f(h: Handshake) { println!(\"{h:?}\"); }"),
        ("\"/{a}\"", "async fn f(Alias { x }: Handshake) { }"),
        ("\"/:a\"", "async fn f(h: Handshake, p: Path<(u8, u8)>) {}"),
    ] {
        let found = rules(route, item);
        assert!(found.iter().all(|rule| *rule == "route_syntax"), "{route} {item}: {found:?}");
    }
}

#[test]
fn options_of_the_attribute() {
    for attribute in [
        "",
        "gaurded",
        "format!(\"/a\")",
        "7",
        "\"/a\" + X",
        "path = \"/ws\"",
        "\"ws\"",
        "guarded",
        "\"/ws\" \"/x\"",
    ] {
        assert_eq!(with(attribute), ["route_syntax"], "{attribute}");
    }
    for attribute in ["\"/ws\", orgins = any", "\"/ws\", \"/x\"", "\"/ws\", throttle"] {
        assert_eq!(with(attribute), ["unknown_option"], "{attribute}");
    }
    for attribute in [
        "\"/ws\", state",
        "\"/ws\", origins = \"*\"",
        "\"/ws\", origins(any)",
        "\"/ws\", origins = [X]",
        "\"/ws\", subprotocols = [\"a\", \"a\"]",
        "\"/ws\", subprotocols = [\"a b\"]",
        "\"/ws\", max_message_size = 1",
        "\"/ws\", max_message_size = \"0\"",
        "\"/ws\", heartbeat = true",
        "\"/ws\", heartbeat = \"30\"",
        "\"/ws\", group = admin",
        "\"/ws\", guarded = true",
        "\"/ws\", guarded, guarded",
        "\"/ws\", allow(not_async)",
        "\"/ws\", allow(not_a_rule, reason = \"x\")",
        "\"/ws\", allow(not_async, reason = \"x\")",
    ] {
        assert_eq!(with(attribute), ["invalid_option"], "{attribute}");
    }
    assert_eq!(with("\"/ws\", origins = [\"ws://a\"]"), ["origin_syntax"]);
    assert_eq!(with("\"/ws\", state = A<B, C>, origins = any, heartbeat = off, guarded,"), [""; 0]);
}

#[test]
fn several_mistakes_are_reported_together_in_the_order_of_the_source() {
    let item = "pub fn f(q: Query<u8>, h: Handshake, x: &str) -> &'static str { \"\" }";
    let all = found("\"ws\", orgins = any", item);
    let names: Vec<_> = all.iter().map(|one| one.rule.name).collect();
    for rule in [
        "route_syntax",
        "unknown_option",
        "not_async",
        "misplaced_handshake",
        "borrowed_parameter",
        "return_type",
    ] {
        assert!(names.contains(&rule), "{rule} is not among {names:?}");
    }
    assert_eq!(
        all.iter().filter(|one| one.expected.is_some()).count(),
        1,
        "the expected signature is shown once"
    );
}

#[test]
fn every_message_says_what_to_write_in_the_house_style() {
    let all = found("\"ws\", orgins = any, heartbeat = 3", "fn f(&self, x: &str, s: String) -> ! {}");
    assert!(all.len() > 5);
    for one in all {
        let text = one.text();
        assert!(text.starts_with(&format!("[{}] ", one.rule.name)), "{text}");
        assert!(!one.message.ends_with('.') && !one.help.ends_with('.'), "{text}");
        assert!(!one.message.starts_with(char::is_uppercase) && !one.help.is_empty(), "{text}");
        assert!(text.contains("\nhelp: "), "{text}");
    }
}

/// What is found in the endpoint `f` of a file.
fn found_in(file: &str) -> Vec<Diagnostic> {
    let parsed: syn::File = syn::parse_str(file).unwrap();
    let around = Neighbours::with_faults(parsed.clone(), &Imports::default()).around("f").unwrap();
    let endpoint = parsed.items.into_iter().find_map(|item| match item {
        syn::Item::Fn(item) if item.sig.ident == "f" => Some(syn::ItemFn { attrs: Vec::new(), ..item }),
        _ => None,
    });
    let tokens = "\"/ws\"".parse::<TokenStream>().unwrap();
    check::endpoint(&parse(tokens, quote::ToTokens::into_token_stream(endpoint.unwrap())), &around)
}

fn rules_in(file: &str) -> Vec<&'static str> {
    let found = found_in(file);
    found.iter().map(|one| one.rule.name).filter(|rule| *rule != "undocumented_endpoint").collect()
}

#[test]
fn a_glob_import_of_sockeye_gives_its_names() {
    const TAKES: &str = "#[ws_endpoint(\"/ws\")] async fn f(mut socket: Socket) -> Result { \
        while let Some(m) = socket.recv().await? { socket.send(m).await?; } Ok(()) }";
    const MATCHES: &str = "#[ws_endpoint(\"/ws\")] async fn f(h: Handshake) -> Result { let mut socket = h.accept().await?; \
        while let Some(m) = socket.recv().await? { match m { Message::Close(_) => break, m => socket.send(m).await? } } Ok(()) }";
    for (file, expected) in [
        (format!("use sockeye::*; {TAKES}"), &["missing_handshake"][..]),
        (format!("use sockeye::*; {MATCHES}"), &["axum_api"]),
        (format!("use sockeye::*; use axum::extract::ws::Message; {MATCHES}"), &[]),
        (format!("use sockeye::*; use crate::types::*; {MATCHES}"), &[]),
        (format!("use sockeye::*; enum Message {{ Close(u8) }} {MATCHES}"), &[]),
        (format!("use sockeye::*; messages! {{}} {MATCHES}"), &[]),
        (
            format!("use sockeye::*; {}", MATCHES.replacen("{ let", "{ enum Message { Close(u8) } let", 1)),
            &[],
        ),
    ] {
        assert_eq!(rules_in(&file), expected, "{file}");
    }
}

#[test]
fn a_socket_is_a_stream_where_its_methods_are_imported() {
    const NEXT: &str = "#[ws_endpoint(\"/ws\")] async fn f(h: Handshake) -> Result { let mut socket = h.accept().await?; \
        while let Some(Ok(Message::Text(t))) = socket.next().await { socket.send(t).await?; } Ok(()) }";
    const USES: &str = "use sockeye::{Handshake, Message, Result, ws_endpoint};";
    for (more, expected) in [
        ("", &["axum_api"][..]),
        ("use axum::extract::Path;", &["axum_api"]),
        ("use futures_util::{SinkExt as _, FutureExt};", &["axum_api"]),
        ("use futures_util::StreamExt;", &[]),
        ("use futures_util::{StreamExt as _, SinkExt as _};", &[]),
        ("use futures::{FutureExt as _, stream::StreamExt as Streams};", &[]),
        ("use futures::prelude::*;", &[]),
        ("use tokio_stream::*;", &[]),
        ("use crate::io::StreamExt;", &[]),
        ("use crate::Numbered;", &[]),
        ("use crate::ext::*;", &[]),
        ("use other_crate::Numbered as _;", &[]),
        ("use self::ext::Numbered; mod ext;", &[]),
        ("messages! {}", &[]),
        ("trait Numbered { async fn next(&mut self) -> Option<u8>; }", &[]),
        ("#[ext] impl Socket { async fn next(&mut self) -> Option<u8> { None } }", &[]),
    ] {
        let file = format!("{USES} {more} {NEXT}");
        assert_eq!(rules_in(&file), expected, "{file}");
    }
    let halves =
        NEXT.replace("let mut socket", "let (_, mut socket)").replace("?; while", "?.split(); while");
    assert_eq!(rules_in(&format!("{USES} {}", halves.replace("next", "try_next"))), ["axum_api"]);
    let found = found_in(&format!("{USES} {NEXT}"));
    let text = found.iter().find(|one| one.rule.name == "axum_api").unwrap().text();
    assert!(text.contains("`next` is a method of `StreamExt`, which is not imported here"), "{text}");
    assert!(text.contains("write `socket.recv().await?`"), "{text}");
    let inside = NEXT.replacen("while", "{ use futures_util::StreamExt; } while", 1);
    assert_eq!(rules_in(&format!("{USES} {inside}")), [""; 0]);
}

#[test]
fn what_axum_returns_is_answered_with_how_to_refuse() {
    const BODY: &str =
        "{ let mut socket = h.accept().await?; while socket.recv().await?.is_some() {} Ok(()) }";
    let file = |uses: &str, output: &str| {
        format!(
            "use sockeye::{{Handshake, ws_endpoint}}; {uses} #[ws_endpoint(\"/ws\")] async fn f(h: Handshake) -> {output} {BODY}"
        )
    };
    let status = "use axum::http::StatusCode;";
    for output in ["Result<(), StatusCode>", "Result<(), (StatusCode, String)>", "(StatusCode, String)"] {
        let found = found_in(&file(status, output));
        let text = found.iter().find(|one| one.rule.name == "return_type").unwrap().text();
        assert!(text.contains("return Err(handshake.reject(StatusCode::FORBIDDEN, "), "{text}");
    }
    let own = "struct StatusCode; impl From<sockeye::Error> for StatusCode { fn from(_: sockeye::Error) -> Self { Self } }";
    for uses in ["use crate::StatusCode;", own, "use other::*;"] {
        assert_eq!(rules_in(&file(uses, "Result<(), StatusCode>")), [""; 0], "{uses}");
    }
}

#[test]
fn a_type_that_other_files_can_name_is_known_in_a_program_of_one_file() {
    let file = |more: &str| {
        format!(
            "use sockeye::{{Handshake, Json, ws_endpoint}}; pub struct In; {more} #[ws_endpoint(\"/ws\")] async fn f(h: Handshake<Json<In>>) -> \
             sockeye::Result {{ let mut socket = h.accept().await?; while socket.recv().await?.is_some() {{}} Ok(()) }}"
        )
    };
    assert_eq!(rules_in(&file("fn main() {}")), ["message_type"]);
    for more in [
        "",
        "pub fn main() {}",
        "fn main() {} mod other;",
        "fn main() {} impl Serialize for In {}",
        "fn main() {} more!();",
    ] {
        assert_eq!(rules_in(&file(more)), [""; 0], "{more}");
    }
}

#[test]
fn an_option_of_no_extractor() {
    let file = |app: &str| {
        format!(
            "use sockeye::{{Handshake, ws_endpoint}}; {app} #[ws_endpoint(\"/ws\")] async fn f(h: Handshake, s: Option<App>) -> \
             sockeye::Result {{ let mut socket = h.accept().await?; while socket.recv().await?.is_some() {{}} Ok(()) }}"
        )
    };
    let found = found_in(&file("#[derive(Clone)] struct App;"));
    let text = found.iter().find(|one| one.rule.name == "not_an_extractor").unwrap().text();
    assert!(text.contains("write `Option<State<App>>`, or `State<App>`"), "{text}");
    for app in [
        "pub struct App;",
        "use crate::App;",
        "#[derive(FromRequestParts)] struct App;",
        "struct App; impl OptionalFromRequestParts<()> for App {}",
        "mod extractors; struct App;",
    ] {
        assert_eq!(rules_in(&file(app)), [""; 0], "{app}");
    }
}

#[test]
fn a_dropped_future_is_awaited_with_a_question_mark_where_the_function_can_fail() {
    let help = |output: &str, code: &str| {
        let file = format!(
            "use sockeye::{{Handshake, ws_endpoint}}; #[ws_endpoint(\"/ws\")] async fn f(h: Handshake) {output} {{ \
             let Ok(mut socket) = h.accept().await else {{ return end() }}; {code} \
             while let Ok(Some(_)) = socket.recv().await {{}} end() }}"
        );
        let found = found_in(&file);
        found.into_iter().find(|one| one.rule.name == "missing_await").unwrap().help
    };
    assert_eq!(help("-> sockeye::Result", "socket.send(1);"), "write `socket.send(..).await?`");
    assert_eq!(help("", "socket.send(1);"), "write `socket.send(..).await`");
    assert_eq!(help("-> sockeye::Result", "if socket.send(1).is_err() {}"), "write `socket.send(..).await`");
}
