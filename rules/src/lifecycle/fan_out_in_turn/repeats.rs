//! Loops over the items of a list.

use quote::ToTokens;
use syn::{Block, Expr, ExprForLoop, Pat, Stmt};

use crate::trace::Origin;

/// A loop, or a method that runs one.
pub(super) struct Repeat<'e> {
    pub(super) items: &'e Expr,
    pub(super) pat: &'e Pat,
    pub(super) body: &'e Block,
    /// Whether it is a loop over the whole list, and no iterator that was made before.
    pub(super) is_loop: bool,
    /// Whether the pattern is the number of an item.
    pub(super) is_counted: bool,
}

impl Repeat<'_> {
    pub(super) fn words(&self, items: &Origin) -> String {
        let mut words =
            format!("{} {}", self.pat.to_token_stream(), self.items.to_token_stream()).to_lowercase();
        words.push_str(&items.place.as_deref().unwrap_or_default().to_lowercase());
        words
    }
}

/// `for`, `while let Some(..) = iterator.next()`, `while let Some(..) = list.pop()`, `stream::iter(..).for_each(..).await`.
pub(super) fn repeated(expression: &Expr) -> Option<Repeat<'_>> {
    match expression {
        Expr::ForLoop(repeat) => Some(counted(repeat).unwrap_or(Repeat {
            items: &repeat.expr,
            pat: &repeat.pat,
            body: &repeat.body,
            is_loop: true,
            is_counted: false,
        })),
        Expr::While(repeat) => {
            const POPS: [&str; 3] = ["pop", "pop_front", "pop_back"];
            let Expr::Let(test) = &*repeat.cond else { return None };
            let Expr::MethodCall(next) = &*test.expr else { return None };
            let is_loop = POPS.iter().any(|pop| next.method == pop);
            let takes = (is_loop || next.method == "next") && matches!(&*next.receiver, Expr::Path(_));
            let (items, pat, body) = (&*next.receiver, &*test.pat, &repeat.body);
            takes.then_some(Repeat { items, pat, body, is_loop, is_counted: false })
        }
        Expr::Await(awaited) => {
            let Expr::MethodCall(each) = &*awaited.base else { return None };
            let Expr::Call(stream) = &*each.receiver else { return None };
            let made_by = stream.func.to_token_stream().to_string();
            let is_stream = each.method == "for_each" && made_by.ends_with("stream :: iter");
            let Some(Expr::Closure(closure)) = each.args.first().filter(|_| is_stream) else { return None };
            let (items, pat) = (stream.args.first()?, closure.inputs.first()?);
            Some(Repeat { items, pat, body: future(&closure.body)?, is_loop: false, is_counted: false })
        }
        _ => None,
    }
}

/// `for index in 0..list.len()`
fn counted(repeat: &ExprForLoop) -> Option<Repeat<'_>> {
    let Expr::Range(range) = &*repeat.expr else { return None };
    let Expr::MethodCall(len) = range.end.as_deref()? else { return None };
    let is_list = len.method == "len" && matches!(&*len.receiver, Expr::Path(_));
    let (items, pat, body) = (&*len.receiver, &*repeat.pat, &repeat.body);
    is_list.then_some(Repeat { items, pat, body, is_loop: true, is_counted: true })
}

/// The body of the `async` block that a closure returns.
fn future(returned: &Expr) -> Option<&Block> {
    match returned {
        Expr::Async(future) => Some(&future.block),
        Expr::Block(block) => match block.block.stmts.last()? {
            Stmt::Expr(last, None) => future(last),
            _ => None,
        },
        _ => None,
    }
}
