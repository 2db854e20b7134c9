use std::sync::Arc;

use serde::{Serialize, Serializer, de::DeserializeOwned, ser::SerializeStruct as _};
use serde_json::Value;

use crate::{Error, Result};

/// How long a key may be, in bytes.
const KEY: usize = 1024;
/// How long the JSON of a description may be, in bytes.
const META: usize = 4096;

/// Someone who is present on a topic; see [`Topic::presence`](crate::Topic::presence).
///
/// As JSON it is `{"key":"alice","meta":{"name":"Alice"},"connections":2}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Member {
    #[serde(serialize_with = "as_text")]
    key: Arc<str>,
    #[serde(serialize_with = "as_value")]
    meta: Arc<Value>,
    connections: u32,
}

impl Member {
    pub(super) fn new(key: Arc<str>, meta: Arc<Value>, connections: u32) -> Self {
        Self { key, meta, connections }
    }

    /// The key with which it joined.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it joined with, or was last [updated](crate::Membership::update) to. If the key has several connections, that of the one that joined
    /// or was updated last.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> sockeye::Result {
    /// let room = sockeye::Hub::<String>::new().topic("room");
    /// let alice = room.join("alice", &("Alice", 7))?;
    /// let members = room.presence().members();
    /// assert_eq!(members[0].meta::<(String, u32)>()?, ("Alice".to_owned(), 7));
    /// # drop(alice);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If it is not a `T`.
    pub fn meta<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&*self.meta).map_err(Error::new)
    }

    /// How many [memberships](crate::Membership) with this key there are, on all machines. At least 1, except that of a member that has left, which is
    /// 0.
    pub fn connections(&self) -> u32 {
        self.connections
    }

    pub(super) fn gone(self) -> Self {
        Self { connections: 0, ..self }
    }
}

/// What a [`Presence`](crate::Presence) says next.
///
/// As JSON it is `{"presence":"members","members":[..]}` or `{"presence":"joined","member":{..}}`, with `updated` and `left` like `joined`. It can be
/// the message type of an endpoint: `Json<In, PresenceChange>`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresenceChange {
    /// Everyone who is present, in the order of the keys. It replaces everything before it. It comes first, and again when the reader was too slow
    /// for the changes.
    Members(Vec<Member>),
    /// Its first connection has joined.
    Joined(Member),
    /// The number of its connections has changed, or what it is described by.
    Updated(Member),
    /// Its last connection has left, or the machine of that connection is gone.
    Left(Member),
}

impl Serialize for PresenceChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut change = serializer.serialize_struct("PresenceChange", 2)?;
        let (what, member) = match self {
            Self::Members(members) => {
                change.serialize_field("presence", "members")?;
                change.serialize_field("members", members)?;
                return change.end();
            }
            Self::Joined(member) => ("joined", member),
            Self::Updated(member) => ("updated", member),
            Self::Left(member) => ("left", member),
        };
        change.serialize_field("presence", what)?;
        change.serialize_field("member", member)?;
        change.end()
    }
}

/// Checks a key.
pub(super) fn key(key: String) -> Result<Arc<str>> {
    let bytes = key.len();
    if bytes > KEY {
        return Err(Error::new(format_args!(
            "the key of a member is limited to {KEY} bytes, and this one has {bytes}"
        )));
    }
    Ok(key.into())
}

/// Checks a description.
pub(super) fn meta(meta: &impl Serialize) -> Result<Arc<Value>> {
    let value = serde_json::to_value(meta).map_err(Error::new)?;
    let bytes = value.to_string().len();
    if bytes > META {
        return Err(Error::new(format_args!(
            "what a member is described by is limited to {META} bytes of JSON, and this has {bytes}: keep large values elsewhere, and only their name \
             here"
        )));
    }
    Ok(Arc::new(value))
}

fn as_text<S: Serializer>(text: &Arc<str>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    str::serialize(text, serializer)
}

fn as_value<S: Serializer>(value: &Arc<Value>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    Value::serialize(value, serializer)
}
