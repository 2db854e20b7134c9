//! What types show about the values of a function, as far as its file defines them.

use std::rc::Rc;

use quote::ToTokens;
use syn::Type;

use super::{
    given, kinds,
    origin::{Origin, Tags},
};
use crate::{
    flow::Imports,
    surroundings::{Neighbours, Shapes, Written, type_path},
    syntax::{last_segment, peel, segments},
};

/// The types around a function.
#[derive(Clone, Copy)]
pub(crate) struct Types<'s> {
    imports: &'s Imports,
    shapes: &'s Shapes,
    neighbours: &'s Neighbours,
}

/// How many structs deep it is followed what a struct writes.
const NESTED: usize = 3;

/// Types that hold several values.
const MANY: [&str; 11] = [
    "HashMap", "BTreeMap", "DashMap", "IndexMap", "HashSet", "BTreeSet", "DashSet", "Vec", "VecDeque",
    "Slab", "SlotMap",
];

/// Types that no crate defines itself.
const FOREIGN: [&str; 24] = [
    "Arc",
    "Rc",
    "Box",
    "Mutex",
    "RwLock",
    "Option",
    "Result",
    "String",
    "State",
    "Extension",
    "Json",
    "Sender",
    "Receiver",
    "UnboundedSender",
    "UnboundedReceiver",
    "WebSocket",
    "WebSocketUpgrade",
    "Message",
    "Handshake",
    "Socket",
    "SplitSink",
    "SplitStream",
    "Bytes",
    "Self",
];

/// Extractors of a part of the request.
const REQUEST: [&str; 15] = [
    "Query",
    "Path",
    "RawQuery",
    "TypedHeader",
    "HeaderMap",
    "CookieJar",
    "SignedCookieJar",
    "PrivateCookieJar",
    "Cookies",
    "Uri",
    "OriginalUri",
    "Parts",
    "Request",
    "AuthBearer",
    "AuthBasic",
];

impl<'s> Types<'s> {
    pub(super) fn new(imports: &'s Imports, neighbours: &'s Neighbours) -> Self {
        Self { imports, shapes: neighbours.shapes(), neighbours }
    }

