use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

/// How long nothing is published to a subject after NATS has refused it.
const RETRY: Duration = Duration::from_secs(5);
/// How long a refusal to subscribe may take to be known here after NATS has answered; longer for what was refused before.
const SETTLED: Duration = Duration::from_millis(5);
const SETTLED_AGAIN: Duration = Duration::from_millis(200);
/// How many such subjects are remembered.
const SUBJECTS: usize = 1024;

/// The subjects that this user may not use.
///
/// NATS answers each attempt to publish with an error, so a busy topic would cause a flood of them: one attempt is made from time to time. A
/// refusal to subscribe that comes too late is a lost connection, which must not happen again with the next attempt.
#[derive(Default)]
pub(crate) struct Denied {
    until: HashMap<String, Instant>,
    subscriptions: HashSet<String>,
}

/// What an error of NATS is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Denial<'a> {
    Publish(&'a str),
    Subscribe(&'a str),
    Other,
}

impl Denied {
    pub(crate) fn enter(&mut self, subject: &str) {
        let now = Instant::now();
        if self.until.len() >= SUBJECTS {
            self.until.retain(|_, until| *until > now);
        }
        if self.until.len() < SUBJECTS {
            self.until.insert(subject.to_owned(), now + RETRY);
        }
    }

    /// Whether not even to try. After a while, one attempt is made.
    pub(crate) fn forbids(&mut self, subject: &str) -> bool {
        let now = Instant::now();
        match self.until.get_mut(subject) {
            Some(until) if *until > now => true,
            Some(until) => {
                *until = now + RETRY;
                false
            }
            None => false,
        }
    }

    pub(crate) fn enter_subscription(&mut self, subject: &str) {
        if self.subscriptions.len() >= SUBJECTS {
            self.subscriptions.clear();
        }
        self.subscriptions.insert(subject.to_owned());
    }

    /// How long to wait for a refusal.
    pub(crate) fn settles_after(&self, subject: &str) -> Duration {
        if self.subscriptions.contains(subject) { SETTLED_AGAIN } else { SETTLED }
    }

    /// NATS has accepted a publication.
    pub(crate) fn remove(&mut self, subject: &str) {
        if !self.until.is_empty() {
            self.until.remove(subject);
        }
    }
}

impl Denial<'_> {
    /// Reads the words of the server, such as `Permissions Violation for Publish to "sockeye.news"`.
    pub(crate) fn read(error: &str) -> Denial<'_> {
        let subject = |before: &str| error.strip_prefix(before)?.strip_prefix('"')?.split('"').next();
        if let Some(subject) = subject("Permissions Violation for Publish to ") {
            Denial::Publish(subject)
        } else if let Some(subject) = subject("Permissions Violation for Subscription to ") {
            Denial::Subscribe(subject)
        } else {
            Denial::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_server_are_read() {
        let publish = r#"Permissions Violation for Publish to "sockeye.a%20b""#;
        assert_eq!(Denial::read(publish), Denial::Publish("sockeye.a%20b"));
        let subscribe = r#"Permissions Violation for Subscription to "sockeye.x" using queue "q""#;
        assert_eq!(Denial::read(subscribe), Denial::Subscribe("sockeye.x"));
        assert_eq!(Denial::read("maximum subscriptions exceeded"), Denial::Other);
    }

    #[tokio::test(start_paused = true)]
    async fn one_attempt_is_made_from_time_to_time() {
        let mut denied = Denied::default();
        assert!(!denied.forbids("a"));
        denied.enter("a");
        assert!(denied.forbids("a") && !denied.forbids("b"));
        tokio::time::advance(RETRY).await;
        assert!(!denied.forbids("a") && denied.forbids("a"));
        denied.remove("a");
        assert!(!denied.forbids("a"));
    }
}
