//! A client that reconnects and resumes, and keeps account of what it gets.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde::Deserialize;
use sockeye::Position;
use tokio::sync::watch;
use tokio_tungstenite::{connect_async, tungstenite::Message};

pub(crate) struct Client {
    proxy: u16,
    topic: String,
    /// The number of the last event of the topic.
    end: u32,
    position: String,
    last: u32,
    /// Events that were told as missing, and that no later event has shown to be missing yet.
    told: u64,
    account: Account,
}

/// What clients got.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) came: u64,
    /// Each of these was announced.
    pub(crate) missing: u64,
    pub(crate) resumed: u64,
}

/// An event with its position, or a gap.
#[derive(Deserialize)]
struct Said {
    position: Option<String>,
    event: Option<u32>,
    missed: Option<u64>,
}

impl Client {
    pub(crate) fn new(proxy: u16, topic: String, end: u32) -> Self {
        let (position, account) = (Position::OLDEST.to_string(), Account::default());
        Self { proxy, topic, end, position, last: 0, told: 0, account }
    }

    /// Until the last event is there. Says once when it is connected.
    pub(crate) async fn run(mut self, connected: watch::Sender<usize>) -> Account {
        let mut connected = Some(connected);
        while self.last < self.end {
            let url = format!("ws://127.0.0.1:{}/feed/{}?position={}", self.proxy, self.topic, self.position);
            if let Ok((mut socket, _)) = connect_async(url).await {
                match connected.take() {
                    Some(connected) => connected.send_modify(|connected| *connected += 1),
                    None => self.account.resumed += 1,
                }
                while self.last < self.end
                    && let Some(Ok(message)) = socket.next().await
                {
                    if let Message::Text(text) = message {
                        self.hear(&text);
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.account
    }

    fn hear(&mut self, text: &str) {
        let said: Said = serde_json::from_str(text).expect("an event or a gap");
        assert!(!text.contains(r#""missed":null"#), "it is not known how many are missing: {text}");
        self.told += said.missed.unwrap_or_default();
        self.position = said.position.unwrap_or_else(|| self.position.clone());
        let Some(event) = said.event else { return };
        assert!(event > self.last, "{event} comes after {} on {}", self.last, self.topic);
        let missing = u64::from(event - self.last - 1);
        assert!(
            missing <= self.told,
            "{missing} are missing before {event} on {}, {} told",
            self.topic,
            self.told
        );
        self.told -= missing;
        self.account.missing += missing;
        self.account.came += 1;
        self.last = event;
    }
}

impl Account {
    pub(crate) fn add(&mut self, other: &Self) {
        self.came += other.came;
        self.missing += other.missing;
        self.resumed += other.resumed;
    }
}
