use syn::{Expr, ExprMethodCall, Ident, Local, Member, Pat, Type};

use crate::{
    UNBOUNDED_QUEUE,
    flow::{Branch, Flow},
    reading::{At, Look, Name, Origin, has_call, plain, read},
    syntax::{Sink, last_segment},
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    let is_unbounded = |word: &str| word.contains("nbounded");
    let has_maker =
        |word: &str| flow.neighbour(word).is_some_and(|one| one.words.have(&["unbounded_channel"]));
    if !flow.function.means(flow.imports(), is_unbounded)
        && !flow.has_field_of(RECEIVER)
        && !flow.function.words().iter().any(|word| has_maker(word))
    {
        return;
    }
    let mut queues = Queues::default();
    read(flow, &mut queues);
    queues.report(flow, sink);
}

const MESSAGE: &str = "this queue has no limit: what a slow client does not read piles up in memory";

const BOUNDED: &str = "`mpsc::channel(64)` and `try_send`, and close the client whose queue is full";

/// The functions that create such a channel.
const MAKERS: [&str; 3] = ["unbounded_channel", "unbounded", "unbounded_async"];

const RECEIVER: &str = "UnboundedReceiver";

/// The channels that the function creates or receives.
#[derive(Default)]
struct Queues<'a> {
    made: Vec<Queue<'a>>,
    given: Vec<&'a Ident>,
    /// Expressions that are handled already, by their addresses.
    seen: Vec<*const Expr>,
}

/// A channel that the function creates.
struct Queue<'a> {
    /// The function that creates it.
    at: &'a Ident,
    /// The numbers of the names of its ends.
    sender: usize,
    receiver: usize,
    /// The frame in which it is drained into a socket.
    drained_in: Option<usize>,
    /// Whether other code has its sender.
    is_shared: bool,
    /// The frames in which values are sent repeatedly.
    sends_in: Vec<usize>,
}

impl<'a> Look<'a> for Queues<'a> {
    fn local(&mut self, local: &'a Local, at: &At<'a>) {
        let Some(init) = &local.init else { return };
        if let (Pat::Tuple(pair), Some(function)) =
            (untyped(&local.pat), unbounded(&init.expr).or_else(|| by_helper(&init.expr, at)))
            && pair.elems.len() == 2
            && pair.elems.iter().all(|one| matches!(one, Pat::Ident(_)))
        {
            let sender = at.next_number();
            self.made.push(Queue {
                at: function,
                sender,
                receiver: sender + 1,
                drained_in: None,
                is_shared: false,
                sends_in: Vec::new(),
            });
        }
    }

    fn expression(&mut self, expression: &'a Expr, at: &At<'a>) {
        match expression {
            Expr::MethodCall(call) => self.method(call, expression, at),
            // A helper that borrows the sender in the loop answers the client's last message.
            Expr::Reference(lent) if at.is_repeated() => self.lends(&lent.expr, at),
            // Dropping it explicitly is not a use.
            Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("drop")) => {
                self.seen.extend(call.args.iter().map(std::ptr::from_ref));
            }
            Expr::Path(_) if !self.seen.contains(&std::ptr::from_ref(expression)) => {
                let Some(number) = at.named(expression).map(|name| name.number) else { return };
                if let Some(queue) = self.made.iter_mut().find(|queue| queue.sender == number) {
                    queue.is_shared = true;
                }
            }
            _ => {}
        }
    }

    fn select(&mut self, branches: &'a [Branch], at: &At<'a>) {
        for branch in branches {
            let Some(future @ Expr::MethodCall(call)) = branch.future.as_ref().map(plain) else { continue };
            if !receives(call) {
                continue;
            }
            self.seen.push(std::ptr::from_ref(future));
            let handed_on = matches!(plain(&branch.handler), Expr::Path(_) | Expr::Call(_) | Expr::Tuple(_));
            let sends = at.round().is_some_and(|round| has_call(round.whole, &SENDS));
            if at.mentions_handle(&branch.handler) || handed_on && sends {
                self.drained(&call.receiver, at);
            }
        }
    }
}

const SENDS: [&str; 4] = ["send", "feed", "send_all", "start_send"];

impl<'a> Queues<'a> {
    fn method(&mut self, call: &'a ExprMethodCall, whole: &'a Expr, at: &At<'a>) {
        let name = call.method.to_string();
        if matches!(
            name.as_str(),
            "send" | "unbounded_send" | "is_closed" | "closed" | "len" | "close_channel"
        ) {
            self.sends(call, at);
        }
        match name.as_str() {
            "forward" if call.args.iter().any(|sink| at.is_handle_expression(sink)) => {
                self.drained(&call.receiver, at);
            }
            // `forward` of Sockeye's socket takes the stream.
            "send_all" | "forward" if at.is_handle_expression(&call.receiver) => {
                call.args.iter().for_each(|stream| self.drained(stream, at));
            }
            _ if receives(call) && !self.seen.contains(&std::ptr::from_ref(whole)) => {
                let feeds = at
                    .round()
                    .is_some_and(|round| has_call(round.whole, &SENDS) && at.mentions_handle(round.whole));
                if feeds {
                    self.drained(&call.receiver, at);
                }
            }
            _ => {}
        }
    }

