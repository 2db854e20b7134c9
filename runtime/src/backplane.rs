//! What carries a [`Hub`](crate::Hub) to other machines, for those who write one: [`Backplane`] says how.

pub use crate::hub::{Backplane, Inlet, Order, Outlet, PublishOrder, SubscribeOrder};
