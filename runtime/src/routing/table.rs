//! Looks up the owner of a path, by the rules of the serving router.

use super::Paths;
use crate::endpoint::Registered;

/// Every route that is served, including the user's.
#[derive(Debug, Default)]
pub(crate) struct Table {
    routes: Paths<Option<&'static Registered>>,
    endpoints: Vec<&'static str>,
    /// The endpoints of groups that this server does not serve.
    elsewhere: Paths<&'static Registered>,
}

impl Table {
    /// Endpoints come first: a user's route with the path of an endpoint handles requests that are not handshakes, and is not
    /// looked up here.
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
            // It conflicts with the endpoint of the same path.
            let _taken = table.routes.insert(route, None);
        }
        for endpoint in elsewhere {
            // Two groups may have the same route; naming one of them is enough.
            let _taken = table.elsewhere.insert(endpoint.route, endpoint);
        }
        table
    }

    /// The endpoint whose route matches a path.
    pub(super) fn endpoint_at(&self, path: &str) -> Option<&'static Registered> {
        self.routes.at(path).copied().flatten()
    }

    /// The endpoint of another group whose route matches a path.
    pub(super) fn in_other_group(&self, path: &str) -> Option<&'static Registered> {
        self.elsewhere.at(path).copied()
    }

    /// The routes of the endpoints.
    pub(super) fn endpoints(&self) -> &[&'static str] {
        &self.endpoints
    }
}
