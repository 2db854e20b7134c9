//! What one server is asked to do, and what it answers.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use redis::{Pipeline, PushInfo, PushKind, Value};
use sockeye::backplane::{Inlet, Keep, Order, PublishOrder, SubscribeOrder};

use crate::{
    connection::{Connection, Watch},
    failure::{Failure, is_misplaced},
    history,
    leaving::Leaving,
    load::Load,
    server::Server,
    settings::Settings,
};

/// Settles orders when their replies have come, and returns how much that is.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Load, Failure>> + Send>>;

/// The commands of publish and subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commands {
    /// A channel is known to every server.
    Plain,
    /// A channel is known to the servers of its slot.
    Sharded,
}

/// Two connections to one server: events are not held up by the replies to subscriptions, nor the other way round.
pub(crate) struct Link {
    publish: Connection,
    subscribe: Connection,
    commands: Commands,
    settings: Arc<Settings>,
    leaving: Arc<Leaving>,
    /// Orders that have not been sent yet.
    events: Vec<PublishOrder>,
    changes: Vec<Change>,
    /// The scripts are on their way to the server, on the connection for events.
    is_scripted: bool,
}

enum Change {
    Subscribe(SubscribeOrder),
    Unsubscribe(String),
}

impl Link {
    pub(crate) async fn open(
        server: &Server,
        commands: Commands,
        settings: &Arc<Settings>,
        inlet: &Inlet,
    ) -> Result<(Self, Vec<Watch>), Failure> {
        let leaving = Arc::new(Leaving::default());
        let receive = receive(inlet.clone(), Arc::clone(settings), Arc::clone(&leaving));
        let Settings { login, trust, .. } = &**settings;
        let nothing = None::<fn(PushInfo)>;
        let (publish, publishing) = Connection::open(server, login, trust, nothing).await?;
        let (subscribe, subscribing) = Connection::open(server, login, trust, Some(receive)).await?;
        let mut watches: Vec<_> = publishing.into_iter().chain(subscribing).collect();
        watches.push(Box::pin(Arc::clone(&leaving).unasked(server.clone())));
        let settings = Arc::clone(settings);
        let link = Self {
            publish,
            subscribe,
            commands,
            settings,
            leaving,
            events: Vec::new(),
            changes: Vec::new(),
            is_scripted: false,
        };
        Ok((link, watches))
    }

    /// The connection for requests of other kinds.
    pub(crate) fn connection(&self) -> &Connection {
        &self.publish
    }

    /// Takes an order; `flush` sends it.
    pub(crate) fn take(&mut self, order: Order) {
        match order {
            Order::Publish(order) => self.events.push(order),
            Order::Subscribe(order) => self.changes.push(Change::Subscribe(order)),
            Order::Unsubscribe(topic) => {
                self.changes.push(Change::Unsubscribe(self.settings.channel(&topic)));
            }
            // There are no others yet. One that is dropped counts as not done.
            _ => {}
        }
    }

    /// Sends what has been taken, without waiting for earlier replies.
    pub(crate) fn flush(&mut self) -> impl Iterator<Item = Answer> + use<> {
        let events = (!self.events.is_empty()).then(|| self.send_events());
        let changes = (!self.changes.is_empty()).then(|| self.send_changes());
        events.into_iter().chain(changes)
    }

    fn send_events(&mut self) -> Answer {
        let orders = std::mem::take(&mut self.events);
        let mut requests = Pipeline::with_capacity(orders.len());
        let keeps = orders.iter().any(|order| order.keep().is_some());
        let loads = load(keeps, &mut self.is_scripted, &mut requests);
        for order in &orders {
            if let Some(keep) = order.keep() {
                let keys = self.settings.keys(order.topic());
                history::publish(&mut requests, &keys, order.packet(), keep, self.commands);
            } else {
                let channel = self.settings.channel(order.topic());
                requests.cmd(self.commands.publish()).arg(channel).arg(&order.packet()[..]);
            }
        }
        let (replies, server) = (self.publish.send(requests), self.publish.server.clone());
        Box::pin(async move { settle_events(orders, loaded(replies.await?, loads, &server)?, &server) })
    }

    fn send_changes(&mut self) -> Answer {
        let changes = std::mem::take(&mut self.changes);
        let mut requests = Pipeline::with_capacity(changes.len());
        for change in &changes {
            match change {
                Change::Subscribe(order) => {
                    requests.cmd(self.commands.subscribe()).arg(self.settings.channel(order.topic()));
                }
                Change::Unsubscribe(channel) => {
                    self.leaving.ask(channel);
                    requests.cmd(self.commands.unsubscribe()).arg(channel);
                }
            }
        }
        let (replies, server) = (self.subscribe.send(requests), self.subscribe.server.clone());
        let reading = changes.iter().any(Change::reads).then(|| self.reading());
        Box::pin(async move {
            let (load, subscribed) = settle_changes(changes, replies.await?, &server)?;
            if let Some(reading) = reading {
                reading.restore(subscribed).await?;
            }
            Ok(load)
        })
    }

    /// Histories are read on the connection for events: what Redis sends to one with subscriptions is limited (`client-output-buffer-limit pubsub`).
    fn reading(&mut self) -> Reading {
        let mut requests = Pipeline::new();
        let loads = load(true, &mut self.is_scripted, &mut requests);
        let loading = (loads > 0).then(|| self.publish.send(requests));
        Reading {
            connection: self.publish.clone(),
            settings: Arc::clone(&self.settings),
            loading: loading.map(|loading| Box::pin(loading) as Replies),
        }
    }
}

impl Change {
    /// Whether it needs what Redis keeps of the topic.
    fn reads(&self) -> bool {
        matches!(self, Self::Subscribe(order) if order.history().is_some())
    }
}

