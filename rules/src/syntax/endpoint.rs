use std::collections::HashSet;

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Block, FnArg, Pat, PatType, Receiver, ReturnType, Signature, Type, Visibility,
    parse::{Parse, ParseStream, Parser},
};

use crate::flow::{Imports, Macros, all_words as words, is_of_time};

use super::{Arguments, Options, Route, body::Body, one_line};

/// A function that is, or wants to be, a WebSocket endpoint; with the syntax it was read from, so that spans survive.
pub struct Endpoint {
    /// What the attribute says, as written.
    pub arguments: Arguments,
    /// What the options mean, and what is wrong with them.
    pub options: Options,
    /// What stands under the attribute.
    pub item: Item,
}

impl Endpoint {
    pub(super) fn new(arguments: Arguments, item: Item) -> Self {
        Self { options: Options::read(&arguments), arguments, item }
    }

    /// The endpoint under other arguments of the attribute.
    #[must_use]
    pub fn with_arguments(self, arguments: TokenStream) -> Self {
        Self::new(Arguments::parse(arguments), self.item)
    }

    /// The function under the attribute, when there is one.
    pub fn function(&self) -> Option<&Function> {
        match &self.item {
            Item::Function(function) => Some(function),
            Item::Other(_) => None,
        }
    }

    /// The route, when the attribute names one that can be read.
    pub fn route(&self) -> Option<&Route> {
        self.arguments.route.as_ref()
    }

    /// The route as it is written, be it a literal or a constant.
    pub fn written_route(&self) -> Option<TokenStream> {
        let literal = self.route().map(|route| route.literal.to_token_stream());
        literal.or_else(|| self.arguments.constant.clone())
    }

    /// The route and its fitness: `None` when something is wrong with it that `route_syntax` reports.
    pub(crate) fn sound_route(&self) -> Option<&Route> {
        self.route().filter(|route| route.fault.is_none())
    }

    /// What the signature should look like, with the names that the user chose.
    pub(super) fn expected_signature(&self) -> String {
        let name =
            self.function().map_or_else(|| "NAME".to_owned(), |function| function.sig.ident.to_string());
        format!("async fn {name}(handshake: Handshake, ...) -> sockeye::Result")
    }
}

/// What stands under the attribute.
pub enum Item {
    /// A function with a body.
    Function(Box<Function>),
    /// Anything else.
    Other(Other),
}

/// An item that is no function.
#[derive(Debug)]
pub struct Other {
    /// With its article: `a struct`.
    pub what: &'static str,
    /// The tokens that say so.
    pub at: TokenStream,
}

impl Item {
    /// Reads what stands under the attribute; it never fails.
    pub fn parse(tokens: TokenStream) -> Self {
        match Function::parse.parse2(tokens.clone()) {
            Ok(function) => Self::Function(Box::new(function)),
            Err(_) => Self::Other(Other::of(tokens)),
        }
    }
}

impl Other {
    fn of(tokens: TokenStream) -> Self {
        let words = [
            "struct", "enum", "union", "trait", "impl", "mod", "type", "static", "use", "fn", "const",
            "extern",
        ];
        let word = tokens.clone().into_iter().find_map(|token| match token {
            TokenTree::Ident(word) => words.iter().find(|known| word == *known).map(|known| (*known, word)),
            _ => None,
        });
        let Some((known, word)) = word else { return Self { what: "this item", at: tokens } };
        Self { what: article(known), at: word.to_token_stream() }
    }
}

fn article(word: &str) -> &'static str {
    match word {
        "struct" => "a struct",
        "enum" => "an enum",
        "union" => "a union",
        "trait" => "a trait",
        "impl" => "an `impl` block",
        "mod" => "a module",
        "type" => "a type alias",
        "static" => "a static",
        "use" => "an import",
        "const" => "a constant",
        "extern" => "an `extern` block",
        _ => "a function without a body",
    }
}

