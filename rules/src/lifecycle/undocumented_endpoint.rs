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
    let message = format!("the endpoint `{name}` has no documentation");
    sink.report(
        &UNDOCUMENTED_ENDPOINT,
        name,
        message,
        "write a doc comment above the attribute: `/// What the endpoint is for, and which messages it sends and receives.`",
    );
}

/// A doc comment, or an attribute that disables the check.
fn says_something(attr: &syn::Attribute) -> bool {
    has_word(attr, &["doc", "missing_docs"])
}