    fn sends(&mut self, call: &'a ExprMethodCall, at: &At<'a>) {
        let Some(number) = at.named(&call.receiver).map(|name| name.number) else { return };
        let Some(queue) = self.made.iter_mut().find(|queue| queue.sender == number) else { return };
        self.seen.push(std::ptr::from_ref(&*call.receiver));
        if at.is_repeated() {
            queue.sends_in.push(at.frame());
        }
    }

    fn lends(&mut self, sender: &'a Expr, at: &At<'a>) {
        let Some(number) = at.named(sender).map(|name| name.number) else { return };
        let Some(queue) = self.made.iter_mut().find(|queue| queue.sender == number) else { return };
        self.seen.push(std::ptr::from_ref(sender));
        queue.sends_in.push(at.frame());
    }

    /// The values that it yields are sent to a socket.
    fn drained(&mut self, receiver: &'a Expr, at: &At<'a>) {
        let stream = stream_of(receiver);
        if let Some(field) = own_field(stream).filter(|field| is_unbounded_field(field, at)) {
            return self.given.push(field);
        }
        let Some(name) = at.base_name(stream) else { return };
        let frame = at.frame();
        match self.queue(&name, at) {
            Some(Made::Here(index)) => self.made[index].drained_in = Some(frame),
            Some(Made::Elsewhere(ident)) => self.given.push(ident),
            None => {}
        }
    }

    /// The channel whose receiver a name is, directly or as a stream.
    fn queue(&self, name: &Name<'a>, at: &At<'a>) -> Option<Made<'a>> {
        if let Some(index) = self.made.iter().position(|queue| queue.receiver == name.number) {
            return Some(Made::Here(index));
        }
        match name.origin {
            Origin::Typed(ty) => {
                let path = at.type_path(ty)?;
                let last = unbounded_type(ty)?;
                path.ends_with(RECEIVER).then_some(Made::Elsewhere(last))
            }
            Origin::Made(made) => {
                let earlier = at.base(stream_of(made), name)?;
                self.queue(&earlier, at)
            }
            _ => None,
        }
    }

    fn report(self, flow: &Flow<'_>, sink: &mut Sink) {
        for queue in self.made {
            let Some(drained_in) = queue.drained_in else { continue };
            // A channel that one loop both fills and drains cannot grow.
            if queue.is_shared || queue.sends_in.iter().any(|frame| *frame != drained_in) {
                sink.report(&UNBOUNDED_QUEUE, queue.at, MESSAGE, format!("write {BOUNDED}"));
            }
        }
        let mut given = self.given;
        given.dedup();
        for at in given {
            let help = match flow.neighbours().only_with(&MAKERS) {
                Some(maker) => format!("in `{}`, where the channel is made, write {BOUNDED}", maker.name),
                None => format!("where the channel is made, write {BOUNDED}"),
            };
            sink.report(&UNBOUNDED_QUEUE, at, MESSAGE, help);
        }
    }
}

/// What a stream in a chain of methods is made of: `rx` of `UnboundedReceiverStream::new(rx).map(Ok)`.
fn stream_of(chain: &Expr) -> &Expr {
    match plain(chain) {
        Expr::MethodCall(call) => stream_of(&call.receiver),
        Expr::Call(call) if call.args.len() == 1 => plain(&call.args[0]),
        // `stream::unfold(rx, |mut rx| async move { .. })`
        Expr::Call(call) if is_unfold(&call.func) => call.args.first().map_or(chain, plain),
        other => other,
    }
}

fn is_unfold(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "unfold"))
}

/// `outbox` of `self.outbox`.
fn own_field(expression: &Expr) -> Option<&Ident> {
    match expression {
        Expr::Field(field) if matches!(&*field.base, Expr::Path(path) if path.path.is_ident("self")) => {
            match &field.member {
                Member::Named(name) => Some(name),
                Member::Unnamed(_) => None,
            }
        }
        _ => None,
    }
}

fn is_unbounded_field(field: &Ident, at: &At<'_>) -> bool {
    at.flow.type_of_own_field(&field.to_string()).is_some_and(|path| path.ends_with(RECEIVER))
}

/// Where a channel was created.
enum Made<'a> {
    Here(usize),
    Elsewhere(&'a Ident),
}

fn receives(call: &ExprMethodCall) -> bool {
    matches!(
        call.method.to_string().as_str(),
        "recv" | "next" | "recv_async" | "recv_many" | "select_next_some"
    )
}

/// The function that creates an unbounded channel.
fn unbounded(made: &Expr) -> Option<&Ident> {
    let Expr::Call(call) = plain(made) else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    let last = &path.path.segments.last()?.ident;
    MAKERS.iter().any(|name| last == name).then_some(last)
}

/// A function of the file that only creates one.
fn by_helper<'a>(made: &'a Expr, at: &At<'a>) -> Option<&'a Ident> {
    let Expr::Call(call) = plain(made) else { return None };
    let helper = at.helper(&call.func).filter(|helper| !helper.is_async && helper.takes() == 0)?;
    let creates =
        helper.words.have(&["unbounded_channel", "unbounded"]) && !helper.words.have(&["spawn", "bounded"]);
    crate::reading::last_name(&call.func).filter(|_| creates)
}

fn unbounded_type(ty: &Type) -> Option<&Ident> {
    match crate::syntax::peel(ty) {
        Type::Reference(reference) => unbounded_type(&reference.elem),
        other => last_segment(other).map(|last| &last.ident),
    }
}

fn untyped(pattern: &Pat) -> &Pat {
    match pattern {
        Pat::Type(inner) => &inner.pat,
        other => other,
    }
}