/// A function with a body.
///
/// The body is kept as tokens: most rules judge the signature, and a body that this version of `syn` cannot read must
/// not make a right handler wrong.
pub struct Function {
    /// The attributes that stand under ours, doc comments included.
    pub attrs: Vec<Attribute>,
    /// `pub` and the like.
    pub vis: Visibility,
    /// The signature, as written.
    pub sig: Signature,
    /// The body, braces included.
    pub body: Group,
    /// `self` in any form.
    pub receiver: Option<Receiver>,
    /// Every other parameter, in order; the first should be the handshake.
    pub parameters: Vec<Parameter>,
    /// What was read from the body: many rules ask for it.
    read: Body,
}

/// Reads a function with a body, be it free or in an `impl` block.
impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = Signature::parse(input)?;
        let body = input.parse()?;
        let receiver = sig.receiver().cloned();
        let parameters = sig.inputs.iter().filter_map(Parameter::of).collect();
        Ok(Self { attrs, vis, sig, body, receiver, parameters, read: Body::default() })
    }
}

impl Function {
    /// The function that was read with a file, whose body need not be read again.
    pub(crate) fn of(sig: &Signature, block: &Block) -> Option<Self> {
        let tokens = block.to_token_stream().into_iter().next();
        let Some(TokenTree::Group(body)) = tokens else { return None };
        let (sig, vis) = (sig.clone(), Visibility::Inherited);
        let receiver = sig.receiver().cloned();
        let parameters = sig.inputs.iter().filter_map(Parameter::of).collect();
        let read = Body::of(block.clone());
        Some(Self { attrs: Vec::new(), vis, sig, body, receiver, parameters, read })
    }

    /// The function's name.
    pub fn name(&self) -> &Ident {
        &self.sig.ident
    }

    /// The parameters after the handshake.
    pub fn extractors(&self) -> &[Parameter] {
        self.parameters.get(1..).unwrap_or_default()
    }

    /// The body as a tree; `None` when it cannot be read.
    pub(crate) fn block(&self) -> Option<&Block> {
        self.read.block(&self.body)
    }

    /// What stands in the macros of the body.
    pub(crate) fn macros(&self) -> &Macros {
        self.read.macros(&self.body)
    }

    /// Whether any of the words stands in the body.
    pub(crate) fn has_word(&self, words: &[&str]) -> bool {
        self.read.has_word(&self.body, words)
    }

    /// Whether any word of it, or of the path that one stands for, is such a word.
    pub(crate) fn means(&self, imports: &Imports, is_meant: impl Fn(&str) -> bool + Copy) -> bool {
        imports.mean(self.words(), is_meant) || imports.mean(&words(&self.sig), is_meant)
    }

    /// Every word of the body, each once.
    pub(crate) fn words(&self) -> &HashSet<String> {
        self.read.words(&self.body)
    }

    /// Whether any word of the body has to do with time.
    pub(crate) fn speaks_of_time(&self) -> bool {
        self.words().iter().any(|word| is_of_time(word))
    }

    /// The return type; `None` is `()`.
    pub fn output(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }
}

/// One parameter that is not `self`.
pub struct Parameter {
    /// The parameter, as written.
    pub node: PatType,
}

impl Parameter {
    fn of(argument: &FnArg) -> Option<Self> {
        match argument {
            FnArg::Typed(node) => Some(Self { node: node.clone() }),
            FnArg::Receiver(_) => None,
        }
    }

    /// Its type.
    pub fn ty(&self) -> &Type {
        &self.node.ty
    }

    /// Pattern and type, without attributes, on one line.
    pub fn text(&self) -> String {
        format!("{}: {}", one_line(&self.node.pat), one_line(&self.node.ty))
    }

    /// The one name it binds, when it is no pattern of several.
    pub fn binding(&self) -> Option<&Ident> {
        match &*self.node.pat {
            Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
            _ => None,
        }
    }
}
