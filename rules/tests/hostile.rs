//! Whatever stands in an attribute or below it, the checks say something or nothing, and never panic: a panic in a macro is
//! a compile error that names neither the place nor the mistake.

use proc_macro2::TokenStream;
use proptest::{prelude::*, sample::select};
use sockeye_rules::check;
use sockeye_rules::syntax::{Diagnostic, Endpoint, Imports, Neighbours, Surroundings, parse};

/// What attributes, signatures and bodies are made of, right and wrong.
const WORDS: &[&str] = &[
    "\"/ws/{id}\"",
    "\"/ws\"",
    "\"\"",
    "\"/{\"",
    "\"/{*rest}\"",
    "\"/é/{é}\"",
    "r#\"/raw\"#",
    "b\"/ws\"",
    "c\"/ws\"",
    "'/'",
    "0",
    "1.5",
    "0x_f",
    "99999999999999999999999999",
    "\"64 KiB\"",
    "\"30s\"",
    "\"-1s\"",
    "\"99999999999999999999 GiB\"",
    "origins",
    "subprotocols",
    "max_message_size",
    "heartbeat",
    "group",
    "guarded",
    "allow",
    "state",
    "reason",
    "any",
    "off",
    "no_receive_loop",
    "deaf_loop",
    "\"https://a.example\"",
    "\"wss://a\"",
    "=",
    ",",
    ";",
    ":",
    "::",
    "->",
    "=>",
    "?",
    "!",
    "&",
    "*",
    "<",
    ">",
    "|",
    "..",
    "..=",
    "#",
    "$",
    "@",
    "'a",
    "_",
    "r#fn",
    "async",
    "fn",
    "await",
    "unsafe",
    "extern",
    "const",
    "struct",
    "impl",
    "for",
    "while",
    "loop",
    "if",
    "else",
    "match",
    "let",
    "mut",
    "return",
    "break",
    "continue",
    "move",
    "ref",
    "where",
    "pub",
    "use",
    "self",
    "Self",
    "f",
    "h",
    "id",
    "socket",
    "sender",
    "message",
    "Handshake",
    "Handshake<Json<A, B>>",
    "Path(id): Path<u64>",
    "State<T>",
    "WebSocketUpgrade",
    "Some",
    "None",
    "Ok",
    "Err",
    "handshake",
    ".accept()",
    ".await",
    ".recv()",
    ".send(x)",
    ".close(a, b)",
    ".split()",
    ".unwrap()",
    "tokio::select!",
    "tokio::spawn",
    "tokio::join!",
    "std::thread::sleep",
    "drop(socket)",
    "async move",
    "#[cfg(a)]",
    "macro_rules!",
    "handshake: Handshake",
    "let mut socket = handshake.accept().await?;",
    "while let Some(m) = socket.recv().await?",
    "loop",
    "socket.send(m).await?;",
    "Ok(())",
    "match socket.recv().await",
    "Err(_) => continue,",
    "_ = socket.recv() =>",
    "biased;",
    "if let Err(e) = socket.send(m).await",
];

/// Any tokens: words in any order, in brackets of any kind and depth.
fn tokens(most: u32) -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => select(WORDS).prop_map(str::to_owned),
        1 => "[a-z_]{1,12}",
        1 => "\"[ -~]{0,20}\"",
    ];
    word.prop_recursive(4, most, 12, |inner| {
        let inside = prop::collection::vec(inner, 0..12).prop_map(|words| words.join(" "));
        prop_oneof![
            inside.clone(),
            inside.clone().prop_map(|inside| format!("({inside})")),
            inside.clone().prop_map(|inside| format!("[{inside}]")),
            inside.prop_map(|inside| format!("{{{inside}}}")),
        ]
    })
}

/// Statements that parse, about sockets and not, right and wrong.
const STATEMENTS: &[&str] = &[
    "let mut socket = handshake.accept().await?;",
    "let socket = handshake.accept().subprotocol(a).await.unwrap();",
    "let (sender, mut receiver) = socket.split();",
    "let Some(message) = socket.recv().await? else { return Ok(()) };",
    "let Ok(Some(message)) = socket.recv().await else { continue };",
    "socket.send(message).await?;",
    "let _ = socket.send(message).await;",
    "let pending = socket.send(message);",
    "pending.await?;",
    "socket.close(code, reason).await?;",
    "return Err(handshake.reject(a, b));",
    "socket = other;",
    "let handshake = socket;",
    "(socket, handshake) = (handshake, socket);",
    "let Socket { a, .. } = socket;",
    "drop(socket);",
    "drop((&mut socket, || handshake));",
    "tokio::spawn(async move { while let Some(m) = socket.recv().await? {} });",
    "unknown!(socket, handshake);",
    "tokio::join!(socket.recv(), socket.send(a));",
    "let x = if a { socket } else { return };",
    "let recv = async |s| s.recv().await;",
    "break 'a;",
    "continue;",
    "std::thread::sleep(d);",
    "fn inner(handshake: Handshake) { handshake.accept(); }",
    "#[cfg(a)] socket.recv().await?;",
    "static S: u8 = { 1 };",
    "let socket;",
    ";",
];

