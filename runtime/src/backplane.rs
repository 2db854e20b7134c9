//! Connects a [`Hub`](crate::Hub) to other machines. [`Backplane`] describes how to implement one.

pub use crate::hub::{Backplane, Inlet, Keep, Order, Outlet, PublishOrder, Restored, SubscribeOrder, Wanted};