    /// The types of the file that defines the type with this name.
    fn shapes_of(&self, name: &str) -> &'s Shapes {
        let is_here = self.shapes.fields(name).is_some() || self.shapes.alias(name).is_some();
        let may_be_elsewhere = !is_here
            && name.starts_with(char::is_uppercase)
            && name.len() > 1
            && !FOREIGN.contains(&name)
            && !MANY.contains(&name)
            && !REQUEST.contains(&name);
        let elsewhere = || self.neighbours.shapes_elsewhere(name);
        may_be_elsewhere.then(elsewhere).flatten().unwrap_or(self.shapes)
    }

    fn fields_of(&self, name: &str) -> Option<&'s [(String, Rc<str>)]> {
        self.shapes_of(name).fields(name)
    }

    pub(super) fn imports(&self) -> &'s Imports {
        self.imports
    }

    /// The origin of a parameter of this type.
    pub(super) fn parameter(&self, name: &str, ty: &Type) -> Origin {
        let last = last_segment(peel_reference(ty)).map(|last| last.ident.to_string()).unwrap_or_default();
        let text = self.text(ty);
        let words = |known: &[&str]| words(&text).any(|word| known.contains(&word));
        if words(&REQUEST) && last != "State" {
            return Origin { ty: Some(text), ..Origin::of(Tags::REQUEST) };
        }
        if last == "Message" {
            return Origin::of(Tags::INPUT);
        }
        self.shared(name, Some(text))
    }

    /// The origin of a parameter of this type for what the client has sent; nothing if it is of a type that no one sends.
    pub(super) fn sent(&self, ty: &Type) -> Origin {
        let text = self.text(ty);
        let name = given::name_of(&text);
        let is_slice = text.trim_start_matches(['&', ' ']).starts_with('[');
        match name {
            "str" | "String" | "Utf8Bytes" | "Cow" => Origin::of(Tags::INPUT.or(Tags::TEXT)),
            "Bytes" => Origin::of(Tags::INPUT.or(Tags::BYTE)),
            "Value" | "Vec" | "Message" | "usize" | "u16" | "u32" | "u64" | "u128" | "i32" | "i64" => {
                Origin::of(Tags::INPUT).typed(Some(text))
            }
            _ if is_slice || self.shapes.fields(name).is_some() => Origin::of(Tags::INPUT).typed(Some(text)),
            _ => Origin::default(),
        }
    }

    /// The origin of a parameter of this type for a secret of the request.
    pub(super) fn secret(&self, ty: &Type) -> Origin {
        Origin::of(Tags::REQUEST.or(Tags::SECRET)).typed(Some(self.text(ty)))
    }

    /// The type as text, with what its aliases stand for.
    fn text(&self, ty: &Type) -> Rc<str> {
        self.expanded(&ty.to_token_stream().to_string().into())
    }

    /// A value that came in from outside, at this location. A lock around a single sink belongs to the connection.
    pub(super) fn shared(&self, place: &str, ty: Option<Rc<str>>) -> Origin {
        let ty = ty.map(|ty| self.expanded(&ty));
        let name = place.rsplit('.').next().unwrap_or_default();
        let is_handle = match &ty {
            Some(ty) => self.is_of_sockets(ty) && !is_list(ty),
            None => false,
        };
        let is_called_so =
            matches!(name, "sink" | "socket" | "ws" | "ws_sink" | "ws_tx" | "ws_sender" | "websocket");
        let many = ty.as_deref().is_some_and(is_list);
        if is_handle || is_called_so && !many {
            return Origin::of(Tags::HANDLE).typed(ty.as_deref().and_then(Self::messages));
        }
        Origin { place: Some(place.into()), ty, ..Origin::of(Tags::SHARED) }
    }

    /// The messages of a handle of that type.
    fn messages(handle: &str) -> Option<Rc<str>> {
        handle
            .contains("Json")
            .then(|| syn::parse_str(handle).ok())
            .flatten()
            .and_then(|ty| given::message(&ty))
    }

    /// The fields of a variant of an enum of the file.
    pub(super) fn variant(&self, path: &syn::Path, member: &str) -> Option<Rc<str>> {
        let mut last = path.segments.iter().rev().map(|segment| segment.ident.to_string());
        let name = last.next()?;
        let of = last.next().map_or_else(|| name.clone(), |of| format!("{of}::{name}"));
        let shapes = match segments::split_first(&of) {
            Some((of, _)) if !self.shapes.is_enum(of) => self.shapes_of(of),
            _ => self.shapes,
        };
        let fields = shapes.fields(&of)?;
        fields.iter().find(|(field, _)| field == member).map(|(_, ty)| Rc::clone(ty))
    }

    pub(super) fn is_enum(&self, ty: &str) -> bool {
        let name = given::name_of(ty);
        self.shapes.is_enum(name) || self.shapes_of(name).is_enum(name)
    }

    /// Whether the type contains sockets, or halves of some.
    pub(crate) fn is_of_sockets(&self, ty: &str) -> bool {
        let of_axum = words(ty)
            .any(|word| matches!(word, "WebSocket" | "SplitSink" | "SplitStream" | "WebSocketUpgrade"));
        let of_sockeye = |name: &str| {
            ty.match_indices(name).any(|(start, _)| {
                let (before, after) = (ty[..start].trim_end(), &ty[start + name.len()..]);
                let is_word = !ty[..start].ends_with(is_of_word) && !after.starts_with(is_of_word);
                // `mpsc::Sender` is another one.
                is_word
                    && match before.strip_suffix("::") {
                        Some(path) => path.trim_end().ends_with("sockeye"),
                        None => self.imports.resolve(name).starts_with("sockeye::"),
                    }
            })
        };
        of_axum || ["Sender", "Receiver", "Socket", "Handshake"].iter().any(|name| of_sockeye(name))
    }

    /// Whether the outermost lock in the type has guards that are taken without `.await`.
    pub(super) fn is_sync_lock(&self, ty: &str) -> bool {
        let lock = self.outermost_lock(ty);
        lock.is_some_and(|path| path.starts_with("std::sync::") || path.starts_with("parking_lot::"))
    }

    /// Whether this lock returns a `Result`.
    pub(super) fn is_std_lock(&self, ty: &str) -> bool {
        self.outermost_lock(ty).is_some_and(|path| path.starts_with("std::sync::"))
    }

    /// The path of the outermost lock in the type.
    fn outermost_lock(&self, ty: &str) -> Option<String> {
        let full = ty.replace(' ', "");
        let path = |word: &str| {
            let end = full.find(word).map_or(0, |start| start + word.len());
            let begins = full[..end].rfind(|one: char| !(one.is_alphanumeric() || one == '_' || one == ':'));
            self.imports.resolve(&full[begins.map_or(0, |place| place + 1)..end])
        };
        let is_lock = |path: &String| path.ends_with("::Mutex") || path.ends_with("::RwLock");
        words(ty).map(path).find(is_lock)
    }

    /// The type of a field of the struct that the type names.
    pub(super) fn field(&self, ty: &str, name: &str) -> Option<Rc<str>> {
        let fields = words(ty).find_map(|word| self.fields_of(word))?;
        fields.iter().find(|(field, _)| field == name).map(|(_, ty)| Rc::clone(ty))
    }

    /// The fields of the struct that the type names.
    pub(crate) fn fields(&self, ty: &str) -> &'s [(String, Rc<str>)] {
        words(ty).find_map(|word| self.shapes.fields(word)).unwrap_or_default()
    }

    /// Whether every function of this name in the file returns a number or a `bool`.
    pub(super) fn gives_scalar(&self, function: &str) -> bool {
        self.shapes.gives_scalar(function)
    }

    /// The fields of the struct that the type names which this trait writes, as far as the file shows it.
    pub(crate) fn shown_fields(&self, ty: &str, by: Written) -> Vec<&'s (String, Rc<str>)> {
        let of = words(ty).find(|word| self.shapes.fields(word).is_some());
        of.map(|of| self.shown_of(of, by, NESTED)).unwrap_or_default()
    }

    fn shown_of(&self, of: &str, by: Written, depth: usize) -> Vec<&'s (String, Rc<str>)> {
        let derives = || self.shapes.derives_debug(of) && self.has_std_debug();
        let shows = |field: &str| match self.shapes.shown_by_hand(of, by) {
            Some(shown) => shown.contains(field),
            None => by == Written::Debug && derives(),
        };
        let fields = self.shapes.fields(of).unwrap_or_default().iter();
        fields.filter(|(field, ty)| shows(field) && !self.is_hidden(ty, by, depth)).collect()
    }

    /// Whether the type is a struct of the file, or wraps one, that writes no secret with this trait.
    pub(crate) fn hides(&self, ty: &str, by: Written) -> bool {
        self.is_hidden(ty, by, NESTED)
    }

    fn is_hidden(&self, ty: &str, by: Written, depth: usize) -> bool {
        let Some(of) = words(ty).find(|word| self.shapes.fields(word).is_some()) else { return false };
        let Some(depth) = depth.checked_sub(1) else { return true };
        let all = self.shapes.fields(of).unwrap_or_default();
        let has_secret = all.iter().any(|(field, _)| kinds::is_secret(field));
        let shown = self.shown_of(of, by, depth);
        !shown.into_iter().any(|(field, _)| !has_secret || kinds::is_secret(field))
    }

    fn has_std_debug(&self) -> bool {
        matches!(self.imports.resolve("Debug").as_str(), "Debug" | "std::fmt::Debug" | "core::fmt::Debug")
    }

    /// The fields of the struct that the type names, if a macro of the log writes all of them.
    pub(crate) fn written_fields(&self, ty: &str) -> Vec<&'s (String, Rc<str>)> {
        let of = given::name_of(ty);
        let is_whole = self.shapes.is_written_whole(of) && self.has_std_debug();
        if is_whole { self.shapes.all_fields(of) } else { Vec::new() }
    }

    /// The name of the type in a type that is written there, inside wrappers: `Table` of `Arc<RwLock<Table>>`.
    pub(crate) fn within(&self, ty: &str) -> Option<String> {
        let path = type_path(&syn::parse_str(ty).ok()?, self.imports)?;
        Some(segments::last(&path).to_owned())
    }

    pub(super) fn of_static(&self, name: &str) -> Option<Rc<str>> {
        self.shapes.of_static(name).map(Rc::clone)
    }

    /// The type, followed by the types of its aliases.
    fn expanded(&self, ty: &Rc<str>) -> Rc<str> {
        let mut all = ty.to_string();
        for word in words(ty) {
            if let Some(alias) = self.shapes_of(word).alias(word) {
                all.push(' ');
                all.push_str(alias);
            }
        }
        if all.len() == ty.len() { Rc::clone(ty) } else { all.into() }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|one: char| !is_of_word(one)).filter(|word| !word.is_empty())
}

fn is_of_word(one: char) -> bool {
    one.is_alphanumeric() || one == '_'
}

fn peel_reference(ty: &Type) -> &Type {
    match peel(ty) {
        Type::Reference(reference) => peel_reference(&reference.elem),
        other => other,
    }
}

/// Whether it holds any number of values: a list, or a slice, `&[Sender]`. An array is of the few that the program knows.
fn is_list(ty: &str) -> bool {
    ty.contains('[') && !ty.contains(';') || words(ty).any(|word| MANY.contains(&word))
}
