use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    error_handling::HandleErrorLayer,
    extract::{Path, Request},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect, Response},
    routing::Route,
};
use sockeye::{Handshake, Server, ws_endpoint};
use tower::{ServiceBuilder, limit::GlobalConcurrencyLimitLayer};

use crate::{report, rules};

/// Open to all.
#[ws_endpoint("/ws/open", group = "open")]
async fn open(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// Of a tenant.
#[ws_endpoint("/ws/{tenant}/open", group = "tenant")]
async fn tenant(handshake: Handshake, Path(_tenant): Path<String>) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// With a guard.
#[ws_endpoint("/ws/guarded", guarded, group = "guarded")]
async fn behind(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

/// A server in whose way every request is answered so.
fn answering(group: &str, answer: impl IntoResponse + Clone + Send + Sync + 'static) -> Server {
    Server::new().group(group).layer(from_fn(move |_: Request, _: Next| {
        let answer = answer.clone();
        async move { answer.into_response() }
    }))
}

async fn two_seconds(request: Request, next: Next) -> Response {
    tokio::time::sleep(Duration::from_secs(2)).await;
    next.run(request).await
}

#[tokio::test]
async fn a_layer_that_refuses_everybody() {
    let server = answering("open", (StatusCode::FORBIDDEN, "you shall not\n  pass"));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn a_layer_that_panics() {
    let server = Server::new()
        .group("open")
        .layer(from_fn(async |_: Request, _: Next| -> Response { panic!("no database") }));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_hangs() {
    let server = Server::new()
        .group("open")
        .layer(from_fn(async |_: Request, _: Next| -> Response { std::future::pending().await }));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn a_layer_that_redirects() {
    insta::assert_snapshot!(report(answering("open", Redirect::to("/login"))).await);
}

#[tokio::test]
async fn a_layer_that_replaces_the_answer() {
    let server = Server::new().group("open").layer(from_fn(async |request: Request, next: Next| {
        drop(next.run(request).await);
        (StatusCode::INTERNAL_SERVER_ERROR, "the answer was not JSON")
    }));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn a_layer_that_builds_a_new_request() {
    let server = Server::new().group("open").layer(from_fn(async |request: Request, next: Next| {
        let (parts, body) = request.into_parts();
        let mut bare = Request::new(body);
        *bare.uri_mut() = parts.uri;
        *bare.method_mut() = parts.method;
        *bare.headers_mut() = parts.headers;
        next.run(bare).await
    }));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn a_layer_that_removes_a_header_of_the_handshake() {
    let server = Server::new().group("open").layer(from_fn(async |mut request: Request, next: Next| {
        request.headers_mut().remove("upgrade");
        next.run(request).await
    }));
    let report = report(server).await;
    assert!(
        report.contains("no client can reach endpoint `open`: a layer removes the header `upgrade`"),
        "{report}"
    );
    assert!(report.contains("help: keep `upgrade` in the layer"), "{report}");
}

#[tokio::test]
async fn a_redirect_to_https_is_no_guard() {
    let report =
        report(answering("guarded", Redirect::permanent("https://app.example.com/ws/guarded"))).await;
    assert!(report.contains("error[unreachable_endpoint]") && report.contains(".public_url("), "{report}");
}

#[tokio::test]
async fn a_layer_that_knows_no_such_tenant() {
    let server = answering("tenant", (StatusCode::NOT_FOUND, "no such tenant"));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn a_layer_can_let_the_startup_probe_through() {
    let server = Server::new().group("tenant").layer(from_fn(async |request: Request, next: Next| {
        if sockeye::is_startup_probe(request.extensions()) {
            next.run(request).await
        } else {
            StatusCode::NOT_FOUND.into_response()
        }
    }));
    assert_eq!(rules(server).await, Vec::<&str>::new());
}

#[tokio::test]
async fn an_endless_answer_does_not_hold_the_check() {
    let endless =
        || axum::body::Body::from_stream(futures_util::stream::pending::<Result<String, Infallible>>());
    let server = Server::new()
        .group("open")
        .layer(from_fn(move |_: Request, _: Next| async move { (StatusCode::IM_A_TEAPOT, endless()) }));
    assert!(report(server).await.contains("418 I'm a teapot"));
}

#[tokio::test]
async fn a_guard_that_refuses_is_as_it_should_be() {
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::PROXY_AUTHENTICATION_REQUIRED]
    {
        assert_eq!(rules(answering("guarded", status)).await, Vec::<&str>::new());
    }
    assert_eq!(rules(answering("guarded", Redirect::to("/login"))).await, Vec::<&str>::new());
}

#[tokio::test]
async fn an_open_door_is_reported() {
    insta::assert_snapshot!(report(Server::new().group("guarded")).await);
}

#[tokio::test]
async fn a_guard_that_fails_is_reported() {
    let server = answering("guarded", (StatusCode::BAD_GATEWAY, "no answer from the identity provider"));
    insta::assert_snapshot!(report(server).await);
}

#[tokio::test]
async fn a_rate_limit_that_counts_the_startup_probe_is_no_mistake() {
    assert_eq!(rules(answering("open", StatusCode::TOO_MANY_REQUESTS)).await, Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn load_shedding_is_asked_again_alone() {
    let one_at_a_time = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |_: tower::BoxError| StatusCode::SERVICE_UNAVAILABLE))
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(1));
    let server = Server::new().group("slow").layer(from_fn(two_seconds)).layer(one_at_a_time);
    assert_eq!(rules(server).await, Vec::<&str>::new());
}

/// A layer that is a plain `tower` service around axum's `Route`.
#[tokio::test]
async fn later_layers_go_around_earlier_ones() {
    let refuse = from_fn(async |_: Request, _: Next| StatusCode::FORBIDDEN);
    let let_through = tower::layer::layer_fn(|_: Route| {
        tower::service_fn(async |_: Request| Ok::<_, Infallible>(StatusCode::NO_CONTENT.into_response()))
    });
    let server = Server::new().group("open").layer(refuse).layer(let_through).router(Router::new());
    assert!(report(server).await.contains("204 No Content"));
}

#[tokio::test(start_paused = true)]
async fn slow_layers_do_not_add_up() {
    let begin = tokio::time::Instant::now();
    assert_eq!(rules(Server::new().group("slow").layer(from_fn(two_seconds))).await, Vec::<&str>::new());
    assert_eq!(begin.elapsed().as_secs(), 2);
}

macro_rules! slow {
    ($($name:ident $route:literal)*) => {
        $(
            /// One of several.
            #[ws_endpoint($route, group = "slow")]
            async fn $name(handshake: Handshake) -> sockeye::Result {
                handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
                Ok(())
            }
        )*
    };
}

slow!(a "/ws/slow/a" b "/ws/slow/b" c "/ws/slow/c" d "/ws/slow/d");
