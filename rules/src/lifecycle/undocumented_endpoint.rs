use crate::{
    UNDOCUMENTED_ENDPOINT,
    flow::{Flow, has_word},
    syntax::Sink,
};

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if !flow.is_endpoint || flow.function.attrs.iter().any(says_something) {
        return;
    }
    let name = flow.function.name();
    let message = format!(
        "the endpoint `{name}` has no documentation: nobody can see what it is for and what it sends"
    );
    sink.report(
        &UNDOCUMENTED_ENDPOINT,
        name,
        message,
        "write `/// What a client gets from it.` above the attribute",
    );
}

/// A doc comment, or a wish to have none.
fn says_something(attr: &syn::Attribute) -> bool {
    has_word(attr, &["doc", "missing_docs"])
}
