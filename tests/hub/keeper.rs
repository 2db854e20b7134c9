//! A broker within the test that keeps the events of each topic, and that can fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use sockeye::{
    Backplane, Hub, HubBuilder,
    backplane::{Inlet, Order, Outlet, PublishOrder, Restored, SubscribeOrder, Wanted},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::Instant,
};

#[derive(Clone)]
struct Packet {
    topic: String,
    /// The epoch and the offset of an event that is kept.
    at: Option<(u64, u64)>,
    bytes: Bytes,
}

#[derive(Clone)]
pub(crate) struct Keeper(Arc<Mutex<State>>);

pub(crate) struct State {
    epoch: u64,
    topics: BTreeMap<String, Topic>,
    members: Vec<Member>,
    /// So many packets are not delivered to anyone, though they are kept.
    pub(crate) swallows: usize,
    /// So many packets do not reach the broker.
    pub(crate) drops: usize,
    /// How often it was asked for what it has kept.
    pub(crate) asked: usize,
    /// How long an answer to that takes.
    pub(crate) delay: Duration,
}

#[derive(Default)]
struct Topic {
    last: u64,
    events: Vec<(u64, Instant, Bytes)>,
}

#[derive(Default)]
struct Member {
    wanted: BTreeSet<String>,
    packets: Option<UnboundedSender<Packet>>,
    down: bool,
}

struct Carrier {
    keeper: Keeper,
    number: usize,
}

impl Default for Keeper {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            epoch: 7,
            topics: BTreeMap::new(),
            members: Vec::new(),
            swallows: 0,
            drops: 0,
            asked: 0,
            delay: Duration::from_millis(3),
        })))
    }
}

impl Keeper {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more machine, which keeps so many events.
    pub(crate) fn hub(&self, events: usize) -> Hub<u32> {
        self.join(Hub::builder().history(events))
    }

    pub(crate) fn join<T>(&self, hub: HubBuilder<T>) -> Hub<T> {
        let mut state = self.lock();
        state.members.push(Member::default());
        let number = state.members.len() - 1;
        drop(state);
        hub.backplane(Carrier { keeper: self.clone(), number }).build()
    }

    pub(crate) fn cut(&self, number: usize) {
        let mut state = self.lock();
        (state.members[number].down, state.members[number].packets) = (true, None);
    }

    pub(crate) fn restore(&self, number: usize) {
        self.lock().members[number].down = false;
    }

    /// It loses its data, and no connection.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        state.epoch += 1;
        state.topics.clear();
    }

    fn connect(&self, number: usize) -> Option<UnboundedReceiver<Packet>> {
        let mut state = self.lock();
        let member = &mut state.members[number];
        if member.down {
            return None;
        }
        let (packets, received) = unbounded_channel();
        (member.packets, member.wanted) = (Some(packets), BTreeSet::new());
        Some(received)
    }

    fn subscribe(&self, number: usize, order: SubscribeOrder) {
        let mut state = self.lock();
        state.asked += 1;
        state.members[number].wanted.insert(order.topic().to_owned());
        let delay = state.delay;
        drop(state);
        // The hub's own topics have none.
        let Some(wanted) = order.history() else { return order.confirm() };
        let keeper = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let restored = keeper.lock().kept(order.topic(), wanted);
            tokio::time::sleep(delay).await;
            order.restore(restored);
        });
    }

    fn publish(&self, order: PublishOrder) {
        let mut state = self.lock();
        if take(&mut state.drops) {
            return;
        }
        let bytes = order.packet().clone();
        let at = order.keep().map(|keep| {
            let epoch = state.epoch;
            let topic = state.topics.entry(order.topic().to_owned()).or_default();
            topic.last += 1;
            topic.events.push((topic.last, Instant::now(), bytes.clone()));
            let over = topic.events.len().saturating_sub(keep.events);
            topic.events.drain(..over);
            (epoch, topic.last)
        });
        if !take(&mut state.swallows) {
            for member in state.members.iter().filter(|member| member.wanted.contains(order.topic())) {
                let packet = Packet { topic: order.topic().to_owned(), at, bytes: bytes.clone() };
                _ = member.packets.as_ref().map(|packets| packets.send(packet));
            }
        }
        drop(state);
        order.confirm();
    }
}

impl State {
    fn kept(&self, topic: &str, Wanted { after, keep, .. }: Wanted) -> Restored {
        let Some(topic) = self.topics.get(topic) else { return Restored::new(self.epoch, 0) };
        let after = after.filter(|(epoch, _)| *epoch == self.epoch).map_or(0, |(_, offset)| offset);
        let young = topic.events.iter().filter(|(offset, at, _)| *offset > after && at.elapsed() <= keep.age);
        young.fold(Restored::new(self.epoch, topic.last), |restored, (offset, at, packet)| {
            restored.event(*offset, at.elapsed(), packet.clone())
        })
    }
}

impl Backplane for Carrier {
    fn run(self: Box<Self>, inlet: Inlet, outlet: Outlet) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(carry(self.keeper, self.number, inlet, outlet))
    }

    fn keeps_history(&self) -> bool {
        true
    }
}

async fn carry(keeper: Keeper, number: usize, inlet: Inlet, mut outlet: Outlet) {
    loop {
        if let Some(packets) = keeper.connect(number) {
            inlet.connected();
            if connection(&keeper, number, &inlet, &mut outlet, packets).await {
                return;
            }
        }
        inlet.lost("connection reset by peer");
        if !outlet.pause().await {
            return;
        }
    }
}

/// One connection; `true` when the hub has ended.
async fn connection(
    keeper: &Keeper,
    number: usize,
    inlet: &Inlet,
    outlet: &mut Outlet,
    mut packets: UnboundedReceiver<Packet>,
) -> bool {
    loop {
        tokio::select! {
            packet = packets.recv() => match packet {
                Some(Packet { topic, at: Some((epoch, offset)), bytes }) => {
                    inlet.deliver_at(&topic, epoch, offset, bytes);
                }
                Some(Packet { topic, at: None, bytes }) => _ = inlet.deliver(&topic, bytes),
                None => return false,
            },
            order = outlet.next() => match order {
                _ if keeper.lock().members[number].packets.is_none() => return false,
                Some(Order::Subscribe(order)) => keeper.subscribe(number, order),
                Some(Order::Publish(order)) => keeper.publish(order),
                Some(Order::Unsubscribe(topic)) => {
                    keeper.lock().members[number].wanted.remove(&*topic);
                }
                Some(_) => unreachable!("there are no others"),
                None => return true,
            },
        }
    }
}

fn take(count: &mut usize) -> bool {
    let some = *count > 0;
    *count -= usize::from(some);
    some
}