/// What statements stand in.
const FRAMES: &[&str] = &[
    "loop { @ }",
    "'a: loop { @ }",
    "while let Some(m) = socket.recv().await? { @ }",
    "while a { @ }",
    "for x in y { @ }",
    "if a { @ }",
    "if let Err(e) = socket.send(m).await { @ } else { @ }",
    "match socket.recv().await { Ok(Some(m)) if a => { @ } Ok(None) => { @ } Err(_) => { @ } _ => {} }",
    "async { @ }.await?;",
    "let x = async move { @ };",
    "let f = |socket: Socket| { @ };",
    "unsafe { @ }",
    "{ @ }",
    "const { @ };",
    "let x = 'a: { @ };",
    "tokio::select! { biased; m = socket.recv() => { @ } _ = b, if c => { @ } else => { @ } }",
    "tokio::select! { @ }",
    "let y = loop { @ break x; };",
    "(|| async { @ })().await;",
    "let Some(x) = y else { @ return };",
];

fn statements() -> impl Strategy<Value = String> {
    let leaf = select(STATEMENTS).prop_map(str::to_owned);
    leaf.prop_recursive(6, 200, 6, |inner| {
        let several = prop::collection::vec(inner, 0..6).prop_map(|all| all.join(" "));
        (select(FRAMES), several).prop_map(|(frame, inside)| frame.replace('@', &inside))
    })
}

/// Text that is no Rust at all has been refused before any macro sees it.
fn lex(text: &str) -> Option<TokenStream> {
    text.parse().ok()
}

fn judge(attribute: &str, item: &str) -> Vec<Diagnostic> {
    let (Some(attribute), Some(item)) = (lex(attribute), lex(item)) else { return Vec::new() };
    let endpoint = parse(attribute, item.clone());
    let mut found = check::endpoint(&endpoint, &Surroundings::default());
    found.extend(check::lifecycle(&endpoint, &Surroundings::default()));
    if let Some(around) = around(&endpoint, &item) {
        found.extend(check::endpoint(&endpoint, &around));
    }
    found
}

/// What the macro would learn of a file with nothing but the function in it.
fn around(endpoint: &Endpoint, item: &TokenStream) -> Option<Surroundings> {
    let name = endpoint.function()?.name().to_string();
    let file = syn::parse_file(&format!("#[ws_endpoint] {item}")).ok()?;
    Neighbours::with_faults(file, &Imports::default()).around(&name)
}

fn assert_sound(found: &[Diagnostic]) {
    for one in found {
        assert!(sockeye_rules::find(one.rule.name).is_some(), "{one:?}");
        assert!(!one.message.is_empty() && !one.message.ends_with('.'), "{one:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_attribute_is_read(attribute in tokens(48)) {
        assert_sound(&judge(&attribute, "async fn f(h: Handshake) { h.accept().await; }"));
    }

    #[test]
    fn any_item_is_read(item in tokens(96)) {
        assert_sound(&judge("\"/ws\"", &item));
    }

    #[test]
    fn any_body_is_read(body in tokens(192)) {
        assert_sound(&judge("\"/ws\"", &format!("async fn f(handshake: Handshake) -> sockeye::Result {{ {body} }}")));
    }

    #[test]
    fn any_statements_are_followed(body in prop::collection::vec(statements(), 0..8)) {
        let body = body.join(" ");
        let item = format!("async fn f(mut handshake: Handshake) -> sockeye::Result {{ {body} Ok(()) }}");
        syn::parse_str::<syn::ItemFn>(&item).expect("it parses, so that it is followed");
        assert_sound(&judge("\"/ws\"", &item));
    }

    #[test]
    fn any_signature_is_read(parameters in tokens(48), output in tokens(16)) {
        assert_sound(&judge("\"/ws/{id}\"", &format!("async fn f({parameters}) -> {output} {{}}")));
    }

    #[test]
    fn any_text_is_read(attribute in "\\PC{0,60}", item in "\\PC{0,60}") {
        assert_sound(&judge(&attribute, &item));
    }

    #[test]
    fn any_value_is_read(value in "\\PC{0,40}") {
        for option in ["max_message_size", "heartbeat", "group", "origins", "subprotocols"] {
            assert_sound(&judge(&format!("\"/ws\", {option} = {value:?}"), "async fn f(h: Handshake) {}"));
            assert_sound(&judge(&format!("\"/ws\", {option} = [{value:?}]"), "async fn f(h: Handshake) {}"));
        }
        assert_sound(&judge(&format!("{value:?}"), "async fn f(h: Handshake) {}"));
    }
}
