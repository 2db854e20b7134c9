//! `cargo sockeye probe`: connects as a client, and reports what is wrong.

mod advice;
mod answer;
mod body;
mod broken;
mod clean;
mod finding;
mod head;
mod journal;
mod line;
mod options;
mod received;
mod request;
mod secrets;
mod session;
mod steps;
mod target;
pub(crate) mod timeout;
mod transport;
mod trouble;
mod trust;

use std::{process::ExitCode, time::Duration};

pub(crate) use clean::clean;
pub(crate) use options::Options;
pub(crate) use trouble::Trouble;

use finding::Finding;
use journal::Journal;
use line::Line;
use request::Ask;
use secrets::Secrets;
use session::Session;
use steps::{
    close, dns, headers, http,
    messages::{self, Script},
    origin,
    ping::{self, Pulse},
    protocol, tcp, tls,
};
use target::Target;
use trust::Trust;

/// Runs the probe; 0 when nothing is wrong, 1 when something is, 2 when it could not run.
pub(crate) fn run(options: &Options) -> ExitCode {
    Trouble::status_of(try_run(options))
}

fn try_run(options: &Options) -> Result<bool, Trouble> {
    let plan = Plan::of(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Trouble::new(format!("cannot start: {error}")))?;
    let good = runtime.block_on(plan.carry_out());
    // The system's resolver may still be waiting for a name server; do not wait for it.
    runtime.shutdown_background();
    good
}

/// The options, validated.
struct Plan<'a> {
    options: &'a Options,
    target: Target,
    headers: Vec<(String, String)>,
    journal: Journal,
}

impl<'a> Plan<'a> {
    fn of(options: &'a Options) -> Result<Self, Trouble> {
        let target = Target::parse(&options.url)?;
        let headers = request::read_headers(&options.headers)?;
        options.origin.as_deref().map_or(Ok(()), target::check_origin)?;
        options.subprotocols.iter().try_for_each(|name| check_subprotocol(name))?;
        let secrets = Secrets::of(&target.url, &headers, &target.public());
        Ok(Self { options, target, headers, journal: Journal::new(options.format, secrets) })
    }

    /// Runs the steps, as long as the next one is possible.
    async fn carry_out(mut self) -> Result<bool, Trouble> {
        let shown = self.target.shown();
        self.note_address();
        if let Some(line) = self.reach().await? {
            talk(&line, self.options, &mut self.journal).await;
        }
        Ok(self.journal.finish(&shown))
    }

    fn note_address(&mut self) {
        if !self.target.notes.is_empty() {
            let words = format!("{}: {}", self.target.shown(), self.target.notes.join("; "));
            self.journal.add(Finding::ok("url", words));
        }
    }
}

fn check_subprotocol(name: &str) -> Result<(), Trouble> {
    sockeye_rules::subprotocol::check(name)
        .map_err(|problem| Trouble::new(format!("--subprotocol: {problem}")).help(problem.help()))
}

impl Plan<'_> {
    /// Name, address, TLS: a connection on which a handshake can be sent.
    async fn reach(&mut self) -> Result<Option<Line>, Trouble> {
        let limit = self.options.timeout;
        let (addresses, finding) = dns::resolve(&self.target, limit).await;
        self.journal.add_all(finding);
        let (address, findings) = tcp::connect(&addresses, limit).await;
        self.journal.add_all(findings);
        let Some(address) = address else { return Ok(None) };
        let trust = self.trust()?;
        let line = Line {
            target: self.target.clone(),
            address,
            tls: trust.as_ref().map(|trust| trust.connector.clone()),
            headers: self.headers.clone(),
            limit,
        };
        let Some(trust) = trust else { return Ok(Some(line)) };
        let (good, finding) = tls::check(&line, &trust).await;
        self.journal.add(finding);
        Ok(good.then_some(line))
    }

    /// Needed only for an address that asks for TLS.
    fn trust(&self) -> Result<Option<Trust>, Trouble> {
        if !self.target.secure {
            return Ok(None);
        }
        Trust::of_this_machine().map(Some).map_err(|error| Trouble::new(format!("cannot use TLS: {error}")))
    }
}

/// The handshake, and the checks on the connection that it opens.
async fn talk(line: &Line, options: &Options, journal: &mut Journal) {
    let ask = Ask { origin: options.origin.clone(), subprotocols: options.subprotocols.clone() };
    let (accepted, finding) = http::check(line, ask).await;
    journal.add(finding);
    let Some(http::Accepted { answer, ask }) = accepted else { return };
    let (taken, findings) = headers::check(&answer);
    journal.add_all(findings);
    if !taken {
        // No client continues after this.
        return;
    }
    journal.add_all(protocol::check(&answer.head, &ask.subprotocols));
    let pulse = converse(Session::of(answer), line.limit, options, journal).await;
    let base = origin::Base { line, ask: &ask, pulse };
    journal.add_all(origin::check(&base, options.any_origin).await);
}

/// Messages, ping, and close, until the connection is over.
async fn converse(mut session: Session, limit: Duration, options: &Options, journal: &mut Journal) -> Pulse {
    let script = Script { send: &options.send, expect: &options.expect };
    let (moment, finding) = messages::check(&mut session, &script, limit).await;
    journal.add_all(finding);
    let moment = match moment {
        Ok(moment) => moment,
        Err(over) => return over,
    };
    let (pulse, finding) = ping::check(&mut session, moment, limit).await;
    journal.add(finding);
    if !matches!(pulse, Pulse::Over(_)) {
        journal.add(close::check(&mut session, limit).await);
    }
    pulse
}
