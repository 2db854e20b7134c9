use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use tokio::sync::mpsc;

use crate::{
    address::{self, Login},
    connection::Connection,
    denied::Denied,
    feeds::Feeds,
    flight::Flight,
    rounds::{ANSWER, Rounds},
};

/// How many commands the client queues: more than `Flight` has room for.
const COMMANDS: usize = 4096;
/// How much is read at once, in bytes. With this, a task that is busy reading does not fill the queue of a topic.
const READ: u16 = 16 << 10;
/// Where nobody listens.
const NOWHERE: &str = "nats://127.0.0.1:0";

/// What each connection needs.
pub(crate) struct Opener {
    pub(crate) servers: Vec<ServerAddr>,
    pub(crate) login: Login,
    pub(crate) prefix: String,
    pub(crate) pending: usize,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::rustls::ClientConfig>,
}

impl Opener {
    pub(crate) async fn open<'a>(&'a self, denied: &'a mut Denied) -> Result<Connection<'a>, String> {
        let (tell, events) = mpsc::unbounded_channel();
        let told = move |event: Event| {
            // Nobody listens any more when the connection has been given up.
            _ = tell.send(event);
            std::future::ready(())
        };
        let client = self.connect(self.options()?.event_callback(told)).await?;
        // A client that reconnects by itself would send what was counted as lost. This one ends with its connection.
        let closed = |error: &dyn std::fmt::Display| format!("the connection to NATS was closed: {error}");
        client.set_server_pool(NOWHERE).await.map_err(|error| closed(&error))?;
        // Two tokens, so that it is no topic.
        let echo_subject = format!("{}echo.{}", self.prefix, client.new_inbox().replace('.', "-"));
        let echoes = client.subscribe(echo_subject.clone()).await.map_err(|error| closed(&error))?;
        Ok(Connection {
            client,
            echoes,
            echo_subject,
            events,
            prefix: &self.prefix,
            denied,
            feeds: Feeds::default(),
            flight: Flight::default(),
            rounds: Rounds::new(),
            errors: 0,
            error: None,
        })
    }

    #[cfg_attr(
        not(feature = "nkeys"),
        expect(clippy::unnecessary_wraps, reason = "only a file of credentials can fail")
    )]
    fn options(&self) -> Result<ConnectOptions, String> {
        let options = ConnectOptions::new()
            .name("sockeye")
            .max_reconnects(self.servers.len())
            .ignore_discovered_servers()
            .connection_timeout(ANSWER)
            // Only so that a client that was given up does not wait for a dead server for longer.
            .ping_interval(ANSWER)
            .client_capacity(COMMANDS)
            .subscription_capacity(self.pending)
            .read_buffer_capacity(READ);
        #[cfg(feature = "tls")]
        let options = match &self.tls {
            Some(config) => options.tls_client_config(config.clone()),
            None => options,
        };
        Ok(match &self.login {
            Login::Nobody => options,
            Login::User { name, password } => options.user_and_password(name.clone(), password.clone()),
            Login::Token(token) => options.token(token.clone()),
            #[cfg(feature = "nkeys")]
            Login::NKey(seed) => options.nkey(seed.clone()),
            #[cfg(feature = "nkeys")]
            Login::CredentialsFile(path) => {
                // A small file, once for each connection.
                let read = std::fs::read_to_string(path).and_then(|text| options.credentials(&text));
                read.map_err(|error| format!("cannot read the credentials in {}: {error}", path.display()))?
            }
        })
    }

    /// Trusts what the machine trusts, unless there is a configuration. Reading the certificates takes a moment.
    #[cfg(feature = "tls")]
    pub(crate) async fn read_certificates(&mut self) {
        use crate::rustls::{ClientConfig, RootCertStore, crypto::ring};

        if self.tls.is_some() {
            return;
        }
        let mut roots = RootCertStore::empty();
        if let Ok(read) = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await {
            roots.add_parsable_certificates(read.certs);
        }
        // The provider is named: a program that has several has no default, and rustls would panic.
        let builder = ClientConfig::builder_with_provider(std::sync::Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions();
        self.tls = builder.ok().map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
    }

    async fn connect(&self, options: ConnectOptions) -> Result<Client, String> {
        // In a task, since rustls panics if the server requires TLS and the program has no provider of cryptography.
        let connected = tokio::spawn(options.connect(self.servers.clone())).await;
        match connected {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => Err(self.why_not(&error)),
            Err(error) if error.is_panic() && !cfg!(feature = "tls") => {
                Err("NATS requires TLS, which needs the feature `tls` of `sockeye-nats`".to_owned())
            }
            Err(error) => Err(format!("the client of NATS has failed: {error}")),
        }
    }

    fn why_not(&self, error: &ConnectError) -> String {
        let servers = address::shown(&self.servers);
        match error.kind() {
            ConnectErrorKind::AuthorizationViolation => match self.login {
                Login::Nobody => {
                    format!("NATS at {servers} requires a login: name a user and a password, or a token")
                }
                _ => format!("NATS at {servers} refuses the login: wrong user, password, token or key"),
            },
            ConnectErrorKind::Authentication => {
                format!("the key for NATS at {servers} cannot sign: is it whole?")
            }
            ConnectErrorKind::TimedOut => {
                format!("NATS at {servers} has not answered for {} seconds", ANSWER.as_secs())
            }
            _ => format!("cannot connect to NATS at {servers}: {error}"),
        }
    }
}
