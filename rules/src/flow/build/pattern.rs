//! What a pattern destructures, and which outcomes of an operation it matches.

use syn::Pat;

use super::{Builder, object::name_of};
use crate::{
    flow::value::{Got, Handle, Kind, Layer, Outcomes, Value},
    reading::only_name,
};

/// When a pattern matches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    /// The outcomes that it can match.
    pub(super) may: Outcomes,
    /// The outcomes that it always matches.
    pub(super) must: Outcomes,
}

impl Fit {
    const ALWAYS: Self = Self { may: Outcomes::ALL, must: Outcomes::ALL };
    const PERHAPS: Self = Self { may: Outcomes::ALL, must: Outcomes::NONE };

    pub(super) fn is_sure(self) -> bool {
        self.must == Outcomes::ALL
    }
}

/// When the pattern matches the value.
pub(super) fn fit(pattern: &Pat, value: &Value<'_>) -> Fit {
    match value {
        Value::Got(got) => {
            let fit = layered(pattern, &got.layers);
            let all = all(&got.layers);
            if all.without(fit.must) == Outcomes::NONE { Fit { must: Outcomes::ALL, ..fit } } else { fit }
        }
        _ if is_irrefutable(pattern) => Fit::ALWAYS,
        _ => Fit::PERHAPS,
    }
}

/// All remaining outcomes.
fn all(layers: &[Layer]) -> Outcomes {
    layers.iter().fold(Outcomes::DONE, |all, layer| all.or(layer.may_fail()))
}

fn layered(pattern: &Pat, layers: &[Layer]) -> Fit {
    let everything = all(layers);
    match pattern {
        Pat::Or(or) => or.cases.iter().map(|case| layered(case, layers)).fold(
            Fit { may: Outcomes::NONE, must: Outcomes::NONE },
            |a, b| Fit { may: a.may.or(b.may), must: a.must.or(b.must) },
        ),
        Pat::Paren(inner) => layered(&inner.pat, layers),
        Pat::Reference(inner) => layered(&inner.pat, layers),
        Pat::Type(inner) => layered(&inner.pat, layers),
        Pat::Ident(name) if name.subpat.is_some() => {
            name.subpat.as_ref().map_or(Fit::PERHAPS, |(_, inner)| layered(inner, layers))
        }
        _ if is_irrefutable(pattern) => Fit { may: everything, must: everything },
        _ => match (variant(pattern).as_deref(), layers.split_first()) {
            (Some("Ok"), Some((layer, rest))) if !layer.is_option => inside(pattern, *layer, rest),
            (Some("Some"), Some((layer, rest))) if layer.is_option => inside(pattern, *layer, rest),
            (Some("Err"), Some((layer, _))) if !layer.is_option => Fit {
                may: layer.may_fail(),
                must: if inner(pattern).is_some_and(is_irrefutable) { layer.bad } else { Outcomes::NONE },
            },
            (Some("None"), Some((layer, _))) if layer.is_option => {
                Fit { may: layer.may_fail(), must: layer.bad }
            }
            // It inspects the message.
            (_, None) => Fit { may: Outcomes::DONE, must: Outcomes::NONE },
            _ => Fit { may: everything, must: Outcomes::NONE },
        },
    }
}

fn inside(pattern: &Pat, layer: Layer, rest: &[Layer]) -> Fit {
    let Some(inner) = inner(pattern) else { return Fit::PERHAPS };
    let fit = layered(inner, rest);
    Fit { may: fit.may.or(layer.doubt), must: fit.must.without(layer.doubt) }
}

/// `Ok`, `Some`, `None`, ..
fn variant(pattern: &Pat) -> Option<String> {
    let path = match pattern {
        Pat::TupleStruct(made) => &made.path,
        Pat::Path(path) => &path.path,
        Pat::Ident(name) => return Some(name.ident.to_string()),
        _ => return None,
    };
    path.segments.last().map(|last| last.ident.to_string())
}

fn inner(pattern: &Pat) -> Option<&Pat> {
    match pattern {
        Pat::TupleStruct(made) if made.elems.len() == 1 => made.elems.first(),
        _ => None,
    }
}

/// Whether it matches every value. A bare name that begins like a constant is a constant.
pub(super) fn is_irrefutable(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(name) => {
            let begins_small = !name.ident.to_string().starts_with(|first: char| first.is_uppercase());
            begins_small && name.subpat.as_ref().is_none_or(|(_, inner)| is_irrefutable(inner))
        }
        Pat::Paren(inner) => is_irrefutable(&inner.pat),
        Pat::Reference(inner) => is_irrefutable(&inner.pat),
        Pat::Type(inner) => is_irrefutable(&inner.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().all(is_irrefutable),
        _ => false,
    }
}

