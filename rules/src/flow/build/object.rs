//! Structs of the file that hold handles: what their methods do with them happens at the call.

use std::rc::Rc;

use syn::{ExprCall, ExprMethodCall, ExprStruct, Member, Path};

use super::{Builder, helper::Lent};
use crate::{
    flow::value::{Object, Value},
    surroundings::{Neighbour, Place},
};

impl<'a> Builder<'a> {
    /// `Client { socket, name }`
    pub(super) fn object(&mut self, made: &'a ExprStruct) -> Value<'a> {
        let of = self.type_with_handles(&made.path).filter(|_| made.rest.is_none());
        let fields: Vec<_> =
            made.fields.iter().map(|field| (name_of(&field.member), self.eval(&field.expr))).collect();
        if let Some(rest) = &made.rest {
            let value = self.eval(rest);
            self.escape(&value);
        }
        self.made_of(of, fields)
    }

    /// `Reader(stream)`
    pub(super) fn tuple_struct(&mut self, path: &Path, call: &'a ExprCall) -> Option<Value<'a>> {
        let of = self.type_with_handles(path)?;
        let values: Vec<_> = call.args.iter().map(|argument| self.eval(argument)).collect();
        let fields = values.into_iter().enumerate().map(|(number, value)| (number.to_string(), value));
        Some(self.made_of(Some(of), fields.collect()))
    }

    /// A struct of this file with handles in its fields. If it implements a trait, other code may use them.
    fn type_with_handles(&self, path: &Path) -> Option<String> {
        let name = path.segments.last()?.ident.to_string();
        let name = if name == "Self" { self.around.of()?.to_owned() } else { name };
        self.known_type(&name)
    }

    fn known_type(&self, name: &str) -> Option<String> {
        let shapes = self.around.neighbours().shapes();
        let is_known = shapes.fields(name).is_some() && !shapes.implements_for(name);
        is_known.then(|| name.to_owned())
    }

    /// `Client::new(socket, name)`, if that function only puts its parameters into the struct.
    pub(super) fn made_by(&mut self, helper: &Neighbour, call: &'a ExprCall) -> Option<Value<'a>> {
        let made = helper.makes.as_ref()?;
        let of = self.known_type(&made.of)?;
        let values: Vec<_> = call.args.iter().map(|argument| self.eval(argument)).collect();
        let field_of = |number: usize| made.fields.iter().find(|(_, one)| *one == number);
        let named = |(number, value): (usize, Value<'a>)| {
            (field_of(number).map(|(name, _)| name.clone()).unwrap_or_default(), value)
        };
        let fields: Vec<_> = values.into_iter().enumerate().map(named).collect();
        Some(self.made_of(Some(of), fields))
    }

    fn made_of(&mut self, of: Option<String>, fields: Vec<(String, Value<'a>)>) -> Value<'a> {
        let mut held = Vec::new();
        let mut is_tied = false;
        for (name, value) in fields {
            is_tied |= value == Value::Own;
            match value {
                Value::Handle(handle) if of.is_some() && !name.is_empty() => held.push((name, handle)),
                other => self.escape(&other),
            }
        }
        match of {
            Some(of) if !held.is_empty() => Value::Object(Rc::new(Object { of, fields: held, is_tied })),
            _ => Value::Other,
        }
    }

    /// The method of its type that is called.
    pub(super) fn method_of_object(&self, object: &Object, call: &ExprMethodCall) -> Option<&'a Neighbour> {
        self.around.neighbours().method(&object.of, &call.method.to_string())
    }
}

/// What a method does with the handles in the fields; `None` if that is not known of each.
pub(super) fn lend_object(object: &Object, helper: &Neighbour) -> Option<Lent> {
    let lent =
        |(name, handle): &(String, _)| Some((*handle, helper.deed(&Place::Field(format!("self.{name}")))?));
    object.fields.iter().map(lent).collect()
}

pub(super) fn name_of(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(number) => number.index.to_string(),
    }
}
