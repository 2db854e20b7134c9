//! The turns of a connection's owner: poll the handler, drive the stream, and go to sleep so that nothing is missed.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::Context,
};

use tokio::{
    task::coop::{has_budget_remaining, unconstrained},
    time::{Instant, Sleep, sleep_until},
};

use super::{
    cell::Cell,
    drive::{Drive, Round},
};
use crate::{log::Words, panic};

#[derive(Debug)]
pub(super) struct Turns {
    cell: Arc<Cell>,
    drive: Drive,
    timer: Option<Pin<Box<Sleep>>>,
    /// The handler has used up the task's budget, without which nothing is read or written: the next turn begins with
    /// the stream. Otherwise a handler that always finds something to do would keep its connection from ever moving.
    greedy: bool,
}

impl Turns {
    pub(super) fn new(cell: Arc<Cell>, drive: Drive) -> Self {
        Self { cell, drive, timer: None, greedy: false }
    }

    pub(super) fn is_over(&self) -> bool {
        self.drive.is_over()
    }

    /// One poll of the owner. `handler` polls the handler and says whether it goes on.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, handler: &mut dyn FnMut(&mut Context<'_>) -> bool) {
        self.begin(cx);
        if std::mem::take(&mut self.greedy) {
            self.round(cx, true);
            self.begin(cx);
        }
        loop {
            let had_budget = has_budget_remaining();
            let goes_on = handler(cx);
            self.greedy = had_budget && !has_budget_remaining();
            if !self.round(cx, goes_on) {
                break;
            }
            self.cell.lock().turn.dry = false;
        }
        self.drive.report();
    }

    fn begin(&self, cx: &Context<'_>) {
        if let Some(mut wire) = self.cell.wire() {
            wire.set_owner(cx.waker());
        }
        let mut spare = None;
        while !self.cell.lock().begin_turn(cx.waker(), &mut spare) {
            spare = Some(cx.waker().clone());
        }
    }

    /// Drives the stream and lets go of the cell. Says whether the handler is to be polled again.
    fn round(&mut self, cx: &mut Context<'_>, has_handler: bool) -> bool {
        let again = self.drive(cx);
        let mut state = self.cell.lock();
        let again = again && has_handler && state.turn.left > 0 && !state.closing.cut;
        // From here on, unless it goes on, whoever wants something of the owner must wake it.
        let is_wanted = state.turn.end_round(again);
        drop(state);
        if is_wanted {
            cx.waker().wake_by_ref();
        }
        again
    }

    /// Drives the stream and does what is due. Says whether the handler has something to look at again.
    fn drive(&mut self, cx: &mut Context<'_>) -> bool {
        let Self { cell, drive, timer, .. } = self;
        let Some(mut wire) = cell.wire() else {
            // It is free as long as only the owner's task takes it. Should that ever not hold, nothing is lost.
            cx.waker().wake_by_ref();
            return false;
        };
        let mut round = Round { cell, wire: &mut wire, cx, again: false };
        let driven = catch_unwind(AssertUnwindSafe(|| drive_in_time(drive, timer, &mut round)));
        if let Err(panic) = driven {
            // A layer of `tracing` or a recorder of metrics. In which state the stream is nobody knows, so it ends here.
            let words = Words::own("code that runs while the stream is driven panicked: ");
            cell.lock().panicked(words.then_foreign(panic::words(&*panic)));
            drive.over(&mut round);
        }
        round.again
    }

    /// Whether a time that has nothing to do with the stream has come; if not, the task is woken when it comes.
    pub(super) fn is_due(&mut self, due: Instant, cx: &mut Context<'_>) -> bool {
        ring(&mut self.timer, due, cx)
    }
}

/// Drives the stream and does what is due.
fn drive_in_time(drive: &mut Drive, timer: &mut Option<Pin<Box<Sleep>>>, round: &mut Round<'_, '_>) {
    drive.round(round);
    while let Some(due) = drive.next_deadline(round) {
        if !ring(timer, due, round.cx) {
            break;
        }
        if drive.on_time(round) {
            drive.round(round);
        }
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
