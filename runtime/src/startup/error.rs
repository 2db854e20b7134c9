use std::fmt;

use super::Problem;
use crate::report;

/// Why the server did not start: every problem of every endpoint.
///
/// Returned from `main`, it prints the whole report, and the process exits with status 1:
///
/// ```no_run
/// use sockeye::{Server, StartupError};
///
/// #[tokio::main]
/// async fn main() -> Result<(), StartupError> {
///     Server::new().serve("127.0.0.1:3000").await
/// }
/// ```
///
/// `Display` is always plain text. `Debug`, which is what `main` prints, has colours when standard error is a terminal
/// and `NO_COLOR` is not set.
pub struct StartupError {
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    endpoints: usize,
    /// Whether the program had bound the listener already.
    bound: bool,
}

impl StartupError {
    pub(crate) fn new(mut problems: Vec<Problem>, endpoints: usize) -> Self {
        problems.sort_by_cached_key(Problem::order);
        let (warnings, problems) = problems.into_iter().partition(Problem::is_warning);
        Self { problems, warnings, endpoints, bound: false }
    }

    /// Says no longer that nothing was bound.
    pub(crate) fn on_a_bound_listener(mut self, bound: bool) -> Self {
        self.bound = bound;
        self
    }

    /// Every problem, sorted by file and line. Never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The warnings, which on their own do not keep the server from starting, sorted by file and line.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    fn render(&self, look: report::Look) -> String {
        let ending = report::ending(self.bound);
        report::failure(&self.problems, &self.warnings, self.endpoints, ending, look)
    }
}

impl fmt::Display for StartupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(report::Look::Plain))
    }
}

impl fmt::Debug for StartupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(report::Look::of(&std::io::stderr())))
    }
}

impl std::error::Error for StartupError {}
