//! The handles' side of a connection: the base of `Socket`, `Sender` and `Receiver`.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::{Duration, SystemTime},
};

use super::{
    cell::{Cell, Locked},
    end::End,
    shared::Shared,
    state::{Group, Noted, Stage, State},
    sync::MutexGuard,
    wakers::Spot,
    wire::{Read, Wire},
};
use crate::{CallId, CloseCode, Error, Message, call::ReplyTo, close::CloseFrame, log, outbound::Outbound};

pub(super) fn is_text(message: &Message) -> bool {
    matches!(message, Message::Text(_))
}

/// A handle's reference to the connection. Dropping the last one ends the connection.
#[derive(Debug)]
pub(crate) struct Link {
    cell: Shared,
}

/// A future's registration among the waiting tasks. Dropping the future removes its waker.
#[derive(Debug, Default)]
pub(crate) struct Wait {
    /// Only if a waker is stored: a future of the handler itself needs none.
    kept: Option<KeptWaker>,
}

#[derive(Debug)]
struct KeptWaker {
    cell: Shared,
    group: Group,
    spot: Spot,
}

/// The result of a look at the state.
enum Look<T> {
    Ready(T),
    /// The end, for the first time or again.
    End {
        first: bool,
        value: T,
    },
    Wait,
}

impl Link {
    pub(crate) fn new(cell: Arc<Cell>) -> Self {
        Self::of(Shared::new(cell))
    }

    fn of(cell: Shared) -> Self {
        cell.lock().closing.handles += 1;
        Self { cell }
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.cell.spawn(self.cell.downgrade(), task);
    }

    /// Waits until the response to the handshake is sent and frames can be exchanged.
    pub(crate) fn poll_open(&self, cx: &mut Context<'_>, wait: &mut Wait) -> Poll<Result<(), Error>> {
        self.poll(cx, wait, Group::Waiting, |state| match state.stage {
            Stage::Open => Look::Ready(Ok(())),
            Stage::Over => Look::End { first: state.tell(), value: Err(state.gone()) },
            Stage::Opening => Look::Wait,
        })
    }

