use std::{fmt, pin::Pin, time::Duration};

use async_nats::ServerAddr;
use sockeye::{
    Backplane,
    backplane::{Inlet, Outlet},
};
use tokio::time::Instant;

use crate::{
    address::{self, Login},
    denied::Denied,
    open::Opener,
    subject,
};

/// The default of [`Nats::pending`].
const PENDING: usize = 32_768;

/// A backplane over NATS; see [`connect`].
#[must_use = "a backplane does nothing until a hub is built with it"]
pub struct Nats {
    /// What is wrong with the URL, if something is.
    servers: Result<Vec<ServerAddr>, String>,
    login: Login,
    prefix: String,
    pending: usize,
    #[cfg(feature = "tls")]
    tls: Option<crate::rustls::ClientConfig>,
}

/// A [`Backplane`] that shares topics over these servers, such as `nats://127.0.0.1:4222`; [several](crate#urls-and-secrets) are
/// separated by commas.
///
/// It connects when a hub is built with it. If the URL is wrong, the hub is never [`Ready`](sockeye::Ready), and says why.
///
/// ```no_run
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let nats = sockeye_nats::connect("nats://127.0.0.1:4222");
/// let hub = sockeye::Hub::<u32>::builder().backplane(nats).build();
/// # drop(hub) });
/// ```
pub fn connect(url: impl Into<String>) -> Nats {
    let (servers, login) = match address::parse(&url.into()) {
        Ok((servers, login)) => (Ok(servers), login),
        Err(reason) => (Err(reason), Login::Nobody),
    };
    Nats {
        servers,
        login,
        prefix: "sockeye.".to_owned(),
        pending: PENDING,
        #[cfg(feature = "tls")]
        tls: None,
    }
}

impl Nats {
    /// What the subjects begin with: `sockeye.` by default. Tokens, each with a dot behind it. Hubs that share topics have the same prefix, and
    /// hubs with the same topics but other events need another one.
    ///
    /// ```
    /// let nats = sockeye_nats::connect("nats://127.0.0.1").prefix("shop.progress.");
    /// # let _ = nats;
    /// ```
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Logs in with a user and a password, instead of those in the URL.
    ///
    /// ```
    /// let password = std::env::var("NATS_PASSWORD").unwrap_or_default();
    /// let nats = sockeye_nats::connect("nats://127.0.0.1").user("shop", password);
    /// # let _ = nats;
    /// ```
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Login::User { name: name.into(), password: password.into() };
        self
    }

    /// Logs in with a token.
    ///
    /// ```
    /// let token = std::env::var("NATS_TOKEN").unwrap_or_default();
    /// let nats = sockeye_nats::connect("nats://127.0.0.1").token(token);
    /// # let _ = nats;
    /// ```
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.login = Login::Token(token.into());
        self
    }

    /// Logs in with the seed of an nkey, which begins with `SU`.
    ///
    /// ```
    /// let seed = std::env::var("NATS_SEED").unwrap_or_default();
    /// let nats = sockeye_nats::connect("nats://127.0.0.1").nkey(seed);
    /// # let _ = nats;
    /// ```
    #[cfg(feature = "nkeys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "nkeys")))]
    pub fn nkey(mut self, seed: impl Into<String>) -> Self {
        self.login = Login::NKey(seed.into());
        self
    }

    /// Logs in with the JWT and the nkey of a file, as `nsc` writes it. It is read for each connection, so it can be replaced.
    ///
    /// ```
    /// let nats = sockeye_nats::connect("nats://127.0.0.1").credentials_file("/etc/shop/nats.creds");
    /// # let _ = nats;
    /// ```
    #[cfg(feature = "nkeys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "nkeys")))]
    pub fn credentials_file(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.login = Login::CredentialsFile(path.into());
        self
    }

    /// Uses this configuration for TLS, as with certificates of an authority of your own or a certificate of this client. By default the
    /// certificates of the machine are trusted. Whether TLS is used, the URL and the server decide.
    ///
    /// ```no_run
    /// use std::sync::Arc;
    /// use sockeye_nats::rustls::{
    ///     ClientConfig, RootCertStore,
    ///     crypto::ring,
    ///     pki_types::{CertificateDer, pem::PemObject},
    /// };
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut roots = RootCertStore::empty();
    /// roots.add(CertificateDer::from_pem_file("/etc/shop/ca.pem")?)?;
    /// let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(roots)
    ///     .with_no_client_auth();
    /// let nats = sockeye_nats::connect("tls://nats.example.com").tls(config);
    /// # let _ = nats;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self, config: crate::rustls::ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// How many packets of one topic may have been received and not yet passed to the hub: 32,768 by default, at least 1. The hub never waits
    /// for its subscribers, so more than a few wait only while the program's threads are blocked. If they are more, the connection counts as
    /// lost and is made anew.
    ///
    /// ```
    /// let nats = sockeye_nats::connect("nats://127.0.0.1").pending(1000);
    /// # let _ = nats;
    /// ```
    pub fn pending(mut self, packets: usize) -> Self {
        self.pending = packets.max(1);
        self
    }

    /// Everything that each connection needs, or what is wrong with it.
    fn opener(self) -> Result<Opener, String> {
        let servers = self.servers?;
        if let Some(reason) = subject::wrong_prefix(&self.prefix) {
            return Err(reason);
        }
        Ok(Opener {
            servers,
            login: self.login,
            prefix: self.prefix,
            pending: self.pending,
            #[cfg(feature = "tls")]
            tls: self.tls,
        })
    }
}

