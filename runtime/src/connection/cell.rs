//! The one place that a connection's owner and its handles share.
//!
//! The owner (`owner.rs`) is the task that polls the handler and drives the stream; the handles are what the handler
//! holds (`Socket`, `Sender`, `Receiver`). Between two polls of the owner nothing but this cell connects them. It is
//! locked for moments only and never while anything is awaited.

use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures_util::FutureExt as _;
use tokio::{
    task::{self, JoinSet},
    time::Instant,
};
use tracing::Instrument as _;

use super::{
    end::End,
    engine::{Engine, Received, Violation},
};
use crate::{
    CloseCode, Error, Message,
    close::CloseFrame,
    limiter::{Pace, Place},
    log::Words,
    metrics::Traffic,
    mounted::{Mounted, Settings},
    panic,
};

/// How many messages a handler may take or queue before its task lets others run.
const TURN: u32 = 128;

/// How many bytes may be queued before a send waits for the peer to take some.
const HIGH_WATER: usize = 64 * 1024;

/// How many messages are read ahead of a handler that is busy elsewhere.
const READ_AHEAD: usize = 64;

/// How many pongs may wait to be written before reading stops: a flood of pings must not become a heap of pongs.
const PONGS: u32 = 64;

/// What a frame costs beside its payload, so that empty messages count too.
const FRAME_HEAD: usize = 2;

/// A connection, shared between its owner and its handles.
#[derive(Debug)]
pub(crate) struct Cell {
    shared: Mutex<Shared>,
    /// Tasks that end with the connection; `None` when it has ended.
    tasks: Mutex<Option<JoinSet<()>>>,
}

#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, set by one side and read by the other"
)]
pub(super) struct Shared {
    pub(super) stream: Stream,
    pub(super) settings: Settings,
    /// How fast messages may come; `None`: as they please.
    pace: Option<Box<Pace>>,
    traffic: Traffic,
    /// Messages read ahead of the handler, and their size.
    inbox: VecDeque<Message>,
    inbox_bytes: usize,
    /// How many sends may still go nowhere without an error, after the end.
    grace: usize,
    /// Size of what was queued since everything queued was last written.
    pub(super) queued_bytes: usize,
    /// How many pongs were queued since then.
    pub(super) pongs: u32,
    pub(super) end: Option<Arc<End>>,
    /// The handles' wakers: who waits in `recv`, and who waits for a flush or the end.
    pub(super) receiver: Option<Waker>,
    pub(super) waiting: Vec<Waker>,
    /// The owner's waker, while nobody else may count on the owner to look again by itself.
    pub(super) owner: Option<Waker>,
    pub(super) owner_is_polling: bool,
    /// What is left of this turn's messages.
    pub(super) turn: u32,
    /// `recv` found nothing in this turn: reading again would find nothing either.
    pub(super) read_dry: bool,
    pub(super) cut: bool,
    /// No handle is left to receive with: messages are dropped as they come.
    deaf: bool,
    /// A handle has learned of the end.
    told: bool,
    /// The task of the handler, once there is one of its own.
    task: Option<task::Id>,
    /// The handler itself knows of the end: it has learned of it, or has closed or dropped its socket.
    knows: bool,
    /// When the connection was over.
    over_at: Option<Instant>,
    /// When the handler last used a handle after that.
    touched: Option<Instant>,
    /// What a task panicked with after the end.
    pub(super) late_panic: Option<Words>,
    /// `recv` has given the error with which the connection ended.
    failed: bool,
    handles: usize,
}

/// The stream of a connection, from its opening to its end.
#[derive(Debug)]
pub(super) enum Stream {
    /// The answer to the handshake is on its way.
    Opening,
    Open(Box<Engine>),
    Over,
}

/// What one look at the engine gave.
enum Read {
    Message(Message),
    /// Something that never reaches the handler as such: a ping, a pong, the end.
    Noted,
    Nothing,
}

impl Cell {
    pub(crate) fn new(endpoint: &Mounted) -> Self {
        let settings = endpoint.settings.clone();
        let pace = settings.limits.max_message_rate.and_then(Pace::new).map(Box::new);
        let shared = Shared {
            stream: Stream::Opening,
            settings,
            pace,
            traffic: Traffic::new(endpoint.registered.route),
            inbox: VecDeque::new(),
            inbox_bytes: 0,
            grace: READ_AHEAD,
            queued_bytes: 0,
            pongs: 0,
            end: None,
            receiver: None,
            waiting: Vec::new(),
            owner: None,
            owner_is_polling: false,
            turn: TURN,
            read_dry: false,
            cut: false,
            deaf: false,
            told: false,
            task: None,
            knows: false,
            over_at: None,
            touched: None,
            late_panic: None,
            failed: false,
            handles: 0,
        };
        Self { shared: Mutex::new(shared), tasks: Mutex::new(Some(JoinSet::new())) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task that ends with the connection. If it panics, the connection ends with it.
    pub(crate) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let cell = Arc::downgrade(self);
        let task = AssertUnwindSafe(task).catch_unwind().map(move |ended| {
            if let (Err(panic), Some(cell)) = (ended, cell.upgrade()) {
                cell.panicked(
                    Words::own("a task of the handler panicked: ").then_foreign(panic::words(&*panic)),
                );
            }
        });
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Dropping the task is ending it; parameters are dropped after the guard.
        let Some(tasks) = &mut *tasks else { return };
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task.in_current_span());
    }

