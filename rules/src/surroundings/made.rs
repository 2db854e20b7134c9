//! Functions that only put what they are given into a struct: `fn new(sender: Sender) -> Self { Self { sender } }`.

use syn::{Block, Expr, Member};

use super::collect::Found;
use crate::{
    flow::{Code, spell},
    reading::{given, plain},
};

/// The struct that a function returns, and the parameters in its fields.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// The name of the struct.
    pub(crate) of: String,
    /// The name, or number, of a field, and the number of the parameter that it holds.
    pub(crate) fields: Vec<(String, usize)>,
}

/// What the function makes of its parameters, if it is not asynchronous and its body ends with the struct.
pub(super) fn made(found: &Found) -> Option<Made> {
    let function = &found.function;
    if function.sig.asyncness.is_some() || function.receiver.is_some() || function.parameters.is_empty() {
        return None;
    }
    let body = function.block()?;
    let (path, values) = match plain(given(body)?) {
        Expr::Struct(made) if made.rest.is_none() => {
            (&made.path, made.fields.iter().map(|field| (name_of(&field.member), &field.expr)).collect())
        }
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            let values = call.args.iter().enumerate().map(|(number, value)| (number.to_string(), value));
            (&path.path, values.collect::<Vec<_>>())
        }
        _ => return None,
    };
    let name = path.segments.last()?.ident.to_string();
    let of = if name == "Self" { found.of.clone()? } else { name };
    let fields = values.into_iter().filter_map(|(name, value)| {
        // In `Self { sender }` the name of the field is the value as well.
        let uses = if is_named(value, &name) { 2 } else { 1 };
        let number = parameter(found, body, value, uses)?;
        Some((name, number))
    });
    Some(Made { of, fields: fields.collect() })
}

/// The number of the parameter that the expression moves, if nothing else in the body uses it.
fn parameter(found: &Found, body: &Block, value: &Expr, expected: usize) -> Option<usize> {
    let Expr::Path(path) = value else { return None };
    let name = path.path.get_ident()?;
    let is_it = |binding: &proc_macro2::Ident| binding == name;
    let number = found.function.parameters.iter().position(|one| one.binding().is_some_and(is_it))?;
    let (mut uses, mut word, text) = (0, String::new(), name.to_string());
    body.each_name(&mut |one| {
        spell(one, &mut word);
        uses += usize::from(word == text);
    });
    (uses == expected).then_some(number)
}

fn is_named(value: &Expr, name: &str) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident(name))
}

fn name_of(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(number) => number.index.to_string(),
    }
}
