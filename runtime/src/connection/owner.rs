//! The task that owns a connection: it polls the handler as a child and drives the stream each time it is pending.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::{
    Seat,
    cell::{Cell, Kept},
    drive::Drive,
    end::End,
    engine::Io,
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

/// What became of a handler whose connection had ended before.
#[derive(Debug)]
pub(super) enum Aftermath {
    Ended(Outcome),
    /// It was dropped: for so long it had not noticed.
    Lingered(Duration),
    /// It was dropped before that, because too many others had not noticed either.
    Crowded,
}

/// A handler at the time when its connection is accepted.
pub(crate) enum Handler {
    Running(Running),
    /// It ended in the very step in which it accepted.
    Ended(Outcome),
}

/// Polls a handler; a panic is an outcome and stays in here.
pub(crate) fn poll_handler(handler: &mut Running, cx: &mut Context<'_>) -> Poll<Outcome> {
    match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Outcome::Returned),
        Err(panic) => Poll::Ready(Outcome::Panicked(panic::words(&*panic))),
    }
}

/// Drops a handler that has not ended; a panic in there is an outcome too.
pub(crate) fn drop_handler(handler: Running) -> Option<Outcome> {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(handler)));
    dropped.err().map(|panic| Outcome::Panicked(panic::words(&*panic)))
}

/// An accepted connection, from the answer to the handshake to the last byte.
pub(crate) struct Owner {
    endpoint: Arc<Mounted>,
    cell: Kept,
    caller: Caller,
    handler: Option<Running>,
    turns: Turns,
    /// What the handler came to, where that is not the end itself.
    aftermath: Option<Aftermath>,
    opened: Instant,
    /// Until the connection is over, whatever the handler still does.
    open: Option<metrics::Open>,
    /// The last to be dropped: who leaves it has said everything.
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
        let upgrade = async move {
            let upgraded = upgrade.await.map_err(|error| error.to_string())?;
            Ok(match transport(upgraded) {
                Ok(wire) => Box::new(wire) as Box<dyn Io>,
                Err(upgraded) => Box::new(TokioIo::new(upgraded)),
            })
        };
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
        // What is left to say is said in `drop`, which comes on every way out of here.
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
        if self.turns.is_over() {
            self.give_place_back();
            self.part_with_handler(cx);
        }
        if self.is_done() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn conclude(&mut self, outcome: Outcome) {
        conclude(self.cell.cell(), outcome, &mut self.aftermath);
    }

    /// Once the connection is over, others may take its place, whatever the handler still does.
    fn give_place_back(&mut self) {
        if self.open.take().is_some() {
            self.seat.over();
            self.cell.over(self.handler.is_some());
        }
    }

    /// Drops a handler that has not noticed in time that its connection is over, or that has to make room.
    fn part_with_handler(&mut self, cx: &mut Context<'_>) {
        if self.handler.is_none() {
            return;
        }
        let limits = &self.endpoint.settings.limits;
        let state = self.cell.cell().lock();
        let (is_early, due) = (state.closing.dropped_early, state.notice_by(limits));
        drop(state);
        if is_early {
            self.aftermath = Some(Aftermath::Crowded);
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

/// Polls the handler, if there is one still. Says whether it goes on.
fn poll_to_end(
    handler: &mut Option<Running>,
    cell: &Cell,
    aftermath: &mut Option<Aftermath>,
    cx: &mut Context<'_>,
) -> bool {
    let Some(running) = handler else { return false };
    let Poll::Ready(outcome) = poll_handler(running, cx) else { return true };
    // The handler's handles go with it, but their end is not the connection's cause: what it returned is.
    conclude(cell, outcome, aftermath);
    *handler = None;
    false
}

/// Takes the handler's outcome as the end of the connection, or keeps it beside an end that came before.
fn conclude(cell: &Cell, outcome: Outcome, aftermath: &mut Option<Aftermath>) {
    let end = End::of(&outcome);
    let mut state = cell.lock();
    if state.closing.end.is_none() {
        state.finish(end);
    } else {
        *aftermath = Some(Aftermath::Ended(outcome));
    }
    // What is left of the outcome may hold a handle, and is dropped when nothing is locked.
    drop(state);
}

impl Drop for Owner {
    /// Says in the log how the connection ended: here, so that it is said when the runtime drops the task as well.
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
