//! The signature of a function whose mistakes are already reported, changed so that rustc does not report them again.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use sockeye_rules::{MESSAGE_TYPE, RETURN_TYPE, syntax::Diagnostic};
use syn::{FnArg, GenericArgument, PathArguments, ReturnType, Signature, Type, parse_quote};

use crate::repair;

/// Changes what rustc would report in the types.
pub(crate) fn mend(sig: &mut Signature, body: &Group, found: &[Diagnostic], sockeye: &TokenStream) {
    let has = |rule| found.iter().any(|one| one.rule == rule);
    if has(&MESSAGE_TYPE)
        && let Some(FnArg::Typed(first)) = sig.inputs.first_mut()
    {
        to_one_argument(&mut first.ty);
    }
    let hides = matches!(&sig.output, ReturnType::Type(_, output) if hides_type(output));
    if has(&RETURN_TYPE)
        && hides
        && repair::ends_with_result(&body.stream())
        && returns_results(body.stream())
    {
        sig.output = parse_quote!(-> #sockeye::Result);
    }
}

/// `impl IntoResponse`, whose type would have to be inferred from the errors of the body, and `Result<()>` without a type of errors.
fn hides_type(output: &Type) -> bool {
    match output {
        Type::ImplTrait(_) => true,
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            last.ident == "Result"
                && matches!(&last.arguments, PathArguments::AngleBracketed(all) if all.args.len() == 1)
        }),
        _ => false,
    }
}

/// Whether every `return` returns a `Result`.
fn returns_results(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let fits = match &token {
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                returns_results(group.stream())
            }
            TokenTree::Ident(word) if word == "return" => {
                matches!(tokens.peek(), Some(TokenTree::Ident(next)) if next == "Ok" || next == "Err")
            }
            _ => true,
        };
        if !fits {
            return false;
        }
    }
    true
}

/// `Json<In, Out>` of axum becomes `Json<(In, Out)>`, which has as many arguments as it takes, and mentions the same types.
fn to_one_argument(ty: &mut Type) {
    let Type::Path(path) = ty else { return };
    let Some(last) = path.path.segments.last_mut() else { return };
    let PathArguments::AngleBracketed(all) = &mut last.arguments else { return };
    for argument in &mut all.args {
        if let GenericArgument::Type(inner) = argument {
            to_one_argument(inner);
        }
    }
    if all.args.len() > 1 && all.args.iter().all(|one| matches!(one, GenericArgument::Type(_))) {
        let types = std::mem::take(&mut all.args);
        all.args.push(parse_quote!((#types)));
    }
}
