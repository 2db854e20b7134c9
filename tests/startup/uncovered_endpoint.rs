//! A handler that moved out of a router whose layer guarded it.

use axum::{
    Router,
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get},
};
use serde::Deserialize;
use sockeye::{Handshake, Server, ws_endpoint};

use crate::{report, rules};

macro_rules! endpoint {
    ($name:ident $route:literal [$($options:tt)*] $group:literal $(, $pattern:pat => $ty:ty)*) => {
        /// One of several.
        #[ws_endpoint($route, $($options)* group = $group)]
        async fn $name(handshake: Handshake $(, $pattern: $ty)*) -> sockeye::Result {
            handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
            Ok(())
        }
    };
}

#[derive(Deserialize)]
struct Room {
    #[serde(rename = "room")]
    _room: Option<String>,
}

#[derive(Deserialize)]
struct TokenParams {
    #[serde(rename = "token")]
    _token: Option<String>,
}

/// Tells strangers apart.
struct User;

impl<S: Sync> axum::extract::FromRequestParts<S> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut axum::http::request::Parts, _: &S) -> Result<Self, StatusCode> {
        Err(StatusCode::UNAUTHORIZED)
    }
}

endpoint!(feed "/ws/feed" [] "ported", State(_) => State<u8>, Query(_) => Query<Room>);
endpoint!(second "/ws/second" [] "ported");
endpoint!(
    allowed "/ws/allowed" [allow(uncovered_endpoint, reason = "the first message has a token"),] "ported right"
);
endpoint!(with_user "/ws/user" [] "ported right", _user => User);
endpoint!(with_headers "/ws/headers" [] "ported right", _headers => HeaderMap);
endpoint!(with_token "/ws/token" [] "ported right", _query => Query<TokenParams>);

async fn require_login(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::AUTHORIZATION) || request.uri().path() == "/login" {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, "log in first").into_response()
    }
}

fn pages() -> Router {
    Router::new().route("/", get(async || "home")).route("/login", get(async || "login"))
}

fn server(router: Router) -> Server {
    Server::new().group("ported").state(7_u8).router(router)
}

/// A layer around all of the router, which answers everything in this way.
fn answering(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> Server {
    server(pages().layer(from_fn(move |_: Request, _: Next| {
        let answer = answer.clone();
        async move { answer.into_response() }
    })))
}

#[tokio::test]
async fn a_layer_that_stays_behind_is_reported() {
    insta::assert_snapshot!(report(server(pages().layer(from_fn(require_login)))).await);
}

#[tokio::test]
async fn every_answer_that_keeps_strangers_out_counts() {
    let both = ["uncovered_endpoint"; 2];
    assert_eq!(rules(answering(StatusCode::FORBIDDEN)).await, both);
    assert_eq!(rules(answering(StatusCode::PROXY_AUTHENTICATION_REQUIRED)).await, both);
    assert_eq!(rules(answering(Redirect::to("/login?next=%2Fws"))).await, both);
    assert_eq!(rules(answering(Redirect::to("https://sso.example.com/"))).await, both);
    let with_fallback = pages().fallback(async || "nothing here").layer(from_fn(require_login));
    assert_eq!(rules(server(with_fallback)).await, both);
}

#[tokio::test]
async fn other_answers_are_no_guard() {
    let none: [&str; 0] = [];
    assert_eq!(rules(server(Router::new())).await, none);
    assert_eq!(rules(server(pages())).await, none);
    for status in [200, 204, 400, 404, 405, 421, 426, 429, 500, 503] {
        assert_eq!(rules(answering(StatusCode::from_u16(status).unwrap())).await, none, "{status}");
    }
    for to in ["https://app.example.com/ws/feed", "/", "/index.html"] {
        assert_eq!(rules(answering(Redirect::permanent(to))).await, none, "{to}");
    }
    // A fallback is no layer.
    let to_login = async || Redirect::permanent("/login");
    assert_eq!(rules(server(Router::new().fallback(to_login))).await, none);
    let health = Router::new().route("/health", get(async || "ok"));
    assert_eq!(rules(server(health.fallback(to_login))).await, none);
}

/// A public endpoint beside routes that are not.
#[tokio::test]
async fn no_handler_of_the_router_is_called() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CALLED: AtomicUsize = AtomicUsize::new(0);
    let count = async || CALLED.fetch_add(1, Ordering::SeqCst).to_string();
    let router = || Router::new().route("/", get(count).post(count)).route("/any", any(count));
    assert_eq!(rules(server(router())).await, Vec::<&str>::new());
    // Routes with the paths of endpoints take what is no handshake; their layers do not cover the endpoints.
    let shared = || router().route("/ws/feed", get(count)).route("/ws/second", any(count));
    assert_eq!(rules(server(shared())).await, Vec::<&str>::new());
    assert_eq!(rules(server(shared().layer(from_fn(require_login)))).await, Vec::<&str>::new());
    let asked = || Router::new().route("/", get(count).post(count)).route("/ws/feed", get(count));
    assert_eq!(rules(server(asked())).await, Vec::<&str>::new());
    assert_eq!(rules(server(asked().layer(from_fn(require_login)))).await, ["uncovered_endpoint"; 2]);
    assert_eq!(CALLED.load(Ordering::SeqCst), 0);
}

