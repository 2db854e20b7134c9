use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Expr, LitStr, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token,
};

use super::{OPTIONS, Route, nearest};

/// The arguments of `#[ws_endpoint(..)]`, as written.
pub struct Arguments {
    /// The route, if the first argument is a string literal.
    pub route: Option<Route>,
    /// The route, if the first argument is a constant, such as `routes::CHAT` or `concat!(..)`: the compiler evaluates it
    /// later.
    pub constant: Option<TokenStream>,
    /// A first argument that is neither a route nor an option.
    pub instead_of_route: Option<TokenStream>,
    /// The options, in order.
    pub options: Vec<Argument>,
    /// An argument that is neither the route nor an option.
    pub stray: Vec<TokenStream>,
}

/// One option: `name`, `name = value` or `name(..)`.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The name.
    pub name: Ident,
    /// Its value.
    pub value: Value,
}

impl Argument {
    /// The tokens to mark: the value if there is one.
    pub(crate) fn at(&self) -> TokenStream {
        match &self.value {
            Value::Assigned(value) if !value.is_empty() => value.clone(),
            Value::List(group) => group.to_token_stream(),
            _ => self.name.to_token_stream(),
        }
    }
}

/// The value of an option.
#[derive(Debug, Clone)]
pub enum Value {
    /// None: `guarded`.
    Flag,
    /// `= ..`; the tokens after `=`, which may be none.
    Assigned(TokenStream),
    /// `(..)`.
    List(Group),
}

impl Arguments {
    pub(super) fn parse(tokens: TokenStream) -> Self {
        let mut all = Self {
            route: None,
            constant: None,
            instead_of_route: None,
            options: Vec::new(),
            stray: Vec::new(),
        };
        let read = |input: ParseStream<'_>| {
            all.read(input);
            Ok(())
        };
        // `read` takes every token, so nothing is left for the parser to report.
        let _: syn::Result<()> = read.parse2(tokens);
        all
    }

    fn read(&mut self, input: ParseStream<'_>) {
        let mut first = true;
        while !input.is_empty() {
            self.read_one(input, first);
            first = false;
            let rest = until_comma(input);
            if !rest.is_empty() {
                self.stray.push(rest);
            }
            let _: syn::Result<Token![,]> = input.parse();
        }
    }

    fn read_one(&mut self, input: ParseStream<'_>, first: bool) {
        if first && input.peek(LitStr) && !followed_by_more(input) {
            self.route = input.parse().ok().map(Route::new);
        } else if let Ok(option) = argument(input) {
            self.take(option, first);
        } else if first {
            self.take_expression(expression(input));
        }
    }
}

impl Arguments {
    /// A bare word in the place of the route that is not the name of an option is a constant: `#[ws_endpoint(ROUTE)]`.
    fn take(&mut self, option: Argument, first: bool) {
        let known = OPTIONS.iter().any(|(name, _)| option.name == name);
        if first && !known && matches!(option.value, Value::Flag) {
            let name = option.name.to_string();
            let is_slip = nearest(&name, OPTIONS.iter().map(|(option, _)| *option)).is_some();
            let place = if is_slip { &mut self.instead_of_route } else { &mut self.constant };
            *place = Some(option.name.to_token_stream());
        } else {
            self.options.push(option);
        }
    }
}

impl Arguments {
    fn take_expression(&mut self, tokens: TokenStream) {
        let is_constant = syn::parse2(tokens.clone()).is_ok_and(|expression| can_be_constant(&expression));
        let place = if is_constant { &mut self.constant } else { &mut self.instead_of_route };
        *place = Some(tokens);
    }
}

/// Whether the expression can be a string constant; the compiler evaluates it.
fn can_be_constant(expression: &Expr) -> bool {
    match expression {
        Expr::Path(_)
        | Expr::Field(_)
        | Expr::Index(_)
        | Expr::Call(_)
        | Expr::MethodCall(_)
        | Expr::Block(_)
        | Expr::Const(_) => true,
        Expr::Macro(call) => !call.mac.path.is_ident("format"),
        Expr::Paren(inner) => can_be_constant(&inner.expr),
        Expr::Group(inner) => can_be_constant(&inner.expr),
        _ => false,
    }
}

/// The tokens of one argument; an expression may contain commas outside of brackets: `Of::<A, B>::ROUTE`.
fn expression(input: ParseStream<'_>) -> TokenStream {
    let ahead = input.fork();
    let is_whole = ahead.parse::<Expr>().is_ok() && (ahead.is_empty() || ahead.peek(Token![,]));
    if is_whole && let Ok(expression) = input.parse::<Expr>() {
        return expression.to_token_stream();
    }
    until_comma(input)
}

/// Whether the literal is the beginning of an expression, as in `"/ws" + X`.
fn followed_by_more(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let _: syn::Result<LitStr> = ahead.parse();
    !ahead.is_empty() && !ahead.peek(Token![,])
}

fn argument(input: ParseStream<'_>) -> syn::Result<Argument> {
    let ahead = input.fork();
    let name = ahead.call(Ident::parse_any)?;
    let option =
        ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(Token![=]) || ahead.peek(token::Paren);
    if !option {
        return Err(ahead.error("not an option"));
    }
    input.call(Ident::parse_any)?;
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        Value::Assigned(value_of(&name, input))
    } else if input.peek(token::Paren) {
        Value::List(input.parse()?)
    } else {
        Value::Flag
    };
    Ok(Argument { name, value })
}

/// A type may contain commas outside of brackets: `state = App<A, B>`.
fn value_of(name: &Ident, input: ParseStream<'_>) -> TokenStream {
    let ahead = input.fork();
    let is_type =
        name == "state" && ahead.parse::<Type>().is_ok() && (ahead.is_empty() || ahead.peek(Token![,]));
    if is_type && let Ok(ty) = input.parse::<Type>() {
        return ty.to_token_stream();
    }
    until_comma(input)
}

fn until_comma(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        match input.parse::<TokenTree>() {
            Ok(token) => tokens.extend([token]),
            Err(_) => break,
        }
    }
    tokens
}

impl Arguments {
    /// The place of a missing argument: the whole attribute.
    pub(crate) fn call_site() -> Ident {
        Ident::new("ws_endpoint", Span::call_site())
    }
}
