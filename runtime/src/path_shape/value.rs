//! One parameter as a deserializer.

use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, SeqAccess, VariantAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{Failure, Kind, guess::Guesses};

/// The value of one parameter.
#[derive(Clone, Copy)]
pub(super) struct Value<'g> {
    guesses: &'g Guesses<'g>,
    index: usize,
    name: &'g str,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Element,
    Field,
}

impl<'g> Value<'g> {
    pub(super) fn of_the_whole_path(guesses: &'g Guesses<'g>, index: usize, name: &'g str) -> Self {
        Self { guesses, index, name, place: Place::Whole }
    }

    pub(super) fn of_an_element(guesses: &'g Guesses<'g>, index: usize, name: &'g str) -> Self {
        Self { guesses, index, name, place: Place::Element }
    }

    pub(super) fn of_a_field(guesses: &'g Guesses<'g>, index: usize, name: &'g str) -> Self {
        Self { guesses, index, name, place: Place::Field }
    }

    fn text(self) -> &'static str {
        self.guesses.note_kind(self.index, Kind::Text);
        self.guesses.text(self.index)
    }

    /// The guess as a number, a `bool` or a `char`; a default of that type if it is not one.
    fn parsed<T: std::str::FromStr>(self, kind: Kind, otherwise: T) -> T {
        let guess = self.text();
        self.guesses.note_kind(self.index, kind);
        guess.parse().unwrap_or(otherwise)
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $otherwise:literal $kind:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            visitor.$visit(self.parsed($kind, $otherwise))
        })*
    };
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Failure;

    parsed! {
        deserialize_bool visit_bool true Kind::Boolean;
        deserialize_i8 visit_i8 0 Kind::Integer("int8");
        deserialize_i16 visit_i16 0 Kind::Integer("int16");
        deserialize_i32 visit_i32 0 Kind::Integer("int32");
        deserialize_i64 visit_i64 0 Kind::Integer("int64");
        deserialize_i128 visit_i128 0 Kind::Integer("int128");
        deserialize_u8 visit_u8 0 Kind::Integer("uint8");
        deserialize_u16 visit_u16 0 Kind::Integer("uint16");
        deserialize_u32 visit_u32 0 Kind::Integer("uint32");
        deserialize_u64 visit_u64 0 Kind::Integer("uint64");
        deserialize_u128 visit_u128 0 Kind::Integer("uint128");
        deserialize_f32 visit_f32 0.0 Kind::Number("float");
        deserialize_f64 visit_f64 0.0 Kind::Number("double");
        deserialize_char visit_char 'b' Kind::Text;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_string(self.text().to_owned())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_string(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_bytes(self.text().as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_some(self)
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

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    /// An element that is a pair contains the parameter's name and value.
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Failure> {
        if len == 2 && self.place == Place::Element {
            return visitor.visit_seq(Pair { value: self, next: 0 });
        }
        Err(Failure::unsupported("a tuple cannot be read from one path parameter"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.guesses.note_kind(self.index, Kind::OneOf(variants));
        visitor.visit_enum(Enum(variants))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Failure> {
        Err(Failure::unsupported("a list cannot be read from one path parameter"))
    }

    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Failure> {
        Err(Failure::unsupported("a map cannot be read from one path parameter"))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Failure> {
        Err(Failure::unsupported("an identifier cannot be read from one path parameter"))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: usize,
        _: V,
    ) -> Result<V::Value, Failure> {
        Err(Failure::unsupported(format!("the tuple `{name}` cannot be read from one path parameter")))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Failure> {
        Err(Failure::unsupported(format!("the struct `{name}` cannot be read from one path parameter")))
    }
}

/// Name and value of one parameter, as a pair.
struct Pair<'g> {
    value: Value<'g>,
    next: u8,
}

impl<'de> SeqAccess<'de> for Pair<'_> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        self.next += 1;
        match self.next {
            1 => seed.deserialize(Key(self.value.name)).map(Some),
            2 => seed.deserialize(Value { place: Place::Whole, ..self.value }).map(Some),
            _ => Ok(None),
        }
    }
}

/// A name of a parameter or of an enum variant.
pub(super) struct Key<'g>(pub(super) &'g str);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Failure;

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_str(self.0)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_str(self.0)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_str(self.0)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Failure> {
        Err(Failure::unsupported("the names of its keys are not strings"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map newtype_struct struct enum ignored_any
    }
}

/// The first variant of an enum. Others may have different shapes, so a failure says nothing.
pub(super) struct Enum(pub(super) &'static [&'static str]);

impl<'de> EnumAccess<'de> for Enum {
    type Error = Failure;
    type Variant = Unit;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Unit), Failure> {
        let first = self.0.first().ok_or(Failure::Value)?;
        Ok((seed.deserialize(Key(first))?, Unit))
    }
}

/// A variant without fields: the only kind that a path can name.
pub(super) struct Unit;

impl<'de> VariantAccess<'de> for Unit {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Failure> {
        Err(Failure::Value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Failure> {
        Err(Failure::Value)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Failure> {
        Err(Failure::Value)
    }
}
