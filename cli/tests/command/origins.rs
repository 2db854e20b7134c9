//! Which handlers of axum's any web page can open.

use crate::tree::Tree;

const SERVE: &str = "
async fn serve(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
";

/// A package with a handler in one file and these files.
fn package(handler: &str, others: &[(&str, &str)]) -> Tree {
    let text = format!("use axum::extract::ws::{{WebSocket, WebSocketUpgrade}};\n{handler}{SERVE}");
    let tree = Tree::new().with("Cargo.toml", "[package]\n").with("src/ws.rs", text);
    others.iter().fold(tree, |tree, (path, text)| tree.with(path, text))
}

/// What `--verbose` notes at the handler `ws`.
fn note(tree: &Tree) -> String {
    let run = tree.run(&["check", "--verbose"]);
    let line = run
        .stderr
        .lines()
        .find(|line| line.contains(": ws (axum"))
        .unwrap_or_else(|| panic!("{}", run.stderr));
    line.split_once("; ").map(|(_, note)| note.trim_end_matches(')').to_owned()).unwrap_or_default()
}

#[test]
fn a_handler_that_asks_for_a_secret_is_not_reported() {
    let ticket = ("src/ticket.rs", "pub struct Ticket { pub token: String, pub room: String }");
    for (handler, others, asks) in [
        (
            "async fn ws(TypedHeader(auth): TypedHeader<Authorization<Bearer>>, up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }",
            vec![],
            "an `Authorization` header",
        ),
        (
            "async fn ws(headers: HeaderMap, up: WebSocketUpgrade) -> Response { if headers.get(\"x-api-key\") != key() { return no() } up.on_upgrade(serve) }",
            vec![],
            "the header `x-api-key`",
        ),
        (
            "async fn ws(Query(ticket): Query<Ticket>, up: WebSocketUpgrade) -> Response { check(&ticket); up.on_upgrade(serve) }",
            vec![ticket],
            "`token` in the query",
        ),
        (
            "async fn ws(Query(q): Query<HashMap<String, String>>, up: WebSocketUpgrade) -> Response {
                let Some(ticket) = q.get(\"ticket\") else { return StatusCode::UNAUTHORIZED.into_response() }; up.on_upgrade(serve) }",
            vec![],
            "`ticket` in the query",
        ),
        (
            "async fn ws(user: User, up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }",
            vec![(
                "src/user.rs",
                "impl<S> FromRequestParts<S> for User { async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, E> {
                    let token = parts.headers.get(header::AUTHORIZATION).ok_or(E)?; decode(token) } }",
            )],
            "an `Authorization` header",
        ),
        (
            "async fn ws(user: User, up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }",
            vec![(
                "src/user.rs",
                "impl<S> FromRequestParts<S> for User { async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, E> {
                    decode(bearer(&parts.headers)?) } }
                fn bearer(headers: &HeaderMap) -> Result<&str, E> { headers.get(AUTHORIZATION).ok_or(E)?.to_str().ok_or(E) }",
            )],
            "an `Authorization` header",
        ),
        (
            "async fn ws(up: WebSocketUpgrade) -> Response { up.on_upgrade(crate::session::run) }",
            vec![(
                "src/session.rs",
                "pub async fn run(mut socket: WebSocket) {
                    let Some(Ok(Message::Text(token))) = socket.recv().await else { return };
                    if !verify(&token) { return }
                    while let Some(Ok(_)) = socket.recv().await {} }",
            )],
            "a login in its first message",
        ),
        (
            "async fn ws(up: WebSocketUpgrade) -> Response { up.on_upgrade(|socket| talk(socket)) }
             async fn talk(socket: WebSocket) {
                let (_, mut receiver) = socket.split();
                let auth_result = tokio::time::timeout(Duration::from_secs(5), wait_for_auth(&mut receiver)).await;
                if auth_result.is_err() { return }
                while let Some(Ok(_)) = receiver.next().await {} }",
            vec![],
            "a login in its first message",
        ),
        (
            "async fn ws(up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }
             fn routes() -> Router { Router::new().route(\"/ws\", any(ws)).layer(from_fn(require)) }",
            vec![(
                "src/layers.rs",
                "pub async fn require(request: Request, next: Next) -> Response {
                    if request.headers().get(AUTHORIZATION).is_none() { return no() } next.run(request).await }",
            )],
            "the credentials that the layer `require` checks",
        ),
    ] {
        assert_asks_for(handler, &others, asks);
    }
}

