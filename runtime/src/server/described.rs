//! The document of a server, before and after its check.

use std::sync::Arc;

use super::{Checked, Server};
use crate::{
    asyncapi::{AsyncApi, Endpoint},
    mounted::Settings,
    startup,
};

impl Server {
    /// Every endpoint of this server as an AsyncAPI 3.0 document, with the settings that are in force for each. Nothing is checked:
    /// it needs no state, no database, and no runtime.
    ///
    /// Call it when everything is set: origins, limits and the group are in the document. [`Checked::asyncapi`] is the same of a
    /// server that has been checked; `cargo sockeye asyncapi` prints that one.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use sockeye::Server;
    ///
    /// // Serves its own documentation.
    /// let server = Server::new().public_url("https://app.example.com");
    /// let document = server.asyncapi().title("Rooms").version("2.1.0").as_value().clone();
    /// assert_eq!(document["servers"]["public"]["host"], "app.example.com");
    /// let server = server.router(Router::new().route("/asyncapi.json", get(async move || document.to_string())));
    /// # let _ = server;
    /// ```
    #[must_use]
    pub fn asyncapi(&self) -> AsyncApi {
        let server = Settings {
            origins: Arc::new(self.origins.clone()),
            hosts: Arc::new(self.hosts.clone()),
            limits: self.limits,
            heartbeat: self.heartbeat,
            tls: self.tls.is_some(),
            development: self.is_development(),
            nested: self.nested.as_str().into(),
            heartbeat_message: None,
        };
        let (registered, _) = startup::registered(&self.groups);
        let each = registered
            .into_iter()
            .map(|one| ((one.bind)().requirements, startup::settings(one, &server), one));
        let each: Vec<_> = each.collect();
        let endpoints: Vec<Endpoint<'_>> = each
            .iter()
            .map(|(requirements, settings, registered)| Endpoint { registered, requirements, settings })
            .collect();
        AsyncApi::new(&self.groups.label(), &server, &endpoints)
    }
}

impl Checked {
    /// Every endpoint as an AsyncAPI 3.0 document; see [`Server::asyncapi`].
    ///
    /// With `SOCKEYE_CHECK=asyncapi` in the environment, [`serve`](Self::serve) prints it and returns.
    ///
    /// ```
    /// # use sockeye::{Handshake, ws_endpoint};
    /// # /// An endpoint.
    /// # #[ws_endpoint("/ws")]
    /// # async fn endpoint(handshake: Handshake) -> sockeye::Result {
    /// #     let mut socket = handshake.accept().await?;
    /// #     while socket.recv().await?.is_some() {}
    /// #     Ok(())
    /// # }
    /// # async fn example() -> Result<(), sockeye::StartupError> {
    /// let checked = sockeye::Server::new().check().await?;
    /// assert_eq!(checked.asyncapi().as_value()["asyncapi"], "3.0.0");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    #[must_use]
    pub fn asyncapi(&self) -> AsyncApi {
        let endpoints: Vec<Endpoint<'_>> = self.endpoints.iter().map(|mounted| (&**mounted).into()).collect();
        AsyncApi::new(&self.group, &self.settings, &endpoints)
    }
}
