//! The names by which clients ask for the server.

use http::HeaderValue;
use sockeye_rules::origin::{self, Origin, OriginProblem};

/// What the user says about the server's names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    /// As it was given to `Server::public_url`, and what it comes to.
    public_url: Option<(String, Result<Origin, OriginProblem>)>,
}

impl Hosts {
    pub(crate) fn set_public_url(&mut self, url: String) {
        let read = public(&url);
        self.public_url = Some((url, read));
    }

    /// Scheme, host and port of the public URL, if there is one and it is right.
    pub(crate) fn public(&self) -> Option<&Origin> {
        self.public_url.as_ref()?.1.as_ref().ok()
    }

    /// What is wrong with the public URL, which is given back with it.
    pub(crate) fn public_problem(&self) -> Option<(&str, &OriginProblem)> {
        let (url, read) = self.public_url.as_ref()?;
        Some((url, read.as_ref().err()?))
    }

    /// The host that a client of the server asks for.
    pub(crate) fn asked_for(&self) -> HeaderValue {
        let public = self.public().map(Origin::authority);
        let host = public.and_then(|host| HeaderValue::try_from(host).ok());
        host.unwrap_or_else(|| HeaderValue::from_static("localhost"))
    }
}

/// A URL with nothing behind its host and port has the form of an origin, but for a slash at its end.
fn public(url: &str) -> Result<Origin, OriginProblem> {
    let origin = origin::parse(url.strip_suffix('/').unwrap_or(url))?;
    origin.over_http()
}
