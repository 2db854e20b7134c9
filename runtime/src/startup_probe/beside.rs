//! Tests how the layers of the user's own router answer an anonymous request for an endpoint's path.

use std::time::Duration;

use axum::{Router, body::Body};
use futures_util::{StreamExt as _, stream};
use http::Request;

use super::{
    Answer,
    ask::{AT_ONCE, at, send},
    marker::Marker,
    request,
};
use crate::{
    hosts::Hosts,
    startup::{Candidate, Clash, UserRouter},
};

/// How long that router may take. A slow response is not a mistake here.
const PATIENCE: Duration = Duration::from_secs(2);
/// Words in routes that are usually public in a router where everything else is not.
const OPEN_ANYWAY: [&str; 19] = [
    "login", "logon", "logout", "log-in", "signin", "sign-in", "signup", "sign-up", "register", "auth",
    "callback", "health", "ready", "live", "metrics", "favicon", "static", "assets", "public",
];

/// Probes it for the path of each endpoint that an anonymous client reaches: a request that is refused there was also refused
/// before the endpoint moved out of that router, if its own routes refuse anonymous clients as well.
///
/// That second condition matters: merged with a router that has a layer, an axum router answers unknown paths through that
/// layer, however open its own routes are. No handler runs, only layers and the fallback.
pub(crate) async fn ask_users_router(router: Option<&Router>, hosts: &Hosts, endpoints: &mut [Candidate]) {
    let Some(router) = router else { return };
    let read = UserRouter::read(router);
    if !keeps_its_own_routes(router, &read, hosts).await {
        return;
    }
    let reached = |one: &Candidate| matches!(one.answer, Some(Answer::Arrived { .. }));
    // A route that matches the path is probed with a method that does not call its handler.
    let can_ask = |one: &Candidate| match &one.clash {
        None => !one.shares_path || read.choosy.contains(one.registered().route),
        Some(Clash::User(route)) => read.choosy.contains(route),
        Some(_) => false,
    };
    let all = endpoints.iter().enumerate().filter(|(_, one)| reached(one) && can_ask(one));
    let asked: Vec<_> = all.map(|(index, one)| at(index, stranger(router, one))).collect();
    let answers: Vec<(usize, Answer)> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
    for (index, answer) in answers {
        // A user's fallback may answer unknown paths with 403.
        let refusal =
            answer.kept_out().filter(|refusal| read.has_default_fallback || !refusal.is_forbidden());
        endpoints[index].beside = refusal;
    }
}

/// Whether anonymous clients are refused on every route that is not usually public. A route that cannot be probed without
/// running its handler, of `any(..)` or a service, may be open, so the result is unknown.
async fn keeps_its_own_routes(router: &Router, read: &UserRouter, hosts: &Hosts) -> bool {
    let telling: Vec<&String> = read.routes.iter().filter(|route| !is_open_anyway(route)).collect();
    if telling.is_empty() {
        // The response may come from a fallback, such as one that redirects unknown paths to a login page.
        return read.has_default_fallback && !read.routes.is_empty() && read.is_choosy();
    }
    if telling.iter().any(|route| !read.choosy.contains(*route)) {
        return false;
    }
    let asked: Vec<_> = telling.iter().map(|route| without_handler(router, route, hosts)).collect();
    let answers = stream::iter(asked).buffer_unordered(AT_ONCE);
    // The first open one is enough, or the first that does not respond.
    answers.all(|answer| std::future::ready(answer.kept_out().is_some())).await
}

fn is_open_anyway(route: &str) -> bool {
    let route = route.to_ascii_lowercase();
    OPEN_ANYWAY.iter().any(|word| route.contains(word))
}

fn stranger(router: &Router, endpoint: &Candidate) -> impl Future<Output = Answer> + use<> {
    let (marker, mounted) = (Marker::default(), &endpoint.mounted);
    let request = if endpoint.shares_path || endpoint.clash.is_some() {
        request::without_handler(mounted.registered.route, &mounted.settings.hosts, &marker)
    } else {
        request::handshake(mounted, &marker)
    };
    ask(router.clone(), request, marker)
}

fn without_handler(router: &Router, route: &str, hosts: &Hosts) -> impl Future<Output = Answer> + use<> {
    let marker = Marker::default();
    let request = request::without_handler(route, hosts, &marker);
    ask(router.clone(), request, marker)
}

async fn ask(router: Router, request: http::Result<Request<Body>>, marker: Marker) -> Answer {
    send(router, request, &marker, PATIENCE).await
}