    /// The next message; `None` at the end.
    pub(crate) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        wait: &mut Wait,
    ) -> Poll<Result<Option<Message>, Error>> {
        let taken = ready!(self.poll_take(cx, wait));
        if let Ok(Some(message)) = &taken {
            log::message_received(is_text(message), message.len());
        }
        Poll::Ready(taken)
    }

    fn poll_take(&self, cx: &mut Context<'_>, wait: &mut Wait) -> Poll<Result<Option<Message>, Error>> {
        let mut spare = None;
        let mut has_read = false;
        let mut state = self.cell.lock();
        state.touch();
        loop {
            if state.turn.left == 0 {
                state.wake_owner();
            } else if let Some(message) = state.take_message() {
                return Poll::Ready(Ok(Some(message)));
            } else if state.closing.end.is_some() {
                let first = state.tell();
                state.told_by_recv();
                drop(state);
                ready!(poll_tell(first, cx));
                return Poll::Ready(self.cell.lock().last_word().map(|()| None));
            } else if !has_read
                && state.may_read_itself()
                && let Some(wire) = self.cell.wire()
            {
                match self.read(state, wire) {
                    Ok(message) => return Poll::Ready(Ok(Some(message))),
                    Err((locked, Noted { goes_on })) => (state, has_read) = (locked, !goes_on),
                }
                continue;
            }
            if self.wait(state, Group::Receiving, cx.waker(), wait, &mut spare) {
                return Poll::Pending;
            }
            state = self.cell.lock();
        }
    }

    /// Reads from the stream, in the owner's task. First it passes the messages that the handler has sent to the engine, so that
    /// they precede the answer to anything that is read.
    fn read<'a>(
        &'a self,
        mut state: Locked<'a>,
        mut wire: MutexGuard<'a, Wire>,
    ) -> Result<Message, (Locked<'a>, Noted)> {
        wire.take(&mut state.outbox);
        // Counted in advance, so that a message needs no second look.
        state.count_received();
        state.inbox.arrived += 1;
        drop(state);
        wire.hand_over();
        let read = wire.read();
        drop(wire);
        if let Read::Message(message) = read {
            self.cell.received(message.len());
            // Behind the answer to a call there may be a message.
            return self.cell.sort(message).ok_or_else(|| (self.cell.lock(), Noted { goes_on: true }));
        }
        let mut state = self.cell.lock();
        state.turn.left += 1;
        state.inbox.arrived -= 1;
        let noted = state.note(read);
        Err((state, noted))
    }

    /// Queues a message as soon as there is room; `prompt` asks the owner to write it soon.
    pub(crate) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        wait: &mut Wait,
        outbound: &mut Option<Outbound>,
        prompt: bool,
    ) -> Poll<Result<(), Error>> {
        let (is_text, size) =
            outbound.as_ref().map_or((false, 0), |one| (is_text(&one.message), one.message.len()));
        let sent = self.poll(cx, wait, Group::Waiting, |state| {
            state.touch();
            if state.closing.end.is_some() {
                // The message stays here: it is dropped when no lock is held.
                if state.is_catching_up() {
                    return Look::Ready(Ok(false));
                }
                return Look::End { first: state.tell(), value: Err(state.gone()) };
            }
            if !state.has_room_to_send() {
                state.wake_owner();
                return Look::Wait;
            }
            let queued = outbound.take().map(|outbound| state.queue(outbound)).is_some();
            if prompt {
                state.wake_owner();
            }
            Look::Ready(Ok(queued))
        });
        let queued = ready!(sent)?;
        if queued {
            self.sent(is_text, size);
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until there is room for a message. That remains so only until another handle sends.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>, wait: &mut Wait) -> Poll<Result<(), Error>> {
        self.poll(cx, wait, Group::Waiting, |state| {
            state.touch();
            if state.closing.end.is_some() {
                if state.is_behind() {
                    return Look::Ready(Ok(()));
                }
                return Look::End { first: state.tell(), value: Err(state.gone()) };
            }
            if state.has_room_to_send() {
                return Look::Ready(Ok(()));
            }
            state.wake_owner();
            Look::Wait
        })
    }

    /// Queues a message, with or without room for it; `prompt` asks the owner to write it soon.
    pub(crate) fn queue(&self, outbound: Outbound, prompt: bool) -> Result<(), Error> {
        let (is_text, size) = (is_text(&outbound.message), outbound.message.len());
        let mut state = self.cell.lock();
        state.touch();
        if state.closing.end.is_some() {
            let sent = if state.is_catching_up() {
                Ok(())
            } else {
                state.tell();
                Err(state.gone())
            };
            // The message is dropped after this, when no lock is held.
            drop(state);
            return sent;
        }
        state.queue(outbound);
        if prompt {
            state.wake_owner();
        }
        drop(state);
        self.sent(is_text, size);
        Ok(())
    }

    /// No lock is held: a subscriber of the log is the user's code.
    fn sent(&self, is_text: bool, size: usize) {
        self.cell.sent(size);
        log::message_sent(is_text, size);
    }

    /// Waits until everything that was queued is written.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>, wait: &mut Wait) -> Poll<Result<(), Error>> {
        self.poll(cx, wait, Group::Waiting, |state| {
            if state.closing.end.is_some() {
                return Look::End { first: state.tell(), value: Err(state.gone()) };
            }
            if state.outbox.is_written() {
                return Look::Ready(Ok(()));
            }
            state.wake_owner();
            Look::Wait
        })
    }

    /// The round-trip time of a ping. `asked` is the number of the ping, once it is in flight.
    pub(crate) fn poll_ping(
        &self,
        cx: &mut Context<'_>,
        wait: &mut Wait,
        asked: &mut Option<u64>,
    ) -> Poll<Result<Duration, Error>> {
        self.poll(cx, wait, Group::Pinging, |state| {
            if state.closing.end.is_some() {
                return Look::End { first: state.tell(), value: Err(state.gone()) };
            }
            let number = *asked.get_or_insert_with(|| state.pings.ask());
            if let Some(outcome) = state.pings.outcome(number) {
                return Look::Ready(outcome);
            }
            state.wake_owner();
            Look::Wait
        })
    }

    /// Where calls of this connection are answered.
    pub(crate) fn reply_to(&self, connection: u64, written: fn(&CallId, &str) -> Option<Message>) -> ReplyTo {
        ReplyTo { cell: self.cell.downgrade(), connection, written }
    }

    pub(super) fn cell(&self) -> &Cell {
        &self.cell
    }

    /// Whether nothing is read, because the messages that were read ahead have not been received.
    pub(crate) fn is_unread(&self) -> bool {
        !self.cell.lock().inbox.has_room()
    }

    /// Reports that the connection is over.
    pub(crate) fn gone(&self) -> Error {
        let mut state = self.cell.lock();
        state.tell();
        state.gone()
    }

    /// Counts a message that the codec could not read.
    pub(crate) fn undecodable(&self) {
        self.cell.undecodable();
    }

    /// Ends the session at this time.
    pub(crate) fn expire_at(&self, at: SystemTime) {
        self.cell.expire_at(at);
    }

    /// Begins the closing handshake. Does nothing if the connection is already ending.
    pub(crate) fn close(&self, code: CloseCode, reason: String) {
        self.cell.lock().closed_by_handle(End::HandlerClosed(code, reason));
    }

    /// Closes as if the handler had returned this error, which it may do later.
    pub(crate) fn fail(&self, error: &Error) {
        let end = End::failed(error);
        self.cell.lock().closed_by_handle(end);
    }

    /// Tells the connection that no handle receives any more. It is still read, for its pings and its end.
    pub(crate) fn deafen(&self) {
        let unread = self.cell.lock().deafen();
        drop(unread);
    }

    /// Waits until the connection is over.
    pub(crate) fn poll_over(&self, cx: &mut Context<'_>, wait: &mut Wait) -> Poll<()> {
        self.poll(cx, wait, Group::Waiting, |state| match state.stage {
            Stage::Over => Look::Ready(()),
            _ => Look::Wait,
        })
    }

    /// The close frame that the peer sent.
    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        self.cell.lock().closing.end.as_deref().and_then(End::frame).cloned()
    }

    /// Whether the connection has ended without a failure.
    pub(crate) fn has_ended_well(&self) -> bool {
        self.cell.lock().closing.end.as_deref().is_some_and(|end| end.received().is_ok())
    }

    /// Looks at the state until there is a result or the waker is registered.
    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        wait: &mut Wait,
        group: Group,
        mut look: impl FnMut(&mut State) -> Look<T>,
    ) -> Poll<T> {
        let mut spare = None;
        loop {
            let mut state = self.cell.lock();
            match look(&mut state) {
                Look::Ready(value) => return Poll::Ready(value),
                Look::End { first, value } => {
                    drop(state);
                    return poll_tell(first, cx).map(|()| value);
                }
                Look::Wait if self.wait(state, group, cx.waker(), wait, &mut spare) => {
                    return Poll::Pending;
                }
                Look::Wait => {}
            }
        }
    }

    /// Registers a waker. If that requires a clone of the waker, nothing is registered; the caller clones it without a lock and
    /// looks at the state again.
    fn wait(
        &self,
        mut state: Locked<'_>,
        group: Group,
        waker: &Waker,
        wait: &mut Wait,
        spare: &mut Option<Waker>,
    ) -> bool {
        if wait.kept.is_none() && state.waits_itself(group, waker) {
            return true;
        }
        let mut spot = wait.kept.as_ref().map(|kept| kept.spot);
        let noted = state.wait(group, waker, &mut spot, spare);
        drop(state);
        if !noted {
            *spare = Some(waker.clone());
            return false;
        }
        match (&mut wait.kept, spot) {
            (Some(kept), Some(spot)) => kept.spot = spot,
            (kept, Some(spot)) => *kept = Some(KeptWaker { cell: self.cell.clone(), group, spot }),
            (_, None) => {}
        }
        true
    }
}

/// Reports the end immediately; further calls use the task's budget. Otherwise a handler that loops on the end of its
/// connection would keep its thread forever, since none of its `.await`s would wait.
fn poll_tell(first: bool, cx: &mut Context<'_>) -> Poll<()> {
    if first {
        return Poll::Ready(());
    }
    tokio::task::coop::poll_proceed(cx).map(|budget| budget.made_progress())
}

impl Clone for Link {
    fn clone(&self) -> Self {
        Self::of(self.cell.clone())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.cell.lock().let_go();
    }
}

impl Drop for KeptWaker {
    fn drop(&mut self) {
        let waker = self.cell.lock().group(self.group).remove(self.spot);
        // Dropping a waker runs foreign code too; the lock is released.
        drop(waker);
    }
}
