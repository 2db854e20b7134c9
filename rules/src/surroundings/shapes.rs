//! The contents of the types in a file, as text: enough to see whether a field is a lock, a map or a token.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use quote::ToTokens;
use syn::{
    Attribute, Fields, Ident, ImplItem, ItemConst, ItemEnum, ItemImpl, ItemStatic, ItemStruct, ItemTrait,
    ItemType, ReturnType, Signature, TraitItem, Type, Visibility,
};

use super::written::{self, Written};
use crate::syntax::{Map, is_scalar, last_segment};

/// The structs, variants (`Command::Say`), aliases and statics of a file, by name.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    structs: Map<Vec<(String, Rc<str>)>>,
    /// The fields that no other file can name, with the types that have them.
    private: HashSet<(String, String)>,
    aliases: Map<Rc<str>>,
    statics: HashMap<String, Rc<str>>,
    /// The types of constants.
    constants: HashMap<String, Rc<str>>,
    enums: HashSet<String>,
    /// Private types that derive only traits of the standard library and serde.
    data: HashMap<String, Data>,
    /// The same for types that other files can name.
    public: HashMap<String, Data>,
    /// Whether the file has the `main` of a program: then no file can name a type except those below it.
    is_program: bool,
    /// Whether `{:?}` writes every field of the struct: the standard library's `Debug` is derived for all of this name.
    debugs: HashMap<String, bool>,
    /// Types for which the file implements `Display`.
    displays: HashSet<String>,
    /// The fields that an implementation by hand writes.
    shown: HashMap<(String, Written), HashSet<String>>,
    /// Functions that return a number or a `bool`, and whether all with the name do.
    scalars: HashMap<String, bool>,
    /// Types for which the file implements `Error`.
    errors: HashSet<String>,
    /// Types for which the file implements other traits, or may.
    implementors: HashSet<String>,
    /// Whether any of the types is a `DashMap` or a `DashSet`.
    has_sharded_map: bool,
    /// The functions and constants that traits of the file may give to a foreign type.
    given: HashSet<String>,
    /// The traits of the file.
    traits: HashSet<String>,
    /// The last names of traits, and types for which the file implements them.
    impls: Vec<(String, String)>,
    /// Structs without fields.
    units: HashSet<String>,
    /// Whether a macro in a trait may give it more.
    gives_more: bool,
    /// Whether traits may be implemented elsewhere: in another file, or by a macro.
    has_more: bool,
}

impl Shapes {
    pub(super) fn add_struct(&mut self, item: &ItemStruct) {
        if matches!(item.fields, Fields::Unit) {
            self.units.insert(item.ident.to_string());
        }
        let debugs = derives_debug(&item.attrs, &item.fields);
        self.add_debug(&item.ident, debugs);
        let private = item.fields.iter().filter(|field| matches!(field.vis, Visibility::Inherited));
        let names =
            private.filter_map(|field| Some((item.ident.to_string(), field.ident.as_ref()?.to_string())));
        self.private.extend(names);
        self.add_fields(item.ident.to_string(), &item.fields);
    }

    /// Whether only this file can name the field.
    pub(crate) fn is_private(&self, of: &str, field: &str) -> bool {
        self.private.contains(&(of.to_owned(), field.to_owned()))
    }

    pub(super) fn add_enum(&mut self, item: &ItemEnum) {
        self.enums.insert(item.ident.to_string());
        self.add_debug(&item.ident, item.variants.iter().all(|one| derives_debug(&item.attrs, &one.fields)));
        for variant in &item.variants {
            self.add_fields(format!("{}::{}", item.ident, variant.ident), &variant.fields);
        }
    }

    fn add_debug(&mut self, of: &Ident, debugs: bool) {
        self.debugs.entry(of.to_string()).and_modify(|all| *all &= debugs).or_insert(debugs);
    }

