use proc_macro2::TokenStream;
use sockeye_rules::{
    check,
    syntax::{Endpoint, Imports, Neighbours, Surroundings, parse},
};

/// An attribute and, after the first line break, what it stands on: the rules say something or nothing.
pub fn attribute(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (attribute, item) = text.split_once('\n').unwrap_or((text, "async fn f(h: Handshake) {}"));
    // What is no Rust at all never reaches a macro.
    let (Ok(attribute), Ok(item)) = (attribute.parse::<TokenStream>(), item.parse::<TokenStream>()) else {
        return;
    };
    let endpoint = parse(attribute, item.clone());
    let around = around(&endpoint, &item);
    for found in check::endpoint(&endpoint, &around).into_iter().chain(check::lifecycle(&endpoint, &around)) {
        assert!(sockeye_rules::find(found.rule.name).is_some() && !found.text().is_empty(), "{found:?}");
    }
    drop(endpoint);
    // Outside a compiler every text that was ever read is kept, for its spans.
    proc_macro2::extra::invalidate_current_thread_spans();
}

/// What the macro would learn of a file with nothing but the function in it.
fn around(endpoint: &Endpoint, item: &TokenStream) -> Surroundings {
    let found = || {
        let name = endpoint.function()?.name().to_string();
        let file = syn::parse_file(&format!("#[ws_endpoint]\n{item}")).ok()?;
        Neighbours::with_faults(file, &Imports::default()).around(&name)
    };
    found().unwrap_or_default()
}
