//! The backplane itself: connects, carries out orders, and connects again.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use sockeye::{
    Backplane,
    backplane::{Inlet, Outlet},
};
use tokio::time::Instant;

use crate::{
    cluster,
    failure::Failure,
    link::{Commands, Link},
    sentinel,
    server::Server,
    session::Session,
    settings::{Settings, Target},
};

/// A backplane over Redis or Valkey, made by [`connect`](crate::connect).
#[must_use = "it is for `HubBuilder::backplane`"]
pub struct Redis {
    pub(crate) settings: Result<Settings, Failure>,
}

impl Redis {
    /// What the names of channels begin with, `sockeye:` by default. Machines share topics if they have the same
    /// prefix; programs that use the same Redis for something else need another one. It can be empty.
    ///
    /// ```
    /// let redis = sockeye_redis::connect("redis://127.0.0.1").prefix("shop:");
    /// ```
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        if let Ok(settings) = &mut self.settings {
            settings.prefix = prefix.into();
        }
        self
    }

    /// The password of the sentinels, if they have one. That of the URL is for the master.
    ///
    /// ```
    /// # fn password() -> String { String::new() }
    /// let redis = sockeye_redis::connect("redis+sentinel://10.0.0.1,10.0.0.2/main").sentinel_password(password());
    /// ```
    pub fn sentinel_password(mut self, password: impl AsRef<str>) -> Self {
        if let Ok(settings) = &mut self.settings {
            settings.sentinel_login = settings.sentinel_login.clone().set_password(password);
        }
        self
    }

    /// Trusts this certificate of an authority, or several of them, in PEM, in addition to those that the machine trusts.
    ///
    /// ```no_run
    /// # fn main() -> std::io::Result<()> {
    /// let redis = sockeye_redis::connect("rediss://redis.internal").authority(std::fs::read("ca.pem")?);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        if let Ok(settings) = &mut self.settings {
            settings.trust.options.authorities.push(pem.into());
        }
        self
    }

    /// Shows the server this certificate, in PEM with its chain, for which this is the key. Redis asks for one unless
    /// `tls-auth-clients` says otherwise.
    ///
    /// ```no_run
    /// # fn main() -> std::io::Result<()> {
    /// let redis = sockeye_redis::connect("rediss://redis.internal")
    ///     .identity(std::fs::read("client.pem")?, std::fs::read("client.key")?);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn identity(mut self, certificate_pem: impl Into<Vec<u8>>, key_pem: impl Into<Vec<u8>>) -> Self {
        if let Ok(settings) = &mut self.settings {
            settings.trust.options.identity = Some((certificate_pem.into(), key_pem.into()));
        }
        self
    }
}

impl Backplane for Redis {
    fn run(self: Box<Self>, inlet: Inlet, outlet: Outlet) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(run(self.settings.map(Arc::new), inlet, outlet))
    }

    fn keeps_history(&self) -> bool {
        true
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redis").field(&self.settings).finish()
    }
}

/// A connection that is lost earlier has not proven that the next attempt should follow soon: the pauses of several such connections in a
/// row get longer, though there were orders in between.
const LASTING: Duration = Duration::from_secs(10);
/// Of 50 ms to 1.6 s.
const PAUSES: u32 = 6;

async fn run(settings: Result<Arc<Settings>, Failure>, inlet: Inlet, mut outlet: Outlet) {
    let mut brief = 0;
    loop {
        let opened = match &settings {
            Ok(settings) => open(settings, &inlet).await,
            Err(failure) => Err(failure.clone()),
        };
        let mut pauses = 1;
        match opened {
            Ok(mut session) => {
                inlet.connected();
                let connected = Instant::now();
                let Err(failure) = session.serve(&mut outlet).await else { return };
                // Before the session with its orders is dropped: they belong to the lost connection then.
                inlet.lost(failure);
                brief = if connected.elapsed() < LASTING { brief + 1 } else { 1 };
                pauses = brief.min(PAUSES);
            }
            Err(failure) => inlet.lost(failure),
        }
        for _ in 0..pauses {
            if !outlet.pause().await {
                return;
            }
        }
    }
}

async fn open(settings: &Arc<Settings>, inlet: &Inlet) -> Result<Session, Failure> {
    match &settings.target {
        Target::One(server) => one(server, settings, inlet).await,
        Target::Sentinel { .. } => sentinel::open(settings, inlet).await,
        Target::Cluster(_) => cluster::open(settings, inlet).await,
    }
}

async fn one(server: &Server, settings: &Arc<Settings>, inlet: &Inlet) -> Result<Session, Failure> {
    let (link, watches) = Link::open(server, Commands::Plain, settings, inlet).await?;
    Ok(Session::of_one(link, watches))
}