/// Merged, an axum router answers what it does not know through the layer of the other.
#[tokio::test]
async fn guarded_routes_beside_an_open_endpoint_are_right() {
    let admin = || Router::new().route("/stats", get(async || "stats")).layer(from_fn(require_login));
    for router in [
        pages().nest("/admin", admin()),
        pages().merge(admin()),
        Router::new().merge(pages()).merge(admin()).route("/open", get(async || "open")),
        pages().route_layer(from_fn(require_login)),
        pages().fallback(async || (StatusCode::FORBIDDEN, "not on the list of pages")),
        // Whether these are open nobody can ask without running them.
        Router::new().route("/", any(async || "home")).merge(admin()),
        Router::new().route_service("/index.html", any(page)).merge(admin()),
        Router::new().nest_service("/app", any(page)).merge(admin()),
        pages_but_one_guarded(),
    ] {
        assert_eq!(rules(server(router)).await, Vec::<&str>::new());
    }
}

/// More guarded routes than one would ask, and one that is open.
fn pages_but_one_guarded() -> Router {
    let numbers =
        (0..200).fold(Router::new(), |router, n| router.route(&format!("/{n}"), get(async || "page")));
    numbers.layer(from_fn(require_login)).route("/", get(async || "home"))
}

async fn page() -> &'static str {
    "page"
}

#[tokio::test]
async fn a_layer_that_panics_or_hangs_says_nothing() {
    let panics = from_fn(async |_: Request, _: Next| -> Response { panic!("no session store") });
    assert_eq!(rules(server(pages().layer(panics))).await, Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_hangs_does_not_hold_the_start() {
    let hangs = from_fn(async |_: Request, _: Next| -> Response { std::future::pending().await });
    assert_eq!(rules(server(pages().layer(hangs))).await, Vec::<&str>::new());
}

#[tokio::test]
async fn the_layer_of_the_server_guards_endpoints() {
    let server = Server::new().group("guarded").state(7_u8).router(pages().layer(from_fn(require_login)));
    assert_eq!(rules(server.layer(from_fn(require_login))).await, Vec::<&str>::new());
}

#[tokio::test]
async fn who_allows_it_or_may_authenticate_is_left_alone() {
    let closed = || pages().layer(from_fn(require_login));
    let right = Server::new().group("ported right").router(closed());
    assert_eq!(rules(right).await, Vec::<&str>::new());
    let allowing = server(closed()).allow("uncovered_endpoint", "handlers take a token");
    assert_eq!(rules(allowing).await, Vec::<&str>::new());
}