    fn panicked(&self, words: Words) {
        let mut shared = self.lock();
        if shared.end.is_some() {
            shared.late_panic = Some(words);
        } else {
            shared.finish_from_outside(End::Panicked(words));
        }
    }

    pub(super) fn take_tasks(&self) -> JoinSet<()> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// Ends the connection because the server is stopping.
    pub(crate) fn stop(&self) {
        self.lock().finish_from_outside(End::Stopping);
    }

    /// Ends everything now: the time to drain is over.
    pub(crate) fn cut(&self) {
        let mut shared = self.lock();
        shared.cut = true;
        shared.finish_from_outside(End::Cut);
    }

    /// Ends the connection for every handle that is left, because nobody drives it any more. Gives the cause of the end,
    /// this one if there is none yet, and its time.
    fn abandon(&self, end: End) -> (Arc<End>, Instant) {
        drop(self.take_tasks());
        let mut shared = self.lock();
        shared.finish(end);
        let end = shared.end.clone();
        let over_at = *shared.over_at.get_or_insert_with(Instant::now);
        let stream = std::mem::replace(&mut shared.stream, Stream::Over);
        let wakers: Vec<_> = shared.receiver.take().into_iter().chain(shared.waiting.drain(..)).collect();
        // Nobody begins another turn: what is left in the inbox must fit into this one.
        (shared.owner, shared.turn) = (None, TURN);
        drop(shared);
        drop(stream);
        wakers.into_iter().for_each(Waker::wake);
        (end.unwrap_or_else(|| Arc::new(End::Dropped)), over_at)
    }
}

/// The hold of whoever is responsible for a connection: the request, then the owner. Without it the connection is over.
#[derive(Debug)]
pub(crate) struct Kept {
    cell: Arc<Cell>,
    /// Its place among the server's connections.
    _place: Place,
}

impl Kept {
    pub(crate) fn new(endpoint: &Mounted, place: Place) -> Self {
        Self { cell: Arc::new(Cell::new(endpoint)), _place: place }
    }

    pub(crate) fn share(&self) -> Arc<Cell> {
        Arc::clone(&self.cell)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.cell.lock()
    }

    pub(super) fn take_tasks(&self) -> JoinSet<()> {
        self.cell.take_tasks()
    }

    pub(super) fn abandon(&self, end: End) -> (Arc<End>, Instant) {
        self.cell.abandon(end)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.cell.abandon(End::Lost("the handshake was not completed".to_owned()));
    }
}

/// A handle's hold on the connection; when the last one goes, so does the connection.
#[derive(Debug)]
pub(crate) struct Link {
    cell: Arc<Cell>,
}

impl Link {
    pub(crate) fn new(cell: Arc<Cell>) -> Self {
        cell.lock().handles += 1;
        Self { cell }
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.cell.spawn(task);
    }

    /// Waits until the answer to the handshake is out and frames can flow.
    pub(crate) fn poll_open(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut shared = self.cell.lock();
        match shared.stream {
            Stream::Open(_) => Poll::Ready(Ok(())),
            Stream::Over => shared.poll_tell(cx).map(|()| Err(shared.gone())),
            Stream::Opening => {
                remember(&mut shared.waiting, cx.waker());
                Poll::Pending
            }
        }
    }

    /// The next message; `None` when the conversation is over.
    pub(crate) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, Error>> {
        let mut shared = self.cell.lock();
        shared.touch();
        if shared.turn > 0 {
            if let Some(message) = shared.next_message() {
                shared.turn -= 1;
                shared.grace = READ_AHEAD;
                return Poll::Ready(Ok(Some(message)));
            }
            if let Some(end) = shared.end.clone() {
                return shared.poll_tell(cx).map(|()| shared.last_word(&end).map(|()| None));
            }
        }
        shared.receiver = Some(cx.waker().clone());
        if shared.turn == 0 {
            shared.wake_owner();
        }
        Poll::Pending
    }

