//! What browser and server say to each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a browser may say. Anything else closes the connection with 1007, and the reason names the field that is wrong.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FromClient {
    /// The first message; again after each `refused`, until there is a `welcome`.
    Enter { name: String },
    /// To everyone in the room.
    Say { text: String },
}

/// What a browser is told.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ToClient {
    /// In answer to `enter`: who is there, the newcomer included.
    Welcome {
        name: String,
        present: Vec<String>,
    },
    /// What was asked for did not happen. The reason is for people, and the connection stays open for another try.
    Refused {
        reason: String,
    },
    Entered {
        name: String,
    },
    Said {
        name: String,
        text: String,
    },
    Left {
        name: String,
    },
}

/// In characters. All three are about what others see: whole texts are bounded by the endpoint's `max_message_size`.
pub(crate) const LONGEST_ROOM: usize = 64;
const LONGEST_NAME: usize = 32;
const LONGEST_TEXT: usize = 1000;

/// A name as the room shows it. A bad one is a mistake of a person, not of a program: it is answered, not punished.
pub(crate) fn checked_name(name: &str) -> Result<&str, String> {
    let name = name.trim();
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains(char::is_control);
    fits.then_some(name)
        .ok_or_else(|| format!("a name has 1 to {LONGEST_NAME} characters, all visible: choose another one"))
}

/// A text as the room shows it.
pub(crate) fn checked_text(text: &str) -> Result<&str, String> {
    let text = text.trim();
    (1..=LONGEST_TEXT)
        .contains(&text.chars().count())
        .then_some(text)
        .ok_or_else(|| format!("a text has 1 to {LONGEST_TEXT} characters: write more, or less"))
}
