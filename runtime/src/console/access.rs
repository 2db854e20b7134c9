//! Who may use the console.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header, request::Parts};
use sockeye_rules::{CONSOLE_REFUSED, origin as rules};

use super::proxied;
use crate::{
    handshake::peer,
    hosts::Hosts,
    log::{self, Words},
    origin::{host, is_same},
    refusal::RULE_HEADER,
    shutdown::Lifecycle,
};

#[derive(Debug)]
pub(super) struct Access {
    pub(super) is_remote: bool,
    pub(super) hosts: Arc<Hosts>,
    pub(super) lifecycle: Lifecycle,
}

/// Why a request is refused.
#[derive(Debug)]
struct Denied {
    status: StatusCode,
    reason: Words,
    remedy: &'static str,
}

impl Denied {
    fn new(status: StatusCode, reason: impl Into<Words>, remedy: &'static str) -> Self {
        Self { status, reason: reason.into(), remedy }
    }

    fn forbidden(reason: impl Into<Words>, remedy: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, reason, remedy)
    }
}

const REMOTE: &str = "open the console on the machine of the server, by the URL that it has printed; or write \
     `Console::at(path).allow_remote()`, and keep strangers out with a layer";
const UNKNOWN: &str = "serve the router with `into_make_service_with_connect_info::<SocketAddr>()`, or on a TCP address; or write \
     `Console::at(path).allow_remote()`, and keep strangers out with a layer";
const HOSTS: &str = "open the console by the URL that the server has printed; if the name belongs to this server, add it with \
     `Server::hosts` or `Server::public_url`";
const PAGES: &str = "open the console itself: pages of other origins may not read it";

impl Access {
    /// The answer to a request that is not let in, which is logged.
    pub(super) fn refusal(&self, parts: &Parts) -> Option<Response> {
        let judged = self.peer(parts).and_then(|()| self.host(parts)).and_then(|()| self.page(parts));
        judged.err().map(|denied| self.refuse(&denied, parts))
    }

    fn peer(&self, parts: &Parts) -> Result<(), Denied> {
        if self.is_remote {
            return Ok(());
        }
        match peer(parts) {
            Some(peer) if peer.ip().to_canonical().is_loopback() => {}
            Some(_) => {
                return Err(Denied::forbidden("the client's address is not a loopback address", REMOTE));
            }
            None => {
                return Err(Denied::forbidden("the address of the client is not known", UNKNOWN));
            }
        }
        match proxied::sign(parts) {
            Some(sign) => {
                Err(Denied::forbidden(Words::own(format!("{sign}, so it comes through a proxy")), REMOTE))
            }
            None => Ok(()),
        }
    }

    /// A page of another site can have its own name point here (DNS rebinding), but neither an address nor a name of loopback.
    fn host(&self, parts: &Parts) -> Result<(), Denied> {
        let host = host(parts).unwrap_or_default();
        let named = Words::own("the request names the host `").then_foreign(host);
        if !self.hosts.serve(host) {
            return Err(Denied::new(StatusCode::MISDIRECTED_REQUEST, named.then("`"), HOSTS));
        }
        if self.is_remote || self.is_reached_directly(host, parts) {
            return Ok(());
        }
        Err(Denied::forbidden(
            named.then("`, at which the server does not listen itself, so it comes through a proxy"),
            REMOTE,
        ))
    }

    fn is_reached_directly(&self, host: &str, parts: &Parts) -> bool {
        self.hosts.are_reached_directly(host, self.lifecycle.port(), &parts.extensions)
    }

    /// A page of another origin may open the console in a tab of its own, and nothing more.
    fn page(&self, parts: &Parts) -> Result<(), Denied> {
        let value = |name: &str| text(&parts.headers, name);
        if let Some(site) = value("sec-fetch-site")
            && !["same-origin", "none"].contains(&site)
            && value("sec-fetch-mode") != Some("navigate")
        {
            return Err(Denied::forbidden("a page of another origin requests a file of the console", PAGES));
        }
        let Some(origin) = value("origin") else { return Ok(()) };
        if rules::parse(origin).is_ok_and(|read| is_same(parts, host(parts), &read, &self.hosts)) {
            return Ok(());
        }
        let reason = Words::own("a page of `").then_foreign(origin).then("` requests a file of the console");
        Err(Denied::forbidden(reason, PAGES))
    }

    fn refuse(&self, denied: &Denied, parts: &Parts) -> Response {
        let rule = CONSOLE_REFUSED.name;
        let (reason, remedy) = (denied.reason.told(), denied.remedy);
        log::HttpFault { rule, reason: &reason, remedy, peer: peer(parts) }.note(&self.lifecycle.flood);
        let told = format!("console refused [{rule}]: {reason}\nhelp: {remedy}\n");
        let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (RULE_HEADER, rule)];
        (denied.status, headers, told).into_response()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}
