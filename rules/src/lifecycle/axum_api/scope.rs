//! Whether a name can come from a trait of the user's.

use crate::{flow::Flow, syntax::segments};

/// Whether no trait in scope can give a method, function or constant of this name to a type of Sockeye's: only a trait of the user's
/// could.
pub(super) fn has_no(flow: &Flow<'_>, name: &str) -> bool {
    flow.file_is_known()
        && !flow.shapes().may_give(name)
        && !flow.imports().may_have_more()
        && flow.imports().all().all(|(name, full)| is_no_trait(name, full, flow))
}

/// Whether the methods of streams may be in scope: here, or in an inner block.
pub(super) fn has_streams(flow: &Flow<'_>) -> bool {
    flow.imports().have_stream_methods() || mentions(flow, "StreamExt") || mentions(flow, "TryStreamExt")
}

fn mentions(flow: &Flow<'_>, name: &str) -> bool {
    flow.function.words().contains(name) || flow.function.words_of_signature().contains(name)
}

/// A trait that is imported for its methods is not mentioned in the function.
fn is_no_trait(name: &str, full: &str, flow: &Flow<'_>) -> bool {
    const KNOWN: [&str; 24] = [
        "std",
        "core",
        "alloc",
        "sockeye",
        "axum",
        "axum_extra",
        "futures",
        "futures_core",
        "futures_util",
        "futures_lite",
        "tokio",
        "tokio_stream",
        "tokio_util",
        "serde",
        "serde_json",
        "tracing",
        "http",
        "tower",
        "tower_http",
        "anyhow",
        "bytes",
        "uuid",
        "chrono",
        "time",
    ];
    let full = flow.imports().resolve(full);
    let first = segments::first(&full);
    let is_trait = name == "_" || name.starts_with(char::is_uppercase);
    KNOWN.contains(&first)
        || full == format!("self::{name}")
        || !is_trait
        || (name != "_" && mentions(flow, name))
}
