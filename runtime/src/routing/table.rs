//! Whose route a path is, by the rules of the router that serves it.

use super::Paths;
use crate::endpoint::Registered;

/// Every route that is served, the user's own included.
#[derive(Debug, Default)]
pub(crate) struct Table {
    routes: Paths<Option<&'static Registered>>,
    endpoints: Vec<&'static str>,
    /// The endpoints of groups that this server does not serve.
    elsewhere: Paths<&'static Registered>,
}

impl Table {
    /// Endpoints come first: a route of the user's that has the path of one takes what is no handshake, and is not asked here.
    pub(crate) fn new<'a>(
        endpoints: impl Iterator<Item = &'static Registered>,
        user: impl Iterator<Item = &'a str>,
        elsewhere: &[&'static Registered],
    ) -> Self {
        let mut table = Self::default();
        for endpoint in endpoints {
            if table.routes.insert(endpoint.route, Some(endpoint)).is_ok() {
                table.endpoints.push(endpoint.route);
            }
        }
        for route in user {
            // What is in the way of it is the endpoint of the same path.
            let _taken = table.routes.insert(route, None);
        }
        for endpoint in elsewhere {
            // Two groups may have the same route; one of them is enough to name.
            let _taken = table.elsewhere.insert(endpoint.route, endpoint);
        }
        table
    }

    /// The endpoint whose route a path is.
    pub(super) fn endpoint_at(&self, path: &str) -> Option<&'static Registered> {
        self.routes.at(path).copied().flatten()
    }

    /// The endpoint of another group whose route a path is.
    pub(super) fn in_other_group(&self, path: &str) -> Option<&'static Registered> {
        self.elsewhere.at(path).copied()
    }

    /// The routes of the endpoints.
    pub(super) fn endpoints(&self) -> &[&'static str] {
        &self.endpoints
    }
}