#[test]
fn a_login_may_be_in_a_method_and_compare_with_what_the_server_has() {
    for (handler, others, asks) in [
        (
            "async fn ws(up: WebSocketUpgrade, State(key): State<Arc<str>>) -> Response { up.on_upgrade(move |socket| talk(socket, key)) }
             async fn talk(mut socket: WebSocket, key: Arc<str>) {
                let Ok(Some(Ok(Message::Text(text)))) = timeout(LIMIT, socket.recv()).await else { return };
                if text.as_str() != &*key { return }
                while let Some(Ok(_)) = socket.recv().await {} }",
            vec![],
            "a login in its first message",
        ),
        (
            "async fn ws(up: WebSocketUpgrade, State(keys): State<Keys>) -> Response {
                up.on_upgrade(move |socket| async move {
                    let mut visitor = crate::visitor::Visitor { socket, user: None };
                    if visitor.greet(&keys).await.is_ok() { visitor.run().await }
                })
             }",
            vec![(
                "src/visitor.rs",
                "impl Visitor {
                    pub async fn greet(&mut self, keys: &Keys) -> Result<(), E> {
                        let message = self.socket.recv().await.ok_or(E)??;
                        let jwt = message.to_text()?;
                        self.user = Some(keys.open(jwt)?);
                        Ok(())
                    }
                    pub async fn run(mut self) { while let Some(Ok(_)) = self.socket.recv().await {} } }",
            )],
            "a login in its first message",
        ),
        (
            "async fn ws(up: WebSocketUpgrade) -> Response { up.on_upgrade(|socket| Visitor::new(socket).run()) }
             impl Visitor {
                async fn run(mut self) {
                    let Some(Ok(Message::Text(text))) = self.socket.recv().await else { return };
                    if !verify(&text) { return }
                    while let Some(Ok(_)) = self.socket.recv().await {} } }",
            vec![],
            "a login in its first message",
        ),
        (
            "async fn ws(up: WebSocketUpgrade, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
                let cookie = headers.get(COOKIE).and_then(|one| one.to_str().ok()).and_then(|one| one.strip_prefix(\"csrf=\"));
                if cookie != Some(asked.csrf.as_str()) { return no() }
                up.on_upgrade(serve) }",
            vec![("src/asked.rs", "pub struct Asked { csrf: String }")],
            "`csrf` in the query",
        ),
    ] {
        assert_asks_for(handler, &others, asks);
    }
}

/// It is silent, and says why.
fn assert_asks_for(handler: &str, others: &[(&str, &str)], asks: &str) {
    let tree = package(handler, others);
    assert_eq!(tree.findings(&[]), Vec::<String>::new(), "{handler}");
    assert_eq!(
        note(&tree),
        format!("a page of another site cannot open it: it requires {asks}"),
        "{handler}"
    );
}

