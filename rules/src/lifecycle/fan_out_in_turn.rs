mod queues;
mod repeats;
mod sends;

use syn::{Expr, visit::Visit};

use self::{
    queues::Queues,
    repeats::{Repeat, repeated},
    sends::Sends,
};
use crate::{
    FAN_OUT_IN_TURN,
    flow::{Flavor, Flow},
    syntax::Sink,
    trace::{self, Names, Origin, Tags, Watch},
};

pub(super) use queues::has_queue_of_messages;

/// Names for the connections of other clients.
pub(super) const CLIENTS: [&str; 18] = [
    "client",
    "peer",
    "user",
    "conn",
    "sink",
    "socket",
    "session",
    "subscriber",
    "member",
    "player",
    "other",
    "room",
    "participant",
    "listener",
    "viewer",
    "guest",
    "subs",
    "recipient",
];

/// Types that hold several queues.
const MANY: [&str; 9] =
    ["HashMap", "BTreeMap", "DashMap", "IndexMap", "Vec", "VecDeque", "Slab", "Iterator", "IntoIterator"];

/// Names for queues whose readers are part of the program, and may hold it up.
const OTHERS: [&str; 22] = [
    "worker",
    "shard",
    "plugin",
    "backend",
    "upstream",
    "service",
    "job",
    "task",
    "stage",
    "output",
    "log",
    "db",
    "store",
    "bot",
    "consumer",
    "partition",
    "lane",
    "export",
    "writer",
    "engine",
    "replica",
    "node",
];

const HELP: &str = "give each client a bounded queue and write `try_send`, or wait for all of them together with \
                    `futures::future::join_all(..).await`; a `Topic` of Sockeye's `Hub` never waits";

/// With `?` the loop also ends at the first client that is gone.
const SOCKEYE: &str = "publish to a `Topic` of a `Hub`, which waits for no client and fails for none of them";

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    // An iterator or a list that `while let` takes apart.
    let takes = ["values", "into_values", "iter", "into_iter", "drain", "pop", "pop_front", "pop_back"];
    let has_iterator = || flow.function.has_word(&["while"]) && flow.function.has_word(&takes);
    if !flow.function.has_word(&["for", "for_each"]) && !has_iterator() {
        return;
    }
    let is_named_so = is_publisher(&flow.function.name().to_string());
    let has_socket = !flow.roots.is_empty();
    let help = if has_socket && flow.flavor == Flavor::Sockeye { SOCKEYE } else { HELP };
    trace::watch(flow, &mut FanOut { sink, flow, help, has_socket, is_named_so });
}

/// Whether a function sends to everyone, by its name.
fn is_publisher(name: &str) -> bool {
    const NAMES: [&str; 8] =
        ["broadcast", "publish", "fan_out", "fanout", "everyone", "to_all", "notify", "announce"];
    NAMES.iter().any(|one| name.contains(one)) || name.ends_with("_all")
}

struct FanOut<'s> {
    sink: &'s mut Sink,
    flow: &'s Flow<'s>,
    help: &'static str,
    /// Whether the function has a connection itself; if not, only types show to whom it sends.
    has_socket: bool,
    is_named_so: bool,
}

impl Watch for FanOut<'_> {
    fn expression(&mut self, expression: &Expr, names: &Names<'_>) {
        let Some(repeat) = repeated(expression) else { return };
        let items = names.of(repeat.items);
        let queues = Queues::of(&items, names, self.flow);
        if !(self.is_over_clients(&repeat, &items, names) || self.is_over_queues(&repeat, &items, &queues)) {
            return;
        }
        let mut search = Sends::of(&repeat, &queues, self.flow);
        search.visit_block(repeat.body);
        if let Some(send) = search.found {
            let message = "this loop waits for each client in turn: a slow client delays the message for all that follow";
            self.sink.report(&FAN_OUT_IN_TURN, &send, message, self.help);
        }
    }
}

impl FanOut<'_> {
    /// Whether the loop iterates over the connections of other clients.
    fn is_over_clients(&self, repeat: &Repeat<'_>, items: &Origin, names: &Names<'_>) -> bool {
        if !items.is(Tags::SHARED) {
            return false;
        }
        let of_sockets = items.ty.as_ref().is_some_and(|ty| names.types().is_of_sockets(ty));
        // An iterator that was made before may be of anything but sockets.
        if !repeat.is_loop {
            return of_sockets && !items.is(Tags::SINGLE);
        }
        let words = repeat.words(items);
        let called_so = CLIENTS.iter().any(|one| words.contains(one));
        let has_sender = || items.has_type(&["Sender"]) || has_sender_in_field(items, names);
        of_sockets || called_so && (self.has_socket || has_sender())
    }

    /// Whether it iterates over bounded queues of messages, whatever their name.
    fn is_over_queues(&self, repeat: &Repeat<'_>, items: &Origin, queues: &Queues) -> bool {
        let is_many = || {
            let is_list = |ty: &str| ty.contains('[') || MANY.iter().any(|many| ty.contains(many));
            queues.ty.as_deref().is_some_and(is_list)
        };
        // Nothing but a client gets a WebSocket's message.
        let is_shared = items.is(Tags::SHARED) && (self.has_socket || self.is_named_so);
        if !(is_shared && queues.are_of_messages || queues.are_of_frames)
            || items.is(Tags::SINGLE)
            || !is_many()
        {
            return false;
        }
        let words = repeat.words(items);
        !OTHERS.iter().any(|one| words.contains(one))
    }
}

/// Whether the items are of a struct of the file with the sender of a queue.
fn has_sender_in_field(items: &Origin, names: &Names<'_>) -> bool {
    let fields = items.ty.as_deref().map(|ty| names.types().fields(ty)).unwrap_or_default();
    fields.iter().any(|(_, ty)| Origin::default().typed(Some(ty.clone())).has_type(&["Sender"]))
}