    /// Queues a message as soon as there is room; `prompt` asks the owner to write it without further ado.
    pub(crate) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        message: &mut Option<Message>,
        prompt: bool,
    ) -> Poll<Result<(), Error>> {
        let mut shared = self.cell.lock();
        shared.touch();
        if shared.end.is_some() {
            if shared.is_catching_up() {
                return Poll::Ready(Ok(()));
            }
            return shared.poll_tell(cx).map(|()| Err(shared.gone()));
        }
        if shared.turn == 0 || shared.queued_bytes >= HIGH_WATER {
            remember(&mut shared.waiting, cx.waker());
            shared.wake_owner();
            return Poll::Pending;
        }
        if let Some(message) = message.take() {
            shared.queue(message);
        }
        if prompt {
            shared.wake_owner();
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until everything that was queued is written.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut shared = self.cell.lock();
        if shared.end.is_some() {
            return shared.poll_tell(cx).map(|()| Err(shared.gone()));
        }
        if shared.queued_bytes == 0 {
            return Poll::Ready(Ok(()));
        }
        remember(&mut shared.waiting, cx.waker());
        shared.wake_owner();
        Poll::Pending
    }

    /// Begins the closing handshake; nothing happens if the connection is ending already.
    pub(crate) fn close(&self, code: CloseCode, reason: String) {
        let mut shared = self.cell.lock();
        shared.knows |= shared.is_in_handler();
        shared.finish_from_outside(End::HandlerClosed(code, reason));
    }

    /// Says that nobody receives any more. The connection is read on, for its pings and its end.
    pub(crate) fn deafen(&self) {
        let mut shared = self.cell.lock();
        shared.deaf = true;
        shared.inbox_bytes = 0;
        let unread = std::mem::take(&mut shared.inbox);
        shared.wake_owner();
        drop(shared);
        drop(unread);
    }

    /// Waits until the connection is over.
    pub(crate) fn poll_over(&self, cx: &Context<'_>) -> Poll<()> {
        let mut shared = self.cell.lock();
        if matches!(shared.stream, Stream::Over) {
            return Poll::Ready(());
        }
        remember(&mut shared.waiting, cx.waker());
        Poll::Pending
    }

    /// The close frame that the peer sent.
    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        self.cell.lock().end.as_deref().and_then(End::frame).cloned()
    }
}

impl Clone for Link {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.cell))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut shared = self.cell.lock();
        shared.handles -= 1;
        // A handler that lets go of a handle after the end has noticed; one that has none left is not to be told from it.
        let notices = shared.end.is_some() && shared.is_in_handler();
        shared.knows |= notices || shared.handles == 0;
        if shared.handles == 0 {
            shared.wake_owner();
        }
    }
}

impl Shared {
    /// Sets the cause of the end, unless there is one.
    pub(super) fn finish(&mut self, end: End) {
        self.end.get_or_insert_with(|| Arc::new(end));
    }

    /// The same for whoever is not the owner, who has to look at it.
    fn finish_from_outside(&mut self, end: End) {
        self.finish(end);
        self.wake_owner();
    }

    /// Notes that the connection is over.
    pub(super) fn over(&mut self) {
        self.stream = Stream::Over;
        self.queued_bytes = 0;
        let now = Instant::now();
        (self.over_at, self.touched) = (Some(now), Some(now));
    }

    /// Notes in which task the handler runs from here on.
    pub(super) fn owned_by(&mut self, task: Option<task::Id>) {
        self.task = task;
    }

    /// Whether it is the handler that calls, and not a task that has a handle too.
    fn is_in_handler(&self) -> bool {
        self.task.is_none() || self.task == task::try_id()
    }

    /// Notes that the handler uses a handle, if the connection is over.
    fn touch(&mut self) {
        if self.touched.is_some() && self.is_in_handler() {
            self.touched = Some(Instant::now());
        }
    }

    /// Until when the handler must notice that the connection is over. `None` when it has, or ended it itself.
    pub(super) fn notice_by(&self) -> Option<Instant> {
        self.touched
            .filter(|_| !self.knows)
            .map(|touched| touched + self.settings.limits.handler_exit_timeout)
    }

    pub(super) fn wake_owner(&mut self) {
        if !self.owner_is_polling
            && let Some(owner) = self.owner.take()
        {
            owner.wake();
        }
    }

    fn queue(&mut self, message: Message) {
        let Stream::Open(engine) = &mut self.stream else { return };
        self.turn -= 1;
        self.traffic.sent(message.len());
        self.queued_bytes += message.len() + FRAME_HEAD;
        engine.queue(message);
    }

    /// Whether no handle is left to receive or to send with.
    pub(super) fn let_go(&self) -> bool {
        self.handles == 0
    }

    /// Whether the handler still works through what came before the end. What it sends then goes nowhere, but must not
    /// fail: `?` would end it, and the messages behind would be lost. One that only sends gets its error all the same.
    fn is_catching_up(&mut self) -> bool {
        let behind = !self.inbox.is_empty() && self.grace > 0;
        self.grace = self.grace.saturating_sub(1);
        behind
    }