#[test]
fn a_check_may_be_in_a_method_a_constant_a_struct_or_any_form_of_layer() {
    const VERIFY: &str = "fn verify(&self, headers: &HeaderMap) -> Result<String, E> { decode(headers.get(\"authorization\").ok_or(E)?) }";
    let app = format!("pub struct App; impl App {{ {VERIFY} }}");
    let layer = |layer: &str| {
        format!(
            "async fn ws(up: WebSocketUpgrade) -> Response {{ up.on_upgrade(serve) }}
             pub fn app() -> Router {{ Router::new().route(\"/ws\", any(ws)).layer({layer}) }}"
        )
    };
    let auth = "impl Auth { async fn check(request: Request, next: Next) -> Response {
        if request.headers().get(AUTHORIZATION).is_none() { return no() } next.run(request).await } }";
    let held = "struct Opening { up: WebSocketUpgrade } impl Opening { fn go(self) -> Response { self.up.on_upgrade(serve) } }";
    for (handler, others, asks) in [
        (
            "async fn ws(State(app): State<App>, headers: HeaderMap, up: WebSocketUpgrade) -> Result<Response, E> {
                app.verify(&headers)?; Ok(up.on_upgrade(serve)) }"
                .to_owned(),
            vec![("src/app.rs", app.as_str())],
            "the header `authorization`",
        ),
        (
            "async fn ws(headers: HeaderMap, up: WebSocketUpgrade) -> Response {
                let Some(token) = headers.get(SESSION) else { return no() }; up.on_upgrade(serve) }"
                .to_owned(),
            vec![("src/names.rs", "pub const SESSION: HeaderName = HeaderName::from_static(\"x-session-token\");")],
            "the header `x-session-token`",
        ),
        (
            layer("ValidateRequestHeaderLayer::bearer(\"secret\")"),
            vec![],
            "the credentials that the layer `ValidateRequestHeaderLayer` checks",
        ),
        (layer("from_fn(Auth::check)"), vec![("src/auth.rs", auth)], "the credentials that the layer `check` checks"),
        (
            layer("from_extractor::<Member>()"),
            vec![(
                "src/member.rs",
                "impl<S> FromRequestParts<S> for Member { async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, E> {
                    decode(parts.headers.get(AUTHORIZATION).ok_or(E)?) } }",
            )],
            "the credentials that the layer `Member` checks",
        ),
        (
            layer("from_fn(async |request: Request, next: Next| {
                if request.headers().get(\"authorization\").is_none() { return no() } next.run(request).await })"),
            vec![],
            "the credentials that the layer `from_fn` checks",
        ),
        (
            format!(
                "async fn ws(headers: HeaderMap, up: WebSocketUpgrade) -> Response {{
                    if headers.get(\"authorization\").is_none() {{ return no() }} Opening {{ up }}.go() }} {held}"
            ),
            vec![],
            "the header `authorization`",
        ),
    ] {
        let tree = package(&handler, &others);
        assert_eq!(tree.findings(&[]), Vec::<String>::new(), "{handler}");
        let run = tree.run(&["check", "--verbose"]);
        assert!(run.stderr.contains(&format!("it requires {asks})")), "{handler}: {}", run.stderr);
    }
}

