use std::future::Future;

use axum::response::Response;
use http::request::Parts;

use super::{Arg, Requirement};
use crate::state::States;

/// The resolved parameters of a handler: a tuple of up to sixteen [`Arg`]s.
///
/// `V` are the values that the handler is called with.
pub trait Args<V>: Copy + Send + Sync + 'static {
    /// What each parameter requires, in order.
    fn requirements(&self) -> Vec<Requirement>;

    /// Extracts every value from the request, in order; an error has the index of the parameter that refused.
    fn extract<'a>(
        &'a self,
        parts: &'a mut Parts,
        states: &'a States,
    ) -> impl Future<Output = Result<V, (usize, Response)>> + Send + 'a;
}

macro_rules! args {
    ($($P:ident $n:tt),*) => {
        impl<$($P: Send + 'static),*> Args<($($P,)*)> for ($(Arg<$P>,)*) {
            fn requirements(&self) -> Vec<Requirement> {
                vec![$(self.$n.requirement),*]
            }

            #[allow(unused_variables, reason = "the empty tuple takes nothing from the request")]
            async fn extract<'a>(
                &'a self,
                parts: &'a mut Parts,
                states: &'a States,
            ) -> Result<($($P,)*), (usize, Response)> {
                Ok(($((self.$n.extract)(parts, states).await.map_err(|refused| ($n, refused))?,)*))
            }
        }
    };
}

/// Calls a macro once for each number of parameters.
macro_rules! each_arity {
    ($call:ident) => {
        $call!();
        $call!(P0 0);
        $call!(P0 0, P1 1);
        $call!(P0 0, P1 1, P2 2);
        $call!(P0 0, P1 1, P2 2, P3 3);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9, P10 10);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9, P10 10, P11 11);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9, P10 10, P11 11, P12 12);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9, P10 10, P11 11, P12 12, P13 13);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9, P10 10, P11 11, P12 12, P13 13, P14 14);
        $call!(P0 0, P1 1, P2 2, P3 3, P4 4, P5 5, P6 6, P7 7, P8 8, P9 9, P10 10, P11 11, P12 12, P13 13, P14 14, P15 15);
    };
}

pub(super) use each_arity;

each_arity!(args);
