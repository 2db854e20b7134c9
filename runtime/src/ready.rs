use std::future::Future;

use crate::{Error, Result};

/// A component that must work before the server listens: a database, a broker, a loaded model.
///
/// [`Server::ready`](crate::Server::ready) takes one with its name. Usually it is an async closure that tries something
/// and returns a `Result`:
///
/// ```
/// # #[derive(Clone)] struct Pool;
/// # impl Pool { async fn ping(&self) -> std::io::Result<()> { Ok(()) } }
/// # let pool = Pool;
/// use sockeye::Server;
///
/// let database = pool.clone();
/// let server = Server::new().ready("database", async move || database.ping().await).state(pool);
/// # let _ = server;
/// ```
///
/// A type of your own can implement the trait:
///
/// ```
/// use sockeye::{Error, Ready, Result, Server};
///
/// struct Certificate { days_left: u32 }
///
/// impl Ready for Certificate {
///     async fn ready(self) -> Result {
///         match self.days_left {
///             0 => Err(Error::new("the certificate has expired")),
///             _ => Ok(()),
///         }
///     }
/// }
/// let server = Server::new().ready("certificate", Certificate { days_left: 30 });
/// # let _ = server;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a readiness check",
    label = "expected an async closure that returns a `Result`, or a type that implements `sockeye::Ready`",
    note = "help: write `async move || pool.ping().await`, with an error that converts into `sockeye::Error`"
)]
pub trait Ready: Send + 'static {
    /// Checks whether the component works. It must not block its thread: move blocking calls to
    /// `tokio::task::spawn_blocking`. It is dropped when its time limit expires.
    ///
    /// # Errors
    /// If the component does not work. The startup report contains the error.
    fn ready(self) -> impl Future<Output = Result> + Send;
}

#[diagnostic::do_not_recommend]
impl<F, Fut, T, E> Ready for F
where
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = std::result::Result<T, E>> + Send,
    E: Into<Error>,
{
    async fn ready(self) -> Result {
        self().await.map(drop).map_err(Into::into)
    }
}