/// Adds the scripts, if they are needed for the first time. Returns how many replies belong to them.
fn load(is_needed: bool, is_done: &mut bool, requests: &mut Pipeline) -> usize {
    if !is_needed || std::mem::replace(is_done, true) {
        return 0;
    }
    history::load(requests);
    history::LOADS
}

/// The replies without those to the scripts.
fn loaded(mut replies: Vec<Value>, loads: usize, server: &Server) -> Result<Vec<Value>, Failure> {
    let others = replies.split_off(loads.min(replies.len()));
    match replies.into_iter().next() {
        Some(Value::ServerError(error)) => Err(Failure::refused(server, &error)),
        _ => Ok(others),
    }
}

fn settle_events(orders: Vec<PublishOrder>, replies: Vec<Value>, server: &Server) -> Result<Load, Failure> {
    let mut load = Load::default();
    for (order, reply) in orders.into_iter().zip(replies) {
        load.add(&order);
        match reply {
            Value::ServerError(error) if is_misplaced(&error) => {
                return Err(Failure::refused(server, &error));
            }
            Value::ServerError(error) => order.refuse(Failure::refused(server, &error)),
            _ => order.confirm(),
        }
    }
    Ok(load)
}

/// Returns the orders that wait for a history.
fn settle_changes(
    changes: Vec<Change>,
    replies: Vec<Value>,
    server: &Server,
) -> Result<(Load, Vec<SubscribeOrder>), Failure> {
    let (mut load, mut subscribed) = (Load::default(), Vec::new());
    for (change, reply) in changes.into_iter().zip(replies) {
        load.add_change();
        let reads = change.reads();
        match (change, reply) {
            (_, Value::ServerError(error)) if is_misplaced(&error) => {
                return Err(Failure::refused(server, &error));
            }
            (Change::Subscribe(order), Value::ServerError(error)) => {
                order.refuse(Failure::refused(server, &error));
            }
            (Change::Subscribe(order), _) if reads => subscribed.push(order),
            (Change::Subscribe(order), _) => order.confirm(),
            (Change::Unsubscribe(_), _) => {}
        }
    }
    Ok((load, subscribed))
}

/// How many histories are read at once: all of them are in memory then.
const READ_AT_ONCE: usize = 16;

type Replies = Pin<Box<dyn Future<Output = Result<Vec<Value>, Failure>> + Send>>;

/// Reads the histories of topics that are subscribed to.
struct Reading {
    connection: Connection,
    settings: Arc<Settings>,
    /// The replies to the scripts, if they were sent for the first time.
    loading: Option<Replies>,
}

impl Reading {
    async fn restore(self, mut subscribed: Vec<SubscribeOrder>) -> Result<(), Failure> {
        let Self { connection, settings, loading } = self;
        if let Some(loading) = loading {
            loaded(loading.await?, history::LOADS, &connection.server)?;
        }
        while !subscribed.is_empty() {
            let orders: Vec<_> = subscribed.drain(..READ_AT_ONCE.min(subscribed.len())).collect();
            let mut requests = Pipeline::with_capacity(orders.len());
            let mut read = Vec::with_capacity(orders.len());
            for order in orders {
                let Some(wanted) = order.history() else { continue };
                history::read(&mut requests, &settings.keys(order.topic()), wanted);
                read.push((order, wanted.keep));
            }
            settle_histories(read, connection.send(requests).await?, &connection.server)?;
        }
        Ok(())
    }
}

fn settle_histories(
    read: Vec<(SubscribeOrder, Keep)>,
    replies: Vec<Value>,
    server: &Server,
) -> Result<(), Failure> {
    for ((order, keep), reply) in read.into_iter().zip(replies) {
        match reply {
            Value::ServerError(error) if is_misplaced(&error) => {
                return Err(Failure::refused(server, &error));
            }
            Value::ServerError(error) => order.refuse(Failure::refused(server, &error)),
            reply => match history::restored(reply, keep) {
                Some(restored) => order.restore(restored),
                None => order.refuse("the history of the topic in Redis is not one of Sockeye"),
            },
        }
    }
    Ok(())
}

/// Delivers what a server pushes. It is called while the connection is read, and nothing of it is queued here.
fn receive(
    inlet: Inlet,
    settings: Arc<Settings>,
    leaving: Arc<Leaving>,
) -> impl Fn(PushInfo) + Send + Sync + 'static {
    move |PushInfo { kind, data }| match kind {
        PushKind::Message | PushKind::SMessage => {
            let Ok([Value::BulkString(channel), Value::BulkString(packet)]) = <[Value; 2]>::try_from(data)
            else {
                return;
            };
            if let Some(topic) = std::str::from_utf8(&channel).ok().and_then(|name| settings.topic(name)) {
                let packet = Bytes::from(packet);
                match history::split(&packet) {
                    Some((epoch, offset, packet)) => inlet.deliver_at(topic, epoch, offset, packet),
                    None => inlet.deliver(topic, packet),
                };
            }
        }
        PushKind::Unsubscribe | PushKind::SUnsubscribe => {
            if let Some(Value::BulkString(channel)) = data.first() {
                leaving.left(channel);
            }
        }
        _ => {}
    }
}

impl Commands {
    pub(crate) fn publish(self) -> &'static str {
        match self {
            Self::Plain => "PUBLISH",
            Self::Sharded => "SPUBLISH",
        }
    }

    fn subscribe(self) -> &'static str {
        match self {
            Self::Plain => "SUBSCRIBE",
            Self::Sharded => "SSUBSCRIBE",
        }
    }

    fn unsubscribe(self) -> &'static str {
        match self {
            Self::Plain => "UNSUBSCRIBE",
            Self::Sharded => "SUNSUBSCRIBE",
        }
    }
}
