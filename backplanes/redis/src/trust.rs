//! TLS: whom to trust, and how to be trusted.

use std::fmt;

use crate::server::Stream;

/// What the program has set for `rediss://`.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    #[cfg(feature = "tls")]
    pub(crate) options: Options,
    #[cfg(feature = "tls")]
    connector: std::sync::OnceLock<tokio_rustls::TlsConnector>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

#[cfg(not(feature = "tls"))]
impl Trust {
    /// Not reached: such a URL has been refused before.
    #[expect(clippy::unused_async, reason = "as with the feature")]
    pub(crate) async fn secure(&self, _: &str, _: tokio::net::TcpStream) -> std::io::Result<Box<dyn Stream>> {
        Err(std::io::Error::other("sockeye-redis is built without its feature `tls`"))
    }
}

#[cfg(feature = "tls")]
pub(crate) use secure::Options;

#[cfg(feature = "tls")]
mod secure {
    use std::{io, sync::Arc};

    use tokio::net::TcpStream;
    use tokio_rustls::{
        TlsConnector,
        rustls::{
            ClientConfig, RootCertStore,
            crypto::ring,
            pki_types::{
                CertificateDer, PrivateKeyDer, ServerName,
                pem::{self, PemObject as _},
            },
        },
    };

    use super::{Stream, Trust};

    /// In PEM.
    #[derive(Clone, Default)]
    pub(crate) struct Options {
        pub(crate) authorities: Vec<Vec<u8>>,
        /// A certificate of this program, and its key.
        pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
    }

    impl Trust {
        pub(crate) async fn secure(&self, host: &str, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
            let connector = if let Some(connector) = self.connector.get() {
                connector
            } else {
                let made = self.options.connector()?;
                self.connector.get_or_init(|| made)
            };
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            Ok(Box::new(connector.connect(name, stream).await?))
        }
    }

    impl Options {
        fn connector(&self) -> io::Result<TlsConnector> {
            let provider = Arc::new(ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(io::Error::other)?
                .with_root_certificates(self.roots()?);
            let config = match &self.identity {
                Some((certificates, key)) => builder
                    .with_client_auth_cert(
                        parsed(certificates, "client certificate")?,
                        PrivateKeyDer::from_pem_slice(key).map_err(|error| unread("key", &error))?,
                    )
                    .map_err(io::Error::other)?,
                None => builder.with_no_client_auth(),
            };
            Ok(TlsConnector::from(Arc::new(config)))
        }

        /// What the machine trusts, and what the program does. Certificates of the machine that cannot be read are left out.
        fn roots(&self) -> io::Result<RootCertStore> {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            for authority in &self.authorities {
                for certificate in parsed(authority, "certificate of an authority")? {
                    roots.add(certificate).map_err(io::Error::other)?;
                }
            }
            Ok(roots)
        }
    }

    fn parsed(pem: &[u8], what: &str) -> io::Result<Vec<CertificateDer<'static>>> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| unread(what, &error))?;
        if certificates.is_empty() {
            return Err(unread(what, &pem::Error::NoItemsFound));
        }
        Ok(certificates)
    }

    fn unread(what: &str, error: &pem::Error) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidInput, format!("the {what} cannot be read: {error}"))
    }
}
