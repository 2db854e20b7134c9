//! The one `Server::new()` of a program, and the calls on it.

use std::{collections::HashSet, ops::Range};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{
    Expr, ExprCall, ExprMethodCall, File, Item, ItemFn, PatIdent, Stmt,
    spanned::Spanned as _,
    visit::{self, Visit},
};

/// The methods that need the port, or that end the configuration.
const ENDS: [&str; 4] = ["serve", "serve_on", "check", "connections"];

/// Where the `Server` is configured, in bytes of the file.
pub(super) enum Chain {
    /// In `fn server() -> Server`.
    InServer { new: Range<usize> },
    /// In `main`, from where it can be moved into a function.
    InMain {
        new: Range<usize>,
        /// `Server::new()` with the calls that configure it.
        builder: Range<usize>,
        /// `Server` as `main` writes it.
        path: String,
        end_of_main: usize,
    },
}

/// Finds it, or says what is missing.
pub(super) fn find(file: &File) -> Result<Chain, &'static str> {
    let mut servers = Servers::default();
    servers.visit_file(file);
    let (new, path) = match servers.0.as_slice() {
        [one] => one,
        [] => return Err("there is no `Server::new()`"),
        _ => return Err("there is more than one `Server::new()`"),
    };
    match function(file, "server") {
        Some(server) if is_plain(server, path) && contains(server, new) => {
            Ok(Chain::InServer { new: new.clone() })
        }
        Some(_) => Err(
            "`server` is not a function without parameters that calls `Server::new()` and returns the `Server`",
        ),
        None => in_main(file, new, path),
    }
}

fn in_main(file: &File, new: &Range<usize>, path: &str) -> Result<Chain, &'static str> {
    let main = function(file, "main").filter(|main| contains(main, new));
    let main = main.ok_or("`Server::new()` is neither in `main` nor in a function `server`")?;
    let mut builder = Builder { new, found: None };
    builder.visit_item_fn(main);
    let builder = builder.found.ok_or("no `serve` is called on `Server::new()`")?;
    let range = builder.span().byte_range();
    if depends_on(main, builder, &range) {
        return Err("the `Server` in `main` depends on other statements of `main`");
    }
    Ok(Chain::InMain {
        new: new.clone(),
        builder: range,
        path: path.to_owned(),
        end_of_main: main.span().byte_range().end,
    })
}

/// Whether the expression may need something of the function around it.
fn depends_on(main: &ItemFn, builder: &Expr, range: &Range<usize>) -> bool {
    let mut locals = Locals { without: range, names: HashSet::new() };
    locals.visit_item_fn(main);
    let has_items = main.block.stmts.iter().any(|statement| matches!(statement, Stmt::Item(_)));
    let is_local = |word: &String| {
        let captured = || locals.names.iter().any(|name| word.contains(&format!("{{{name}")));
        word == "await" || word == "?" || locals.names.contains(word) || captured()
    };
    has_items || words(builder.to_token_stream()).iter().any(is_local)
}

fn function<'a>(file: &'a File, name: &str) -> Option<&'a ItemFn> {
    file.items.iter().find_map(|item| match item {
        Item::Fn(function) if function.sig.ident == name => Some(function),
        _ => None,
    })
}

fn contains(function: &ItemFn, range: &Range<usize>) -> bool {
    let whole = function.span().byte_range();
    whole.start <= range.start && range.end <= whole.end
}

fn is_plain(function: &ItemFn, path: &str) -> bool {
    let signature = &function.sig;
    let returned = signature.output.to_token_stream().to_string().replace(' ', "");
    signature.inputs.is_empty()
        && signature.asyncness.is_none()
        && [format!("->{path}"), "->Server".to_owned(), "->sockeye::Server".to_owned()].contains(&returned)
}

/// Every `Server::new()`, with what is before `::new`.
#[derive(Default)]
struct Servers(Vec<(Range<usize>, String)>);

impl<'a> Visit<'a> for Servers {
    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        let path = call.func.to_token_stream().to_string().replace(' ', "");
        if let Some(server) =
            path.strip_suffix("::new").filter(|path| ["Server", "sockeye::Server"].contains(path))
        {
            self.0.push((call.span().byte_range(), server.to_owned()));
        }
        visit::visit_expr_call(self, call);
    }
}

/// The receiver of the first call that ends the configuration.
struct Builder<'a, 'b> {
    new: &'b Range<usize>,
    found: Option<&'a Expr>,
}

impl<'a> Visit<'a> for Builder<'a, '_> {
    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        // The innermost of several is visited last.
        if ENDS.iter().any(|end| call.method == end) && begins_with(&call.receiver, self.new) {
            self.found = Some(&call.receiver);
        }
        visit::visit_expr_method_call(self, call);
    }
}

fn begins_with(expression: &Expr, new: &Range<usize>) -> bool {
    match expression {
        Expr::MethodCall(call) => begins_with(&call.receiver, new),
        Expr::Call(call) => call.span().byte_range() == *new,
        _ => false,
    }
}

/// The names that patterns bind, except those within an expression.
struct Locals<'a> {
    without: &'a Range<usize>,
    names: HashSet<String>,
}

impl<'a> Visit<'a> for Locals<'_> {
    fn visit_pat_ident(&mut self, pattern: &'a PatIdent) {
        if !self.without.contains(&pattern.span().byte_range().start) {
            self.names.insert(pattern.ident.to_string());
        }
        visit::visit_pat_ident(self, pattern);
    }
}

fn words(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => words(group.stream()),
            other => vec![other.to_string()],
        })
        .collect()
}