impl Backplane for Nats {
    fn run(self: Box<Self>, inlet: Inlet, outlet: Outlet) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(carry(*self, inlet, outlet))
    }
}

async fn carry(nats: Nats, inlet: Inlet, mut outlet: Outlet) {
    #[cfg_attr(not(feature = "tls"), expect(unused_mut, reason = "only certificates are read once"))]
    let mut opener = match nats.opener() {
        Ok(opener) => opener,
        Err(reason) => {
            // It will not get better, so that nothing is tried until the hub ends.
            inlet.lost(reason);
            while outlet.pause().await {}
            return;
        }
    };
    #[cfg(feature = "tls")]
    opener.read_certificates().await;
    let mut denied = Denied::default();
    let mut brief = 0;
    loop {
        let pauses = match one_connection(&opener, &mut denied, &inlet, &mut outlet).await {
            End::Hub => return,
            End::Unreached => 1,
            End::Connection { lasted } => {
                brief = if lasted < LASTING { brief + 1 } else { 1 };
                brief.min(PAUSES)
            }
        };
        for _ in 0..pauses {
            if !outlet.pause().await {
                return;
            }
        }
    }
}

/// A connection that is lost earlier has not proven that the next attempt should follow soon: the pauses of several such connections in a
/// row get longer, though there were orders in between.
const LASTING: Duration = Duration::from_secs(10);
/// Of 50 ms to 1.6 s.
const PAUSES: u32 = 6;

/// What has ended.
enum End {
    Hub,
    Unreached,
    Connection { lasted: Duration },
}

async fn one_connection(opener: &Opener, denied: &mut Denied, inlet: &Inlet, outlet: &mut Outlet) -> End {
    let mut connection = match opener.open(denied).await {
        Ok(connection) => connection,
        Err(reason) => {
            inlet.lost(reason);
            return End::Unreached;
        }
    };
    let began = Instant::now();
    let ended = connection.serve(inlet, outlet).await;
    connection.feeds.remove_all().await;
    // Before the orders are dropped with the connection, which would otherwise be logged one by one.
    match ended {
        Ok(()) => End::Hub,
        Err(reason) => {
            inlet.lost(reason);
            End::Connection { lasted: began.elapsed() }
        }
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers = self.servers.as_ref().map(|servers| address::shown(servers));
        f.debug_struct("Nats")
            .field("servers", &servers)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
