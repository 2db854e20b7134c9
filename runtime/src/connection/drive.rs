//! The owner's half of a connection: flush, read ahead, heartbeat, deadlines, the closing handshake.
//!
//! A round runs each time the handler is pending. It writes what the handler queued (so that replies to a burst leave
//! together), reads what the peer sent if nobody has looked yet, and moves the connection on to its end.

use std::task::{Context, Poll};

use hyper::upgrade::OnUpgrade;
use tokio::time::Instant;

use super::{
    cell::{Shared, Stream},
    end::End,
    engine::{Engine, Received},
};
use crate::{CloseCode, log};

#[derive(Debug)]
pub(super) struct Drive {
    phase: Phase,
    /// When the phase must be over.
    deadline: Option<Instant>,
    /// When the answer to a ping must be here.
    pong_due: Option<Instant>,
    /// Since when nothing could be written, and how much was written then.
    stalled: Option<(Instant, u64)>,
    /// When something last came from the peer, and how much had come then.
    heard: (Instant, u64),
    /// What is to be told to the log when nothing is locked.
    news: Vec<News>,
}

/// A step in the life of a connection.
#[derive(Debug)]
enum News {
    Open,
    Closing(Option<CloseCode>),
}

#[derive(Debug)]
enum Phase {
    /// The answer to the handshake is on its way.
    Opening(OnUpgrade),
    /// Messages flow.
    Serving,
    /// The peer's close frame is being answered.
    Answering,
    /// Our close frame is sent; the peer's is awaited.
    Closing,
    /// The peer broke the rules: our close frame is sent, whatever still comes is dropped.
    Parting,
    Over,
}

impl Drive {
    pub(super) fn new(upgrade: OnUpgrade, open_by: Instant) -> Self {
        let heard = (Instant::now(), 0);
        Self {
            phase: Phase::Opening(upgrade),
            deadline: Some(open_by),
            pong_due: None,
            stalled: None,
            heard,
            news: Vec::new(),
        }
    }

