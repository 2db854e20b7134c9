//! What the types of a file consist of, as text: enough to see whether a field is a lock, a map or a token.

use std::{collections::HashMap, rc::Rc};

use quote::ToTokens;
use syn::{Fields, ItemStatic, ItemStruct, ItemType, Type};

/// The structs, aliases and statics of a file, by name.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    structs: HashMap<String, Vec<(String, Rc<str>)>>,
    aliases: HashMap<String, Rc<str>>,
    statics: HashMap<String, Rc<str>>,
}

impl Shapes {
    pub(super) fn add_struct(&mut self, item: &ItemStruct) {
        let name = |index: usize, field: &syn::Field| {
            field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string)
        };
        let fields = match &item.fields {
            Fields::Unit => return,
            fields => fields.iter().enumerate().map(|(index, field)| (name(index, field), text(&field.ty))),
        };
        self.structs.insert(item.ident.to_string(), fields.collect());
    }

    pub(super) fn add_alias(&mut self, item: &ItemType) {
        self.aliases.insert(item.ident.to_string(), text(&item.ty));
    }

    pub(super) fn add_static(&mut self, item: &ItemStatic) {
        self.statics.insert(item.ident.to_string(), text(&item.ty));
    }

    /// The fields of a struct and their types.
    pub(crate) fn fields(&self, of: &str) -> Option<&[(String, Rc<str>)]> {
        self.structs.get(of).map(Vec::as_slice)
    }

    /// What an alias stands for.
    pub(crate) fn alias(&self, name: &str) -> Option<&Rc<str>> {
        self.aliases.get(name)
    }

    /// The type of a static.
    pub(crate) fn of_static(&self, name: &str) -> Option<&Rc<str>> {
        self.statics.get(name)
    }
}

fn text(ty: &Type) -> Rc<str> {
    ty.to_token_stream().to_string().into()
}
