use std::collections::HashSet;

use quote::ToTokens;
use syn::{
    Block, Expr, ExprAsync, ExprAwait, ExprClosure, Ident, Item, Local, Pat, Stmt,
    visit::{self, Visit},
};

use crate::{
    FAN_OUT_IN_TURN,
    flow::{Flavor, Flow},
    syntax::Sink,
    trace::{self, Names, Origin, Tags, Watch, root},
};

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
const MANY: [&str; 6] = ["HashMap", "BTreeMap", "DashMap", "IndexMap", "Vec", "Slab"];

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
    // An iterator that `while let` takes apart.
    let takes = ["values", "into_values", "iter", "into_iter", "drain"];
    let has_iterator = || flow.function.has_word(&["while"]) && flow.function.has_word(&takes);
    if !flow.function.has_word(&["for", "for_each"]) && !has_iterator() {
        return;
    }
    let is_named_so = is_publisher(&flow.function.name().to_string());
    let has_socket = !flow.roots.is_empty();
    let help = if has_socket && flow.flavor == Flavor::Sockeye { SOCKEYE } else { HELP };
    trace::watch(flow, &mut FanOut { sink, help, has_socket, is_named_so });
}

/// Whether a function sends to everyone, by its name.
fn is_publisher(name: &str) -> bool {
    ["broadcast", "publish", "fan_out", "fanout", "everyone", "to_all"].iter().any(|one| name.contains(one))
}

struct FanOut<'s> {
    sink: &'s mut Sink,
    help: &'static str,
    /// Whether the function has a connection itself; if not, only types show to whom it sends.
    has_socket: bool,
    is_named_so: bool,
}

impl Watch for FanOut<'_> {
    fn expression(&mut self, expression: &Expr, names: &Names<'_>) {
        let Some(repeat) = repeated(expression) else { return };
        let items = names.of(repeat.items);
        let is_loop = matches!(expression, Expr::ForLoop(_));
        if !(is_loop && self.is_over_clients(&repeat, &items, names) || self.is_over_queues(&repeat, &items))
        {
            return;
        }
        let mut search = Sends { of: bound(repeat.pat), found: None };
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
        let words = repeat.words(items);
        let called_so = CLIENTS.iter().any(|one| words.contains(one));
        let has_sender = || items.has_type(&["Sender"]) || has_sender_in_field(items, names);
        of_sockets || called_so && (self.has_socket || has_sender())
    }

    /// Whether it iterates over bounded queues of messages, whatever their name.
    fn is_over_queues(&self, repeat: &Repeat<'_>, items: &Origin) -> bool {
        let is_many = || items.has_type(&MANY) || items.ty.as_ref().is_some_and(|ty| ty.contains('['));
        let is_known =
            items.is(Tags::SHARED) && !items.is(Tags::SINGLE) && (self.has_socket || self.is_named_so);
        if !is_known || !is_many() || !items.ty.as_deref().is_some_and(has_queue_of_messages) {
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

/// Whether the type contains the sender of a queue of messages or strings.
pub(super) fn has_queue_of_messages(ty: &str) -> bool {
    const MESSAGES: [&str; 5] = ["Message", "String", "Utf8Bytes", "Bytes", "Arc<str>"];
    let ty = ty.replace(' ', "");
    ty.match_indices("Sender<").any(|(start, word)| {
        let before = ty[..start].chars().next_back();
        let item = &ty[start + word.len()..];
        let is_message = |message: &&str| {
            let item = item.strip_prefix("ws::").unwrap_or(item);
            item.strip_prefix(*message).is_some_and(|rest| rest.starts_with(['>', ',']))
        };
        !before.is_some_and(char::is_alphanumeric) && MESSAGES.iter().any(is_message)
    })
}

/// A loop, or a method that runs one.
struct Repeat<'e> {
    items: &'e Expr,
    pat: &'e Pat,
    body: &'e Block,
}

impl Repeat<'_> {
    fn words(&self, items: &Origin) -> String {
        let mut words =
            format!("{} {}", self.pat.to_token_stream(), self.items.to_token_stream()).to_lowercase();
        words.push_str(&items.place.as_deref().unwrap_or_default().to_lowercase());
        words
    }
}

/// `for`, `while let Some(..) = iterator.next()`, `stream::iter(..).for_each(..).await`.
fn repeated(expression: &Expr) -> Option<Repeat<'_>> {
    match expression {
        Expr::ForLoop(repeat) => Some(Repeat { items: &repeat.expr, pat: &repeat.pat, body: &repeat.body }),
        Expr::While(repeat) => {
            let Expr::Let(test) = &*repeat.cond else { return None };
            let Expr::MethodCall(next) = &*test.expr else { return None };
            let is_next = next.method == "next" && matches!(&*next.receiver, Expr::Path(_));
            is_next.then_some(Repeat { items: &next.receiver, pat: &test.pat, body: &repeat.body })
        }
        Expr::Await(awaited) => {
            let Expr::MethodCall(each) = &*awaited.base else { return None };
            let Expr::Call(stream) = &*each.receiver else { return None };
            let made_by = stream.func.to_token_stream().to_string();
            let is_stream = each.method == "for_each" && made_by.ends_with("stream :: iter");
            let Some(Expr::Closure(closure)) = each.args.first().filter(|_| is_stream) else { return None };
            let (items, pat) = (stream.args.first()?, closure.inputs.first()?);
            Some(Repeat { items, pat, body: future(&closure.body)? })
        }
        _ => None,
    }
}

/// The body of the `async` block that a closure returns.
fn future(returned: &Expr) -> Option<&Block> {
    match returned {
        Expr::Async(future) => Some(&future.block),
        Expr::Block(block) => match block.block.stmts.last()? {
            Stmt::Expr(last, None) => future(last),
            _ => None,
        },
        _ => None,
    }
}

/// Names of clients, and an awaited send.
struct Sends {
    of: HashSet<String>,
    found: Option<Ident>,
}

impl Sends {
    fn is_of_client(&self, expression: &Expr) -> bool {
        root(expression).is_some_and(|root| self.of.contains(&root))
    }
}

impl<'ast> Visit<'ast> for Sends {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        if let Expr::MethodCall(call) = &*awaited.base
            && (call.method == "send" || call.method == "feed")
            && self.is_of_client(&call.receiver)
            && !call.args.first().is_some_and(is_error)
        {
            self.found.get_or_insert_with(|| call.method.clone());
        }
        visit::visit_expr_await(self, awaited);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        if local.init.as_ref().is_some_and(|init| self.is_of_client(&init.expr)) {
            self.of.extend(bound(&local.pat));
        }
    }

    fn visit_expr_let(&mut self, test: &'ast syn::ExprLet) {
        visit::visit_expr_let(self, test);
        if self.is_of_client(&test.expr) {
            self.of.extend(bound(&test.pat));
        }
    }

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// `Err(..)` is the answer to a request of the program itself: no client is sent one.
fn is_error(sent: &Expr) -> bool {
    matches!(sent, Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err")))
}

/// The names that a pattern binds.
fn bound(pattern: &Pat) -> HashSet<String> {
    struct Bound(HashSet<String>);
    impl<'ast> Visit<'ast> for Bound {
        fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
            self.0.insert(name.ident.to_string());
            visit::visit_pat_ident(self, name);
        }
    }
    let mut bound = Bound(HashSet::new());
    bound.visit_pat(pattern);
    bound.0
}
