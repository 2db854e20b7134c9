use sockeye_rules::CONFLICTING_ROUTE;

use super::{Candidate, Clash, Context, Place, Problem, user_router::nested_service};
#[cfg(feature = "console")]
use crate::routing::Refused;
use crate::{endpoint::Registered, route::shape, routing::Paths};

/// A route that overlaps another one in the router.
pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {
    let mut taken = Taken::of(&context.endpoints);
    problems.extend(context.endpoints.iter().filter_map(|one| conflict(one, &mut taken)));
}

/// The routes that a new one must not overlap.
struct Taken(Paths<()>);

impl Taken {
    /// The routes of all endpoints, and the user's routes that they overlap.
    fn of(endpoints: &[Candidate]) -> Self {
        let mut taken = Self(Paths::default());
        for endpoint in endpoints {
            taken.take(endpoint.registered().route);
            if let Some(Clash::User(route)) = &endpoint.clash {
                taken.take(route);
            }
        }
        taken
    }

    /// Whether the route was free.
    fn take(&mut self, route: &str) -> bool {
        self.0.insert(route, ()).is_ok()
    }

    /// A route similar to the endpoint's that overlaps no other, for the help text.
    fn example(&mut self, endpoint: &'static Registered) -> String {
        let route = endpoint.route;
        let more = match route.strip_prefix("/ws") {
            Some(rest) if rest.starts_with('/') => {
                [format!("/sockets{rest}"), format!("/{}{rest}", endpoint.name)]
            }
            _ => [format!("/ws{route}"), format!("/{}{route}", endpoint.name)],
        };
        let free = more.into_iter().find(|route| self.take(route));
        free.map(|route| format!(", as in `{route}`")).unwrap_or_default()
    }
}

fn conflict(one: &Candidate, taken: &mut Taken) -> Option<Problem> {
    let endpoint = one.registered();
    match one.clash.as_ref()? {
        Clash::Same(_) => None,
        Clash::Overlaps(other) => Some(with_endpoint(endpoint, other, taken)),
        Clash::User(route) => Some(with_user_route(endpoint, route, taken)),
        Clash::Router(words) => Some(refused(endpoint, words)),
    }
}

fn with_endpoint(endpoint: &'static Registered, other: &'static Registered, taken: &mut Taken) -> Problem {
    let example = taken.example(endpoint);
    let message = format!(
        "the routes of endpoints `{}` and `{}` overlap: `{}` and `{}`",
        other.name, endpoint.name, other.route, endpoint.route
    );
    Problem::new(&CONFLICTING_ROUTE, message)
        .at(Place::route(endpoint, "this route"))
        .at(Place::route(other, "matches the same paths as this one"))
        .with_help(format!(
            "change one of the routes so that it begins with a literal segment that the other does not have{example}",
        ))
}

fn with_user_route(endpoint: &'static Registered, route: &str, taken: &mut Taken) -> Problem {
    let (name, theirs) = (endpoint.name, described(route));
    let message = format!(
        "the route of endpoint `{name}` conflicts with {theirs} of the router passed to `.router(..)`"
    );
    Problem::new(&CONFLICTING_ROUTE, message)
        .at(Place::route(endpoint, format!("overlaps {theirs}")))
        .with_help(with_user_route_help(endpoint, route, taken))
}

/// Routes with the same shape could share their path, if they had the same parameter names.
fn with_user_route_help(endpoint: &'static Registered, route: &str, taken: &mut Taken) -> String {
    if shape(route) == shape(endpoint.route) {
        return format!(
            "write the axum route as `{}` too: handshakes then go to the endpoint, and all other requests to the axum route",
            endpoint.route
        );
    }
    let example = taken.example(endpoint);
    format!(
        "change the path of the endpoint{example}, or that of the axum route, or remove the axum route if the endpoint replaces it"
    )
}

fn described(route: &str) -> String {
    match nested_service(route) {
        Some(prefix) => format!("the service nested at `{prefix}`"),
        None => format!("the route `{route}`"),
    }
}

/// The path of the health route is one of the user's routes, or is not valid.
pub(crate) fn no_place_for_health(path: &str, words: &str) -> Problem {
    let message =
        format!("the health route `{path}` cannot be added to the router passed to `.router(..)`: {words}");
    Problem::new(&CONFLICTING_ROUTE, message)
        .with_help("pass `.health(..)` a path that begins with `/` and that no other route has")
}

/// A route of the console is not free: it overlaps this one, or is not valid.
#[cfg(feature = "console")]
pub(crate) fn no_place_for_console(
    path: &str,
    refused: &Refused,
    endpoint: Option<&'static Registered>,
) -> Problem {
    let message = match (refused, endpoint) {
        (Refused::Conflict(_), Some(Registered { route, name, .. })) => {
            format!("the console at `{path}` conflicts with the route `{route}` of endpoint `{name}`")
        }
        (Refused::Conflict(route), None) => {
            format!("the console at `{path}` conflicts with {}", described(route))
        }
        (Refused::Invalid(words), _) => format!("`{path}` cannot be the path of the console: {words}"),
    };
    let problem = Problem::new(&CONFLICTING_ROUTE, message).with_help(
        "pass `.console(..)` a path that begins with `/` and that no other route has, such as `/_sockeye`",
    );
    match endpoint {
        Some(endpoint) => problem.at(Place::route(endpoint, format!("overlaps `{path}`"))),
        None => problem,
    }
}

fn refused(endpoint: &'static Registered, words: &str) -> Problem {
    Problem::new(&CONFLICTING_ROUTE, format!("the router refuses the route of endpoint `{}`", endpoint.name))
        .at(Place::route(endpoint, words))
        .with_help("change the route of the endpoint")
}