    /// Tells the end, at once; again only out of the task's budget. A handler that goes round on the end of its connection
    /// would keep its thread for ever, since nothing that it awaits makes it wait.
    fn poll_tell(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.knows |= self.is_in_handler();
        if !std::mem::replace(&mut self.told, true) {
            return Poll::Ready(());
        }
        tokio::task::coop::poll_proceed(cx).map(|budget| budget.made_progress())
    }

    /// The error with which the connection ended, once; after that, like any end, nothing.
    fn last_word(&mut self, end: &End) -> Result<(), Error> {
        let said = std::mem::replace(&mut self.failed, true);
        if said { Ok(()) } else { end.received() }
    }

    fn gone(&self) -> Error {
        Error::disconnected(self.end.as_deref().and_then(End::frame).cloned())
    }

    /// The next message: one that was read ahead, or else one that the engine has.
    fn next_message(&mut self) -> Option<Message> {
        let was_full = !self.has_room();
        if let Some(message) = self.inbox.pop_front() {
            self.inbox_bytes -= message.len();
            if was_full {
                self.wake_owner();
            }
            return Some(message);
        }
        while self.end.is_none() && self.may_read() {
            match self.read() {
                Read::Message(message) => return Some(message),
                Read::Noted => {}
                Read::Nothing => return None,
            }
        }
        None
    }

    /// Reads ahead until nothing more is there or the inbox is full. Says whether the handler has something to take.
    pub(super) fn read_ahead(&mut self) -> bool {
        let before = self.inbox.len();
        while self.end.is_none() && self.may_read() && self.has_room() {
            match self.read() {
                Read::Message(_) if self.deaf => {}
                Read::Message(message) => {
                    self.inbox_bytes += message.len();
                    self.inbox.push_back(message);
                }
                Read::Noted => {}
                Read::Nothing => break,
            }
        }
        self.inbox.len() > before || self.end.is_some()
    }

    pub(super) fn has_room(&self) -> bool {
        self.inbox.len() < READ_AHEAD && self.inbox_bytes <= self.settings.limits.max_message_size
    }

    pub(super) fn may_read(&self) -> bool {
        self.pongs < PONGS
    }

    /// Reads one thing from the engine. Whoever calls, it is the owner that is woken when there is more.
    fn read(&mut self) -> Read {
        let (Stream::Open(engine), Some(owner)) = (&mut self.stream, &self.owner) else {
            return Read::Nothing;
        };
        let Poll::Ready(received) = engine.poll_receive(&mut Context::from_waker(owner)) else {
            self.read_dry = true;
            return Read::Nothing;
        };
        match self.paced(received) {
            Received::Message(message) => {
                self.traffic.received(message.len());
                return Read::Message(message);
            }
            Received::Ping => self.pongs += 1,
            Received::Pong { .. } => {}
            Received::Close(frame) => self.finish(End::PeerClosed(frame)),
            Received::Violation(violation) => self.finish(End::Violation(violation)),
            Received::Lost(why) => self.finish(End::Lost(why)),
        }
        Read::Noted
    }

    /// What came, or the violation that it is when it came too fast. An answer to a ping of ours is not held against the peer.
    fn paced(&mut self, received: Received) -> Received {
        let Some(pace) = &mut self.pace else { return received };
        match received {
            Received::Message(_) | Received::Ping | Received::Pong { asked: false } => match pace.take() {
                Ok(()) => received,
                Err(rate) => Received::Violation(Violation::too_fast(rate)),
            },
            other => other,
        }
    }

    pub(super) fn begin_turn(&mut self, waker: &Waker) {
        if !self.owner.as_ref().is_some_and(|owner| owner.will_wake(waker)) {
            self.owner = Some(waker.clone());
        }
        if self.turn == 0 {
            self.wake_receiver(waker);
            self.wake_waiting(waker);
        }
        self.owner_is_polling = true;
        self.turn = TURN;
    }

    /// Wakes everyone who waits for room, a flush or the end.
    pub(super) fn wake_waiting(&mut self, owner: &Waker) -> bool {
        let mut own = false;
        for waker in self.waiting.drain(..) {
            own |= wake_unless_own(waker, owner);
        }
        own
    }

    /// Wakes who waits in `recv`.
    pub(super) fn wake_receiver(&mut self, owner: &Waker) -> bool {
        self.receiver.take().is_some_and(|waker| wake_unless_own(waker, owner))
    }
}

/// Wakes another task; says so if it is the owner's own, which is awake and need only look again.
fn wake_unless_own(waker: Waker, owner: &Waker) -> bool {
    let own = waker.will_wake(owner);
    if !own {
        waker.wake();
    }
    own
}

fn remember(waiting: &mut Vec<Waker>, waker: &Waker) {
    if !waiting.iter().any(|one| one.will_wake(waker)) {
        waiting.push(waker.clone());
    }
}
