//! Values that are written as an object with an `id`.

use std::{
    any::type_name,
    fmt::{self, Write as _},
};

use serde::{
    Serialize, Serializer,
    ser::{Error, Impossible, SerializeMap},
};

use super::CallId;

/// Whether these are serde's words for a value that has no fields to flatten. A test below reads them.
pub(super) fn is_unflat(words: &str) -> bool {
    words.starts_with("can only flatten structs and maps")
}

/// What to write instead of a `T` that is not an object.
pub(super) fn is_no_object<T>(wrapper: &str) -> String {
    let name = type_name::<T>();
    format!(
        "`{wrapper}<{name}>` needs an object, to which the `id` is added, and `{name}` is none: make it a field of a struct, such as \
         `struct Content {{ value: {name} }}`"
    )
}

/// What is wrong if a field `id` is missing, although the message has one.
pub(super) fn lacks_id<T>() -> String {
    format!(
        "missing field `id`; if `{}` has a field `id` of its own, give it another name: the `id` of the message is that of the call",
        type_name::<T>()
    )
}

fn has_own_id<T>() -> String {
    let name = type_name::<T>();
    format!(
        "`{name}` has a field `id` of its own, which would hide the `id` of the call: give it another name, or make the value a \
         field of a struct, such as `struct Content {{ value: {name} }}`"
    )
}

/// The fields of a value, behind the `id`.
#[derive(Serialize)]
struct Flat<'a, T> {
    id: &'a CallId,
    #[serde(flatten)]
    value: &'a T,
}

/// Writes the fields of a value, behind the `id`.
pub(super) fn write<T: Serialize, S: Serializer>(
    id: &CallId,
    value: &T,
    wrapper: &str,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let whole = Flat { id, value }.serialize(Object(serializer));
    whole.map_err(|error| {
        let words = error.to_string();
        if is_unflat(&words) {
            S::Error::custom(is_no_object::<T>(wrapper))
        } else if words == TWO_IDS {
            S::Error::custom(has_own_id::<T>())
        } else {
            error
        }
    })
}

const TWO_IDS: &str = "two fields `id`";

/// A serializer of an object that refuses a second `id`.
struct Object<S>(S);

struct Fields<M> {
    map: M,
    has_id: bool,
}

impl<M: SerializeMap> Fields<M> {
    fn admit<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), M::Error> {
        let is_id = is_id(key);
        if is_id && self.has_id {
            return Err(M::Error::custom(TWO_IDS));
        }
        self.has_id |= is_id;
        Ok(())
    }
}

impl<M: SerializeMap> SerializeMap for Fields<M> {
    type Ok = M::Ok;
    type Error = M::Error;

    fn serialize_key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), M::Error> {
        self.admit(key)?;
        self.map.serialize_key(key)
    }

    fn serialize_value<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), M::Error> {
        self.map.serialize_value(value)
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), M::Error> {
        self.admit(key)?;
        self.map.serialize_entry(key, value)
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        self.map.end()
    }
}

/// Whether a key is written as `id`.
fn is_id<K: Serialize + ?Sized>(key: &K) -> bool {
    let mut rest = Rest(Some("id"));
    write!(rest, "{}", Shown(key)).is_ok() && rest.0 == Some("")
}

/// A key as text.
struct Shown<'a, K: ?Sized>(&'a K);

impl<K: Serialize + ?Sized> fmt::Display for Shown<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

/// What is left of an expected text.
struct Rest(Option<&'static str>);

impl fmt::Write for Rest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.and_then(|rest| rest.strip_prefix(text));
        Ok(())
    }
}

/// The methods for values that are not objects. What the derive writes calls none of them.
macro_rules! no_values {
    ({ $($method:ident($($argument:ty),*) -> $Ok:ty;)* } { $($generic:ident($($own:ty),*);)* }) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$Ok, Self::Error> {
            Err(Self::Error::custom("not an object"))
        })*
        $(fn $generic<T: Serialize + ?Sized>(self, $(_: $own,)* _: &T) -> Result<Self::Ok, Self::Error> {
            Err(Self::Error::custom("not an object"))
        })*
    };
}

impl<S: Serializer> Serializer for Object<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeMap = Fields<S::SerializeMap>;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeStruct = Impossible<S::Ok, S::Error>;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        Ok(Fields { map: self.0.serialize_map(length)?, has_id: false })
    }

    no_values! {
        {
            serialize_bool(bool) -> S::Ok;
            serialize_i8(i8) -> S::Ok;
            serialize_i16(i16) -> S::Ok;
            serialize_i32(i32) -> S::Ok;
            serialize_i64(i64) -> S::Ok;
            serialize_u8(u8) -> S::Ok;
            serialize_u16(u16) -> S::Ok;
            serialize_u32(u32) -> S::Ok;
            serialize_u64(u64) -> S::Ok;
            serialize_f32(f32) -> S::Ok;
            serialize_f64(f64) -> S::Ok;
            serialize_char(char) -> S::Ok;
            serialize_str(&str) -> S::Ok;
            serialize_bytes(&[u8]) -> S::Ok;
            serialize_none() -> S::Ok;
            serialize_unit() -> S::Ok;
            serialize_unit_struct(&'static str) -> S::Ok;
            serialize_unit_variant(&'static str, u32, &'static str) -> S::Ok;
            serialize_seq(Option<usize>) -> Self::SerializeSeq;
            serialize_tuple(usize) -> Self::SerializeTuple;
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
            serialize_struct(&'static str, usize) -> Self::SerializeStruct;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        }
        {
            serialize_some();
            serialize_newtype_struct(&'static str);
            serialize_newtype_variant(&'static str, u32, &'static str);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    struct User {
        id: u32,
    }

    fn written<T: Serialize>(value: T) -> Result<String, String> {
        struct Whole<T>(T);
        impl<T: Serialize> Serialize for Whole<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let id = serde_json::from_str(r#""c-1""#).map_err(S::Error::custom)?;
                write(&id, &self.0, "Answer", serializer)
            }
        }
        serde_json::to_string(&Whole(value)).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_get_an_id() {
        assert_eq!(written(BTreeMap::from([("ids", 1)])).unwrap(), r#"{"id":"c-1","ids":1}"#);
        assert_eq!(written(()).unwrap(), r#"{"id":"c-1"}"#);
        assert_eq!(written(Some(BTreeMap::from([("i", [1])]))).unwrap(), r#"{"id":"c-1","i":[1]}"#);
    }

    #[test]
    fn what_is_no_object_is_refused_with_what_to_write() {
        for refused in [written(7_u8), written("text"), written([1]), written(true)] {
            let refused = refused.unwrap_err();
            assert!(refused.starts_with("`Answer<"), "{refused}");
            assert!(refused.contains("needs an object, to which the `id` is added"), "{refused}");
        }
    }

    #[test]
    fn a_second_id_is_refused_with_what_to_write() {
        for refused in [written(User { id: 7 }), written(BTreeMap::from([("id", 7)]))] {
            let refused = refused.unwrap_err();
            assert!(refused.contains("has a field `id` of its own"), "{refused}");
        }
    }
}
