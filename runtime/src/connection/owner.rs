//! The task that owns a connection: it polls the handler as a child and drives the stream each time it is pending.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::upgrade::OnUpgrade;
use tokio::{
    task::coop::{has_budget_remaining, unconstrained},
    time::{Instant, Sleep, sleep_until},
};

use super::{Seat, cell::Kept, drive::Drive, end::End, log::Closing};
use crate::{Error, endpoint::Running, handshake::Caller, log, metrics, mounted::Mounted, panic};

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
    drive: Drive,
    timer: Option<Pin<Box<Sleep>>>,
    /// What the handler came to, where that is not the end itself.
    aftermath: Option<Aftermath>,
    opened: Instant,
    /// Until the connection is over, whatever the handler still does.
    open: Option<metrics::Open>,
    /// The handler has used up the task's budget, without which nothing is read or written: the next turn begins with
    /// the stream. Else a handler that always finds something to do would keep its connection from ever moving.
    greedy: bool,
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
        let drive = Drive::new(upgrade, opened + endpoint.settings.limits.handshake_timeout);
        let mut owner = Self {
            endpoint,
            cell,
            caller,
            handler: None,
            drive,
            timer: None,
            aftermath: None,
            opened,
            open: Some(open),
            greedy: false,
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
        self.cell.lock().owned_by(tokio::task::try_id());
        std::future::poll_fn(|cx| self.poll(cx)).await;
        self.drop_handler();
        self.cell.take_tasks().shutdown().await;
        // What is left to say is said in `drop`, which comes on every way out of here.
    }

    /// Drops a handler that has not ended.
    fn drop_handler(&mut self) {
        let panicked = self.handler.take().and_then(drop_handler);
        if let Some(panicked) = panicked {
            self.aftermath = Some(Aftermath::Ended(panicked));
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.cell.lock().begin_turn(cx.waker());
        if std::mem::take(&mut self.greedy) {
            self.cell.lock().read_dry = false;
            self.round(cx);
            self.cell.lock().begin_turn(cx.waker());
        }
        loop {
            self.poll_handler(cx);
            if !self.round(cx) {
                break;
            }
        }
        if self.drive.is_over() {
            if self.open.take().is_some() {
                self.seat.over();
            }
            self.part_with_handler(cx);
        }
        if self.is_done() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn poll_handler(&mut self, cx: &mut Context<'_>) {
        let Some(handler) = &mut self.handler else { return };
        self.cell.lock().read_dry = false;
        let had_budget = has_budget_remaining();
        let polled = poll_handler(handler, cx);
        self.greedy = had_budget && !has_budget_remaining();
        let Poll::Ready(outcome) = polled else { return };
        // The handler's handles go with it, but their end is not the connection's cause: what it returned is.
        self.conclude(outcome);
        self.handler = None;
    }

    /// Takes the handler's outcome as the end of the connection, or keeps it beside an end that came before.
    fn conclude(&mut self, outcome: Outcome) {
        let end = End::of(&outcome);
        let mut shared = self.cell.lock();
        if shared.end.is_none() {
            shared.finish(end);
        } else {
            self.aftermath = Some(Aftermath::Ended(outcome));
        }
        // What is left of the outcome may hold a handle, and is dropped when nothing is locked.
        drop(shared);
    }

    /// Drives the stream and lets go of the cell. Says whether the handler is to be polled again.
    fn round(&mut self, cx: &mut Context<'_>) -> bool {
        let mut shared = self.cell.lock();
        let mut again = self.drive.round(&mut shared, cx);
        while let Some(due) = self.drive.next_deadline(&shared) {
            if !ring(&mut self.timer, due, cx) {
                break;
            }
            if self.drive.on_time(&mut shared, cx, &mut again) {
                again |= self.drive.round(&mut shared, cx);
            }
        }
        if shared.turn == 0 {
            cx.waker().wake_by_ref();
            again = false;
        }
        let again = again && self.handler.is_some() && !shared.cut;
        // From here on whoever wants something of the owner must wake it.
        shared.owner_is_polling = again;
        drop(shared);
        self.drive.report();
        again
    }

    /// Drops a handler that has not noticed in time that its connection is over.
    fn part_with_handler(&mut self, cx: &mut Context<'_>) {
        if self.handler.is_none() {
            return;
        }
        let Some(due) = self.cell.lock().notice_by() else { return };
        if ring(&mut self.timer, due, cx) {
            self.aftermath = Some(Aftermath::Lingered(self.endpoint.settings.limits.handler_exit_timeout));
            self.drop_handler();
        }
    }

    fn is_done(&self) -> bool {
        (self.drive.is_over() && self.handler.is_none()) || self.cell.lock().cut
    }
}

impl Drop for Owner {
    /// Says in the log how the connection ended: here, so that it is said when the runtime drops the task as well.
    fn drop(&mut self) {
        self.drop_handler();
        let (end, over) = self.cell.abandon(End::Dropped);
        let late_panic = self.cell.lock().late_panic.take();
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

/// Whether the time has come; if not, the task is woken when it comes. A timer that is set too early is left alone and
/// set right when it rings, because most deadlines move with every message.
fn ring(timer: &mut Option<Pin<Box<Sleep>>>, due: Instant, cx: &mut Context<'_>) -> bool {
    let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
    if timer.deadline() > due || (timer.is_elapsed() && timer.deadline() < due) {
        timer.as_mut().reset(due);
    }
    // A peer that floods the connection uses up the task's budget in every turn, and would outlive every deadline.
    pin!(unconstrained(timer.as_mut())).poll(cx).is_ready()
}
