//! Routes as the serving router interprets them. Only this file of the runtime uses `matchit`, in the version that axum uses.

/// Values by route.
#[derive(Debug)]
pub(crate) struct Paths<T>(matchit::Router<T>);

/// Why a route cannot be added.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The route that matches the same paths.
    Conflict(String),
    /// The fault of the route itself.
    Invalid(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conflict(with) => write!(f, "it conflicts with `{with}`"),
            Self::Invalid(words) => f.write_str(words),
        }
    }
}

impl<T> Paths<T> {
    pub(crate) fn insert(&mut self, route: &str, value: T) -> Result<(), Refused> {
        self.0.insert(route, value).map_err(|error| match error {
            matchit::InsertError::Conflict { with } => Refused::Conflict(with),
            invalid => Refused::Invalid(invalid.to_string()),
        })
    }

    /// The value of the route that matches the path.
    pub(crate) fn at(&self, path: &str) -> Option<&T> {
        self.0.at(path).ok().map(|found| found.value)
    }
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Self(matchit::Router::new())
    }
}
