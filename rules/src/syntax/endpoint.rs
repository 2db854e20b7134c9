use std::{cell::OnceCell, rc::Rc};

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Block, FnArg, Pat, PatType, Receiver, ReturnType, Signature, Type, Visibility,
    parse::{Parse, ParseStream, Parser},
};

use crate::flow::{Imports, Macros};

use super::{
    Arguments, Options, Route,
    body::Body,
    one_line,
    words::{Set, Words},
};

/// A function that is, or is meant to be, a WebSocket endpoint, with its syntax, so that spans are kept.
pub struct Endpoint {
    /// The arguments of the attribute, as written.
    pub arguments: Arguments,
    /// The meaning of the options, and their faults.
    pub options: Options,
    /// The item below the attribute.
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

    /// The function below the attribute, if it is one.
    pub fn function(&self) -> Option<&Function> {
        match &self.item {
            Item::Function(function) => Some(function),
            Item::Other(_) => None,
        }
    }

    /// The route, if the attribute has a valid one.
    pub fn route(&self) -> Option<&Route> {
        self.arguments.route.as_ref()
    }

    /// The route as written, either a literal or a constant.
    pub fn written_route(&self) -> Option<TokenStream> {
        let literal = self.route().map(|route| route.literal.to_token_stream());
        literal.or_else(|| self.arguments.constant.clone())
    }

    /// The route if it is valid: `None` if `route_syntax` reports a fault.
    pub(crate) fn sound_route(&self) -> Option<&Route> {
        self.route().filter(|route| route.fault.is_none())
    }

    /// The expected signature, with the user's own names.
    pub(super) fn expected_signature(&self) -> String {
        let name =
            self.function().map_or_else(|| "NAME".to_owned(), |function| function.sig.ident.to_string());
        format!("async fn {name}(handshake: Handshake, ...) -> sockeye::Result")
    }
}

/// The item below the attribute.
pub enum Item {
    /// A function with a body.
    Function(Box<Function>),
    /// Anything else.
    Other(Other),
}

/// An item that is not a function.
#[derive(Debug)]
pub struct Other {
    /// With its article: `a struct`.
    pub what: &'static str,
    /// The tokens that show it.
    pub at: TokenStream,
}

impl Item {
    /// Parses the item below the attribute; it never fails.
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
/// The body is kept as tokens: most rules check the signature, and a body that this version of `syn` cannot parse must
/// not make a right handler wrong.
pub struct Function {
    /// The attributes below ours, including doc comments.
    pub attrs: Vec<Attribute>,
    /// `pub` and the like.
    pub vis: Visibility,
    /// The signature, as written.
    pub sig: Signature,
    /// `self` in any form.
    pub receiver: Option<Receiver>,
    /// Every other parameter, in order; the first should be the handshake.
    pub parameters: Vec<Parameter>,
    /// The body, and what was computed from it: many rules need it.
    body: Body,
    /// The words of the signature.
    signature: OnceCell<Words>,
}

/// Parses a function with a body, either free or in an `impl` block.
impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = Signature::parse(input)?;
        let body = Body::of_tokens(input.parse()?);
        Ok(Self::new(attrs, vis, sig, body))
    }
}

impl Function {
    /// The function from a parsed file, whose body need not be parsed again.
    pub(crate) fn of(sig: &Signature, block: &Block) -> Self {
        let mut function = Self::without_body(sig);
        function.set_block(block.clone());
        function
    }

    /// The same, before its body is known.
    pub(crate) fn without_body(sig: &Signature) -> Self {
        Self::new(Vec::new(), Visibility::Inherited, sig.clone(), Body::default())
    }

    pub(crate) fn set_block(&mut self, block: Block) {
        self.body = Body::of(block);
    }

    fn new(attrs: Vec<Attribute>, vis: Visibility, sig: Signature, body: Body) -> Self {
        let receiver = sig.receiver().cloned();
        let parameters = sig.inputs.iter().filter_map(Parameter::of).collect();
        Self { attrs, vis, sig, receiver, parameters, body, signature: OnceCell::new() }
    }

    /// The body as tokens, including braces.
    pub fn body(&self) -> &Group {
        self.body.tokens()
    }

    /// The function's name.
    pub fn name(&self) -> &Ident {
        &self.sig.ident
    }

    /// The parameters after the handshake.
    pub fn extractors(&self) -> &[Parameter] {
        self.parameters.get(1..).unwrap_or_default()
    }

    /// The parsed body; `None` if it cannot be parsed.
    pub fn block(&self) -> Option<&Block> {
        self.body.block()
    }

    /// The contents of the macros in the body.
    pub(crate) fn macros(&self) -> &Macros {
        self.body.macros()
    }

    /// Whether any of the words occurs in the body.
    pub(crate) fn has_word(&self, words: &[&str]) -> bool {
        self.body.has_word(words)
    }

    /// Whether any word of it, or of the path that one stands for, satisfies the predicate.
    pub(crate) fn means(&self, imports: &Imports, is_meant: impl Fn(&str) -> bool + Copy) -> bool {
        imports.mean(self.words(), is_meant) || imports.mean(self.words_of_signature(), is_meant)
    }

    /// Every word of the body, each once.
    pub(crate) fn words(&self) -> &Set {
        &self.body.words().all
    }

    /// The words of the body, which may outlive the function.
    pub(crate) fn shared_words(&self) -> Rc<Words> {
        Rc::clone(self.body.words())
    }

    /// The words of the signature, without duplicates.
    pub(crate) fn words_of_signature(&self) -> &Set {
        &self.signature().all
    }

    fn signature(&self) -> &Words {
        self.signature.get_or_init(|| Words::of(self.sig.to_token_stream()))
    }

    /// Whether a word or a literal in it is about origins.
    pub(crate) fn names_origins(&self) -> bool {
        self.body.words().name_origins || self.signature().name_origins
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

    /// The name that it binds, if the pattern is only a name.
    pub fn binding(&self) -> Option<&Ident> {
        match &*self.node.pat {
            Pat::Ident(pattern) if pattern.subpat.is_none() => Some(&pattern.ident),
            _ => None,
        }
    }
}
