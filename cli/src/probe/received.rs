//! The messages of the server, as the report shows them.

use sockeye_rules::render::count;

use super::finding::Finding;

/// How many messages are shown.
pub(super) const SHOWN: usize = 5;

/// How many bytes of a binary message are shown.
const BYTES: usize = 16;

/// One message.
pub(super) enum Received {
    Text(String),
    Binary(Vec<u8>),
}

impl Received {
    /// The kind of the message and its content, for a [`Finding`].
    fn detail(&self) -> (&'static str, String) {
        match self {
            Self::Text(text) if text.is_empty() => ("text", "(empty)".to_owned()),
            Self::Text(text) => ("text", text.clone()),
            Self::Binary(bytes) => ("binary", beginning(bytes)),
        }
    }

    pub(super) fn is_text_with(&self, part: &str) -> bool {
        matches!(self, Self::Text(text) if text.contains(part))
    }

    pub(super) fn is_binary_with(&self, part: &str) -> bool {
        let Self::Binary(bytes) = self else { return false };
        !part.is_empty() && bytes.windows(part.len()).any(|window| window == part.as_bytes())
    }
}

fn beginning(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > BYTES { " .." } else { "" };
    let length = count(bytes.len(), "byte");
    if bytes.is_empty() { length } else { format!("{length}: {}{more}", shown.join(" ")) }
}

/// The first messages, and the number of all.
#[derive(Default)]
pub(super) struct Messages {
    pub(super) count: usize,
    first: Vec<(&'static str, String)>,
}

impl Messages {
    pub(super) fn add(&mut self, message: &Received) {
        self.count += 1;
        if self.count <= SHOWN {
            self.first.push(message.detail());
        }
    }

    /// Adds a message that is shown even if it is not one of the first.
    pub(super) fn add_expected(&mut self, message: &Received) {
        self.count += 1;
        self.first.push(message.detail());
    }

    pub(super) fn show_in(self, mut finding: Finding) -> Finding {
        finding.details.extend(self.first);
        finding
    }
}
