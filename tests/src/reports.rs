//! What handlers of a test say when they end.

use tokio::sync::mpsc;

/// Where they say it: a `State` of the server.
pub type Reports = mpsc::UnboundedSender<&'static str>;

/// Says its words when it is dropped, on whatever way out.
#[derive(Debug)]
pub struct Guard(pub Reports, pub &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        _ = self.0.send(self.1);
    }
}
