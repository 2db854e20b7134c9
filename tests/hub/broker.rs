//! A broker within the test, that can fail in every way that a real one can.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use sockeye::{
    Hub, HubBuilder,
    backplane::{Inlet, Order, Outlet},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Packets = UnboundedSender<(String, Bytes)>;

#[derive(Clone, Default)]
pub(crate) struct Broker(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    members: Vec<Member>,
    /// What members asked for, in order.
    pub(crate) asked: Vec<String>,
    /// So many subscriptions are refused, or not answered.
    pub(crate) refuses: usize,
    pub(crate) ignores: usize,
    /// So many packets are lost before the broker has them, are refused by it, are lost after it has confirmed them, or come twice.
    pub(crate) drops: usize,
    pub(crate) refused_packets: usize,
    pub(crate) swallows: usize,
    pub(crate) doubles: usize,
    /// One packet of three is lost after the broker has confirmed it, as this generator of random numbers says.
    pub(crate) lossy: Option<u64>,
    /// How many packets the broker was given.
    pub(crate) given: usize,
    /// Orders that nobody has answered.
    kept: Vec<Order>,
    pub(crate) ended: usize,
}

#[derive(Default)]
struct Member {
    inlet: Option<Inlet>,
    wanted: BTreeSet<String>,
    /// Its connection; there is none while it is cut off.
    packets: Option<Packets>,
    down: bool,
}

impl Broker {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more machine.
    pub(crate) fn hub(&self) -> Hub<u32> {
        self.join(Hub::builder())
    }

    pub(crate) fn join<T>(&self, hub: HubBuilder<T>) -> Hub<T> {
        let mut state = self.lock();
        state.members.push(Member::default());
        let number = state.members.len() - 1;
        drop(state);
        let broker = self.clone();
        hub.backplane(move |inlet: Inlet, outlet: Outlet| carry(broker, number, inlet, outlet)).build()
    }

    /// The connection of that machine breaks, and stays away until it is back.
    pub(crate) fn cut(&self, number: usize) {
        let mut state = self.lock();
        let member = &mut state.members[number];
        (member.down, member.packets) = (true, None);
    }

    pub(crate) fn restore(&self, number: usize) {
        self.lock().members[number].down = false;
    }

    pub(crate) fn inlet(&self, number: usize) -> Inlet {
        self.lock().members[number].inlet.clone().expect("it has connected")
    }

    pub(crate) fn wanted(&self, number: usize) -> usize {
        self.lock().members[number].wanted.len()
    }

    fn connect(&self, number: usize, inlet: &Inlet) -> Option<UnboundedReceiver<(String, Bytes)>> {
        let mut state = self.lock();
        let member = &mut state.members[number];
        member.inlet = Some(inlet.clone());
        if member.down {
            return None;
        }
        let (packets, received) = unbounded_channel();
        (member.packets, member.wanted) = (Some(packets), BTreeSet::new());
        Some(received)
    }

    /// Does what is ordered; `false` when the connection is gone.
    fn serve(&self, number: usize, order: Order) -> bool {
        let mut state = self.lock();
        if state.members[number].packets.is_none() {
            return false;
        }
        match order {
            Order::Subscribe(order) => {
                state.asked.push(format!("{number}+{}", order.topic()));
                if take(&mut state.refuses) {
                    drop(state);
                    order.refuse("not today");
                } else if take(&mut state.ignores) {
                    state.kept.push(Order::Subscribe(order));
                } else {
                    state.members[number].wanted.insert(order.topic().to_owned());
                    drop(state);
                    order.confirm();
                }
            }
            Order::Unsubscribe(topic) => {
                state.asked.push(format!("{number}-{topic}"));
                state.members[number].wanted.remove(&*topic);
            }
            Order::Publish(order) => {
                if take(&mut state.drops) {
                    return true;
                }
                if take(&mut state.refused_packets) {
                    drop(state);
                    order.refuse("it is too large");
                    return true;
                }
                let copies = 1 + usize::from(take(&mut state.doubles));
                let is_lost = take(&mut state.swallows) || state.loses();
                let copies = if is_lost { 0 } else { copies };
                state.given += 1;
                for member in state.members.iter().filter(|member| member.wanted.contains(order.topic())) {
                    let Some(packets) = &member.packets else { continue };
                    let packet = || (order.topic().to_owned(), order.packet().clone());
                    (0..copies).for_each(|_| _ = packets.send(packet()));
                }
                drop(state);
                order.confirm();
            }
            _ => panic!("an order that is not known"),
        }
        true
    }
}

impl State {
    fn loses(&mut self) -> bool {
        let Some(state) = &mut self.lossy else { return false };
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33).is_multiple_of(3)
    }
}

fn take(count: &mut usize) -> bool {
    let some = *count > 0;
    *count -= usize::from(some);
    some
}

/// What a crate for a broker would offer.
async fn carry(broker: Broker, number: usize, inlet: Inlet, mut outlet: Outlet) {
    loop {
        let Some(packets) = broker.connect(number, &inlet) else {
            inlet.lost("still no connection");
            if !outlet.pause().await {
                break;
            }
            continue;
        };
        inlet.connected();
        if connection(&broker, number, &inlet, &mut outlet, packets).await {
            break;
        }
        inlet.lost("connection reset by peer");
    }
    broker.lock().ended += 1;
}

/// One connection; `true` when the hub has ended.
async fn connection(
    broker: &Broker,
    number: usize,
    inlet: &Inlet,
    outlet: &mut Outlet,
    mut packets: UnboundedReceiver<(String, Bytes)>,
) -> bool {
    loop {
        tokio::select! {
            biased;
            packet = packets.recv() => match packet {
                Some((topic, packet)) => _ = inlet.deliver(&topic, packet),
                None => return false,
            },
            order = outlet.next() => match order {
                Some(order) => if !broker.serve(number, order) { return false },
                None => return true,
            },
        }
    }
}
