use std::time::Duration;

use async_nats::{Client, Event, ServerError, Subscriber};
use futures_util::StreamExt as _;
use sockeye::backplane::{Inlet, Order, Outlet, PublishOrder, SubscribeOrder};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    denied::{Denial, Denied},
    feeds::Feeds,
    flight::Flight,
    rounds::{ANSWER, Rounds},
    subject,
};

/// From so many errors on, the client may have dropped some.
const MANY: usize = 100;

/// One connection, from its establishment to its loss.
pub(crate) struct Connection<'a> {
    pub(crate) client: Client,
    /// What comes back of the rounds. It ends with the connection.
    pub(crate) echoes: Subscriber,
    pub(crate) echo_subject: String,
    pub(crate) events: UnboundedReceiver<Event>,
    pub(crate) prefix: &'a str,
    /// It outlives the connection.
    pub(crate) denied: &'a mut Denied,
    pub(crate) feeds: Feeds,
    pub(crate) flight: Flight,
    pub(crate) rounds: Rounds,
    /// The errors while something waited to be subscribed to, and the last of them.
    pub(crate) errors: usize,
    pub(crate) error: Option<String>,
}

/// Why a connection is lost.
type Lost = String;

impl Connection<'_> {
    /// Serves the hub until it ends. What is not confirmed when this fails may not have been done.
    pub(crate) async fn serve(&mut self, inlet: &Inlet, outlet: &mut Outlet) -> Result<(), Lost> {
        self.ask().await?;
        let mut is_ending = false;
        loop {
            if is_ending && self.flight.is_empty() {
                return Ok(());
            }
            if !self.rounds.is_waiting() && self.flight.wants_round(self.rounds.answered()) {
                self.ask().await?;
            }
            let confirmed = self.flight.due(self.rounds.answered());
            tokio::select! {
                order = outlet.next(), if !is_ending && self.flight.has_room() => match order {
                    Some(order) => self.carry_out(order, inlet).await?,
                    None => is_ending = true,
                },
                echo = self.echoes.next() => match echo {
                    Some(echo) => self.answered(&echo.payload, inlet).await?,
                    None => return Err(self.why_closed().await),
                },
                Some(event) = self.events.recv() => self.take(event).await?,
                () = sleep_until(confirmed.unwrap_or_else(Instant::now)), if confirmed.is_some() => self.confirm().await?,
                () = sleep_until(self.rounds.due()) => self.ask().await?,
            }
        }
    }

    async fn carry_out(&mut self, order: Order, inlet: &Inlet) -> Result<(), Lost> {
        match order {
            Order::Subscribe(order) => self.subscribe(order, inlet).await,
            Order::Unsubscribe(topic) => {
                self.feeds.remove(&topic).await;
                Ok(())
            }
            Order::Publish(order) => self.publish(order).await,
            // There are no others yet. One that is dropped counts as not done.
            _ => Ok(()),
        }
    }

    async fn subscribe(&mut self, order: SubscribeOrder, inlet: &Inlet) -> Result<(), Lost> {
        let subject = subject::of_topic(self.prefix, order.topic());
        let subscriber = in_time(self.client.subscribe(subject.clone())).await?;
        self.feeds.insert(order.topic(), subject.clone(), subscriber, inlet).await;
        let from = Instant::now() + self.denied.settles_after(&subject);
        self.flight.subscribes(order, subject, self.rounds.next(), from);
        Ok(())
    }

    async fn publish(&mut self, order: PublishOrder) -> Result<(), Lost> {
        let (length, longest) = (order.packet().len(), self.client.max_payload());
        if length > longest {
            order.refuse(format!("it has {length} bytes, and NATS takes at most {longest} (`max_payload`)"));
            return Ok(());
        }
        let subject = subject::of_topic(self.prefix, order.topic());
        if self.denied.forbids(&subject) {
            order.refuse(format!("NATS does not permit to publish to {subject:?}"));
            return Ok(());
        }
        in_time(self.client.publish(subject.clone(), order.packet().clone())).await?;
        self.flight.publishes(order, subject, self.rounds.next());
        Ok(())
    }

    /// Begins a round, unless the last one has been waiting for its answer for too long.
    async fn ask(&mut self) -> Result<(), Lost> {
        if self.rounds.is_waiting() {
            return Err(format!("NATS has not answered for {} seconds", ANSWER.as_secs()));
        }
        let round = self.rounds.ask().to_string();
        in_time(self.client.publish(self.echo_subject.clone(), round.into())).await
    }

    async fn answered(&mut self, answer: &[u8], inlet: &Inlet) -> Result<(), Lost> {
        let Some(round) = self.rounds.answer(answer) else { return Ok(()) };
        if round == 1 {
            inlet.connected();
        }
        self.confirm().await
    }

    /// Confirms what NATS has done.
    async fn confirm(&mut self) -> Result<(), Lost> {
        // What it has refused before it answered.
        while let Ok(event) = self.events.try_recv() {
            self.take(event).await?;
        }
        if self.errors >= MANY {
            self.flight.take_care();
            self.refuse_to_subscribe(None, "NATS refuses too much at once").await;
        }
        self.flight.confirm(self.rounds.answered(), |subject| self.denied.remove(subject));
        if self.flight.subscribes_to_nothing() {
            (self.errors, self.error) = (0, None);
        }
        Ok(())
    }

    async fn take(&mut self, event: Event) -> Result<(), Lost> {
        match event {
            Event::ServerError(error) => self.take_error(words(error)).await,
            Event::SlowConsumer(_) => {
                Err("the events of a topic came faster than they could be taken".to_owned())
            }
            // The end of the connection is the end of `echoes`.
            _ => Ok(()),
        }
    }

    async fn take_error(&mut self, error: String) -> Result<(), Lost> {
        self.errors += 1;
        let reason = format!("NATS refuses: {error}");
        match Denial::read(&error) {
            Denial::Publish(subject) | Denial::Subscribe(subject) if subject == self.echo_subject => {
                let own = &self.prefix;
                return Err(format!(
                    "{reason}; the user needs the permission to publish and subscribe to \"{own}>\""
                ));
            }
            Denial::Publish(subject) => {
                self.denied.enter(subject);
                self.flight.refuse_to_publish(subject, &reason);
            }
            Denial::Subscribe(subject) => {
                self.denied.enter_subscription(subject);
                let was_awaited = self.refuse_to_subscribe(Some(subject), &reason).await;
                if !was_awaited && self.feeds.has_subject(subject) {
                    // It was confirmed, so its subscribers have to be told.
                    return Err(reason);
                }
            }
            // Such as `maximum subscriptions exceeded`, which does not say to what.
            Denial::Other => _ = self.refuse_to_subscribe(None, &reason).await,
        }
        self.error = Some(error);
        Ok(())
    }

    /// Whether there was such an order.
    async fn refuse_to_subscribe(&mut self, subject: Option<&str>, reason: &str) -> bool {
        let topics = self.flight.refuse_to_subscribe(subject, reason);
        for topic in &topics {
            self.feeds.remove(topic).await;
        }
        !topics.is_empty()
    }

    /// The last error before the end, if there is one. The client drops its end of the events with the connection.
    async fn why_closed(&mut self) -> Lost {
        let mut error = self.error.take();
        let last = async {
            while let Some(event) = self.events.recv().await {
                if let Event::ServerError(last) = event {
                    error = Some(words(last));
                }
            }
        };
        _ = timeout(Duration::from_secs(1), last).await;
        error.map_or_else(
            || "the connection to NATS was closed".to_owned(),
            |error| format!("the connection to NATS was closed: {error}"),
        )
    }
}

/// The words of the server, without those of the client.
fn words(error: ServerError) -> String {
    match error {
        ServerError::Other(words) => words,
        other => other.to_string(),
    }
}

/// Hands something to the client. It waits only if the client cannot write any more.
async fn in_time<T, E: std::fmt::Display>(handed: impl Future<Output = Result<T, E>>) -> Result<T, Lost> {
    match timeout(ANSWER, handed).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(format!("the connection to NATS was closed: {error}")),
        Err(_) => Err(format!("NATS has not read for {} seconds", ANSWER.as_secs())),
    }
}