    fn add_fields(&mut self, of: String, fields: &Fields) {
        let name = |index: usize, field: &syn::Field| {
            field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string)
        };
        let fields = match fields {
            Fields::Unit => return,
            fields => fields.iter().enumerate().map(|(index, field)| (name(index, field), text(&field.ty))),
        };
        let fields: Vec<_> = fields.collect();
        for (_, ty) in &fields {
            self.look_at(ty);
        }
        self.structs.insert(of, fields);
    }

    pub(super) fn add_alias(&mut self, item: &ItemType) {
        let ty = text(&item.ty);
        self.look_at(&ty);
        self.aliases.insert(item.ident.to_string(), ty);
    }

    /// A constant with a type that is written in the file.
    pub(super) fn add_constant(&mut self, item: &ItemConst) {
        self.constants.insert(item.ident.to_string(), text(&item.ty));
    }

    /// The type of a constant or a static of the file.
    pub(crate) fn type_of_value(&self, name: &str) -> Option<&str> {
        self.statics.get(name).or_else(|| self.constants.get(name)).map(|ty| &**ty)
    }

    pub(super) fn add_static(&mut self, item: &ItemStatic) {
        let ty = text(&item.ty);
        self.look_at(&ty);
        self.statics.insert(item.ident.to_string(), ty);
    }

    /// Whether a static holds the sender of a `broadcast` channel: such a channel is never closed.
    pub(crate) fn has_static_feed(&self) -> bool {
        self.statics.values().any(|ty| ty.contains("Sender") && ty.contains("broadcast"))
    }

    fn look_at(&mut self, ty: &str) {
        self.has_sharded_map |= ty.contains("DashMap") || ty.contains("DashSet");
    }

    /// Whether any of the types is a `DashMap` or a `DashSet`.
    pub(crate) fn has_sharded_map(&self) -> bool {
        self.has_sharded_map
    }

    /// A struct or an enum.
    pub(super) fn add_data(&mut self, vis: &Visibility, name: &Ident, attrs: &[Attribute]) {
        let is_private = matches!(vis, Visibility::Inherited);
        match derived(attrs) {
            Some(Data { reads, writes }) => {
                let known = if is_private { &mut self.data } else { &mut self.public };
                // Modules of one file may have types of one name.
                let all = known.entry(name.to_string()).or_default();
                all.reads |= reads;
                all.writes |= writes;
            }
            None => _ = self.implementors.insert(name.to_string()),
        }
    }

    /// The file has the `main` of a program.
    pub(super) fn add_main(&mut self) {
        self.is_program = true;
    }

    /// What a trait gives to types which are not known here.
    pub(super) fn add_trait(&mut self, item: &ItemTrait) {
        self.traits.insert(item.ident.to_string());
        for one in &item.items {
            match one {
                TraitItem::Fn(one) => _ = self.given.insert(one.sig.ident.to_string()),
                TraitItem::Const(one) => _ = self.given.insert(one.ident.to_string()),
                TraitItem::Type(_) => {}
                _ => self.gives_more = true,
            }
        }
    }

    /// The types for which the file implements one of its traits; `None` if it is no trait of the file.
    pub(super) fn implementors(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        let of_it = self.impls.iter().filter(move |(one, _)| one == name).map(|(_, of)| of.as_str());
        self.traits.contains(name).then_some(of_it)
    }

    /// The traits that the file implements for a type.
    pub(super) fn traits_of(&self, of: &str) -> impl Iterator<Item = &str> {
        self.impls.iter().filter(move |(_, one)| one == of).map(|(name, _)| name.as_str())
    }

    /// Whether it is a struct without fields, whose name is its value.
    pub(crate) fn is_unit(&self, name: &str) -> bool {
        self.units.contains(name)
    }

    /// Whether a trait of the file may give this function or constant to a foreign type.
    pub(crate) fn may_give(&self, name: &str) -> bool {
        self.gives_more || self.given.contains(name)
    }

    pub(super) fn add_impl(&mut self, item: &ItemImpl) {
        // An attribute may make a trait of it.
        if item.trait_.is_none() && !item.attrs.is_empty() {
            self.given.extend(item.items.iter().filter_map(|one| match one {
                ImplItem::Fn(one) => Some(one.sig.ident.to_string()),
                ImplItem::Const(one) => Some(one.ident.to_string()),
                _ => None,
            }));
        }
        if let Some((path, _)) = &item.trait_
            && path.segments.last().is_some_and(|last| last.ident == "Display")
        {
            self.displays.extend(super::collect::type_name(&item.self_ty));
        }
        if let (Some(written), Some(name)) = (Written::of(item), super::collect::type_name(&item.self_ty)) {
            self.shown.entry((name, written)).or_default().extend(written::fields(item));
        }
        if let Some((path, _)) = &item.trait_ {
            let name = super::collect::type_name(&item.self_ty);
            let last = path.segments.last();
            self.impls.extend(last.map(|last| last.ident.to_string()).zip(name.clone()));
            let is = |known: &str| last.is_some_and(|last| last.ident == known && last.arguments.is_none());
            match name {
                Some(name) if is("Error") => _ = self.errors.insert(name),
                // They convert it into nothing.
                Some(_) if is("Display") || is("Debug") => {}
                Some(name) => _ = self.implementors.insert(name),
                None => self.has_more = true,
            }
        }
    }

    /// Another file of the package that is a child of this one, or a macro that may expand to anything.
    pub(super) fn add_unseen(&mut self) {
        self.has_more = true;
    }

    /// Whether the type is data for serde that implements no trait except those that it derives.
    pub(crate) fn is_only_data(&self, name: &str) -> bool {
        self.data(name).is_some_and(|data| data.reads || data.writes)
    }

    /// What serde can do with a type that implements no trait except those that it derives; `None` if that is not known.
    pub(crate) fn data(&self, name: &str) -> Option<Data> {
        let is_sure = !self.has_more && !self.implementors.contains(name);
        match (self.data.get(name), self.public.get(name)) {
            _ if !is_sure => None,
            (found, None) => found.copied(),
            (None, found) => found.copied().filter(|_| self.is_program),
            (Some(_), Some(_)) => None,
        }
    }

    /// Whether the file implements a trait for a type of this name.
    pub(crate) fn implements_for(&self, name: &str) -> bool {
        self.implementors.contains(name)
    }

    /// Whether the file implements `Error` for a type of this name.
    pub(crate) fn is_error(&self, name: &str) -> bool {
        self.errors.contains(name)
    }

    /// The fields of a struct and their types.
    pub(crate) fn fields(&self, of: &str) -> Option<&[(String, Rc<str>)]> {
        self.structs.get(of).map(Vec::as_slice)
    }

    /// The fields of a struct, or of all variants of an enum.
    pub(crate) fn all_fields(&self, of: &str) -> Vec<&(String, Rc<str>)> {
        let is_variant = |name: &str| name.strip_prefix(of).is_some_and(|rest| rest.starts_with("::"));
        let variants = self.structs.iter().filter(|(name, _)| self.is_enum(of) && is_variant(name));
        variants.flat_map(|(_, fields)| fields).chain(self.fields(of).unwrap_or_default()).collect()
    }

    /// Whether a macro of the log can only write the struct with all of its fields.
    pub(crate) fn is_written_whole(&self, of: &str) -> bool {
        self.debugs.get(of) == Some(&true) && !self.displays.contains(of)
    }

    /// The fields that the file's own implementation of the trait writes; `None` if it has none.
    pub(crate) fn shown_by_hand(&self, of: &str, by: Written) -> Option<&HashSet<String>> {
        self.shown.get(&(of.to_owned(), by))
    }

    /// Whether `Debug` is derived for it.
    pub(crate) fn derives_debug(&self, of: &str) -> bool {
        self.debugs.get(of) == Some(&true)
    }

    pub(super) fn add_function(&mut self, sig: &Signature) {
        let is_scalar = match &sig.output {
            ReturnType::Type(_, ty) => {
                last_segment(ty).is_some_and(|last| is_scalar(&last.ident.to_string()))
            }
            ReturnType::Default => false,
        };
        let all = self.scalars.entry(sig.ident.to_string()).or_insert(is_scalar);
        *all &= is_scalar;
    }

    /// Whether every function of this name in the file returns a number or a `bool`.
    pub(crate) fn gives_scalar(&self, function: &str) -> bool {
        self.scalars.get(function) == Some(&true)
    }

    pub(crate) fn is_enum(&self, name: &str) -> bool {
        self.enums.contains(name)
    }

    /// The type of an alias.
    pub(crate) fn alias(&self, name: &str) -> Option<&Rc<str>> {
        self.aliases.get(name)
    }

    /// The type of a static.
    pub(crate) fn of_static(&self, name: &str) -> Option<&Rc<str>> {
        self.statics.get(name)
    }
}

