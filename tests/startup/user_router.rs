use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Path,
    http::Request,
    routing::{any, get, post},
};
use sockeye::{Handshake, Server, ws_endpoint};
use tower::ServiceExt;

use crate::{report, rules};

/// A literal path.
#[ws_endpoint("/ws/chat", group = "user router")]
async fn chat(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// A parameter.
#[ws_endpoint("/ws/rooms/{id}", group = "user router")]
async fn room(handshake: Handshake, Path(_id): Path<u64>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// A catch-all.
#[ws_endpoint("/ws/files/{*rest}", group = "user router")]
async fn files(handshake: Handshake, Path(_rest): Path<String>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

fn server(router: Router) -> Server {
    Server::new().group("user router").router(router)
}

async fn body(router: &Router, path: &str) -> (u16, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), 4096).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn routes_beside_the_endpoints_keep_working() {
    let api = Router::new().route("/users", get(async || "users")).fallback(async || "no such api");
    let router = Router::new()
        .route("/", get(async || "home"))
        .route("/ws/rooms", get(async || "rooms"))
        .route("/{page}", get(async |Path(page): Path<String>| page))
        .route("/pages/{*rest}", get(async || "page"))
        .nest("/api", api)
        .nest_service("/static", get(async || "static"))
        .fallback(async || "nothing here");
    let router = server(router).check().await.unwrap().into_router();
    for (path, expected) in [
        ("/", "home"),
        ("/ws/rooms", "rooms"),
        ("/about", "about"),
        ("/pages/a/b", "page"),
        ("/api/users", "users"),
        ("/api/nothing", "no such api"),
        ("/static/logo.png", "static"),
        ("/no/such/page", "nothing here"),
    ] {
        assert_eq!(body(&router, path).await, (200, expected.to_owned()), "{path}");
    }
    assert_ne!(body(&router, "/ws/rooms/7").await.0, 200);
}

#[tokio::test]
async fn layers_of_the_router_do_not_cover_endpoints() {
    let closed = axum::middleware::from_fn(async |_: axum::extract::Request, _: axum::middleware::Next| {
        axum::http::StatusCode::FORBIDDEN
    });
    let router = Router::new().route("/", get(async || "home")).layer(closed);
    let server = server(router).allow("uncovered_endpoint", "this test asks whether they do");
    assert_eq!(rules(server).await, Vec::<&str>::new());
}

#[tokio::test]
async fn overlapping_routes_are_reported() {
    let router = Router::new()
        .route("/ws/rooms/{*rest}", get(async || {}))
        .route("/ws/files/{id}/raw/{part}", get(async || {}));
    insta::assert_snapshot!(report(server(router)).await);
}

/// What else is wrong with an endpoint does not wait until its route is changed.
#[tokio::test]
async fn a_conflict_hides_no_other_problem() {
    let refuse = || {
        axum::middleware::from_fn(async |_: axum::extract::Request, _: axum::middleware::Next| {
            axum::http::StatusCode::UNAUTHORIZED
        })
    };
    let overlapping = || Router::new().route("/ws/rooms/{*rest}", get(async || {}));
    let rules_of = async |server: Server, name: &str| {
        let error = server.check().await.unwrap_err();
        let of_one = error.problems().iter().filter(|one| one.message().contains(&format!("`{name}`")));
        of_one.map(|one| one.rule().to_owned()).collect::<Vec<_>>()
    };
    let behind = server(overlapping()).layer(refuse());
    assert_eq!(rules_of(behind, "room").await, ["conflicting_route", "unreachable_endpoint"]);
    let beside = server(overlapping().layer(refuse()));
    assert_eq!(rules_of(beside, "room").await, ["conflicting_route", "uncovered_endpoint"]);
    assert_eq!(rules_of(server(overlapping()), "room").await, ["conflicting_route"]);
    let mut between_endpoints = rules(Server::new().group("conflicting_route").layer(refuse())).await;
    between_endpoints.sort_unstable();
    assert_eq!(between_endpoints, ["conflicting_route", "unreachable_endpoint", "unreachable_endpoint"]);
}

#[tokio::test]
async fn a_route_that_differs_in_a_name_is_told_how_to_share_the_path() {
    let router = Router::new().route("/ws/rooms/{room}", post(async || {}));
    insta::assert_snapshot!(report(server(router)).await);
}

#[tokio::test]
async fn a_nested_service_is_named() {
    let router = Router::new().nest_service("/ws/rooms", any(async || {}));
    insta::assert_snapshot!(report(server(router)).await);
}

#[tokio::test]
async fn axum_never_panics() {
    let page = || get(async || {});
    let nested = Router::new().route("/{x}", page());
    for (router, count) in [
        (Router::new().route("/ws/chat", page()), 0),
        (Router::new().route_service("/ws/chat", page()), 0),
        (Router::new().nest("/ws/rooms", nested.clone()), 1),
        (Router::new().nest("/ws/rooms", Router::new().route("/{id}", page())), 0),
        (Router::new().nest("/ws", Router::new().nest("/rooms", nested)), 1),
        (Router::new().nest("/ws/{x}", Router::new().route("/{y}", page())), 0),
        (Router::new().nest_service("/ws/chat", page()), 0),
        (Router::new().nest_service("/ws", page()), 0),
        (Router::new().route("/ws/{*rest}", page()), 0),
        (Router::new().route("/{*rest}", page()), 0),
        (Router::new().route("/ws/files/{a}/{b}/{c}", page()), 1),
        (Router::new().route("/ws/files/{*other}", page()).route("/ws/rooms/{other}", page()), 2),
        (Router::new().route("/ws/files/known", page()).route("/ws/rooms/known", page()), 0),
    ] {
        let text = format!("{router:?}");
        assert_eq!(rules(server(router)).await, vec!["conflicting_route"; count], "{text}");
    }
}
