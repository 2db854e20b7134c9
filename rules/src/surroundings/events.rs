//! Functions that return receivers of feeds, or the next event of one.

use syn::{
    Expr, ExprMatch, ExprMethodCall, ExprTry, Lit, Local, Member, Stmt, Type,
    visit::{self, Visit},
};

use super::{Neighbours, Shapes, collect::Found, type_path, without_alias};
use crate::{
    flow::has_word,
    reading::{covers_errors, plain},
    syntax::{generic_arguments, last_segment, peel},
};

/// Where receivers of `broadcast` channels are in what a function returns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gives {
    /// It is one.
    pub(crate) is_feed: bool,
    /// They are these parts of a tuple.
    pub(crate) parts: Vec<usize>,
    /// It has this type, which may hold some.
    pub(crate) of: Option<String>,
    /// How many arguments the function takes, without `self`.
    pub(super) takes: usize,
}

pub(super) fn gives(found: &Found, shapes: &Shapes) -> Gives {
    let takes = found.function.parameters.len();
    let Some(output) = found.function.output().map(inside) else {
        return Gives { takes, ..Gives::default() };
    };
    let known = |path: String| without_alias(&path, shapes, &found.imports);
    let is_feed = |ty: &Type| type_path(ty, &found.imports).is_some_and(|path| is_receiver(&known(path)));
    let parts = match output {
        Type::Tuple(tuple) => (0..tuple.elems.len()).filter(|part| is_feed(&tuple.elems[*part])).collect(),
        _ => Vec::new(),
    };
    let name = last_segment(output).map(|last| last.ident.to_string());
    let of = name.map(|name| found.of.clone().filter(|_| name == "Self").unwrap_or(name));
    Gives { is_feed: is_feed(output), parts, of, takes }
}

/// The type in results and options.
fn inside(ty: &Type) -> &Type {
    let wraps = last_segment(ty)
        .is_some_and(|last| ["Option", "Result", "Box", "Arc"].iter().any(|name| last.ident == name));
    match generic_arguments(ty).first() {
        Some(inner) if wraps => inside(inner),
        _ => peel(ty),
    }
}

fn is_receiver(path: &str) -> bool {
    path.ends_with("broadcast::Receiver")
}

/// Whether it returns the next event of a `broadcast` channel, and `None` both for a lag and for the end: `events.recv().await.ok()`.
pub(super) fn hides_lags(found: &Found, file: &Neighbours) -> bool {
    hides(found, file, "Option")
}

/// The same for a function that returns whether there was one.
pub(super) fn denies_lags(found: &Found, file: &Neighbours) -> bool {
    hides(found, file, "bool")
}

fn hides(found: &Found, file: &Neighbours, output: &str) -> bool {
    const ERRORS: [&str; 6] = ["Lagged", "Closed", "RecvError", "loop", "while", "continue"];
    let function = &found.function;
    let gives = function.output().and_then(last_segment).is_some_and(|last| last.ident == output);
    if !gives || !function.has_word(&["recv"]) || function.has_word(&ERRORS) {
        return false;
    }
    let Some(body) = function.block() else { return false };
    let mut search = Lags { found, file, gives_bool: output == "bool", hides: false };
    if let Some(Stmt::Expr(last, None)) = body.stmts.last() {
        search.hides = search.is_option(last);
    }
    search.visit_block(body);
    search.hides
}

struct Lags<'f> {
    found: &'f Found,
    file: &'f Neighbours,
    /// Whether it returns `false` in place of `None`.
    gives_bool: bool,
    hides: bool,
}

impl Lags<'_> {
    /// Whether the code returns nothing.
    fn is_nothing(&self, code: &Expr) -> bool {
        if !self.gives_bool {
            return has_word(code, &["None"]);
        }
        match plain(code) {
            Expr::Lit(literal) => matches!(&literal.lit, Lit::Bool(value) if !value.value),
            Expr::Return(end) => end.expr.as_deref().is_some_and(|given| self.is_nothing(given)),
            Expr::Block(block) => match block.block.stmts.as_slice() {
                [Stmt::Expr(only, _)] => self.is_nothing(only),
                _ => false,
            },
            _ => false,
        }
    }

    /// `events.recv().await.ok()`
    fn is_option(&self, made: &Expr) -> bool {
        let Expr::MethodCall(ok) = plain(made) else { return false };
        ok.method == if self.gives_bool { "is_ok" } else { "ok" } && self.is_received(&ok.receiver)
    }

    /// `events.recv().await`
    fn is_received(&self, made: &Expr) -> bool {
        let Expr::Await(awaited) = plain(made) else { return false };
        let Expr::MethodCall(ExprMethodCall { receiver, method, .. }) = &*awaited.base else { return false };
        method == "recv" && self.is_feed(receiver)
    }
}

impl Lags<'_> {
    fn is_feed(&self, receiver: &Expr) -> bool {
        let path = type_of(receiver, self.found, self.file);
        path.is_some_and(|path| is_receiver(&without_alias(&path, self.file.shapes(), &self.found.imports)))
    }
}

impl<'ast> Visit<'ast> for Lags<'_> {
    fn visit_expr_try(&mut self, end: &'ast ExprTry) {
        self.hides |= self.is_option(&end.expr);
        visit::visit_expr_try(self, end);
    }

    fn visit_expr_match(&mut self, choice: &'ast ExprMatch) {
        let hides = choice.arms.iter().any(|arm| covers_errors(&arm.pat) && self.is_nothing(&arm.body));
        self.hides |= hides && self.is_received(&choice.expr);
        visit::visit_expr_match(self, choice);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init
            && let Some((_, diverge)) = &init.diverge
        {
            self.hides |= self.is_nothing(diverge) && self.is_received(&init.expr);
        }
        visit::visit_local(self, local);
    }
}

/// The path of the type of a parameter, or of a field of `self`.
fn type_of(receiver: &Expr, found: &Found, file: &Neighbours) -> Option<String> {
    match receiver {
        Expr::Path(path) => {
            let name = path.path.get_ident()?;
            let parameter =
                found.function.parameters.iter().find(|one| one.binding().is_some_and(|one| one == name))?;
            type_path(parameter.ty(), &found.imports)
        }
        Expr::Field(field) => {
            let name = match &field.member {
                Member::Named(name) => name.to_string(),
                Member::Unnamed(index) => index.index.to_string(),
            };
            let is_self = matches!(&*field.base, Expr::Path(path) if path.path.is_ident("self"));
            let of = found.of.as_deref().filter(|_| is_self)?;
            file.type_of_field(of, &name).map(str::to_owned)
        }
        _ => None,
    }
}