/// Whether it derives `Debug`, and nothing on it could hide a field: `#[debug(skip)]`.
fn derives_debug(attrs: &[Attribute], fields: &Fields) -> bool {
    let mut derives = false;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        let parsed = attr.parse_nested_meta(|meta| {
            let path: Vec<_> = meta.path.segments.iter().map(|one| one.ident.to_string()).collect();
            derives |= matches!(path.join("::").as_str(), "Debug" | "std::fmt::Debug" | "core::fmt::Debug");
            Ok(())
        });
        if parsed.is_err() {
            return false;
        }
    }
    let known = |attr: &Attribute| ["derive", "serde", "doc"].iter().any(|name| attr.path().is_ident(name));
    let fields = fields.iter().flat_map(|field| &field.attrs);
    derives && attrs.iter().chain(fields).all(known)
}

fn text(ty: &Type) -> Rc<str> {
    ty.to_token_stream().to_string().into()
}

/// What serde can do with a type.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Data {
    /// It derives `Deserialize`.
    pub(crate) reads: bool,
    /// It derives `Serialize`.
    pub(crate) writes: bool,
}

/// Which of serde's traits it derives; `None` if anything on it could implement a foreign trait.
fn derived(attrs: &[Attribute]) -> Option<Data> {
    const HARMLESS: [&str; 6] = ["serde", "doc", "allow", "expect", "repr", "non_exhaustive"];
    const DERIVED: [&str; 11] = [
        "Clone",
        "Copy",
        "Debug",
        "Default",
        "Deserialize",
        "Eq",
        "Hash",
        "Ord",
        "PartialEq",
        "PartialOrd",
        "Serialize",
    ];
    let mut data = Data::default();
    for attr in attrs {
        if HARMLESS.iter().any(|name| attr.path().is_ident(name)) {
            continue;
        }
        if !attr.path().is_ident("derive") {
            return None;
        }
        let mut known = true;
        let parsed = attr.parse_nested_meta(|meta| {
            let name = meta.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
            known &= DERIVED.contains(&name.as_str());
            data.reads |= name == "Deserialize";
            data.writes |= name == "Serialize";
            Ok(())
        });
        if parsed.is_err() || !known {
            return None;
        }
    }
    Some(data)
}
