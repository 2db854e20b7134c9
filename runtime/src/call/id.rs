//! The `id` of a call.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

/// The `id` of a call, as its sender has written it: a text of at most 128 bytes, or a number. The answer has the same.
///
/// It comes from the other side, which may repeat it: it identifies a call to its sender, and to no one else.
#[derive(Debug, Clone, PartialEq)]
pub struct CallId(Written);

#[derive(Debug, Clone, PartialEq)]
enum Written {
    Text(Box<str>),
    Unsigned(u64),
    Signed(i64),
    /// Some encoders of JavaScript write large integers like this.
    Float(f64),
}

/// How many bytes a text may have. A UUID has 36.
const LONGEST: usize = 128;

impl CallId {
    /// An `id` of the server's.
    pub(super) fn own(text: String) -> Self {
        Self(Written::Text(text.into()))
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Written::Text(text) = &self.0 { Some(text) } else { None }
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Written::Text(text) => f.write_str(text),
            Written::Unsigned(number) => number.fmt(f),
            Written::Signed(number) => number.fmt(f),
            Written::Float(number) => number.fmt(f),
        }
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Written::Text(text) => serializer.serialize_str(text),
            Written::Unsigned(number) => serializer.serialize_u64(*number),
            Written::Signed(number) => serializer.serialize_i64(*number),
            Written::Float(number) => serializer.serialize_f64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfId)
    }
}

struct OfId;

impl Visitor<'_> for OfId {
    type Value = CallId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the `id` of a call, a text of at most {LONGEST} bytes or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<CallId, E> {
        if text.len() > LONGEST {
            return Err(E::invalid_length(text.len(), &self));
        }
        Ok(CallId(Written::Text(text.into())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<CallId, E> {
        Ok(CallId(Written::Unsigned(number)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<CallId, E> {
        Ok(CallId(Written::Signed(number)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<CallId, E> {
        if !number.is_finite() {
            return Err(E::custom(format_args!("the `id` of a call is not a number: {number}")));
        }
        Ok(CallId(Written::Float(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_it_was_read() {
        for id in [r#""c-x7f3ab-1""#, r#""""#, "0", "18446744073709551615", "-7", "1.5", "1.0"] {
            let read: CallId = serde_json::from_str(id).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), id);
        }
    }

    #[test]
    fn what_is_no_id_is_refused_in_words() {
        let refused = |json: &str| serde_json::from_str::<CallId>(json).unwrap_err().to_string();
        for json in ["true", "[]", "{}", "null"] {
            assert!(
                refused(json)
                    .contains("expected the `id` of a call, a text of at most 128 bytes or a number"),
                "{json}"
            );
        }
        assert!(serde_json::from_value::<CallId>("x".repeat(128).into()).is_ok());
        assert!(refused(&format!("{:?}", "x".repeat(129))).starts_with("invalid length 129"));
    }
}
