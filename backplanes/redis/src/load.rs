//! How much is without an answer.

use sockeye::backplane::{Order, PublishOrder};

/// So many orders and bytes can be without an answer. What comes then waits in the queue of the hub.
const ORDERS: usize = 1024;
const BYTES: usize = 1 << 20;

/// Orders, and the bytes of their packets.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    orders: usize,
    bytes: usize,
}

impl Load {
    pub(crate) fn is_full(self) -> bool {
        self.orders >= ORDERS || self.bytes >= BYTES
    }

    pub(crate) fn is_nothing(self) -> bool {
        self.orders == 0
    }

    pub(crate) fn add_order(&mut self, order: &Order) {
        match order {
            Order::Publish(order) => self.add(order),
            _ => self.add_change(),
        }
    }

    pub(crate) fn add(&mut self, order: &PublishOrder) {
        self.orders += 1;
        self.bytes += order.packet().len();
    }

    /// A subscription, or the end of one.
    pub(crate) fn add_change(&mut self) {
        self.orders += 1;
    }

    pub(crate) fn remove(&mut self, settled: Self) {
        self.orders = self.orders.saturating_sub(settled.orders);
        self.bytes = self.bytes.saturating_sub(settled.bytes);
    }
}