impl<'a> Builder<'a> {
    /// Assigns values to the names of the pattern.
    pub(super) fn bind(&mut self, pattern: &Pat, value: Value<'a>) {
        match pattern {
            Pat::Ident(name) => {
                if let Some((_, inner)) = &name.subpat {
                    self.bind(inner, value.clone());
                }
                self.name_socket(&name.ident, &value);
                self.received.remove(&name.ident.to_string());
                self.inits.remove(&name.ident.to_string());
                self.taken.remove(&name.ident.to_string());
                self.names.add(name.ident.to_string(), value);
            }
            Pat::Paren(inner) => self.bind(&inner.pat, value),
            Pat::Reference(inner) => self.bind(&inner.pat, value),
            Pat::Type(inner) => self.bind(&inner.pat, value),
            Pat::Tuple(tuple) => self.bind_tuple(tuple, value),
            Pat::TupleStruct(_) => self.bind_variant(pattern, value),
            Pat::Struct(parts) => self.bind_fields(parts, &value),
            Pat::Or(_) | Pat::Slice(_) => {
                self.bind_all(pattern, &Value::Other);
                self.escape_parts(&value);
            }
            _ => {}
        }
    }

    /// Messages use the user's own name for the socket.
    fn name_socket(&mut self, name: &proc_macro2::Ident, value: &Value<'a>) {
        let Value::Handle(Handle { kind, connection }) = value else { return };
        let root = &mut self.roots[*connection];
        match kind {
            Kind::Socket => root.socket.get_or_insert_with(|| name.to_string()),
            Kind::Receiver => root.receiver.get_or_insert_with(|| name.to_string()),
            _ => return,
        };
    }

    fn bind_tuple(&mut self, tuple: &syn::PatTuple, value: Value<'a>) {
        let rest = tuple.elems.iter().position(|one| matches!(one, Pat::Rest(_)));
        match value {
            Value::Tuple(values) if rest.is_none() && values.len() == tuple.elems.len() => {
                for (pattern, value) in tuple.elems.iter().zip(values) {
                    self.bind(pattern, value);
                }
            }
            value => {
                tuple.elems.iter().for_each(|one| self.bind_all(one, &Value::Other));
                self.escape(&value);
            }
        }
    }

    /// `let Session { sender, events } = self;`, and the same of a struct that the function has made.
    fn bind_fields(&mut self, parts: &syn::PatStruct, value: &Value<'a>) {
        let is_self = self.names.find("self").is_some_and(|all| all == value && !all.handles().is_empty());
        if !is_self && !matches!(value, Value::Object(_)) {
            parts.fields.iter().for_each(|field| self.bind_all(&field.pat, &Value::Other));
            return self.escape_parts(value);
        }
        for field in &parts.fields {
            let name = name_of(&field.member);
            let (held, rest) = match value {
                Value::Object(object) if object.is_tied => (object.handle(&name), Value::Own),
                Value::Object(object) => (object.handle(&name), Value::Other),
                _ => (None, self.names.find(&format!("self.{name}")).cloned().unwrap_or(Value::Other)),
            };
            self.bind(&field.pat, held.map_or(rest, Value::Handle));
            let bound = only_name(&field.pat).filter(|_| is_self);
            if let Some((bound, path)) = bound.zip(self.around.type_of_field(&name)) {
                self.taken.insert(bound.to_string(), path.to_owned());
            }
        }
    }

    fn bind_variant(&mut self, pattern: &Pat, value: Value<'a>) {
        let (Some(variant), Some(inner)) = (variant(pattern), inner(pattern)) else {
            self.bind_all(pattern, &Value::Other);
            return self.escape_parts(&value);
        };
        match (variant.as_str(), value) {
            ("Ok" | "Some", Value::Got(got)) => {
                let value = without_layer(got);
                self.bind(inner, value);
            }
            ("Ok" | "Some", Value::Wrapped(value)) => self.bind(inner, *value),
            ("Err", Value::Got(_) | Value::Wrapped(_)) => self.bind_all(inner, &Value::Other),
            (_, value) => {
                self.bind_all(pattern, &Value::Other);
                self.escape_parts(&value);
            }
        }
    }

    /// Destructured in a way that is not followed. A value cannot be lost by inspecting a message.
    fn escape_parts(&mut self, value: &Value<'a>) {
        for handle in value.handles() {
            self.push(crate::flow::Step::Escape(handle));
        }
    }

    /// Assigns this value to every name of the pattern.
    pub(super) fn bind_all(&mut self, pattern: &Pat, value: &Value<'a>) {
        struct All<'n>(&'n mut Vec<String>);
        impl<'ast> syn::visit::Visit<'ast> for All<'_> {
            fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
                self.0.push(name.ident.to_string());
                syn::visit::visit_pat_ident(self, name);
            }
        }
        let mut found = Vec::new();
        syn::visit::visit_pat(&mut All(&mut found), pattern);
        for name in found {
            self.received.remove(&name);
            self.inits.remove(&name);
            self.taken.remove(&name);
            self.names.add(name, value.clone());
        }
    }
}

/// The content of the outermost layer.
pub(super) fn without_layer(mut got: Got<'_>) -> Value<'_> {
    if !got.layers.is_empty() {
        got.layers.remove(0);
    }
    if got.layers.is_empty() { *got.inner } else { Value::Got(got) }
}
