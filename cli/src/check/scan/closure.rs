//! Closures that are handlers: `any(|upgrade: WebSocketUpgrade| async move { .. })`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, ExprClosure, Pat, Stmt};

/// The equivalent function; `None` if no parameter has a type.
pub(super) fn as_function(closure: &ExprClosure) -> Option<TokenStream> {
    if !closure.inputs.iter().any(|one| matches!(one, Pat::Type(_))) {
        return None;
    }
    let parameter = |one: &Pat| match one {
        Pat::Type(typed) => typed.to_token_stream(),
        other => quote!(#other: _),
    };
    let parameters = closure.inputs.iter().map(parameter);
    let body = body(&closure.body);
    Some(quote!(async fn closure(#(#parameters),*) -> impl Sized #body))
}

/// The code that runs when the closure's future is awaited.
fn body(body: &Expr) -> TokenStream {
    match body {
        Expr::Async(future) => future.block.to_token_stream(),
        Expr::Block(block) => {
            let (last, others) = match block.block.stmts.split_last() {
                Some((Stmt::Expr(Expr::Async(future), None), others)) => (Some(&future.block), others),
                _ => return block.block.to_token_stream(),
            };
            quote!({ #(#others)* #last })
        }
        other => quote!({ #other }),
    }
}