/// What does not open a connection is no hazard, and a proxy's header may come from a cookie.
#[test]
fn only_what_opens_a_connection_is_a_hazard() {
    let silent = "struct Typed { up: WebSocketUpgrade }
        impl Typed { fn up(&self) -> &WebSocketUpgrade { &self.up } fn into_up(self) -> WebSocketUpgrade { self.up } }
        impl fmt::Debug for Typed { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(\"Typed\") } }
        fn large(up: WebSocketUpgrade) -> WebSocketUpgrade { up.max_message_size(1) }
        fn is_chat(up: &WebSocketUpgrade) -> bool { up.selected_protocol().is_some() }
        fn show(up: &WebSocketUpgrade) -> String { format!(\"{up:?}\") }";
    assert_eq!(package(silent, &[]).findings(&[]), Vec::<String>::new());
    for open in [
        "struct Typed { up: WebSocketUpgrade } impl Typed { fn open(self) -> Response { self.up.on_upgrade(serve) } }",
        "async fn ws(headers: HeaderMap, up: WebSocketUpgrade) -> Response {
            if headers.get(\"x-auth-request-user\").is_none() { return no() } up.on_upgrade(serve) }",
        "async fn ws(State(app): State<App>, request: Request, up: WebSocketUpgrade) -> Response {
            app.metrics.count(request); up.on_upgrade(serve) }
         impl Metrics { fn count(&self, request: Request) { send(request.headers().get(\"authorization\")) } }",
        "async fn ws(up: WebSocketUpgrade) -> Response {
            #[cfg(not(coverage))]
            { up.on_upgrade(serve) }
            #[cfg(coverage)]
            { StatusCode::OK.into_response() } }",
    ] {
        let found = package(open, &[]).findings(&[]);
        assert!(found.len() == 1 && found[0].starts_with("unchecked_origin src/ws.rs:2:"), "{open}: {found:?}");
    }
}

#[test]
fn cookies_and_what_anyone_knows_are_no_secret() {
    for (handler, others) in [
        (
            "async fn ws(jar: CookieJar, up: WebSocketUpgrade) -> Response { check(jar.get(\"token\")); up.on_upgrade(serve) }",
            vec![],
        ),
        (
            "async fn ws(headers: HeaderMap, up: WebSocketUpgrade) -> Response {
                let token = headers.get(\"authorization\").or_else(|| headers.get(\"cookie\")); up.on_upgrade(serve) }",
            vec![],
        ),
        (
            "async fn ws(jar: CookieJar, Query(asked): Query<Asked>, up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }",
            vec![("src/asked.rs", "pub struct Asked { csrf: String }")],
        ),
        (
            "async fn ws(up: WebSocketUpgrade) -> Response { up.on_upgrade(talk) }
             async fn talk(mut socket: WebSocket) {
                let Some(Ok(Message::Text(key))) = socket.recv().await else { return };
                if key == \"stop\" { return }
                while let Some(Ok(_)) = socket.recv().await {} }",
            vec![],
        ),
        (
            "async fn ws(Query(room): Query<Room>, up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }",
            vec![("src/room.rs", "pub struct Room { name: String, sort_key: u8, token: Option<String> }")],
        ),
        (
            "async fn ws(Path(room): Path<String>, up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }",
            vec![],
        ),
        (
            "async fn ws(user: User, up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }",
            vec![(
                "src/user.rs",
                "impl<S> FromRequestParts<S> for User { async fn from_request_parts(parts: &mut Parts, s: &S) -> Result<Self, E> {
                    let jar = CookieJar::from_request_parts(parts, s).await?; decode(jar.get(\"token\")) } }",
            )],
        ),
        (
            "async fn ws(user: User, up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }",
            vec![(
                "src/user.rs",
                "impl<S> FromRequestParts<S> for User { async fn from_request_parts(parts: &mut Parts, s: &S) -> Result<Self, E> {
                    decode(token(&parts.headers)?) } }
                fn token(headers: &HeaderMap) -> Result<&str, E> {
                    headers.get(AUTHORIZATION).or_else(|| headers.get(COOKIE)).ok_or(E)?.to_str().ok_or(E) }",
            )],
        ),
    ] {
        let found = package(handler, &others).findings(&[]);
        assert!(found.len() == 1 && found[0].starts_with("unchecked_origin src/ws.rs:2:"), "{handler}: {found:?}");
    }
}

#[test]
fn a_helper_and_those_that_call_it_are_one_hazard() {
    let handlers = "async fn a(up: WebSocketUpgrade) -> Response { open(up, 1) }
async fn b(up: WebSocketUpgrade) -> Response { open(up, 2) }
async fn c(up: WebSocketUpgrade, headers: HeaderMap) -> Response { if headers.get(AUTHORIZATION).is_none() { return no() } open(up, 2) }
fn open(up: WebSocketUpgrade, id: u8) -> Response { up.on_upgrade(serve) }";
    let tree = package(handlers, &[]);
    assert_eq!(tree.findings(&[]), ["unchecked_origin src/ws.rs:5:9"]);
    assert!(tree.run(&["check"]).stdout.contains("`a` and `b` pass their upgrades to it"));
}

#[test]
fn a_helper_for_some_of_the_paths_is_covered_by_its_caller() {
    let handlers = "async fn one(up: WebSocketUpgrade, headers: HeaderMap) -> Response {
    if headers.get(AUTHORIZATION).is_none() { return no() }
    if several() { return many(up).await }
    up.on_upgrade(serve)
}
async fn many(up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }";
    assert!(package(handlers, &[]).findings(&[]).is_empty());
}

#[test]
fn settings_of_another_crate_begin_no_second_upgrade() {
    let handler = "async fn one(up: WebSocketUpgrade) -> Response { up.limits(limits()).on_upgrade(serve) }";
    assert_eq!(package(handler, &[]).findings(&[]), ["unchecked_origin src/ws.rs:2:14"]);
}

const LAYER: (&str, &str) = (
    "src/layers.rs",
    "pub async fn require(request: Request, next: Next) -> Response {
        if request.headers().get(AUTHORIZATION).is_none() { return no() } next.run(request).await }",
);

const HANDLER: &str = "async fn ws(up: WebSocketUpgrade) -> Response { up.on_upgrade(serve) }";

#[test]
fn a_layer_counts_for_the_routes_that_it_is_around() {
    for routes in [
        "let ws = Router::new().route(\"/ws\", any(ws)).layer(from_fn(require)); Router::new().nest(\"/api\", ws)",
        "let ws = Router::new().route(\"/ws\", any(ws)); Router::new().merge(ws).layer(from_fn(require))",
        "let mut app = Router::new(); app = app.route(\"/ws\", any(ws)); app.layer(from_fn(require))",
        "let app: Router = Router::new().route(\"/ws\", any(ws)); let app = app.route_layer(from_fn(require)); app",
        "let stack = ServiceBuilder::new().layer(from_fn(require)); Router::new().route(\"/ws\", any(ws)).layer(stack)",
        "shared().layer(from_fn(require)).route(\"/ws\", any(ws))",
    ] {
        let tree = package(&format!("{HANDLER}\nfn routes() -> Router {{ {routes} }}"), &[LAYER]);
        assert_eq!(tree.findings(&[]), Vec::<String>::new(), "{routes}");
        let why = "a page of another site cannot open it: it requires the credentials that the layer `require` checks";
        assert_eq!(note(&tree), why, "{routes}");
    }
}

#[test]
fn what_only_looks_like_a_demand_is_none() {
    let cors = (
        "src/cors.rs",
        "pub fn cors() -> CorsLayer { CorsLayer::new().allow_headers([AUTHORIZATION, CONTENT_TYPE]) }",
    );
    let symbols = ("src/query.rs", "pub struct Wanted { pub token_symbol: String }");
    for (handler, others) in [
        (format!("{HANDLER}\nfn routes() -> Router {{ Router::new().route(\"/ws\", any(ws)).layer(cors()) }}"), vec![cors]),
        (
            "async fn ws(Query(wanted): Query<Wanted>, up: WebSocketUpgrade) -> Response { if wanted.token_symbol.is_empty() { return no() } up.on_upgrade(serve) }".to_owned(),
            vec![symbols],
        ),
        (
            "async fn ws(up: WebSocketUpgrade) -> Response { if kind() == \"key-press\" { return no() } up.on_upgrade(serve) }".to_owned(),
            vec![],
        ),
        // The parameter is not the function of that name, which takes a login.
        (
            "async fn account(login: WebSocketUpgrade) -> Response { login.on_upgrade(serve) }".to_owned(),
            vec![(
                "src/login.rs",
                "pub async fn login(mut socket: WebSocket) {
                    let Some(Ok(Message::Text(token))) = socket.recv().await else { return };
                    let Some(_user) = verify(&token) else { return };
                }",
            )],
        ),
    ] {
        let found = package(&handler, &others).findings(&[]);
        assert!(found.len() == 1 && found[0].starts_with("unchecked_origin src/ws.rs:2:"), "{handler}: {found:?}");
    }
}

#[test]
fn a_layer_does_not_count_for_the_routes_of_another_router() {
    for routes in [
        "let admin = Router::new().route(\"/admin\", get(page)).layer(from_fn(require)); Router::new().route(\"/ws\", any(ws)).merge(admin)",
        "let admin = Router::new().route(\"/admin\", get(page)); let admin = admin.layer(from_fn(require)); admin.route(\"/ws\", any(ws))",
        "Router::new().route(\"/ws\", any(ws)).nest(\"/admin\", Router::new().route(\"/\", get(page)).layer(from_fn(require)))",
    ] {
        let found =
            package(&format!("{HANDLER}\nfn routes() -> Router {{ {routes} }}"), &[LAYER]).findings(&[]);
        assert!(
            found.len() == 1 && found[0].starts_with("unchecked_origin src/ws.rs:2:"),
            "{routes}: {found:?}"
        );
    }
}

#[test]
fn a_user_of_a_library_may_look_at_origins_for_it() {
    let tree = |user: &str, layer: &str| {
        let ws = format!("use axum::extract::ws::{{WebSocket, WebSocketUpgrade}};\n{HANDLER}{SERVE}");
        Tree::new()
            .with("Cargo.toml", "[workspace]\n")
            .with("feeds/Cargo.toml", "[package]\nname = \"feeds\"\n")
            .with("feeds/src/lib.rs", "pub mod ws;")
            .with("feeds/src/ws.rs", ws)
            .with("server/Cargo.toml", format!("[package]\nname = \"server\"\n[dependencies]\n{user}\n"))
            .with("server/src/main.rs", layer)
    };
    let layer = "async fn same_origin(headers: HeaderMap) { headers.get(ORIGIN) }";
    for user in [
        "feeds = { path = \"../feeds\" }",
        "feeds.workspace = true",
        "[dependencies.feeds]\npath = \"../feeds\"",
    ] {
        assert_eq!(tree(user, layer).findings(&[]), Vec::<String>::new(), "{user}");
        assert_eq!(tree(user, layer).findings(&["feeds"]), Vec::<String>::new(), "{user}");
        assert_eq!(
            tree(user, "fn main() {}").findings(&[]),
            ["unchecked_origin feeds/src/ws.rs:2:13"],
            "{user}"
        );
    }
    assert_eq!(tree("axum = \"0.8\"", layer).findings(&[]), ["unchecked_origin feeds/src/ws.rs:2:13"]);
}

#[test]
fn graphql_may_demand_a_token_at_the_start() {
    let ws = |init: &str| {
        format!("async fn ws(State(schema): State<Schema>, protocol: GraphQLProtocol, up: WebSocketUpgrade) -> Response {{
            up.protocols(ALL_WEBSOCKET_PROTOCOLS).on_upgrade(move |stream| {{
                GraphQLWebSocket::new(stream, schema.clone(), protocol){init}.serve()
            }})
        }}")
    };
    let demands = "async fn authenticate(value: Value) -> Result<Data> {
        let payload: Payload = serde_json::from_value(value)?; let mut data = Data::default(); data.insert(Token(payload.token)); Ok(data) }";
    let logs = "async fn hello(value: Value) -> Result<Data> { tracing::info!(?value); Ok(Data::default()) }";
    let by_name = format!("{}\n{demands}", ws(".on_connection_init(authenticate)"));
    let by_closure = ws(
        ".on_connection_init(|value| async move { match value.get(\"authToken\") { Some(_) => Ok(data()), None => Err(\"no token\".into()) } })",
    );
    for handler in [by_name, by_closure] {
        assert_eq!(package(&handler, &[]).findings(&[]), Vec::<String>::new(), "{handler}");
        assert_eq!(
            note(&package(&handler, &[])),
            "a page of another site cannot open it: it requires a token in its first message"
        );
    }
    for handler in [ws(""), format!("{}\n{logs}", ws(".on_connection_init(hello)"))] {
        assert_eq!(package(&handler, &[]).findings(&[]).len(), 1, "{handler}");
    }
}
