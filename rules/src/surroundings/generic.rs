//! Handles in the fields of generic structs: what the bounds and the arguments of their `impl` blocks say about the parameters.

use syn::{GenericArgument, Generics, Ident, ItemImpl, ItemStruct, PathArguments, Type};

use crate::{
    flow::{Flavor, Imports, Kind, generic_handle, handle_of},
    syntax::last_segment,
};

/// Struct, field, and the handle that it holds.
pub(super) type Held = (String, String, (Flavor, Kind));

/// The generic structs of a file.
#[derive(Default)]
pub(super) struct Generic {
    /// Struct, field, and the number of the type parameter that is its type.
    fields: Vec<(String, String, usize)>,
    /// Struct, number of the type parameter, and a handle that it stands for.
    said: Vec<(String, usize, (Flavor, Kind))>,
}

impl Generic {
    pub(super) fn add_struct(&mut self, item: &ItemStruct, imports: &Imports) {
        let of = item.ident.to_string();
        for (number, parameter) in item.generics.type_params().enumerate() {
            let is_it = |ty: &Type| matches!(ty, Type::Path(path) if path.path.is_ident(&parameter.ident));
            let name = |(number, ident): (usize, Option<&Ident>)| {
                ident.map_or_else(|| number.to_string(), ToString::to_string)
            };
            let fields = item.fields.iter().enumerate().filter(|(_, field)| is_it(&field.ty));
            self.fields.extend(
                fields.map(|(index, field)| (of.clone(), name((index, field.ident.as_ref())), number)),
            );
            for field in item.fields.iter().filter(|field| is_it(&field.ty)) {
                self.say(&of, number, &field.ty, &item.generics, imports);
            }
        }
    }

    pub(super) fn add_impl(&mut self, item: &ItemImpl, imports: &Imports) {
        let Some(last) = last_segment(&item.self_ty) else { return };
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return };
        let types = arguments.args.iter().filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        });
        for (number, ty) in types.enumerate() {
            self.say(&last.ident.to_string(), number, ty, &item.generics, imports);
        }
    }

    fn say(&mut self, of: &str, number: usize, ty: &Type, generics: &Generics, imports: &Imports) {
        let handle = handle_of(ty, imports).or_else(|| generic_handle(ty, generics, imports));
        self.said.extend(handle.map(|handle| (of.to_owned(), number, handle)));
    }

    /// The fields whose handles are known.
    pub(super) fn held(&self) -> impl Iterator<Item = Held> {
        self.fields.iter().filter_map(|(of, field, number)| {
            let said = self.said.iter().filter(|(one, at, _)| one == of && at == number);
            let handle = said.map(|(.., handle)| Some(*handle)).reduce(both)??;
            Some((of.clone(), field.clone(), handle))
        })
    }
}

/// The sink of one block, and the stream of another one, are a socket together.
fn both(one: Option<(Flavor, Kind)>, other: Option<(Flavor, Kind)>) -> Option<(Flavor, Kind)> {
    let ((flavor, kind), (same, other)) = (one?, other?);
    match (kind, other) {
        _ if flavor != same => None,
        _ if kind == other => Some((flavor, kind)),
        (Kind::Sender | Kind::Receiver | Kind::Socket, Kind::Sender | Kind::Receiver | Kind::Socket) => {
            Some((flavor, Kind::Socket))
        }
        _ => None,
    }
}
