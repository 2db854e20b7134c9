//! The task that owns a connection: it polls the handler as a child and drives the stream each time it is pending.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::upgrade::OnUpgrade;
use tokio::time::Instant;

use super::{
    Seat,
    cell::{Cell, Kept},
    drive::Drive,
    end::End,
    log::Closing,
    sync::current_task,
    turns::Turns,
};
use crate::{
    Error, endpoint::Running, handshake::Caller, log, metrics, mounted::Mounted, panic, server::transport,
    watchdog,
};

/// How a handler ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Returned(Result<(), Error>),
    Panicked(String),
}

/// The fate of a handler whose connection had ended earlier.
#[derive(Debug)]
pub(super) enum Aftermath {
    Ended(Outcome),
    /// It was dropped because it did not notice the end for this long.
    Lingered(Duration),
    /// It was dropped before that time, because too many other handlers had not noticed either.
    Crowded,
    /// It was dropped because it called `recv` again and again.
    Spun,
}

/// A handler at the time when its connection is accepted.
pub(crate) enum Handler {
    Running(Running),
    /// It ended in the same poll in which it accepted.
    Ended(Outcome),
}

/// Polls a handler. A panic is caught and returned as an outcome.
pub(crate) fn poll_handler(handler: &mut Running, cx: &mut Context<'_>) -> Poll<Outcome> {
    match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Outcome::Returned),
        Err(panic) => Poll::Ready(Outcome::Panicked(panic::words(&*panic))),
    }
}

/// Drops a handler that has not ended. A panic is caught and returned as an outcome.
pub(crate) fn drop_handler(handler: Running) -> Option<Outcome> {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(handler)));
    dropped.err().map(|panic| Outcome::Panicked(panic::words(&*panic)))
}

/// An accepted connection, from the response to the handshake to its last byte.
pub(crate) struct Owner {
    endpoint: Arc<Mounted>,
    cell: Kept,
    caller: Caller,
    handler: Option<Running>,
    turns: Turns,
    /// The handler's outcome, if that is not the cause of the end.
    aftermath: Option<Aftermath>,
    opened: Instant,
    /// Held until the connection has ended, even if the handler continues.
    open: Option<metrics::Open>,
    /// Dropped last: by then everything is logged.
    seat: Seat,
}

impl Owner {
    pub(crate) fn new(
        endpoint: Arc<Mounted>,
        cell: Kept,
        caller: Caller,
        handler: Handler,
        upgrade: OnUpgrade,
        seat: Seat,
    ) -> Self {
        let opened = Instant::now();
        log::accepted(endpoint.registered.name, caller.peer);
        let open = metrics::Open::new(endpoint.registered.route);
        let upgrade = async move { upgrade.await.map(transport).map_err(|error| error.to_string()) };
        let drive = Drive::new(upgrade, opened + endpoint.settings.limits.handshake_timeout);
        let turns = Turns::new(cell.share(), drive);
        let mut owner = Self {
            endpoint,
            cell,
            caller,
            handler: None,
            turns,
            aftermath: None,
            opened,
            open: Some(open),
            seat,
        };
        match handler {
            Handler::Running(handler) => owner.handler = Some(handler),
            Handler::Ended(outcome) => owner.conclude(outcome),
        }
        owner
    }

    /// Runs the connection to its end.
    pub(crate) async fn run(mut self) {
        self.seat.accepted();
        self.cell.cell().lock().owned_by(current_task());
        let seat = self.seat.number();
        std::future::poll_fn(|cx| watchdog::polled(seat, || self.poll(cx))).await;
        self.drop_handler();
        self.cell.cell().end_tasks().await;
        // Anything that is left to log is logged in `drop`, which runs on every path out of here.
    }

    /// Drops a handler that has not ended.
    fn drop_handler(&mut self) {
        let panicked = self.handler.take().and_then(|handler| self.seat.polled(|| drop_handler(handler)));
        if let Some(panicked) = panicked {
            self.aftermath = Some(Aftermath::Ended(panicked));
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { turns, handler, cell, aftermath, .. } = self;
        turns.poll(cx, &mut |cx| poll_to_end(handler, cell.cell(), aftermath, cx));
        if self.turns.has_failed_calls() {
            self.cell.cell().report_failed_calls(self.endpoint.registered.name, &self.caller);
        }
        if self.turns.is_over() {
            self.give_place_back();
            self.part_with_handler(cx);
        }
        if self.is_done() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn conclude(&mut self, outcome: Outcome) {
        conclude(self.cell.cell(), outcome, &mut self.aftermath);
    }

    /// Once the connection has ended, another one can take its place, even if the handler continues.
    fn give_place_back(&mut self) {
        if self.open.take().is_some() {
            self.seat.over();
            self.cell.over(self.handler.is_some());
        }
    }

    /// Drops a handler that has not noticed in time that its connection has ended, that must make room, or that spins.
    fn part_with_handler(&mut self, cx: &mut Context<'_>) {
        if self.handler.is_none() {
            return;
        }
        let limits = &self.endpoint.settings.limits;
        let mut state = self.cell.cell().lock();
        let (is_early, due) = (state.closing.dropped_early, state.notice_by(limits));
        let spins = state.is_spinning();
        drop(state);
        if is_early || spins {
            self.aftermath = Some(if spins { Aftermath::Spun } else { Aftermath::Crowded });
            return self.drop_handler();
        }
        let Some(due) = due else { return };
        if self.turns.is_due(due, cx) {
            self.aftermath = Some(Aftermath::Lingered(limits.handler_exit_timeout));
            self.drop_handler();
        }
    }

    fn is_done(&self) -> bool {
        (self.turns.is_over() && self.handler.is_none()) || self.turns.is_cut()
    }
}

/// Polls the handler, if it still exists. Returns whether it continues.
fn poll_to_end(
    handler: &mut Option<Running>,
    cell: &Cell,
    aftermath: &mut Option<Aftermath>,
    cx: &mut Context<'_>,
) -> bool {
    let Some(running) = handler else { return false };
    let Poll::Ready(outcome) = poll_handler(running, cx) else { return true };
    // The handler's handles are dropped with it, but that is not the cause of the connection's end: its return value
    // is.
    conclude(cell, outcome, aftermath);
    *handler = None;
    false
}

/// Makes the handler's outcome the cause of the connection's end, or keeps it alongside an earlier cause.
fn conclude(cell: &Cell, outcome: Outcome, aftermath: &mut Option<Aftermath>) {
    let end = End::of(&outcome);
    let mut state = cell.lock();
    if state.closing.end.is_none() {
        state.finish(end);
    } else {
        *aftermath = Some(Aftermath::Ended(outcome));
    }
    // The rest of the outcome may hold a handle, and is dropped when no lock is held.
    drop(state);
}

impl Drop for Owner {
    /// Logs how the connection ended. This is in `drop`, so that it also runs when the runtime drops the task.
    fn drop(&mut self) {
        self.drop_handler();
        let (end, over) = self.cell.abandon(End::Dropped);
        let late_panic = self.cell.cell().lock().closing.late_panic.take();
        Closing {
            endpoint: &self.endpoint,
            caller: &self.caller,
            end: &end,
            aftermath: self.aftermath.as_ref(),
            late_panic,
            open_for: over - self.opened,
        }
        .log();
    }
}
