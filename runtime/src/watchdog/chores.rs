//! What a server polls beside its handlers.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::slots::{self, CHORES};

/// The subject of a server's own tasks: HTTP connections, with routes and layers, and health checks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chores(u64);

impl Default for Chores {
    fn default() -> Self {
        Self(slots::subject() | CHORES)
    }
}

impl Chores {
    pub(crate) fn watched<F: Future>(self, task: F) -> Watched<F> {
        Watched { chores: self, task }
    }

    /// Whether one of them has run without a pause since this tick.
    pub(super) fn block_since(self, tick: u64) -> bool {
        slots::held_since(tick).iter().any(|held| held.subject == self.0)
    }
}

pin_project_lite::pin_project! {
    /// A task of a server, each poll of which the watchdog sees.
    pub(crate) struct Watched<F> {
        chores: Chores,
        #[pin]
        task: F,
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        slots::polled(this.chores.0, || this.task.poll(cx))
    }
}
