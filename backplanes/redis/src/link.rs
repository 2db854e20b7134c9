//! What one server is asked to do, and what it answers.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use redis::{Pipeline, PushInfo, PushKind, Value};
use sockeye::backplane::{Inlet, Order, PublishOrder, SubscribeOrder};

use crate::{
    connection::{Connection, Watch},
    failure::{Failure, is_misplaced},
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
        let (settings, events, changes) = (Arc::clone(settings), Vec::new(), Vec::new());
        Ok((Self { publish, subscribe, commands, settings, leaving, events, changes }, watches))
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
        for order in &orders {
            let channel = self.settings.channel(order.topic());
            requests.cmd(self.commands.publish()).arg(channel).arg(&order.packet()[..]);
        }
        let (replies, server) = (self.publish.send(requests), self.publish.server.clone());
        Box::pin(async move { settle_events(orders, replies.await?, &server) })
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
        Box::pin(async move { settle_changes(changes, replies.await?, &server) })
    }
}

fn settle_events(orders: Vec<PublishOrder>, replies: Vec<Value>, server: &Server) -> Result<Load, Failure> {
    let mut load = Load::default();
    let mut refused = None;
    for (order, reply) in orders.into_iter().zip(replies) {
        load.add(&order);
        match reply {
            Value::ServerError(error) if is_misplaced(&error) => {
                return Err(Failure::refused(server, &error));
            }
            // The hub tells subscribers on other machines that the event may be lost.
            Value::ServerError(error) => refused = Some((order, Failure::refused(server, &error))),
            _ => order.confirm(),
        }
    }
    if let Some((order, reason)) = refused {
        tracing::warn!(topic = order.topic(), %reason, "an event was refused by the broker");
    }
    Ok(load)
}

fn settle_changes(changes: Vec<Change>, replies: Vec<Value>, server: &Server) -> Result<Load, Failure> {
    let mut load = Load::default();
    for (change, reply) in changes.into_iter().zip(replies) {
        load.add_change();
        match (change, reply) {
            (_, Value::ServerError(error)) if is_misplaced(&error) => {
                return Err(Failure::refused(server, &error));
            }
            (Change::Subscribe(order), Value::ServerError(error)) => {
                order.refuse(Failure::refused(server, &error));
            }
            (Change::Subscribe(order), _) => order.confirm(),
            (Change::Unsubscribe(_), _) => {}
        }
    }
    Ok(load)
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
                inlet.deliver(topic, Bytes::from(packet));
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
    fn publish(self) -> &'static str {
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