    /// Tells the log what has happened. Not while the connection is locked: a layer of the program's may send to it.
    pub(super) fn report(&mut self) {
        for news in std::mem::take(&mut self.news) {
            match news {
                News::Open => log::open(),
                News::Closing(code) => log::closing(code),
            }
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// One round. Says whether the handler has something to look at again.
    pub(super) fn round(&mut self, shared: &mut Shared, cx: &mut Context<'_>) -> bool {
        let mut again = false;
        while self.step(shared, cx, &mut again) {}
        again
    }

    /// One step of the phase. Says whether the next phase has begun.
    fn step(&mut self, shared: &mut Shared, cx: &mut Context<'_>, again: &mut bool) -> bool {
        match &mut self.phase {
            Phase::Opening(upgrade) => {
                let Poll::Ready(upgraded) = std::pin::Pin::new(upgrade).poll(cx) else { return false };
                match upgraded {
                    Ok(upgraded) => {
                        let engine = Engine::new(upgraded, shared.settings.limits.max_message_size);
                        self.open(shared, engine);
                    }
                    Err(error) => self.lose(shared, cx, &error.to_string(), again),
                }
                *again |= shared.wake_waiting(cx.waker());
                // The handler has its socket now; it is its turn before anything is read ahead of it.
                !*again
            }
            Phase::Serving => {
                *again |= self.serve(shared, cx);
                shared.end.is_some() && self.begin_end(shared, cx, again)
            }
            Phase::Answering => self.flush_last(shared, cx) && self.shut(shared, cx, again),
            Phase::Closing => self.await_close(shared, cx, again),
            Phase::Parting => self.part(shared, cx, again),
            Phase::Over => false,
        }
    }

    fn open(&mut self, shared: &mut Shared, engine: Engine) {
        self.news.push(News::Open);
        shared.stream = Stream::Open(Box::new(engine));
        self.heard.0 = Instant::now();
        self.phase = Phase::Serving;
        self.deadline = None;
    }

    fn lose(&mut self, shared: &mut Shared, cx: &Context<'_>, why: &str, again: &mut bool) {
        shared.finish(End::Lost(why.to_owned()));
        self.over(shared, cx, again);
    }

    /// Writes and reads while messages flow. Says whether the handler has something to look at.
    fn serve(&mut self, shared: &mut Shared, cx: &mut Context<'_>) -> bool {
        let mut again = self.flush(shared, cx) && shared.wake_waiting(cx.waker());
        // A handler that is about to be polled reads for itself: then its replies go out before an answer to a close.
        if !again && !shared.read_dry && shared.read_ahead() {
            again = shared.wake_receiver(cx.waker());
        }
        if shared.pongs > 0 {
            let stopped = !shared.may_read();
            if self.flush(shared, cx) && stopped {
                cx.waker().wake_by_ref();
            }
        }
        self.listen(shared);
        if shared.let_go() {
            shared.finish(End::LetGo);
        }
        again
    }

    /// Notes whether anything has come since it last looked, be it part of a long message.
    fn listen(&mut self, shared: &Shared) {
        let Stream::Open(engine) = &shared.stream else { return };
        if engine.read() != self.heard.1 {
            self.heard = (Instant::now(), engine.read());
            self.pong_due = None;
        }
    }

    /// Writes what is queued. Says whether all of it is written.
    fn flush(&mut self, shared: &mut Shared, cx: &mut Context<'_>) -> bool {
        let Stream::Open(engine) = &mut shared.stream else { return true };
        if shared.queued_bytes == 0 && shared.pongs == 0 && matches!(self.phase, Phase::Serving) {
            return true;
        }
        let flushed = engine.poll_flush(cx);
        let written = engine.written();
        match flushed {
            Poll::Ready(Ok(())) => {
                (shared.queued_bytes, shared.pongs, self.stalled) = (0, 0, None);
                true
            }
            Poll::Ready(Err(why)) => {
                shared.finish(End::Lost(why));
                true
            }
            Poll::Pending => {
                if self.stalled.is_none_or(|(_, before)| before != written) {
                    self.stalled = Some((Instant::now(), written));
                }
                false
            }
        }
    }

    /// Writes what is queued, the close frame behind it included. From when that is written on the peer has its time to
    /// answer; until then it has to take some of it now and then, as before.
    fn flush_last(&mut self, shared: &mut Shared, cx: &mut Context<'_>) -> bool {
        let flushed = self.flush(shared, cx);
        if flushed && self.deadline.is_none() {
            self.deadline = Some(Instant::now() + shared.settings.limits.close_timeout);
        }
        flushed
    }

    /// Goes from serving to the phase that fits the end.
    fn begin_end(&mut self, shared: &mut Shared, cx: &mut Context<'_>, again: &mut bool) -> bool {
        let code = shared.end.as_deref().and_then(End::close).map(|(code, _)| code);
        self.news.push(News::Closing(code));
        let patient = shared.end.as_deref().is_some_and(End::is_patient);
        self.deadline = (!patient).then(|| Instant::now() + shared.settings.limits.close_timeout);
        *again |= shared.wake_receiver(cx.waker());
        *again |= shared.wake_waiting(cx.waker());
        let Stream::Open(engine) = &mut shared.stream else { return false };
        if let Some((code, reason)) = shared.end.as_deref().and_then(End::close) {
            engine.queue_close(code, reason);
        }
        self.phase = match shared.end.as_deref() {
            Some(End::PeerClosed(_)) => Phase::Answering,
            Some(End::Violation(_)) => Phase::Parting,
            Some(End::Lost(_)) => {
                self.over(shared, cx, again);
                return true;
            }
            _ => Phase::Closing,
        };
        true
    }

    /// Waits for the peer's close frame, dropping what comes before it (RFC 6455 section 7.1.2).
    fn await_close(&mut self, shared: &mut Shared, cx: &mut Context<'_>, again: &mut bool) -> bool {
        self.flush_last(shared, cx);
        let Stream::Open(engine) = &mut shared.stream else { return false };
        loop {
            match engine.poll_receive(cx) {
                Poll::Pending => return false,
                Poll::Ready(Received::Message(_) | Received::Ping | Received::Pong { .. }) => {}
                // What is queued before our own close frame is still owed.
                Poll::Ready(Received::Close(_)) => {
                    self.phase = Phase::Answering;
                    return true;
                }
                Poll::Ready(Received::Violation(_)) => {
                    self.phase = Phase::Parting;
                    return true;
                }
                Poll::Ready(Received::Lost(_)) => {
                    self.over(shared, cx, again);
                    return true;
                }
            }
        }
    }

    /// Sends what is left, says that nothing more comes, and drops what the peer still sends.
    fn part(&mut self, shared: &mut Shared, cx: &mut Context<'_>, again: &mut bool) -> bool {
        if !self.flush_last(shared, cx) {
            return false;
        }
        let Stream::Open(engine) = &mut shared.stream else { return false };
        if engine.poll_shutdown(cx).is_pending() || engine.poll_discard(cx).is_pending() {
            return false;
        }
        self.over(shared, cx, again);
        true
    }

    fn shut(&mut self, shared: &mut Shared, cx: &mut Context<'_>, again: &mut bool) -> bool {
        if let Stream::Open(engine) = &mut shared.stream
            && engine.poll_shutdown(cx).is_pending()
        {
            self.phase = Phase::Answering;
            return false;
        }
        self.over(shared, cx, again);
        true
    }

    fn over(&mut self, shared: &mut Shared, cx: &Context<'_>, again: &mut bool) {
        self.phase = Phase::Over;
        self.deadline = None;
        shared.over();
        *again |= shared.wake_receiver(cx.waker());
        *again |= shared.wake_waiting(cx.waker());
    }

    /// When `on_time` must be asked, at the latest.
    pub(super) fn next_deadline(&self, shared: &Shared) -> Option<Instant> {
        let stall = self.stalled.map(|(since, _)| since + shared.settings.limits.send_timeout);
        if !matches!(self.phase, Phase::Serving) {
            return if matches!(self.phase, Phase::Over) { None } else { self.deadline.or(stall) };
        }
        let ping = shared.settings.heartbeat.interval.map(|interval| self.heard.0 + interval);
        [self.pong_due.or(ping), stall].into_iter().flatten().min()
    }

    /// Does what is due by now. Says whether anything was.
    pub(super) fn on_time(&mut self, shared: &mut Shared, cx: &Context<'_>, again: &mut bool) -> bool {
        let now = Instant::now();
        if self.next_deadline(shared).is_none_or(|due| due > now) {
            return false;
        }
        match self.phase {
            Phase::Serving => self.on_silence(shared, now),
            Phase::Opening(_) => {
                self.lose(shared, cx, "the answer to the handshake could not be sent", again);
            }
            _ => self.over(shared, cx, again),
        }
        true
    }

    fn on_silence(&mut self, shared: &mut Shared, now: Instant) {
        let limits = shared.settings.limits;
        let heartbeat = shared.settings.heartbeat;
        if let Some((since, _)) = self.stalled
            && since + limits.send_timeout <= now
        {
            shared.finish(End::Stalled(format!("the peer has taken nothing for {:?}", limits.send_timeout)));
        } else if self.stalled.is_some() || !shared.may_read() {
            // Silence means nothing just now: the peer does not read, or a ping would wait, or waits, behind what it takes
            // only slowly.
            self.heard.0 = now;
            self.pong_due = None;
        } else if !shared.has_room() {
            // Nobody listens, because the handler is behind, and a pong would not be heard. But writing to a peer that has
            // gone fails, and nothing else would tell.
            ping(shared);
            self.heard.0 = now;
            self.pong_due = None;
        } else if self.pong_due.is_some_and(|due| due <= now) {
            shared
                .finish(End::HeartbeatMissed(format!("no answer to a ping within {:?}", heartbeat.timeout)));
        } else if self.pong_due.is_none() {
            ping(shared);
            self.pong_due = Some(now + heartbeat.timeout);
        }
    }
}

fn ping(shared: &mut Shared) {
    let Stream::Open(engine) = &mut shared.stream else { return };
    engine.queue_ping();
    shared.queued_bytes += 1;
}
