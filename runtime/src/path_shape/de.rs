//! The whole path as a deserializer.

use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};

use super::{
    Failure, Kind, PathProblem,
    guess::Guesses,
    value::{Enum, Key, Value},
};

/// The same as axum's `PathDeserializer` for a request, but with guessed values.
#[derive(Clone, Copy)]
pub(super) struct Recorder<'g> {
    guesses: &'g Guesses<'g>,
}

impl<'g> Recorder<'g> {
    pub(super) fn new(guesses: &'g Guesses<'g>) -> Self {
        Self { guesses }
    }

    fn exactly(self, takes: usize) -> Result<(), Failure> {
        if !self.guesses.is_whole_route() {
            return Err(Failure::Value);
        }
        let has = self.guesses.len();
        if has == takes { Ok(()) } else { Err(Failure::Shape(PathProblem::Count { takes, has })) }
    }

    /// The value of the only parameter.
    fn only(self) -> Result<Value<'g>, Failure> {
        self.exactly(1)?;
        let (index, guess) = self.guesses.iter().next().ok_or(Failure::Value)?;
        Ok(Value::of_the_whole_path(self.guesses, index, guess.name))
    }
}

macro_rules! only_value {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            self.only()?.$method(visitor)
        })*
    };
}

macro_rules! unsupported {
    ($($method:ident $what:literal)*) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Failure> {
            Err(Failure::unsupported($what))
        })*
    };
}

impl<'de> Deserializer<'de> for Recorder<'_> {
    type Error = Failure;

    only_value! {
        deserialize_any deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
        deserialize_str deserialize_string deserialize_byte_buf deserialize_char
    }

    unsupported! {
        deserialize_bytes "it is a slice of bytes"
        deserialize_option "it is an `Option`, but a path always has all of its parameters"
        deserialize_identifier "it is an identifier"
        deserialize_ignored_any "it takes no value"
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(All { guesses: self.guesses, at: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Failure> {
        self.exactly(len)?;
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if let Some(name) = self.guesses.twice() {
            return Err(Failure::Shape(PathProblem::Twice(name.to_owned())));
        }
        visitor.visit_map(All { guesses: self.guesses, at: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.guesses.note_fields(fields);
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.exactly(1)?;
        self.guesses.note_kind(0, Kind::OneOf(variants));
        visitor.visit_enum(Enum(variants))
    }
}

/// Every parameter in order, as a sequence or as a map.
struct All<'g> {
    guesses: &'g Guesses<'g>,
    at: usize,
}

impl<'g> All<'g> {
    fn next(&mut self) -> Option<(usize, &'g str)> {
        let (index, guess) = self.guesses.iter().nth(self.at)?;
        self.at += 1;
        Some((index, guess.name))
    }
}

impl<'de> SeqAccess<'de> for All<'_> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some((index, name)) = self.next() else { return Ok(None) };
        seed.deserialize(Value::of_an_element(self.guesses, index, name)).map(Some)
    }
}

impl<'de> MapAccess<'de> for All<'_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some((_, name)) = self.next() else { return Ok(None) };
        seed.deserialize(Key(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let current = self.at.checked_sub(1).and_then(|at| self.guesses.iter().nth(at));
        let (index, guess) = current.ok_or(Failure::Value)?;
        seed.deserialize(Value::of_a_field(self.guesses, index, guess.name))
    }
}
