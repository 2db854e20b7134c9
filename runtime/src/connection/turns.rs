//! The turns of a connection's owner: poll the handler, drive the stream, and wait without missing a change.

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
    alarm: Option<Alarm>,
    /// The handler has used up the task's budget, without which nothing is read or written, so the next turn begins
    /// with the stream. Otherwise a handler that is always ready would keep its connection from making progress.
    greedy: bool,
    /// There are calls that the owner answers with an error, as of the last look at the state; later ones wake the owner.
    has_failed_calls: bool,
    /// Everything ends now, as of the last look at the state; later changes wake the owner.
    is_cut: bool,
}

/// The one timer of a connection.
#[derive(Debug)]
struct Alarm {
    sleep: Pin<Box<Sleep>>,
    /// It was polled since it was set, with the owner's current waker: it wakes the owner without being polled again.
    is_set: bool,
}

impl Alarm {
    /// Whether it wakes the owner without being polled.
    fn will_ring(&self) -> bool {
        self.is_set && !self.sleep.is_elapsed()
    }
}

/// The result of driving the stream.
struct Driven {
    /// The handler should be polled again.
    again: bool,
    /// The position up to which the transport has taken queued data, as long as the state does not know it yet.
    written: Option<u64>,
}

impl Turns {
    pub(super) fn new(cell: Arc<Cell>, drive: Drive) -> Self {
        Self { cell, drive, alarm: None, greedy: false, has_failed_calls: false, is_cut: false }
    }

    pub(super) fn is_over(&self) -> bool {
        self.drive.is_over()
    }

    pub(super) fn has_failed_calls(&self) -> bool {
        self.has_failed_calls
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// One poll of the owner. `handler` polls the handler and returns whether it continues.
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
        }
        self.drive.report();
    }

    fn begin(&mut self, cx: &Context<'_>) {
        let mut spare = None;
        while !self.cell.lock().begin_turn(cx.waker(), &mut spare) {
            self.has_new_waker(cx);
            spare = Some(cx.waker().clone());
        }
    }

    /// Makes the owner's waker known to everything that wakes it: a waker that the state knows is known to all of them.
    fn has_new_waker(&mut self, cx: &Context<'_>) {
        if let Some(mut wire) = self.cell.wire() {
            wire.set_owner(cx.waker());
        }
        if let Some(alarm) = &mut self.alarm {
            alarm.is_set = false;
        }
    }

    /// Drives the stream and releases the cell. Returns whether the handler should be polled again.
    fn round(&mut self, cx: &mut Context<'_>, has_handler: bool) -> bool {
        let Driven { mut again, written } = self.drive(cx);
        let mut state = self.cell.lock();
        if let Some(queued) = written {
            again |= state.written_up_to(queued);
        }
        self.is_cut = state.closing.cut;
        self.has_failed_calls = state.has_failed_calls();
        let again = again && has_handler && state.turn.left > 0 && !self.is_cut;
        // From here on, unless it continues, code that changes something must wake the owner.
        let is_wanted = state.turn.end_round(again);
        drop(state);
        if is_wanted {
            cx.waker().wake_by_ref();
        }
        again
    }

    /// Drives the stream and handles deadlines.
    fn drive(&mut self, cx: &mut Context<'_>) -> Driven {
        let Self { cell, drive, alarm, .. } = self;
        let Some(mut wire) = cell.wire() else {
            // It is free as long as only the owner's task locks it. If that were ever violated, nothing would be lost.
            cx.waker().wake_by_ref();
            return Driven { again: false, written: None };
        };
        let mut round = Round::new(cell, &mut wire, cx);
        let driven = catch_unwind(AssertUnwindSafe(|| drive_in_time(drive, alarm, &mut round)));
        if let Err(panic) = driven {
            // A `tracing` layer or a metrics recorder panicked. The state of the stream is unknown, so the connection
            // ends here.
            let words = Words::own("code that ran while the connection was driven panicked: ");
            cell.lock().panicked(words.then_foreign(panic::words(&*panic)));
            drive.over(&mut round);
        }
        Driven { again: round.again, written: round.written }
    }

    /// Whether a deadline that does not depend on the stream has passed; if not, the task is woken when it does.
    pub(super) fn is_due(&mut self, due: Instant, cx: &mut Context<'_>) -> bool {
        ring(&mut self.alarm, due, cx)
    }
}

/// Drives the stream and handles deadlines.
fn drive_in_time(drive: &mut Drive, alarm: &mut Option<Alarm>, round: &mut Round<'_, '_>) {
    drive.round(round);
    if drive.is_awaited() && alarm.as_ref().is_some_and(Alarm::will_ring) {
        return;
    }
    while let Some(due) = drive.next_deadline(round) {
        if !ring(alarm, due, round.cx) {
            break;
        }
        if drive.on_time(round) {
            drive.round(round);
        }
    }
}

/// Whether the deadline has passed; if not, the task is woken when it does. A timer that is set too early is left alone
/// and corrected when it fires, because most deadlines move with every message.
fn ring(alarm: &mut Option<Alarm>, due: Instant, cx: &mut Context<'_>) -> bool {
    let Alarm { sleep, is_set } =
        alarm.get_or_insert_with(|| Alarm { sleep: Box::pin(sleep_until(due)), is_set: false });
    let is_elapsed = sleep.is_elapsed();
    if sleep.deadline() > due || (is_elapsed && sleep.deadline() < due) {
        sleep.as_mut().reset(due);
        *is_set = false;
    }
    if *is_set && !is_elapsed {
        return false;
    }
    *is_set = true;
    // A peer that floods the connection uses up the task's budget in every turn, and would otherwise outlive every
    // deadline.
    pin!(unconstrained(sleep.as_mut())).poll(cx).is_ready()
}
