//! Finds conflicting routes, with the router that will serve them.

use std::collections::HashMap;

use super::{Candidate, Clash};
use crate::{
    endpoint::Registered,
    route::{refused_by_axum, shape},
    routing::{Paths, Refused},
};

/// Finds every endpoint whose route conflicts with the user's routes or with an earlier endpoint.
///
/// A user's route with exactly the same path is not a conflict: it handles requests that are not handshakes.
pub(super) fn find_clashes(user_routes: &[String], endpoints: &mut [Candidate]) {
    let mut taken = Taken::default();
    for route in user_routes {
        taken.add(route, Owner::User(route.clone()));
    }
    for endpoint in endpoints {
        let registered = endpoint.registered();
        endpoint.shares_path = taken.share(registered);
        if !endpoint.shares_path {
            endpoint.clash = taken.add(registered.route, Owner::Endpoint(registered));
        }
    }
}

#[derive(Default)]
struct Taken {
    routes: Paths<()>,
    owners: HashMap<String, Owner>,
}

#[derive(Clone)]
enum Owner {
    User(String),
    Endpoint(&'static Registered),
}

impl Taken {
    /// Whether the path is exactly that of a user's route: with different parameter names the endpoint would not find its own
    /// parameters. From then on the path belongs to the endpoint.
    fn share(&mut self, endpoint: &'static Registered) -> bool {
        let owner = self.owners.get_mut(&shape(endpoint.route));
        let Some(owner) =
            owner.filter(|owner| matches!(owner, Owner::User(route) if route == endpoint.route))
        else {
            return false;
        };
        *owner = Owner::Endpoint(endpoint);
        true
    }

    fn add(&mut self, route: &str, owner: Owner) -> Option<Clash> {
        if let Some(words) = refused_by_axum(route) {
            return Some(Clash::Router(words.to_owned()));
        }
        let shape = shape(route);
        match self.routes.insert(route, ()) {
            Ok(()) => {
                self.owners.insert(shape, owner);
                None
            }
            Err(Refused::Conflict(with)) => Some(self.clash(&with, &shape)),
            Err(Refused::Invalid(words)) => Some(Clash::Router(words)),
        }
    }

    fn clash(&self, with: &str, own: &str) -> Clash {
        let other = shape(with);
        match self.owners.get(&other) {
            Some(Owner::Endpoint(endpoint)) if other == own => Clash::Same(endpoint),
            Some(Owner::Endpoint(endpoint)) => Clash::Overlaps(endpoint),
            Some(Owner::User(route)) => Clash::User(route.clone()),
            None => Clash::User(with.to_owned()),
        }
    }
}
