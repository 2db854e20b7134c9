//! The fields that a type of serde says it has.

use std::fmt::{self, Display};

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, Visitor},
    forward_to_deserialize_any,
};

/// Whether a struct reads a field `id`. `None` for other types, and for those that do not tell, such as with `#[serde(flatten)]`.
pub(super) fn reads_id<T: DeserializeOwned>() -> Option<bool> {
    match T::deserialize(Asked) {
        Err(Told::Fields(fields)) => Some(fields.contains(&"id")),
        Ok(_) | Err(Told::Nothing) => None,
    }
}

/// Has nothing to read. A struct asks it for its fields.
struct Asked;

#[derive(Debug)]
enum Told {
    Fields(&'static [&'static str]),
    Nothing,
}

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is nothing to read")
    }
}

impl std::error::Error for Told {}

impl de::Error for Told {
    fn custom<T: Display>(_: T) -> Self {
        Self::Nothing
    }
}

impl<'de> Deserializer<'de> for Asked {
    type Error = Told;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Told> {
        Err(Told::Nothing)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Told> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Told> {
        Err(Told::Fields(fields))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its fields are asked for")]
    struct User {
        id: u32,
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its fields are asked for")]
    struct Nested {
        user: User,
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its fields are asked for")]
    struct Newtype(User);

    #[test]
    fn a_struct_tells_its_fields_and_nothing_else_does() {
        assert_eq!(reads_id::<User>(), Some(true));
        assert_eq!(reads_id::<Newtype>(), Some(true));
        assert_eq!(reads_id::<Nested>(), Some(false));
        assert_eq!(reads_id::<HashMap<String, u32>>(), None);
        assert_eq!(reads_id::<Option<User>>(), None);
    }
}
